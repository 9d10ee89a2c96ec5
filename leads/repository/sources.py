"""The sources of leads that admins list: leads are counted and filed by them, all others alike.

The record stands where the public form may read, and tells of nothing else.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, cast

from crm.dynamodb import calls
from crm.dynamodb.calls import Item, Update
from crm.dynamodb.errors import ConditionFailedError, DynamoDBError
from crm.remember import Remembered
from crm.tables import RECORDS
from leads import keys
from leads.campaigns import source_key
from leads.models import timestamp

MOST_SOURCES = 20
MAX_AGE = 30  # seconds
OTHERS = ""
"""The key of whatever no admin lists."""

logger = logging.getLogger(__name__)


class Sources(NamedTuple):
    """The ``listed`` ones, and the keys that leads may be ``filed`` under.

    What was listed before is among these until a recount has filed its leads anew.
    """

    listed: tuple[str, ...]
    filed: frozenset[str]

    @property
    def keys(self) -> list[str]:
        """The keys of the listed ones, in their order."""
        return [*map(source_key, self.listed)]

    def key_of(self, source: str) -> str:
        """Return what a source is counted under."""
        key = source_key(source) if source else OTHERS
        return key if key in self.keys else OTHERS


_remembered: Remembered[Sources] = Remembered(MAX_AGE)


def current() -> Sources:
    """Return the sources, half a minute old at most."""
    return _remembered.get_or_read(read)


def read(*, consistent: bool = False) -> Sources:
    """Read the sources as they are now: 0.5 RRU, 1 if consistent."""
    item = calls.get(RECORDS, keys.listed_sources(), consistent=consistent) or {}
    listed = tuple(cast("list[str]", item.get("listed", [])))
    filed = cast("set[str]", item.get("filed", set()))
    return Sources(listed, frozenset({OTHERS, *filed, *map(source_key, listed)}))


def key_of(source: str) -> str:
    """Return what a new lead of a source is counted under: 0.5 RRU at most, for a source.

    While the store does not tell, it is one of the others: better than a message that is lost.
    """
    if not source:
        return OTHERS
    try:
        return current().key_of(source)
    except DynamoDBError as error:
        logger.warning("sources are not known: %s: %s", type(error).__name__, error)
        return OTHERS


def listing_update(listed: tuple[str, ...]) -> Update:
    """Return the write that lists sources, for the transaction of the settings."""
    values: Item = {"listed": [*listed], "changedAt": timestamp(datetime.now(UTC))}
    change = calls.set_expression(values)
    if listed:
        change += " ADD #filed :filed"
        values["filed"] = set(map(source_key, listed))
    return Update(table=RECORDS, key=keys.listed_sources(), change=change, values=values)


def forget() -> None:
    """Remember nothing: the list has changed."""
    _remembered.forget()


def settle(known: Sources) -> None:
    """Note that leads are filed under nothing else than what is listed, if that is as ``known``.

    Not while a process may still remember the list of before.
    """
    keys_now = set(known.keys)
    change = "SET #filed = :filed" if keys_now else "REMOVE #filed"
    calm = timestamp(datetime.now(UTC) - timedelta(seconds=2 * MAX_AGE))
    values: Item = {"listed": [*known.listed], "calm": calm}
    try:
        calls.update(
            RECORDS,
            keys.listed_sources(),
            change,
            condition="#listed = :listed AND #changedAt <= :calm",
            values=values | ({"filed": keys_now} if keys_now else {}),
        )
    except ConditionFailedError:
        return  # Nobody listed any, or somebody has just listed others: for the next recount.
    forget()
