"""Tables read in segments at once."""

from threading import Event

import pytest

from crm.dynamodb import calls
from crm.dynamodb.items import Key
from crm.dynamodb.scan import ScanPage, each_page, scan_page
from crm.tables import LEADS


def read(segment: int, start: Key | None, segments: int = 3) -> ScanPage:
    return scan_page(LEADS, segment=segment, segments=segments, start=start, limit=4)


def fill(count: int) -> set[str]:
    ids = {f"lead-{number}" for number in range(count)}
    for lead_id in ids:
        calls.put(LEADS, {"leadId": lead_id, "name": "x", "message": "long"})
    return ids


def test_all_segments_are_the_table(store: str) -> None:
    ids = fill(40)
    found: list[str] = []
    scanned = 0
    for page in each_page(dict.fromkeys(range(3)), read, lambda _, page: page, Event()):
        found += [str(item["leadId"]) for item in page.items]
        scanned += page.scanned
    assert sorted(found) == sorted(ids)
    assert scanned == 40


def test_a_page_gives_what_is_asked_for(store: str) -> None:
    fill(3)
    calls.put(LEADS, {"leadId": "other", "name": "y"})
    page = scan_page(
        LEADS,
        segment=0,
        segments=1,
        where="#name = :name",
        values={"name": "x"},
        only=("leadId", "name"),
        consistent=True,
    )
    assert len(page.items) == 3
    assert all(set(item) == {"leadId", "name"} for item in page.items)
    assert (page.scanned, page.last_key) == (4, None)


def test_it_goes_on_from_a_key(tables: None) -> None:
    ids = fill(10)
    first = read(0, None, segments=1)
    assert first.last_key
    starts: dict[int, Key | None] = {0: first.last_key}
    rest = each_page(starts, lambda n, start: read(n, start, 1), lambda _, page: page, Event())
    found = [item["leadId"] for page in (first, *rest) for item in page.items]
    assert sorted(map(str, found)) == sorted(ids)


def test_an_error_ends_all_segments(tables: None) -> None:
    fill(40)
    stop = Event()

    def work(segment: int, page: ScanPage) -> int:
        if segment == 1:
            raise ValueError("in segment 1")
        stop.wait(10)
        return page.scanned

    with pytest.raises(ValueError, match="in segment 1"):
        list(each_page(dict.fromkeys(range(3)), read, work, stop))
    assert stop.is_set()


def test_closing_it_ends_all_segments(tables: None) -> None:
    fill(40)
    stop = Event()
    pages = each_page(dict.fromkeys(range(3)), read, lambda _, page: page.scanned, stop)
    next(iter(pages))
    del pages
    assert stop.is_set()


def test_no_segment_is_nothing(tables: None) -> None:
    assert list(each_page({}, read, lambda _, page: page, Event())) == []
