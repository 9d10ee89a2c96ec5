"""A limit on attempts: so many in a window that starts with the first of them.

An attempt is counted *before* it is made, in one conditional write, so that attempts made
at the same moment cannot get past the limit together. Refused ones are not counted and do
not lengthen the window.

Of IPv6 a sender may own a /64, a /56 or a /48, and nothing tells which: one item counts for
the /48 and, under names of their own, for the narrower networks in it, so that all limits
are asked in one request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from time import time
from typing import cast

from django.utils.crypto import salted_hmac

from crm import networks
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
    """Counts attempts of one kind, such as ``account`` or ``address``, by one ``subject``.

    ``within`` has the names and limits of what is counted apart inside of the subject.
    """

    purpose: str
    kind: str
    subject: str
    limit: int
    within: tuple[tuple[str, int], ...] = ()

    @property
    def limits(self) -> dict[str, int]:
        """How many attempts each attribute of the item may count."""
        return {"attempts": self.limit, **dict(self.within)}

    @property
    def key(self) -> Key:
        """The key of the item; it does not tell who is counted."""
        return keys.throttle(self.purpose, self.kind, _digest(self.purpose, self.subject))


def by_address(purpose: str, address: str, limit: int) -> Counter:
    """Return the counter of a visitor's address: that of an IPv6 one grows with the network."""
    parsed = networks.read_address(address)
    if not isinstance(parsed, IPv6Address):
        return Counter(purpose, "address", str(parsed or networks.UNKNOWN), limit)
    *narrower, widest = networks.networks_around(parsed)
    # Short names: an item may count for dozens of networks.
    within = ((f"in{_digest(purpose, name)[:12]}", limit * factor) for name, factor in narrower)
    return Counter(purpose, "address", widest.name, limit * widest.factor, tuple(within))


def by_account(purpose: str, email: str, limit: int) -> Counter:
    """Return the counter of an account, or of an address that no account has."""
    return Counter(purpose, "account", normalise_email(email), limit)


def sign_in(email: str, address: str) -> tuple[Counter, Counter]:
    """Return the counters of failed sign-ins: of the visitor's address and of the account."""
    return by_address("sign-in", address, SIGN_IN_LIMIT), sign_in_by_account(email)


def sign_in_by_account(email: str) -> Counter:
    """Return the counter of failed sign-ins of an account from wherever it is not known."""
    return by_account("sign-in", email, SIGN_IN_LIMIT)


def password_reset(email: str, address: str) -> tuple[Counter, Counter]:
    """Return the counters of requests for a mail with a link to set a new password."""
    return by_address("reset", address, RESET_LIMIT), by_account("reset", email, RESET_LIMIT)


def password_change(user_id: str, session_key: str) -> Counter:
    """Return the counter of wrong old passwords where somebody is signed in."""
    return Counter("password-change", "session", f"{user_id} {session_key}", SIGN_IN_LIMIT)


def reserve(counters: Sequence[Counter]) -> int:
    """Count one attempt on all counters, or on none and return the seconds to wait."""
    for position, counter in enumerate(counters):
        if wait := _reserve(counter):
            for counted in counters[:position]:
                give_back(counted)
            return wait
    return 0


def count(counter: Counter) -> int:
    """Return the attempts of the window that is under way. Costs 0.5 RRU."""
    item = calls.get(EPHEMERAL, counter.key)
    is_over = item is None or int(cast("int", item["expiresAt"])) <= time()
    return 0 if item is None or is_over else int(cast("int", item["attempts"]))


def give_back(counter: Counter) -> None:
    """Take back one attempt, because it did not fail."""
    try:
        calls.update(
            EPHEMERAL,
            counter.key,
            "ADD " + ", ".join(f"#{name} :minusOne" for name in counter.limits),
            condition=" AND ".join(f"#{name} > :zero" for name in counter.limits),
            values={"minusOne": -1, "zero": 0},
        )
    except ConditionFailedError:
        return  # somebody else has started a new window or forgotten this one


def forget(counter: Counter) -> None:
    """Start from nothing, because the right person has come."""
    calls.delete(EPHEMERAL, counter.key)


def _digest(purpose: str, subject: str) -> str:
    digest = salted_hmac(f"throttle {purpose}", subject, algorithm="sha256")
    return digest.hexdigest()[:32]


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
    limits = counter.limits
    within = " AND ".join(
        f"(attribute_not_exists(#{name}) OR #{name} < :{name}Limit)" for name in limits
    )
    try:
        calls.update(
            EPHEMERAL,
            counter.key,
            "SET #expiresAt = if_not_exists(#expiresAt, :end) ADD "
            + ", ".join(f"#{name} :one" for name in limits),
            condition=f"attribute_not_exists(#PK) OR (#expiresAt > :now AND {within})",
            values={
                "end": now + WINDOW,
                "one": 1,
                "now": now,
                **{f"{name}Limit": limit for name, limit in limits.items()},
            },
        )
    except ConditionFailedError as error:
        # Without the item nobody can say when it ends: as if it had just ended.
        return error.item or {"expiresAt": now}
    return None


def _restart(counter: Counter, now: int) -> bool:
    try:
        calls.put(
            EPHEMERAL,
            {**counter.key, **dict.fromkeys(counter.limits, 1), "expiresAt": now + WINDOW},
            condition="#expiresAt <= :now",
            values={"now": now},
        )
    except ConditionFailedError:
        return False
    return True
