"""Dates of other programs are read, or refused."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.imports.columns.dates import is_day_first, read_date
from leads.models import timestamp

FIRST = datetime(1970, 1, 2)  # noqa: DTZ001 - as hypothesis wants it
LAST = datetime(2099, 12, 30)  # noqa: DTZ001 - as hypothesis wants it


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"),
        ("2026-01-02T03:04:05.000+0000", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02T03:04:05+05:30", "2026-01-01T21:34:05.000Z"),
        ("2026-01-02 03:04:05", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02 03:04", "2026-01-02T03:04:00.000Z"),
        ("2026-01-02 03:04:05 UTC", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02 03:04:05 +0200", "2026-01-02T01:04:05.000Z"),
        ("2026/1/2 3:04 PM", "2026-01-02T15:04:00.000Z"),
        ("2026-01-02", "2026-01-02T00:00:00.000Z"),
        ("Fri, 02 Jan 2026 03:04:05 -0500", "2026-01-02T08:04:05.000Z"),
        ("2 Jan 2026 03:04:05 GMT", "2026-01-02T03:04:05.000Z"),
        ("2 Jan 2026 3:04 PM", "2026-01-02T15:04:00.000Z"),
        ("Fri, 2 Jan 2026 3:04:05 pm", "2026-01-02T15:04:05.000Z"),
        ("Fri, 2 Jan 2026 03:04:05 EST", "2026-01-02T08:04:05.000Z"),
        ("Fri, 2 Jan 2026 03:04:05 -0000", "2026-01-02T03:04:05.000Z"),
        ("2 January 2026", "2026-01-02T00:00:00.000Z"),
        ("02-Jan-2026 15:04", "2026-01-02T15:04:00.000Z"),
        ("Jan 2, 2026, 3:04 a.m.", "2026-01-02T03:04:00.000Z"),
        ("Friday, January 2nd, 2026 at 12:04 AM", "2026-01-02T00:04:00.000Z"),
        ("02.01.2026", "2026-01-02T00:00:00.000Z"),
        ("02.01.26, 15:04:05", "2026-01-02T15:04:05.000Z"),
        ("1/2/2026, 12:04 PM", "2026-01-02T12:04:00.000Z"),
        ("1/2/2026 3:04", "2026-01-02T03:04:00.000Z"),
        ("1-2-26", "2026-01-02T00:00:00.000Z"),
        ("1767323045", "2026-01-02T03:04:05.000Z"),
        ("1767323045678", "2026-01-02T03:04:05.678Z"),
        ("  2026-01-02\n", "2026-01-02T00:00:00.000Z"),
    ],
)
def test_common_ways_to_write_a_date(text: str, stored: str) -> None:
    assert read_date(text, day_first=False) == stored


def test_the_order_of_day_and_month_is_as_chosen() -> None:
    assert read_date("3/4/2026 10:00", day_first=True) == "2026-04-03T10:00:00.000Z"
    assert read_date("3/4/2026 10:00", day_first=False) == "2026-03-04T10:00:00.000Z"
    # Never the other one, for then its neighbours would be read wrong.
    assert read_date("25/4/2026", day_first=False) is None
    assert read_date("4/25/2026", day_first=True) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "45999",
        "12",
        "31.02.2026",
        "2026-13-01",
        "1/2",
        "25:00",
        "0001-01-01",
        "9999-12-31",
        "2026-01-02 25:00",
        "13/1/2026 13:00 PM",
        "3 Foo 2026",
        "99999999999999",
        "2026-01-02T00:00:00+99:99",
        "Fri, 99 Jan 2026 03:04:05 +0000",
        "2 Jan 2026 03:04:05 CET",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text, day_first=False) is None


@pytest.mark.parametrize(
    ("samples", "is_first"),
    [
        (["1/2/2026", "25/2/2026 10:00", "3/3/2026"], True),
        (["1/2/2026", "2/25/2026"], False),
        (["1/2/2026"], None),
        (["25.2.2026", "2026-02-25", "", "nonsense"], None),
        ([], None),
    ],
)
def test_the_order_is_found_where_a_day_is_beyond_twelve(
    samples: list[str], *, is_first: bool | None
) -> None:
    assert is_day_first(samples) is is_first


@given(st.datetimes(FIRST, LAST), st.booleans())
def test_what_is_written_is_read(moment: datetime, day_first: bool) -> None:  # noqa: FBT001 - hypothesis
    day = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    wanted = timestamp(moment.replace(microsecond=0, tzinfo=UTC))
    for pattern in (
        f"{day} %H:%M:%S",
        f"{day}, %I:%M:%S %p",
        "%d.%m.%Y %H:%M:%S",
        "%d %b %Y %H:%M:%S",
        "%Y-%m-%dT%H:%M:%SZ",
    ):
        assert read_date(moment.strftime(pattern), day_first=day_first) == wanted
    assert read_date(timestamp(moment.replace(tzinfo=UTC)), day_first=day_first) == timestamp(
        moment.replace(tzinfo=UTC)
    )


@given(st.text(max_size=40) | st.from_regex(r"[0-9/.\-: TZ+]{4,30}", fullmatch=True), st.booleans())
def test_no_text_is_too_strange(text: str, day_first: bool) -> None:  # noqa: FBT001 - hypothesis
    found = read_date(text, day_first=day_first)
    assert found is None or found.endswith("Z")
    is_day_first([text])


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2026-03-02 14:05", "2026-03-02T13:05:00.000Z"),
        ("2026-07-02T14:05:00", "2026-07-02T12:05:00.000Z"),
        ("2.3.2026 00:30", "2026-03-01T23:30:00.000Z"),
        ("2 Mar 2026 2:05 PM", "2026-03-02T13:05:00.000Z"),
        ("2026-03-02 14:05 UTC", "2026-03-02T14:05:00.000Z"),
        ("2026-03-02T14:05:00+05:00", "2026-03-02T09:05:00.000Z"),
        ("Mon, 2 Mar 2026 14:05:00 -0000", "2026-03-02T14:05:00.000Z"),
        ("1700000000", "2023-11-14T22:13:20.000Z"),
        # A date without a time is that date, also where a program writes midnight.
        ("2026-03-02", "2026-03-02T00:00:00.000Z"),
        ("2 March 2026", "2026-03-02T00:00:00.000Z"),
        ("2026-03-02 00:00:00", "2026-03-02T00:00:00.000Z"),
    ],
)
def test_times_that_say_no_zone_are_in_the_importers(text: str, stored: str) -> None:
    assert read_date(text, day_first=True, zone=ZoneInfo("Europe/Berlin")) == stored
