"""A lead with all that happened to it: its timeline and its conversation, merged by time."""

from collections.abc import Callable
from functools import partial
from heapq import merge
from itertools import islice
from typing import NamedTuple

from crm.dynamodb.calls import Item, Key, Page, submit
from leads import keys
from leads.entries import Entry
from leads.models import Event, Lead
from leads.repository.conversation import is_expired, newest_entries
from leads.repository.cursors import history_cursor, history_positions
from leads.repository.events import newest_events
from leads.repository.reads import TIMELINE_SIZE, Timeline, check_id, get, read_event

# The position of a source that has been read to its end.
_END = "-"


class _Source(NamedTuple):
    """A partition of a lead that is read newest first."""

    partition: Callable[[str], str]
    newest: Callable[..., Page]
    read: Callable[[Item], Event | Entry]


_SOURCES = {
    "events": _Source(keys.timeline, newest_events, read_event),
    "talk": _Source(keys.conversation, newest_entries, Entry.from_item),
}


def lead_and_timeline(lead_id: str, *, cursor: str = "") -> tuple[Lead, Timeline[Event | Entry]]:
    """Read a lead, its timeline and its conversation at once: 2 RRU.

    Raises :class:`LeadNotFoundError` and ``InvalidCursorError``.
    """
    check_id(lead_id)
    positions = history_positions(cursor, lead_id, _SOURCES)
    reading = {
        name: submit(partial(_page, lead_id, name, position))
        for name, position in positions.items()
    }
    lead = get(lead_id, consistent=True)
    pages = {name: future.result() for name, future in reading.items()}
    return lead, _merged(lead_id, positions, pages)


def _page(lead_id: str, name: str, position: str) -> Page:
    if position == _END:
        return Page([], None)
    source = _SOURCES[name]
    start: Key | None = {"PK": source.partition(lead_id), "SK": position} if position else None
    return source.newest(lead_id, TIMELINE_SIZE, start=start)


def _merged(
    lead_id: str, positions: dict[str, str], pages: dict[str, Page]
) -> Timeline[Event | Entry]:
    """Return the newest of what was read, and where each source goes on."""
    named = ([(name, item) for item in page.items] for name, page in pages.items())
    by_time = merge(*named, key=lambda found: str(found[1]["at"]), reverse=True)
    shown = [*islice(by_time, TIMELINE_SIZE)]
    after = {
        name: _position(positions[name], page, [item for of, item in shown if of == name])
        for name, page in pages.items()
    }
    happened = [_SOURCES[name].read(item) for name, item in shown if not is_expired(item)]
    is_end = all(position == _END for position in after.values())
    return Timeline(happened, "" if is_end else history_cursor(after, lead_id))


def _position(before: str, page: Page, shown: list[Item]) -> str:
    if len(shown) == len(page.items) and page.last_key is None:
        return _END
    return str(shown[-1]["SK"]) if shown else before
