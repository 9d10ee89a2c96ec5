"""Hours of work in a week."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import zones
from crm.working_hours import WorkingHours

OFFICE = WorkingHours(frozenset(range(5)), time(9), time(17), "Europe/Berlin")
MONDAY = datetime(2026, 11, 30, tzinfo=UTC)
HOUR = 3600

# By the quarter, as long as two weeks, without a change of clocks.
moments = st.integers(0, 14 * 24 * 4).map(
    lambda quarters: MONDAY + timedelta(minutes=15 * quarters)
)
hours = st.builds(
    lambda days, begin, length: WorkingHours(
        days, time(begin), time(min(begin + length, 23), 30), "Asia/Kolkata"
    ),
    st.frozensets(st.integers(0, 6)),
    st.integers(0, 22),
    st.integers(0, 23),
)


@given(hours, moments, moments)
def test_the_clock_counts_what_lies_within_hours(
    week: WorkingHours, one: datetime, other: datetime
) -> None:
    begin, end = min(one, other), max(one, other)
    minutes = range(0, int((end - begin).total_seconds()), 900)
    within = [week.is_within(begin + timedelta(seconds=second)) for second in minutes]
    assert week.clock(end) - week.clock(begin) == 900 * sum(within)


@given(hours, moments, moments)
def test_a_browser_counts_the_same(week: WorkingHours, one: datetime, other: datetime) -> None:
    """As static/desk.js does, from what a page tells it."""
    begin, end = min(one, other), max(one, other)
    coming = week.coming(begin, 20)
    start = week.clock(begin)
    worked = sum(
        min(end.timestamp(), till) - min(max(begin.timestamp(), since), end.timestamp())
        for since, till in coming
        if since < end.timestamp()
    )
    assert start + max(worked, 0) == week.clock(end)


@pytest.mark.parametrize(
    ("moment", "is_within"),
    [
        ("2026-11-30T07:59:59Z", False),
        ("2026-11-30T08:00:00Z", True),
        ("2026-11-30T15:59:59Z", True),
        ("2026-11-30T16:00:00Z", False),
        ("2026-11-28T12:00:00Z", False),
        # In summer the clocks are an hour ahead.
        ("2026-07-06T07:00:00Z", True),
        ("2026-07-06T15:00:00Z", False),
    ],
)
def test_within_hours(moment: str, *, is_within: bool) -> None:
    assert OFFICE.is_within(datetime.fromisoformat(moment)) is is_within


def test_somebody_elsewhere_works_by_their_own_clocks() -> None:
    new_york = zones.find("America/New_York")
    assert not OFFICE.is_within(MONDAY.replace(hour=12), new_york)
    assert OFFICE.is_within(MONDAY.replace(hour=14), new_york)


def test_a_weekend_is_no_work() -> None:
    friday = datetime(2026, 11, 27, 15, 30, tzinfo=UTC)
    assert OFFICE.clock(MONDAY.replace(hour=9)) - OFFICE.clock(friday) == 1.5 * HOUR


def test_a_change_of_clocks_at_night_is_none() -> None:
    friday, monday = (datetime(2026, 10, day, 12, 0, tzinfo=UTC) for day in (23, 26))
    # By the clocks of the office from 14:00 on Friday to 13:00 on Monday.
    assert OFFICE.clock(monday) - OFFICE.clock(friday) == 7 * HOUR


def test_what_comes_begins_with_the_present_day_of_work() -> None:
    (first, second) = OFFICE.coming(MONDAY.replace(hour=10), 2)
    assert first == tuple(int(MONDAY.replace(hour=hour).timestamp()) for hour in (8, 16))
    assert second[0] == first[0] + 24 * HOUR


def test_a_week_without_days_never_works() -> None:
    week = WorkingHours(frozenset(), time(9), time(17))
    assert not week.is_within(MONDAY.replace(hour=12))
    assert week.clock(MONDAY) == 0
    assert week.coming(MONDAY, 3) == []


def test_an_unknown_zone_counts_as_utc() -> None:
    assert WorkingHours(frozenset({0}), time(9), time(17), "Gone/Away").is_within(
        MONDAY.replace(hour=9)
    )
