"""All leads, newest first, by filter: pages merged from the partitions of an index.

A page of all leads is the merge of one Query for each status. Its cursor holds where each
of these sources goes on: the same cost on every page.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from crm.dynamodb.calls import Key, query, submit
from crm.dynamodb.schema import LEADS, OWNER_INDEX
from leads.models import Lead, Status
from leads.repository.reads import PAGE_SIZE, LeadPage, by_email, by_status, created_between

# A filter on what an index returned may leave little: read on, but not without end.
OWNER_READS = 4

type Positions = dict[str, Key]


@dataclass(frozen=True)
class Filter:
    """What a list shows; timestamps bound when the lead came in, both ends included."""

    status: Status | None = None
    owner_id: str | None = None
    email: str | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class ListPage:
    """Leads, newest first, and the positions of the next page if there may be one."""

    leads: list[Lead]
    positions: Positions | None


class Source(Protocol):
    """One sorted stream of leads that can be read from a key on."""

    def __call__(self, *, limit: int, start: Key | None) -> LeadPage:
        """Read up to ``limit`` leads after ``start``."""
        ...


def listing(
    wanted: Filter, starts: Mapping[str, Key] | None = None, size: int = PAGE_SIZE
) -> ListPage:
    """Read one page of the leads that ``wanted`` describes: 4 Queries at most in parallel.

    ``starts`` are the positions that the page before gave.
    """
    if wanted.since and wanted.until and wanted.since > wanted.until:
        return ListPage([], None)  # DynamoDB rejects such a range
    starts = starts or {}
    reading = {
        name: submit(partial(source, limit=size, start=starts.get(name)))
        for name, source in _sources(wanted).items()
    }
    pages = {name: _unseen(page.result(), starts) for name, page in reading.items()}
    shown, left = _merge(pages, size)
    if not any(left[name] or page.last_key for name, page in pages.items()):
        return ListPage(shown, None)
    if len(pages) > 1 and shown:
        return ListPage(shown, _positions(shown, starts, wanted))
    positions = {name: starts[name] for name in pages if name in starts}
    for name, page in pages.items():
        if not left[name] and page.last_key:
            positions[name] = page.last_key
        elif left[name] and shown:
            positions[name] = _key(name, shown[-1])
    return ListPage(shown, positions)


def _sources(wanted: Filter) -> dict[str, Source]:
    if wanted.email:
        return {"email": partial(_by_email, wanted)}
    if wanted.owner_id:
        return {"owner": partial(_by_owner, wanted)}
    statuses = [wanted.status] if wanted.status else list(Status)
    return {
        status.value: partial(by_status, status, since=wanted.since, until=wanted.until)
        for status in statuses
    }


def _unseen(page: LeadPage, starts: Mapping[str, Key]) -> LeadPage:
    """Leave out the leads that the positions name: one may have moved here since."""
    named = {start["leadId"] for start in starts.values()}
    return LeadPage([lead for lead in page.leads if lead.lead_id not in named], page.last_key)


def _merge(
    pages: Mapping[str, LeadPage], size: int
) -> tuple[list[Lead], Mapping[str, deque[Lead]]]:
    """Give the newest leads of all sources, and what is left of each."""
    queues = {name: deque(page.leads) for name, page in pages.items()}
    shown: list[Lead] = []
    while len(shown) < size:
        # A source that ran dry but has more may hold the next newest lead: stop there.
        if any(not queue and pages[name].last_key for name, queue in queues.items()):
            break
        waiting = [queue for queue in queues.values() if queue]
        if not waiting:
            break
        shown.append(max(waiting, key=lambda queue: queue[0].created_at).popleft())
    return shown, queues


def _positions(shown: Sequence[Lead], starts: Mapping[str, Key], wanted: Filter) -> Positions:
    """Give where each status goes on: all at the time of the last lead that was shown.

    So a lead that is moved meanwhile is neither left out nor shown again, whichever status
    it moves to. Leads of that very time go on after the last one shown of their status.
    """
    time = shown[-1].created_at
    last = {lead.status.value: lead for lead in shown if lead.created_at == time}
    # The next text after the time itself: nothing of that time has been shown.
    before_all = {"createdAt": f"{time} ", "leadId": shown[-1].lead_id}
    positions: Positions = {}
    for status in Status:
        start = starts.get(status)
        if status in last:
            positions[status.value] = _key(status, last[status])
        elif start and start["createdAt"] == time:
            positions[status.value] = start
        elif not wanted.until or before_all["createdAt"] <= wanted.until:
            positions[status.value] = {**before_all, "status": status.value}
    return positions


def _key(source: str, lead: Lead) -> Key:
    key = {"leadId": lead.lead_id, "createdAt": lead.created_at}
    if source == "email":
        return key | {"email": lead.email}
    if source == "owner":
        return key | {"ownerId": lead.owner_id or ""}
    return key | {"status": source}


def _by_email(wanted: Filter, *, limit: int, start: Key | None) -> LeadPage:
    page = by_email(
        wanted.email or "", limit=limit, start=start, since=wanted.since, until=wanted.until
    )
    leads = [
        lead
        for lead in page.leads
        if wanted.status in {None, lead.status} and wanted.owner_id in {None, lead.owner_id}
    ]
    return LeadPage(leads, page.last_key)


def _by_owner(wanted: Filter, *, limit: int, start: Key | None) -> LeadPage:
    values = {"owner": wanted.owner_id or ""}
    condition, values = created_between("#ownerId = :owner", values, wanted.since, wanted.until)
    where = "#status = :status" if wanted.status else None
    if wanted.status:
        values["status"] = wanted.status.value
    leads: list[Lead] = []
    for _ in range(OWNER_READS):
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
    return LeadPage(leads, start)
