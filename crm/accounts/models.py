"""The user, as ``django.contrib.auth`` wants it, kept by :mod:`crm.accounts.repository`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Self, cast, override

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from crm.accounts import repository, security_log
from crm.accounts.identity import (
    MAX_EMAIL,
    MAX_NAME,
    clean_email,
    clean_name,
    initials_of,
    name_from_email,
    new_id,
    normalise_email,
)
from crm.accounts.roles import Role, UserWithRole
from crm.accounts.security_events import Event, Kind, event_put
from crm.dynamodb.items import Item, Value
from crm.dynamodb.transaction import Write
from crm.timestamps import stored
from crm.zones import MAX_NAME as MAX_ZONE

__all__ = ["Role", "User", "UserManager"]


class UserManager(BaseUserManager["User"]):
    """Finds and makes users; there are no query sets."""

    def find(self, user_id: str) -> "User | None":
        """Return the user with this id, if there is one."""
        item = repository.get(user_id)
        return self.model.from_item(item) if item else None

    def find_by_email(self, email: str) -> "User | None":
        """Return the user with this e-mail address, in whatever case it is written."""
        item = repository.get_by_email(normalise_email(email))
        return self.model.from_item(item) if item else None

    @override
    def get_by_natural_key(self, username: str | None) -> "User":
        user = self.find_by_email(username or "")
        if user is None:
            raise self.model.DoesNotExist
        return user

    @override
    async def aget_by_natural_key(self, username: str | None) -> "User":
        return await sync_to_async(self.get_by_natural_key)(username)

    def everyone(self) -> list["User"]:
        """Return all users by name."""
        users = [self.model.from_item(item) for item in repository.everyone()]
        return sorted(users, key=lambda user: (user.name.casefold(), user.email))

    def create_user(  # noqa: PLR0913 -- these are the fields of an account
        self,
        email: str,
        password: str | None = None,
        *,
        name: str = "",
        role: Role = Role.VIEWER,
        is_active: bool = True,
        by: "User | None" = None,
    ) -> "User":
        """Make an account; without ``password`` it cannot sign in until one is set.

        ``by`` is the admin who makes it. Raises ``ValidationError`` for a bad address or
        name, ``DuplicateEmailError``, and ``NotAdminError`` if ``by`` is none any more.
        """
        address = clean_email(email)
        user = self.model(
            email=address,
            name=clean_name(name) if name.strip() else name_from_email(address),
            role=Role(role),
            is_active=is_active,
        )
        user.set_password(password)
        user.save(by=by)
        return user


MAX_SIGNATURE = 500
# How fields of the model are called in the store; these can be changed.
_CHANGEABLE = {
    "name": "name",
    "role": "role",
    "is_active": "isActive",
    "password": "password",
    "networks": "networks",
    "zone": "zone",
    "single_keys": "singleKeys",
    "take_by_moving": "takeByMoving",
    "signature": "signature",
    "away_until": "awayUntil",
    "mail_arrivals": "mailArrivals",
    "mail_digest": "mailDigest",
}


class User(UserWithRole):
    """A person who signs in with an e-mail address."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    email = models.EmailField(_("e-mail address"), unique=True, max_length=MAX_EMAIL)
    name = models.CharField(max_length=MAX_NAME)
    created_at = models.DateTimeField(default=timezone.now)
    version = models.IntegerField(default=1)
    networks: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list)
    # Another one with each deactivation: sessions of before then stay dead.
    session_salt = models.CharField(default="", max_length=32)
    # What people set for themselves; no zone: as the browser says.
    zone = models.CharField(default="", max_length=MAX_ZONE)
    single_keys = models.BooleanField(default=True)
    take_by_moving = models.BooleanField(default=True)
    signature = models.TextField(default="", max_length=MAX_SIGNATURE)
    # A date in ISO format, the last one on which they are away.
    away_until = models.CharField(default="", max_length=10)
    mail_arrivals = models.BooleanField(default=True)
    mail_digest = models.BooleanField(default=True)
    last_login = None  # Django then writes none at sign-in
    _password: str | None = None

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        """Nothing of this is in a relational database."""

        managed = False

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Make the user of a stored item."""
        user = cls(
            id=str(item["userId"]),
            email=str(item["email"]),
            name=str(item["name"]),
            role=str(item["role"]),
            is_active=bool(item["isActive"]),
            password=str(item["password"]),
            created_at=datetime.fromisoformat(str(item["createdAt"])),
            version=int(cast("int", item["version"])),
            networks=list(cast("list[str]", item.get("networks", []))),
            session_salt=str(item.get("sessionSalt", "")),
            zone=str(item.get("zone", "")),
            single_keys=bool(item.get("singleKeys", True)),
            take_by_moving=bool(item.get("takeByMoving", True)),
            signature=str(item.get("signature", "")),
            away_until=str(item.get("awayUntil", "")),
            mail_arrivals=bool(item.get("mailArrivals", True)),
            mail_digest=bool(item.get("mailDigest", True)),
        )
        user._remember()
        return user

    def _remember(self) -> None:
        self._state.adding = False
        self._stored = self._changeable()

    def _changeable(self) -> dict[str, Value]:
        return {stored: getattr(self, field) for field, stored in _CHANGEABLE.items()}

    def _changes(self, fields: Iterable[str] | None) -> dict[str, Value]:
        names = _CHANGEABLE if fields is None else _CHANGEABLE.keys() & set(fields)
        asked = {_CHANGEABLE[field] for field in names}
        now = self._changeable()
        return {n: now[n] for n in now if n in asked and now[n] != self._stored[n]}

    @override
    def save(
        self,
        *,
        update_fields: Iterable[str] | None = None,
        by: "User | None" = None,
        own: bool = False,
        beside: Sequence[Write] = (),
        **options: object,
    ) -> None:
        """Store the user; of an existing one only what has changed.

        With ``by``, the admin who changes it, the change is refused if the account has
        changed meanwhile or ``by`` is no longer an admin; with ``own``, which says that the
        user edits their own account, if it has changed meanwhile. What is ``beside`` a change
        by an admin is written with it. Raises the errors of :mod:`crm.accounts.errors`. The
        security log records each change with the change.
        """
        if self._state.adding:
            self._create(by)
        elif changes := self._changes(update_fields):
            if changes.get("isActive") is False:
                changes["sessionSalt"] = self.session_salt = new_id()
            self._update(changes, by, own=own, beside=beside)
        self._remember()
        if self._password is not None:
            password_validation.password_changed(self._password, self)
            self._password = None

    def _create(self, by: "User | None") -> None:
        added = security_log.recording(Kind.ACCOUNT_ADDED, whom=self.id, role=self.role)
        with added as event:
            repository.create(self._item(), by=by.id if by else None, events=[event])

    def _update(
        self, changes: dict[str, Value], by: "User | None", *, own: bool, beside: Sequence[Write]
    ) -> None:
        events = list(self._events(changes, by))
        puts = [event_put(event) for event in events]
        if by:
            written = [*puts, *beside]
            repository.update_as_admin(self.id, self.version, changes, by=by.id, events=written)
        else:
            seen = self.version if own else None
            repository.update(self.id, changes, seen=seen, events=puts)
        if by or own:
            self.version += 1
        for event in events:
            security_log.log(event)

    def _events(self, changes: Mapping[str, Value], by: "User | None") -> Iterator[Event]:
        """Yield what the security log is to tell of changes."""
        if "name" in changes:
            yield security_log.new_event(Kind.NAME_CHANGED, whom=self.id)
        if "role" in changes:
            roles = {"role": self.role, "before": str(self._stored["role"])}
            yield security_log.new_event(Kind.ROLE_CHANGED, whom=self.id, **roles)
        if "isActive" in changes:
            kind = Kind.ACTIVATED if self.is_active else Kind.DEACTIVATED
            yield security_log.new_event(kind, whom=self.id)
        # A better hash of the same password is no change: Django then leaves _password empty.
        if "password" in changes and self._password is not None:
            yield security_log.new_event(self._kind_of_new_password(by), whom=self.id)

    def _kind_of_new_password(self, by: "User | None") -> Kind:
        if by or security_log.is_command():
            return Kind.PASSWORD_SET
        is_own = security_log.who_acts() == self.id
        return Kind.PASSWORD_CHANGED if is_own else Kind.PASSWORD_RESET

    def _item(self) -> Item:
        fields: Item = {"userId": self.id, "email": self.email, **self._changeable()}
        return fields | {"createdAt": stored(self.created_at)}

    @override
    def get_session_auth_hash(self) -> str:
        return self._session_auth_hash(settings.SECRET_KEY)

    @override
    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._session_auth_hash, settings.SECRET_KEY_FALLBACKS)

    def _session_auth_hash(self, secret: str) -> str:
        text = f"{self.password} {self.session_salt}"
        digest = salted_hmac("crm.accounts.sessions", text, secret=secret, algorithm="sha256")
        return digest.hexdigest()

    @property
    def initials(self) -> str:
        """One or two letters for an avatar."""
        return initials_of(self.name)

    def get_full_name(self) -> str:
        """Return the name, as Django's own user does."""
        return self.name
