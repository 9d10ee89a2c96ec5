"""All leads of other programs, adopted by several threads that can be stopped anywhere.

Each thread reads a segment of the table, adopts what it finds page by page, and then notes
where it is: a run that was cut off goes on from there. A run to the end forgets the notes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Lock

from crm.dynamodb.calls import Item, Key, delete, put, query_all
from crm.dynamodb.pace import Pace
from crm.dynamodb.scan import ScanPage, each_page, scan_page
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.models import timestamp
from leads.repository.adoption import (
    UNADOPTED,
    UNADOPTED_VALUES,
    Adoption,
    adopt,
    is_due,
    planned_adoption,
)
from leads.repository.counters import number

# Few enough for the progress to be seen, and for a run that is cut off to repeat little.
PAGE = 250


@dataclass(frozen=True)
class AdoptedPage:
    """What a page of the table came to: how many leads it had, and what became of ours."""

    scanned: int
    adoptions: list[Adoption]


@dataclass(frozen=True)
class Segments:
    """The segments that are left to do, and where each begins; ``since`` the notes are."""

    count: int
    starts: Mapping[int, Key | None]
    since: str = ""


def begin(wanted: int, *, addresses: bool = False) -> Segments:
    """Divide the table into segments; a run that was cut off keeps its own.

    What a run did that left addresses as they were is not done for one that writes them.
    """
    notes = query_all(RECORDS, "#PK = :pk", {"pk": keys.ADOPTION}, consistent=True)
    counts = {number(note["segments"]) for note in notes}
    left_addresses = addresses and not all(note.get("addresses") for note in notes)
    # Of runs that began at once: the segment of one is another part of the table to the other.
    if len(counts) > 1 or left_addresses:
        for note in notes:
            delete(RECORDS, RECORDS.key_of(note))
        return begin(wanted, addresses=addresses)
    count = counts.pop() if counts else wanted
    starts: dict[int, Key | None] = dict.fromkeys(range(count))
    for note in notes:
        segment = int(str(note["SK"]).partition("#")[2])
        position = str(note["position"])
        if position:
            starts[segment] = keys.lead(position)
        else:
            starts.pop(segment, None)
    return Segments(count, starts, min((str(note["at"]) for note in notes), default=""))


def adopt_all(
    segments: Segments, pace: Pace, stop: Event, *, addresses: bool = False
) -> Iterator[AdoptedPage]:
    """Adopt the leads of other programs; raises the errors of DynamoDB.

    ``addresses`` writes their addresses in the normal form, and those of all that were
    adopted before.
    """
    # Leads of one counter shard would only get into each other's way.
    one_at_a_time = [Lock() for _ in range(keys.SHARDS)]

    def work(segment: int, page: ScanPage) -> AdoptedPage:
        adoptions: list[Adoption] = []
        for item in _due(page, addresses=addresses):
            if stop.is_set():
                return AdoptedPage(0, adoptions)
            with pace.hold(), one_at_a_time[keys.shard(str(item["leadId"]))]:
                adoptions.append(adopt(item, addresses=addresses))
        with pace.hold():
            _note(segments.count, segment, page.last_key, addresses=addresses)
        return AdoptedPage(page.scanned, adoptions)

    yield from _pages(segments, pace, stop, work, addresses=addresses)
    if stop.is_set():
        return
    for segment in range(segments.count):
        delete(RECORDS, keys.adoption(segment))


def plan_all(
    segments: Segments, pace: Pace, stop: Event, *, addresses: bool = False
) -> Iterator[AdoptedPage]:
    """Say what :func:`adopt_all` would do, from the beginning, and write nothing."""

    def work(_segment: int, page: ScanPage) -> AdoptedPage:
        due = _due(page, addresses=addresses)
        planned = [planned_adoption(item, addresses=addresses) for item in due]
        return AdoptedPage(page.scanned, planned)

    yield from _pages(segments, pace, stop, work, addresses=addresses)


def _due(page: ScanPage, *, addresses: bool) -> list[Item]:
    return [item for item in page.items if is_due(item, addresses=addresses)]


def _pages(
    segments: Segments,
    pace: Pace,
    stop: Event,
    work: Callable[[int, ScanPage], AdoptedPage],
    *,
    addresses: bool,
) -> Iterator[AdoptedPage]:
    # DynamoDB cannot tell whether an address is in its normal form.
    where, values = (None, None) if addresses else (UNADOPTED, UNADOPTED_VALUES)

    def read(segment: int, start: Key | None) -> ScanPage:
        with pace.hold():
            return scan_page(
                LEADS,
                segment=segment,
                segments=segments.count,
                start=start,
                where=where,
                values=values,
                limit=PAGE,
            )

    return each_page(segments.starts, read, work, stop)


def _note(segments: int, segment: int, last_key: Key | None, *, addresses: bool) -> None:
    """Note that all before ``last_key`` is done, or the whole segment."""
    note: Item = {
        **keys.adoption(segment),
        "segments": segments,
        "position": last_key["leadId"] if last_key else "",
        "addresses": addresses,
        "at": timestamp(datetime.now(UTC)),
    }
    put(RECORDS, note)
