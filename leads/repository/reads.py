"""Reads of leads, their timeline and the board. Costs are for leads of 1 KB."""

from collections.abc import Callable, Mapping, Sequence
from itertools import batched
from typing import NamedTuple

from crm.dynamodb.calls import Item, Key, batch_get, query
from crm.dynamodb.calls import get as get_item
from crm.tables import LEADS, STATUS_INDEX
from leads import keys
from leads.models import MAX_ID_BYTES, Event, Lead, Status
from leads.repository.cursors import timeline_cursor, timeline_start
from leads.repository.errors import LeadNotFoundError
from leads.repository.events import newest_events, stored_event

PAGE_SIZE = 25
TIMELINE_SIZE = 50
# What was read may leave nothing to show: read on, but not without end.
READS = 4


class StorePage(NamedTuple):
    """Leads, newest first, and the key to go on from if there may be more."""

    leads: list[Lead]
    last_key: Key | None


class LeadPage(NamedTuple):
    """Leads, newest first, and the cursor of the next page; empty if there is none."""

    leads: list[Lead]
    cursor: str


class Timeline[Happening](NamedTuple):
    """What happened to a lead, newest first, and the cursor of what is older; empty if none is."""

    events: list[Happening]
    cursor: str


def get(lead_id: str, *, consistent: bool = False) -> Lead:
    """Read one lead: 0.5 RRU (1 if consistent). Raises :class:`LeadNotFoundError`."""
    return Lead.from_item(stored_item(lead_id, consistent=consistent))


def stored_item(lead_id: str, *, consistent: bool = True) -> Item:
    """Read one lead as it is stored: 1 RRU (0.5). Raises :class:`LeadNotFoundError`."""
    check_id(lead_id)
    item = get_item(LEADS, keys.lead(lead_id), consistent=consistent)
    if item is None:
        raise LeadNotFoundError(lead_id)
    return item


def get_many(lead_ids: Sequence[str]) -> list[Lead]:
    """Read up to 100 leads in the order given, leaving out those that are gone."""
    unique = [lead_id for lead_id in dict.fromkeys(lead_ids) if is_id(lead_id)]
    items = batch_get(LEADS, [keys.lead(lead_id) for lead_id in unique])
    found = {lead.lead_id: lead for lead in map(Lead.from_item, items)}
    return [found[lead_id] for lead_id in unique if lead_id in found]


def status_page(  # noqa: PLR0913 -- the parts of a Query
    status: Status,
    *,
    limit: int,
    start: Key | None = None,
    since: str | None = None,
    until: str | None = None,
    where: str | None = None,
    values: Mapping[str, str] | None = None,
) -> StorePage:
    """Read leads of one status that came in from ``since`` to ``until``: one Query, 1 RRU.

    Those that are not as ``where`` says are left out after they were read.
    """
    condition, keyed = created_between("#status = :status", {"status": status}, since, until)
    page = query(
        LEADS,
        condition,
        keyed | dict(values or {}),
        index=STATUS_INDEX,
        newest_first=True,
        limit=limit,
        start=start,
        where=where,
    )
    leads = [Lead.from_item(item) for item in page.items]
    return StorePage(_with_outcomes(leads) if status is Status.CLOSED else leads, page.last_key)


def read_on(read: Callable[[Key | None], StorePage], limit: int, start: Key | None) -> StorePage:
    """Read pages until one of ``limit`` leads is full, where some are left out after reading.

    At most ``READS`` of them: what is returned may be short, and go on.
    """
    leads: list[Lead] = []
    for _ in range(READS):
        page = read(start)
        leads += page.leads
        start = page.last_key
        if start is None or len(leads) >= limit:
            break
    return StorePage(leads, start)


def _with_outcomes(leads: list[Lead]) -> list[Lead]:
    """Read those whole of which the index, made by a release before 12, tells no outcome."""
    untold = [lead.lead_id for lead in leads if not lead.outcome]
    whole = {lead.lead_id: lead for some in batched(untold, 100) for lead in get_many(some)}
    return [whole.get(lead.lead_id, lead) for lead in leads]


def timeline(lead_id: str, *, limit: int = TIMELINE_SIZE, cursor: str = "") -> Timeline[Event]:
    """Read the events of a lead, newest first: one Query. Raises ``InvalidCursorError``."""
    page = newest_events(lead_id, limit, start=timeline_start(cursor, lead_id))
    events = [read_event(item) for item in page.items]
    return Timeline(events, timeline_cursor(page.last_key, lead_id))


def last_change(lead: Lead) -> Event | None:
    """Read the event of what changed a lead last, if it was a change of ours: 1 RRU."""
    event = stored_event(lead.lead_id, lead.write_id) if lead.write_id else None
    return read_event(event) if event else None


def has_given(lead: Lead) -> bool:
    """Tell whether what changed a lead last gave it to its owner: 1 RRU."""
    event = last_change(lead)
    return event is not None and "owner_id" in event.changes


def created_between(
    condition: str,
    values: dict[str, str],
    since: str | None,
    until: str | None,
    name: str = "createdAt",
) -> tuple[str, dict[str, str]]:
    """Add a range of a sort key, ``createdAt`` or the one ``name``, to a key condition."""
    if since and until:
        return (
            f"{condition} AND #{name} BETWEEN :since AND :until",
            values | {"since": since, "until": until},
        )
    if since:
        return f"{condition} AND #{name} >= :since", values | {"since": since}
    if until:
        return f"{condition} AND #{name} <= :until", values | {"until": until}
    return condition, values


def read_event(item: Item) -> Event:
    """Read an item of the timeline."""
    return Event.model_validate(
        {
            "type": item["type"],
            "at": item["at"],
            "actor": {"id": item.get("actorId", ""), "name": item.get("actorName", "")},
            "write_id": item.get("writeId", ""),
            "version": item.get("version", 0),
            "changes": item.get("changes", {}),
            "undoes": item.get("undoes", ""),
        }
    )


def check_id(lead_id: str) -> None:
    """Raise :class:`LeadNotFoundError` for what cannot be the id of a lead."""
    if not is_id(lead_id):
        raise LeadNotFoundError(lead_id)


def is_id(lead_id: str) -> bool:
    """Tell whether this may be the id of a lead: keys that are made of it have a limit."""
    try:
        return 0 < len(lead_id.encode()) <= MAX_ID_BYTES
    except UnicodeEncodeError:
        return False
