"""Django sessions in the table whose items expire: ``SESSION_ENGINE``.

A request without a session cookie causes no read, and none that is not signed in a write. The
cookie's value is signed, so that one of somebody else's making causes no read either, and the
store knows it by its digest alone. A session ends ``SESSION_IDLE_AGE`` after its last use and
``SESSION_COOKIE_AGE`` after the sign-in: docs/adr/0043 has the reasons.
"""

import re
from time import time
from typing import Any, cast, override

from django.conf import settings
from django.contrib.auth import SESSION_KEY, user_logged_in
from django.contrib.sessions.backends.base import (
    VALID_KEY_CHARS,
    CreateError,
    SessionBase,
    UpdateError,
)
from django.core.signing import BadSignature, Signer
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.crypto import get_random_string

from crm.accounts import keys, prefetch, repository, session_lists
from crm.dynamodb import calls
from crm.dynamodb.errors import ConditionFailedError, NotFoundError
from crm.dynamodb.items import Item, Key
from crm.dynamodb.scan import scan
from crm.dynamodb.schema import Table
from crm.networks import network_of
from crm.tables import EPHEMERAL, HELD

RANDOM_LENGTH = 32
# That a session is used is written at most so often.
RENEWAL = 3600
# In the data of a session: when, from which network and with which browser it began.
SIGN_IN = "_sign_in"
MAX_AGENT = 300
_SEPARATOR = "."
# What is random, and its HMAC by SHA-256 in base64.
_KEY = re.compile(rf"[{VALID_KEY_CHARS}]{{{RANDOM_LENGTH}}}\{_SEPARATOR}[A-Za-z0-9_-]{{43}}")


def is_signed(session_key: str) -> bool:
    """Tell whether a session key, which is the cookie's value, was made here; asks no store."""
    if not _KEY.fullmatch(session_key):
        return False
    try:
        _signer().unsign(session_key)
    except BadSignature:
        return False
    return True


def new_key() -> str:
    """Return a signed session key that nobody has."""
    return _signer().sign(get_random_string(RANDOM_LENGTH, VALID_KEY_CHARS))


def _signer() -> Signer:
    # Made for each use: the secret keys change while the process runs.
    return Signer(sep=_SEPARATOR, salt="crm.accounts.sessions")


@receiver(user_logged_in)
def _remember_sign_in(request: HttpRequest, **_signal: object) -> None:
    request.session[SIGN_IN] = {
        "at": int(time()),
        "network": network_of(request.META.get("REMOTE_ADDR", "")),
        "agent": request.headers.get("User-Agent", "")[:MAX_AGENT],
    }


class SessionStore(SessionBase):
    """One session; reading it costs 0.5 RRU."""

    _used_at: int | None = None
    _is_unlisted = False

    @property
    def digest(self) -> str:
        """The name of the session, which does not open it; "" if it has no key."""
        return keys.session_digest(self.session_key) if self.session_key else ""

    @override
    def _validate_session_key(self, key: str | None) -> bool:  # type: ignore[misc]
        return bool(key) and is_signed(cast("str", key))

    @override
    def load(self) -> dict[str, Any]:
        digest = self.digest
        if not digest:
            return {}
        prefetch.start(digest, repository.get)
        data = self._read(digest)
        prefetch.remember_owner(digest, data.get(SESSION_KEY))
        if not data:
            self._session_key = None
        return data

    def _read(self, digest: str) -> dict[str, Any]:
        for consistent in (False, True):
            item = calls.get(EPHEMERAL, keys.session_of_digest(digest), consistent=consistent)
            data = self.decode(str(item["data"])) if item and is_alive(item) else {}
            # Right after sign-in a cheap read may find no session yet, or an empty one.
            if item and data:
                self._used_at = used_at(item)
                return data
        return {}

    @override
    def exists(self, session_key: str) -> bool:
        item = calls.get(EPHEMERAL, keys.session(session_key), consistent=True)
        return item is not None and is_alive(item)

    @override
    def create(self) -> None:
        while True:
            self._session_key = new_key()
            self._is_unlisted = True
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    @override
    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        if self._is_unlisted and (user_id := data.get(SESSION_KEY)):
            # Before it can be used: nobody has a session that is not on their list.
            session_lists.add(user_id, self.digest)
            self._is_unlisted = False
        item: Item = {
            **keys.session(self.session_key),
            "data": self.encode(data),
            **self._times(),
        }
        wanted = "attribute_not_exists(#PK)" if must_create else "attribute_exists(#PK)"
        try:
            calls.put(EPHEMERAL, item, condition=wanted)
        except ConditionFailedError as error:
            raise (CreateError if must_create else UpdateError) from error

    def renew(self) -> None:
        """Write that the session is used now, if that was not written within the hour: 1 WRU."""
        if not self.session_key or self.modified or self._used_at is None:
            return
        if time() - self._used_at < RENEWAL:
            return
        times = self._times()
        try:
            calls.update(
                EPHEMERAL,
                keys.session(self.session_key),
                calls.set_expression(times),
                values={**times, "seen": self._used_at},
                condition="#usedAt = :seen",
            )
        except ConditionFailedError:
            return  # it was ended meanwhile, or another request has written it

    def _times(self) -> Item:
        now, lasts = int(time()), min(settings.SESSION_IDLE_AGE, self.get_expiry_age())
        return {"usedAt": now, "expiresAt": now + lasts}

    @override
    def get_session_cookie_age(self) -> int:
        """Return for how long the session can last, however much it is used."""
        now = int(time())
        began: int = self.get(SIGN_IN, {}).get("at", now)
        return max(0, began + settings.SESSION_COOKIE_AGE - now)

    @override
    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            prefetch.remember_owner(keys.session_digest(key), None)
            calls.delete(EPHEMERAL, keys.session(key))

    @override
    @classmethod
    def clear_expired(cls) -> None:
        """Remove every expired item of the tables that hold such, which reads them whole.

        ``CrmHeld`` may be missing. ``CrmRecords`` is too large to be read for this.
        """
        _sweep(EPHEMERAL)
        try:
            _sweep(HELD)
        except NotFoundError:
            return


def is_alive(item: Item) -> bool:
    """Tell whether a stored session has not expired."""
    # DynamoDB removes expired items late, and the embedded engine never.
    return int(cast("int", item["expiresAt"])) > time()


def used_at(item: Item) -> int:
    """Return when a stored session was last used, to the hour, in seconds since 1970."""
    return int(cast("int", item["usedAt"]))


def _sweep(table: Table) -> None:
    now = int(time())
    for item in scan(table, where="#expiresAt < :now", values={"now": now}):
        _delete_expired(table, table.key_of(item), now)


def _delete_expired(table: Table, key: Key, now: int) -> None:
    try:
        calls.delete(
            table,
            key,
            condition="#expiresAt < :now",
            values={"now": now},
        )
    except ConditionFailedError:
        return  # it was renewed, or is gone
