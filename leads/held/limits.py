"""Whose messages come in at once, whose are held, and when none is taken any more.

docs/adr/0041 tells what each limit means. A limit never loses a message: whenever
``CrmHeld`` cannot be asked, the message comes in.
"""

import logging
from collections.abc import Mapping
from enum import Enum, auto
from ipaddress import IPv6Address, IPv6Network
from math import inf
from threading import Lock
from typing import NamedTuple

from django.conf import settings

from crm.dynamodb import calls
from crm.dynamodb.errors import ConditionFailedError, DynamoDBError
from crm.dynamodb.items import Key, Value
from crm.networks import (
    Address,
    Network,
    is_local,
    network_of,
    networks_around,
    read_address,
)
from crm.remember import Remembered
from crm.tables import HELD
from leads import keys
from leads.held import clock, trouble
from leads.held.clock import Window
from leads.held.totals import LEEWAY, Totals

logger = logging.getLogger(__name__)
# What is left of a network's limit while all together are over theirs.
PART_WHEN_FULL = 4
LEAST_WHEN_FULL = 3
MOST_REMEMBERED = 10_000
_UNTOLD_PROXY = (
    "The form is posted from %s, as by a proxy: without BEHIND_TLS_PROXY=1 no limit by address"
    " holds"
)
# Or a proxy that names nobody. In an office network without the internet it is right.
_TWO_PROXIES = (
    "The form is posted from %s, says the proxy: if that is a proxy, too, all visitors share one"
    " limit; X-Forwarded-For must end with the visitor's address"
)

totals = Totals()
_said: Remembered[str] = Remembered(inf)


class Verdict(Enum):
    """What becomes of a message."""

    ACCEPT = auto()
    OVER_NETWORK = auto()
    """Its sender's network has sent what it may: hold it."""
    OVER_TOTAL = auto()
    """All together have, and its sender what is then left: hold it."""
    REFUSE = auto()
    """The ceiling is reached: take nothing."""


def verdict(sender: str) -> Verdict:
    """Decide about a message from an address, and count it if it is accepted.

    At most one request, 1 WRU, or 2 for an IPv6 network with many senders.
    """
    # What was held leaves room for who is within their limit: nobody can close the form alone.
    if _is_reached("INTAKE_CEILING", totals.accepted(), "messages are refused"):
        return Verdict.REFUSE
    if trouble.is_recent():
        return Verdict.ACCEPT
    limit, within, over = settings.INTAKE_PER_NETWORK, Verdict.ACCEPT, Verdict.OVER_NETWORK
    if _is_reached("INTAKE_TOTAL", totals.accepted(), "fewer messages of each become leads"):
        limit = min(limit, max(LEAST_WHEN_FULL, limit // PART_WHEN_FULL))
        within = over = Verdict.OVER_TOTAL
    address = _limited_address(sender)
    if address is None or not limit:
        found = within
    else:
        found = Verdict.ACCEPT if _count(address, limit) else over
    if found is not Verdict.ACCEPT and _is_full():
        return Verdict.REFUSE
    return found


def _is_full() -> bool:
    return _is_reached("INTAKE_CEILING", totals.taken(), "whoever is over a limit is refused")


def forget_all() -> None:
    """Forget what was counted, as tests do between two of them."""
    totals.forget()
    _over_limit.forget()


def _is_reached(setting: str, number: int, consequence: str) -> bool:
    """Tell whether all together have reached a limit; once an hour, say so in the log."""
    limit: int = getattr(settings, setting)
    if not 0 < limit <= number:
        return False
    if _over_limit.add(clock.window(), setting, limit):
        logger.warning("%s is reached: %s until the hour ends", setting, consequence)
    return True


def _limited_address(sender: str) -> Address | None:
    """Return the sender's address, and ``None`` if it does not tell who sends."""
    address = read_address(sender)
    if address is None or any(address in network for network in settings.INTAKE_TRUSTED):
        return None
    if not is_local(address):
        return address
    # On the machine of whoever tries it out, nobody else posts.
    if settings.PRODUCTION and _said.replace("said") is None:
        logger.warning(_TWO_PROXIES if settings.BEHIND_TLS_PROXY else _UNTOLD_PROXY, address)
    return address if settings.BEHIND_TLS_PROXY else None


# --- One network ------------------------------------------------------------------------


class _OverLimit:
    """What this process knows to be over a limit in the present hour: networks, or all together."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._hour = ""
        self._limits: dict[str, int] = {}

    def forget(self) -> None:
        """Know none."""
        with self._lock:
            self._hour, self._limits = "", {}

    def has(self, window: Window, network: str, limit: int) -> bool:
        """Tell whether a network was over ``limit``, or over a higher one."""
        with self._lock:
            return self._hour == window.hour and limit <= self._limits.get(network, 0)

    def add(self, window: Window, network: str, limit: int) -> bool:
        """Remember a network, and tell whether it is new.

        Beyond so many, others are not remembered, and asked for again.
        """
        with self._lock:
            if self._hour != window.hour:
                self._hour, self._limits = window.hour, {}
            is_new = network not in self._limits and len(self._limits) < MOST_REMEMBERED
            if is_new or network in self._limits:
                self._limits[network] = max(limit, self._limits.get(network, 0))
            return is_new


_over_limit = _OverLimit()


class _Counter(NamedTuple):
    """The item that counts for an address, and the limit of each of its attributes."""

    key: Key
    limits: Mapping[str, int]


def _count(address: Address, limit: int) -> bool:
    """Count a message of a network, unless it is over its limit: then return ``False``."""
    window = clock.window()
    network = network_of(str(address))
    if _over_limit.has(window, network, limit):
        return False
    counter = _counter(address, network, window, limit)
    values: dict[str, Value] = {"one": 1, "end": window.ends + LEEWAY, **counter.limits}
    counted = ", ".join(f"#{name} :one" for name in counter.limits)
    try:
        calls.update(
            HELD,
            counter.key,
            f"ADD {counted} SET #expiresAt = :end",
            condition=" AND ".join(
                f"(attribute_not_exists(#{name}) OR #{name} < :{name})" for name in counter.limits
            ),
            values=values,
            blind=True,
        )
    except ConditionFailedError:
        if _over_limit.add(window, network, limit):
            logger.info("messages from %s are held until the hour ends", network)
        return False
    except DynamoDBError as error:
        # It may have been counted: whoever is not refused comes in.
        trouble.note(error)
    return True


def _counter(address: Address, network: str, window: Window, limit: int) -> _Counter:
    if not isinstance(address, IPv6Address):
        return _Counter(keys.intake_count(window.hour, network), {"all": limit})
    # All that may be one sender's stand in one item, so that one condition is on all.
    *inner, widest = networks_around(address)
    limits = {_name_within(network): limit * network.factor for network in inner}
    key = keys.intake_count(window.hour, widest.name)
    return _Counter(key, {**limits, "all": limit * widest.factor})


def _name_within(network: Network) -> str:
    """Return the attribute of an IPv6 network in the item of its /48: short, for there may be many.

    ``p64_2ff`` counts for ``2001:db8:1:2ff::/64``.
    """
    parsed = IPv6Network(network.name)
    within = int(parsed.network_address) >> (128 - parsed.prefixlen)
    return f"p{parsed.prefixlen}_{within & ((1 << (parsed.prefixlen - 48)) - 1):x}"
