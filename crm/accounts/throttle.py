"""A limit on attempts: so many in a window that starts with the first of them.

An attempt is counted *before* it is made, in one conditional write, so that attempts made
at the same moment cannot get past the limit together. Refused ones are not counted and do
not lengthen the window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from time import time
from typing import cast

from django.utils.crypto import salted_hmac

from crm.accounts import keys
from crm.accounts.identity import normalise_email
from crm.dynamodb import calls
from crm.dynamodb.errors import ConditionFailedError, ConflictError
from crm.dynamodb.items import Item, Key
from crm.tables import EPHEMERAL

WINDOW = 15 * 60  # seconds
SIGN_IN_LIMIT = 10
RESET_LIMIT = 5
ROUNDS = 5


@dataclass(frozen=True)
class Counter:
    """Counts attempts of one kind, ``account`` or ``address``, by one ``subject``."""

    purpose: str
    kind: str
    subject: str
    limit: int

    @property
    def key(self) -> Key:
        """The key of the item; it does not tell who is counted."""
        digest = salted_hmac(f"throttle {self.purpose}", self.subject, algorithm="sha256")
        return keys.throttle(self.purpose, self.kind, digest.hexdigest()[:32])


def sign_in(email: str, address: str) -> tuple[Counter, Counter]:
    """Return the counters of failed sign-ins: of the visitor's address and of the account."""
    return _counters("sign-in", email, address, SIGN_IN_LIMIT)


def password_reset(email: str, address: str) -> tuple[Counter, Counter]:
    """Return the counters of requests for a mail with a link to set a new password."""
    return _counters("reset", email, address, RESET_LIMIT)


def reserve(counters: Sequence[Counter]) -> int:
    """Count one attempt on all counters, or on none and return the seconds to wait."""
    for position, counter in enumerate(counters):
        if wait := _reserve(counter):
            for counted in counters[:position]:
                give_back(counted)
            return wait
    return 0


def give_back(counter: Counter) -> None:
    """Take back one attempt, because it did not fail."""
    try:
        calls.update(
            EPHEMERAL,
            counter.key,
            "ADD #attempts :minusOne",
            condition="#attempts > :zero",
            values={"minusOne": -1, "zero": 0},
        )
    except ConditionFailedError:
        return  # somebody else has started a new window or forgotten this one


def forget(counter: Counter) -> None:
    """Start from nothing, because the right person has come."""
    calls.delete(EPHEMERAL, counter.key)


def network(address: str) -> str:
    """Return what is counted for an address: an IPv6 customer owns the whole of a /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))


def _counters(purpose: str, email: str, address: str, limit: int) -> tuple[Counter, Counter]:
    return (
        Counter(purpose, "address", network(address), limit),
        Counter(purpose, "account", normalise_email(email), limit),
    )


def _reserve(counter: Counter) -> int:
    for _ in range(ROUNDS):
        now = int(time())
        stored = _count(counter, now)
        if stored is None:
            return 0
        ends = int(cast("int", stored["expiresAt"]))
        if ends > now:
            return ends - now
        if _restart(counter, now):
            return 0
    message = "Too many attempts at the same moment."
    raise ConflictError(message)


def _count(counter: Counter, now: int) -> Item | None:
    """Count one; return the stored item if its window is over or its limit is reached."""
    try:
        calls.update(
            EPHEMERAL,
            counter.key,
            "SET #expiresAt = if_not_exists(#expiresAt, :end) ADD #attempts :one",
            condition="attribute_not_exists(#PK) OR (#expiresAt > :now AND #attempts < :limit)",
            values={"end": now + WINDOW, "one": 1, "now": now, "limit": counter.limit},
        )
    except ConditionFailedError as error:
        # Without the item nobody can say when it ends: as if it had just ended.
        return error.item or {"expiresAt": now}
    return None


def _restart(counter: Counter, now: int) -> bool:
    try:
        calls.put(
            EPHEMERAL,
            {**counter.key, "attempts": 1, "expiresAt": now + WINDOW},
            condition="#expiresAt <= :now",
            values={"now": now},
        )
    except ConditionFailedError:
        return False
    return True
