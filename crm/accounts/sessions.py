"""Django sessions in the table whose items expire: ``SESSION_ENGINE``.

A request without a session cookie causes no read, and none that is not signed in a write. The
cookie's value is signed, so that one of somebody else's making causes no read either.
"""

import re
from time import time
from typing import Any, cast, override

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import (
    VALID_KEY_CHARS,
    CreateError,
    SessionBase,
    UpdateError,
)
from django.core.signing import BadSignature, Signer
from django.utils.crypto import get_random_string

from crm.accounts import keys, prefetch, repository
from crm.dynamodb import calls
from crm.dynamodb.errors import ConditionFailedError
from crm.dynamodb.items import Item
from crm.dynamodb.scan import scan
from crm.tables import EPHEMERAL

RANDOM_LENGTH = 32
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


class SessionStore(SessionBase):
    """One session; reading it costs 0.5 RRU."""

    @override
    def _validate_session_key(self, key: str | None) -> bool:  # type: ignore[misc]
        return bool(key) and is_signed(cast("str", key))

    @override
    def load(self) -> dict[str, Any]:
        key = self.session_key
        if not key:
            return {}
        prefetch.start(key, repository.get)
        data = self._read(key)
        prefetch.remember_owner(key, data.get(SESSION_KEY))
        if not data:
            self._session_key = None
        return data

    def _read(self, session_key: str) -> dict[str, Any]:
        for consistent in (False, True):
            item = calls.get(EPHEMERAL, keys.session(session_key), consistent=consistent)
            data = self.decode(str(item["data"])) if item and _is_alive(item) else {}
            # Right after sign-in a cheap read may find no session yet, or an empty one.
            if data:
                return data
        return {}

    @override
    def exists(self, session_key: str) -> bool:
        item = calls.get(EPHEMERAL, keys.session(session_key), consistent=True)
        return item is not None and _is_alive(item)

    @override
    def create(self) -> None:
        while True:
            self._session_key = new_key()
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
        item: Item = {
            **keys.session(self.session_key),
            "data": self.encode(data),
            "expiresAt": int(self.get_expiry_date().timestamp()),
        }
        wanted = "attribute_not_exists(#PK)" if must_create else "attribute_exists(#PK)"
        try:
            calls.put(EPHEMERAL, item, condition=wanted)
        except ConditionFailedError as error:
            raise (CreateError if must_create else UpdateError) from error

    @override
    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            prefetch.remember_owner(key, None)
            calls.delete(EPHEMERAL, keys.session(key))

    @override
    @classmethod
    def clear_expired(cls) -> None:
        """Remove every expired item of the table, which reads the table whole."""
        now = int(time())
        for item in scan(EPHEMERAL, where="#expiresAt < :now", values={"now": now}):
            _delete_expired(str(item["PK"]), now)


def _is_alive(item: Item) -> bool:
    # DynamoDB removes expired items late, and the embedded engine never.
    return int(cast("int", item["expiresAt"])) > time()


def _delete_expired(partition_key: str, now: int) -> None:
    try:
        calls.delete(
            EPHEMERAL,
            {"PK": partition_key},
            condition="#expiresAt < :now",
            values={"now": now},
        )
    except ConditionFailedError:
        return  # it was renewed, or is gone
