"""All leads, newest first, by filter: pages merged from the partitions of an index.

A page of all leads is the merge of one Query for each status. Its cursor holds where each
of these sources goes on: the same cost on every page.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from crm.dynamodb.calls import Key, query, submit
from crm.tables import LEADS, OWNER_INDEX
from leads.models import Lead, Status
from leads.repository.cursors import Positions, list_cursor, list_positions
from leads.repository.filters import Filter
from leads.repository.pagination import before_all, merge, was_listed_before
from leads.repository.reads import (
    PAGE_SIZE,
    LeadPage,
    StorePage,
    created_between,
    email_page,
    status_page,
)

# What was read may leave nothing to show: read on, but not without end.
READS = 4


class _Page(NamedTuple):
    """Leads, newest first, and the positions of the next page if there may be one."""

    leads: list[Lead]
    positions: Positions | None


class Source(Protocol):
    """One sorted stream of leads that can be read from a key on."""

    def __call__(self, *, limit: int, start: Key | None) -> StorePage:
        """Read up to ``limit`` leads after ``start``."""
        ...


def listing(wanted: Filter, cursor: str = "", size: int = PAGE_SIZE) -> LeadPage:
    """Read one page of the leads that ``wanted`` describes: 4 Queries at most in parallel.

    ``cursor`` is that of the page before. If nothing is to be shown but leads that were
    listed before and moved since, it reads on, up to ``READS`` times. Raises
    ``InvalidCursorError``.
    """
    starts = list_positions(cursor, wanted)
    if wanted.since and wanted.until and wanted.since > wanted.until:
        return LeadPage([], "")  # DynamoDB rejects such a range
    sources = _sources(wanted)
    for _ in range(READS):
        page = _read(sources, wanted, starts, size)
        page = page._replace(leads=[lead for lead in page.leads if wanted.came_in_time(lead)])
        if page.leads or page.positions is None or len(sources) == 1:
            break
        starts = page.positions
    return LeadPage(page.leads, list_cursor(page.positions, wanted))


def _read(sources: Mapping[str, Source], wanted: Filter, starts: Positions, size: int) -> _Page:
    reading = {
        name: submit(partial(source, limit=size, start=starts.get(name)))
        for name, source in sources.items()
    }
    pages = {name: page.result() for name, page in reading.items()}
    merged = merge(pages, size, was_listed_before(starts if len(pages) > 1 else {}))
    left = {name: len(page.leads) > len(merged.taken[name]) for name, page in pages.items()}
    if not any(left[name] or page.last_key for name, page in pages.items()):
        return _Page(merged.shown, None)
    if len(pages) > 1 and merged.last:
        return _Page(merged.shown, _positions(merged.taken, merged.last, starts, wanted))
    positions = {name: starts[name] for name in pages if name in starts}
    for name, page in pages.items():
        if not left[name] and page.last_key:
            positions[name] = page.last_key
        elif merged.taken[name]:
            positions[name] = _key(name, merged.taken[name][-1])
    return _Page(merged.shown, positions)


def _sources(wanted: Filter) -> dict[str, Source]:
    if wanted.email:
        return {"email": partial(_by_email, wanted)}
    if wanted.owner_id:
        return {"owner": partial(_by_owner, wanted)}
    statuses = [wanted.status] if wanted.status else list(Status)
    return {
        status.value: partial(status_page, status, since=wanted.since, until=wanted.until)
        for status in statuses
    }


def _positions(
    taken: Mapping[str, Sequence[Lead]], last: Lead, starts: Positions, wanted: Filter
) -> Positions:
    """Return where each status goes on: all at the time of the last lead that was taken.

    So a lead that is moved meanwhile is neither left out nor shown again, whichever status
    it moves to. Leads of that very time go on after the last one taken of their status.
    """
    time = last.created_at
    start_of_time = before_all(time, last)
    positions: Positions = {}
    for status, leads in taken.items():
        start = starts.get(status)
        if leads and leads[-1].created_at == time:
            positions[status] = _key(status, leads[-1])
        elif start and start["createdAt"] == time:
            positions[status] = start
        elif not wanted.until or start_of_time["createdAt"] <= wanted.until:
            positions[status] = {**start_of_time, "status": status}
    return positions


def _key(source: str, lead: Lead) -> Key:
    key = {"leadId": lead.lead_id, "createdAt": lead.created_at}
    if source == "email":
        return key | {"email": lead.email}
    if source == "owner":
        return key | {"ownerId": lead.owner_id or ""}
    return key | {"status": source}


def _by_email(wanted: Filter, *, limit: int, start: Key | None) -> StorePage:
    page = email_page(
        wanted.email or "", limit=limit, start=start, since=wanted.since, until=wanted.until
    )
    # The address is the index's: it may be written otherwise in the lead.
    rest = wanted._replace(email=None)
    return StorePage([lead for lead in page.leads if rest.is_match(lead)], page.last_key)


def _by_owner(wanted: Filter, *, limit: int, start: Key | None) -> StorePage:
    values = {"owner": wanted.owner_id or ""}
    condition, values = created_between("#ownerId = :owner", values, wanted.since, wanted.until)
    where = "#status = :status" if wanted.status else None
    if wanted.status:
        values["status"] = wanted.status.value
    leads: list[Lead] = []
    for _ in range(READS):
        page = query(
            LEADS,
            condition,
            values,
            index=OWNER_INDEX,
            newest_first=True,
            limit=limit,
            start=start,
            where=where,
        )
        leads += [Lead.from_item(item) for item in page.items]
        start = page.last_key
        if start is None or len(leads) >= limit:
            break
    return StorePage(leads, start)
