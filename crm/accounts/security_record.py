"""Reads the append-only record of the security log: newest first, page by page."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import time
from typing import NamedTuple

from django.conf import settings

from crm.accounts import keys
from crm.accounts.security_events import Event, Kind, event_of_item
from crm.dynamodb import calls, cursor
from crm.dynamodb.items import Key, Value
from crm.tables import RECORDS

PAGE = 50
# A filter is paid for by what it leaves out, so a page looks only so far.
FILTERED_READ = 100
QUERIES = 5


class Filter(NamedTuple):
    """What is wanted: events of these kinds, by or about this user; all if empty."""

    kinds: Sequence[Kind] = ()
    person: str = ""

    @property
    def scope(self) -> str:
        """Which list a cursor belongs to."""
        return f"security {' '.join(self.kinds)} {self.person}"


class Page(NamedTuple):
    """Events, newest first; ``older`` is the cursor of the next page, "" at the end."""

    events: list[Event]
    older: str


def read_page(wanted: Filter, position: str = "") -> Page:
    """Return a page of the record; costs 2.5 RRU, filtered up to 25.

    One with a filter may have few events or none and still lead on. Raises
    ``InvalidCursorError``.
    """
    events: list[Event] = []
    start: Key | None = _read_cursor(position, wanted) if position else _newest()
    for _ in range(QUERIES):
        if start is None or len(events) == PAGE:
            break
        found, start = _query(wanted, start, PAGE - len(events))
        events += found
    return Page(events, cursor.encode({"at": start}, wanted.scope) if start else "")


def _query(wanted: Filter, start: Key, number: int) -> tuple[list[Event], Key | None]:
    """Return up to ``number`` events of a month, and where to go on."""
    where, values = _condition(wanted)
    found = calls.query(
        RECORDS,
        "#PK = :pk",
        {"pk": start["PK"], **values},
        newest_first=True,
        limit=FILTERED_READ if wanted != Filter() else number,
        start=start if "SK" in start else None,
        where=where,
    )
    taken = found.items[:number]
    if len(taken) < len(found.items):
        after: Key | None = RECORDS.key_of(taken[-1])
    else:
        after = found.last_key or _month_before(start)
    return [event_of_item(item) for item in taken], after


def _condition(wanted: Filter) -> tuple[str, dict[str, Value]]:
    # What has expired is removed late, so it is left out here.
    conditions = ["#expiresAt > :now"]
    values: dict[str, Value] = {"now": int(time())}
    if wanted.kinds:
        kinds: dict[str, Value] = {f"k{at}": kind.value for at, kind in enumerate(wanted.kinds)}
        conditions.append(f"#kind IN ({', '.join(f':{name}' for name in kinds)})")
        values |= kinds
    if wanted.person:
        conditions.append("(#who = :person OR #whom = :person)")
        values["person"] = wanted.person
    return " AND ".join(conditions), values


def _newest() -> Key:
    return {"PK": keys.security_month(datetime.now(UTC).strftime("%Y-%m"))}


def _month_before(start: Key) -> Key | None:
    """Return the start of the month before, ``None`` if all of that has expired."""
    now = datetime.now(UTC)
    oldest = now - timedelta(days=settings.SECURITY_LOG_DAYS)
    month = start["PK"].removeprefix(keys.security_month(""))
    if month <= oldest.strftime("%Y-%m"):
        return None
    before = datetime.fromisoformat(f"{month}-01T00:00:00+00:00") - timedelta(days=1)
    return {"PK": keys.security_month(before.strftime("%Y-%m"))}


def _read_cursor(position: str, wanted: Filter) -> Key:
    at = cursor.decode(position, wanted.scope)["at"]
    if not isinstance(at, dict):
        message = "The page address names no place in the list."
        raise cursor.InvalidCursorError(message)
    return at
