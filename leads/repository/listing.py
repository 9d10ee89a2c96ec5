"""All leads, newest first, by filter: pages merged from the partitions of an index.

A page of all leads is the merge of one Query for each status, one of an owner's leads of one
for each standing. Its cursor holds the moment that they go on from: the same cost on every page.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import ceil
from operator import itemgetter
from typing import Protocol

from crm.dynamodb.calls import Key, submit
from leads.models import Lead, Standing, Status
from leads.repository.addresses import email_page
from leads.repository.boards import are_leads_filed, others_page, owners_page
from leads.repository.cursors import (
    EMAIL,
    ORIGIN,
    OTHERS,
    Place,
    Starts,
    list_cursor,
    list_starts,
    merged_cursor,
    merged_place,
)
from leads.repository.filters import Filter
from leads.repository.origins import origin_page
from leads.repository.pagination import MAX_SHOWN, merge, start_of_moment
from leads.repository.reads import (
    PAGE_SIZE,
    READS,
    LeadPage,
    StorePage,
    read_on,
    status_page,
)

# So many leads of a moment are looked at at once for those that were moved since.
MOVED_LIMIT = 1000
# Of a page, each source is asked for this share first: leads are seldom all of one.
FIRST_SHARE = 0.4


class Source(Protocol):
    """One sorted stream of leads that can be read from a key on."""

    def __call__(self, *, limit: int, start: Key | None) -> StorePage:
        """Read up to ``limit`` leads after ``start``."""
        ...


type Streams = dict[str, Source]


def listing(wanted: Filter, cursor: str = "", size: int = PAGE_SIZE) -> LeadPage:
    """Read one page of the leads that ``wanted`` describes: 9 Queries at most in parallel.

    Of a form or a source 21 small ones, see :mod:`leads.repository.origins`.

    Streams that have more of the page than was asked for first are read on, once.

    ``cursor`` is that of the page before. If what was read leaves nothing to show, it reads
    on, up to ``READS`` times. Raises ``InvalidCursorError``.
    """
    source = _one_source(wanted)
    place = Place() if source else merged_place(cursor, wanted)
    starts = list_starts(cursor, wanted) if source else {}
    if wanted.since and wanted.until and wanted.since > wanted.until:
        return LeadPage([], "")  # DynamoDB rejects such a range
    if source:
        return _source_page(*source, wanted, starts, size)
    return _merged_page(wanted, place, size)


def _source_page(name: str, source: Source, wanted: Filter, starts: Starts, size: int) -> LeadPage:
    page = source(limit=size, start=starts.get(name))
    leads = page.leads[:size]
    last_key = page.last_key
    if len(page.leads) > size:
        last_key = {"leadId": leads[-1].lead_id, "createdAt": leads[-1].created_at}
    shown = [lead for lead in leads if wanted.is_in_days(lead)]
    return LeadPage(shown, list_cursor({name: last_key} if last_key else None, wanted))


def _merged_page(wanted: Filter, place: Place, size: int) -> LeadPage:
    leads: list[Lead] = []
    following: Place | None = place
    for _ in range(READS):
        pages = _read(wanted, place, size)
        merged = merge(pages, place, size - len(leads))
        leads += filter(wanted.is_match, merged.leads)
        following = merged.place
        if following is None or (leads and not (merged.reads_on and following.moved_since)):
            break
        place = following
    return LeadPage(leads, merged_cursor(following, wanted))


def _read(wanted: Filter, place: Place, size: int) -> dict[str, StorePage]:
    # Who looks for leads that were moved passes by all others of the moment.
    passed = len(place.shown) if place.moved_since else 0
    limit = MOVED_LIMIT if passed >= MAX_SHOWN else size + passed
    first = limit if passed else ceil(size * FIRST_SHARE)
    streams = _streams(wanted)
    starts = {name: _start(name, wanted, place) for name in streams}
    pages = _read_each(streams, starts, first)
    if first == limit:
        return pages
    more = {name: pages[name].last_key for name in _asked_on(pages, limit)}
    for name, page in _read_each(streams, more, limit - first).items():
        pages[name] = StorePage(pages[name].leads + page.leads, page.last_key)
    return pages


def _read_each(
    streams: Streams, starts: Mapping[str, Key | None], limit: int
) -> dict[str, StorePage]:
    reading = {
        name: submit(partial(streams[name], limit=limit, start=start))
        for name, start in starts.items()
    }
    return {name: page.result() for name, page in reading.items()}


def _asked_on(pages: Mapping[str, StorePage], size: int) -> list[str]:
    """Return the streams all of whose leads may be on a page of ``size``, and that have more."""
    read = [(lead.created_at, name) for name, page in pages.items() for lead in page.leads]
    read.sort(key=itemgetter(0), reverse=True)  # those of a moment in the order of the merge
    shown = Counter(name for _time, name in read[:size])
    return [
        name for name, page in pages.items() if page.last_key and shown[name] == len(page.leads)
    ]


def _streams(wanted: Filter) -> Streams:
    """Return the streams that are merged: what reads each, by its name."""
    owner_id, since, until = wanted.owner_id, wanted.since, wanted.until
    if owner_id is None:
        return {
            status.value: partial(status_page, status, since=since, until=until)
            for status in wanted.statuses
        }
    filed = are_leads_filed()
    standings: Iterable[Standing] = wanted.standings if filed else wanted.statuses
    streams: Streams = {
        standing.value: partial(
            owners_page, owner_id, standing, is_filed=filed, since=since, until=until
        )
        for standing in standings
    }
    if filed and not owner_id and Status.NEW in standings:
        streams[OTHERS] = partial(others_page, since=since, until=until)
    return streams


def _start(name: str, wanted: Filter, place: Place) -> Key | None:
    if name in place.starts:
        return place.starts[name]
    start = start_of_moment(place.moment, name)
    # DynamoDB takes no start outside the range: then the moment is where the range begins.
    is_within = not wanted.until or str(start["createdAt"]) <= wanted.until
    return start if place.moment and is_within else None


def _one_source(wanted: Filter) -> tuple[str, Source] | None:
    """Return the name of the one stream that a filter reads and what reads it, if it is one."""
    if wanted.email:
        return EMAIL, partial(_by_email, wanted)
    if wanted.has_origin:
        return ORIGIN, partial(_by_origin, wanted)
    if wanted.owner_id is not None:
        return None
    if wanted.outcome or wanted.reason:
        return Status.CLOSED.value, partial(_closed, wanted)
    if wanted.status:
        source = partial(status_page, wanted.status, since=wanted.since, until=wanted.until)
        return wanted.status.value, source
    return None


def _closed(wanted: Filter, *, limit: int, start: Key | None) -> StorePage:
    read = partial(status_page, Status.CLOSED, limit=limit, since=wanted.since, until=wanted.until)
    return _matching(wanted, read, limit, start)


def _by_email(wanted: Filter, *, limit: int, start: Key | None) -> StorePage:
    read = partial(
        email_page, wanted.email or "", limit=limit, since=wanted.since, until=wanted.until
    )
    return _matching(wanted, read, limit, start)


def _by_origin(wanted: Filter, *, limit: int, start: Key | None) -> StorePage:
    read = partial(
        origin_page,
        wanted.form,
        wanted.source,
        limit=limit,
        since=wanted.since,
        until=wanted.until,
    )
    return _matching(wanted, read, limit, start)


def _matching(
    wanted: Filter, read: Callable[..., StorePage], limit: int, start: Key | None
) -> StorePage:
    def read_matching(start: Key | None) -> StorePage:
        page = read(start=start)
        return page._replace(leads=list(filter(wanted.is_match, page.leads)))

    return read_on(read_matching, limit, start)
