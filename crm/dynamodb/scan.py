"""Reading a table whole: for commands alone, never for a page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event
from typing import Protocol, cast

from crm.dynamodb.client import send
from crm.dynamodb.items import (
    Item,
    Key,
    Value,
    WireItem,
    names,
    page_of,
    plain_item,
    wire,
    wire_values,
)
from crm.dynamodb.schema import Table

WIRE_PAGE = 1_000


def scan(table: Table, *, where: str, values: Mapping[str, Value]) -> Iterator[Item]:
    """Return every item for which ``where`` holds; costs 0.5 RRU for each 4 KB of the table."""
    condition = {
        "FilterExpression": where,
        "ExpressionAttributeNames": names(where),
        "ExpressionAttributeValues": wire_values(values),
    }
    for page in _pages(table, condition):
        yield from map(plain_item, page)


def wire_pages(table: Table, *, segment: int, segments: int) -> Iterator[list[WireItem]]:
    """Return one segment of a table, a page at a time, values as they are on the wire.

    Segments are numbered from 0; together they are the table, and each may be read by a
    thread of its own.
    """
    # A page of 1 MB of small items could take an engine longer than a request may.
    return _pages(table, {"Segment": segment, "TotalSegments": segments, "Limit": WIRE_PAGE})


def _pages(table: Table, more: Mapping[str, object]) -> Iterator[list[WireItem]]:
    parameters = {"TableName": table.name, "ReturnConsumedCapacity": "TOTAL", **more}
    while True:
        answer = send("scan", **parameters)
        yield cast("list[WireItem]", answer.get("Items") or [])
        if not answer.get("LastEvaluatedKey"):
            return
        parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


@dataclass(frozen=True)
class WirePage:
    """Up to 1,000 items of a segment, values as they are on the wire; where to go on."""

    items: list[WireItem]
    last_key: Key | None


def wire_page(table: Table, *, segment: int, segments: int, start: Key | None) -> WirePage:
    """Read one page of a segment as it is now: 1 RRU for each 4 KB."""
    parameters: dict[str, object] = {
        "TableName": table.name,
        "Segment": segment,
        "TotalSegments": segments,
        "Limit": WIRE_PAGE,
        "ConsistentRead": True,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if start:
        parameters["ExclusiveStartKey"] = wire(start)
    return WirePage(*page_of(send("scan", **parameters)))


@dataclass(frozen=True)
class ScanPage:
    """Up to 1 MB of a segment: what matched, how many items were read, where to go on."""

    items: list[Item]
    scanned: int
    last_key: Key | None


def scan_page(  # noqa: PLR0913 -- these are the parts of a Scan
    table: Table,
    *,
    segment: int,
    segments: int,
    start: Key | None = None,
    where: str | None = None,
    values: Mapping[str, Value] | None = None,
    only: Sequence[str] = (),
    limit: int | None = None,
    consistent: bool = False,
) -> ScanPage:
    """Read one page of a segment; ``only`` names the attributes that are wanted.

    ``limit`` counts the items read. Neither ``where`` nor ``only`` makes it cheaper: 0.5 RRU
    for each 4 KB that are read, 1 if ``consistent``.
    """
    projection = ", ".join(f"#{name}" for name in only)
    parameters: dict[str, object] = {
        "TableName": table.name,
        "Segment": segment,
        "TotalSegments": segments,
        "ConsistentRead": consistent,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if found := names(where, projection):
        parameters["ExpressionAttributeNames"] = found
    if where:
        parameters["FilterExpression"] = where
    if values:
        parameters["ExpressionAttributeValues"] = wire_values(values)
    if projection:
        parameters["ProjectionExpression"] = projection
    if limit:
        parameters["Limit"] = limit
    if start:
        parameters["ExclusiveStartKey"] = wire(start)
    answer = send("scan", **parameters)
    items, last_key = page_of(answer)
    scanned = cast("int", answer.get("ScannedCount") or 0)
    return ScanPage([plain_item(item) for item in items], scanned, last_key)


# --- Several segments at once -----------------------------------------------------------


class Page(Protocol):
    """What a page has to tell: the key to go on from, if there is more."""

    @property
    def last_key(self) -> Key | None: ...  # noqa: D102 -- told above


def each_page[P: Page, T](
    starts: Mapping[int, Key | None],
    read: Callable[[int, Key | None], P],
    work: Callable[[int, P], T],
    stop: Event,
) -> Iterator[T]:
    """Read each segment from its start on, a thread each; yield what ``work`` made of each page.

    ``read`` gives the page of a segment at a key; ``work`` runs in the segment's thread
    before its next page is read, and gives anything but ``None``. Threads end after the page
    at hand once ``stop`` is set, which an error and a closed iterator do, too. Raises the
    first error of either.
    """
    done: SimpleQueue[T | None] = SimpleQueue()

    def run(segment: int, start: Key | None) -> None:
        try:
            while not stop.is_set():
                page = read(segment, start)
                done.put(work(segment, page))
                start = page.last_key
                if start is None:
                    return
        except BaseException:
            stop.set()
            raise
        finally:
            done.put(None)

    with ThreadPoolExecutor(max(1, len(starts)), "segment") as pool:
        try:
            segments = [pool.submit(run, *start) for start in starts.items()]
            running = len(segments)
            while running:
                result = done.get()
                if result is None:
                    running -= 1
                else:
                    yield result
        except BaseException:
            stop.set()
            raise
        for segment in segments:
            segment.result()
