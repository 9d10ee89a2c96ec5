"""All leads, newest first, by filter: pages merged from the partitions of an index.

A page of all leads is the merge of one Query for each status. Its cursor holds, for each
of these sources, the last lead that was shown: the same cost on every page.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from crm.dynamodb.calls import Key, query, submit
from crm.dynamodb.schema import LEADS, OWNER_INDEX
from leads.models import Lead, Status
from leads.repository.reads import PAGE_SIZE, LeadPage, by_email, by_status, created_between

DONE = "done"
# A filter on what an index returned may leave little: read on, but not without end.
OWNER_READS = 4

type Positions = dict[str, Key | str]


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
    wanted: Filter, positions: Mapping[str, Key | str] | None = None, size: int = PAGE_SIZE
) -> ListPage:
    """Read one page of the leads that ``wanted`` describes: 4 Queries at most in parallel."""
    if wanted.since and wanted.until and wanted.since > wanted.until:
        return ListPage([], None)  # DynamoDB rejects such a range
    sources = _sources(wanted)
    seen: Positions = dict(positions or {})
    reading = {
        name: submit(partial(source, limit=size, start=_start(seen, name)))
        for name, source in sources.items()
        if seen.get(name) != DONE
    }
    return _merge({name: page.result() for name, page in reading.items()}, seen, size)


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


def _start(positions: Positions, name: str) -> Key | None:
    position = positions.get(name)
    return position if isinstance(position, dict) else None


def _merge(pages: dict[str, LeadPage], positions: Positions, size: int) -> ListPage:
    queues = {name: deque(page.leads) for name, page in pages.items()}
    shown: list[Lead] = []
    last: dict[str, Lead] = {}
    while len(shown) < size:
        # A source that ran dry but has more may hold the next newest lead: stop there.
        if any(not queue and pages[name].last_key for name, queue in queues.items()):
            break
        waiting = {name: queue for name, queue in queues.items() if queue}
        if not waiting:
            break
        name = max(waiting, key=lambda name: waiting[name][0].created_at)
        last[name] = waiting[name].popleft()
        shown.append(last[name])
    for name, page in pages.items():
        if not queues[name]:
            positions[name] = page.last_key or DONE
        elif name in last:
            positions[name] = _key(name, last[name])
    more = any(positions.get(name) != DONE for name in pages)
    return ListPage(shown, positions if more else None)


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
