"""The days of a filter, in the zone of whoever asks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import repository
from leads.models import Lead, is_date_only, timestamp
from leads.repository import Filter
from tests import make

ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu"]
DAY = date(2026, 3, 2)


def came_in(wanted: Filter, created_at: str) -> bool:
    """Tell whether a lead is read by the bounds of a filter and of its days."""
    lead = Lead(lead_id="lead", created_at=created_at)
    is_read = (wanted.since or "") <= created_at <= (wanted.until or "~")
    return is_read and wanted.is_match(lead)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 2, 27), datetime(2026, 3, 5), timezones=st.just(UTC)),  # noqa: DTZ001 - zones are given apart
)
def test_a_time_counts_by_the_day_it_is_in_the_zone(zone: str, moment: datetime) -> None:
    expected = (moment if is_date_only(moment) else moment.astimezone(ZoneInfo(zone))).date() == DAY
    assert came_in(Filter().in_days(DAY, DAY, ZoneInfo(zone)), timestamp(moment)) is expected


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("written", ["{}", "{}T00:00:00.000Z", "{}T00:00:00Z"])
def test_a_date_without_a_time_is_that_date_everywhere(zone: str, written: str) -> None:
    for days in (-1, 0, 1):
        text = written.format(DAY + timedelta(days))
        assert came_in(Filter().in_days(DAY, DAY, ZoneInfo(zone)), text) is (days == 0)
        assert came_in(Filter().in_days(DAY, None, ZoneInfo(zone)), text) is (days >= 0)
        assert came_in(Filter().in_days(None, DAY, ZoneInfo(zone)), text) is (days <= 0)


@pytest.mark.parametrize("zone", ZONES)
def test_times_of_any_precision_count(zone: str) -> None:
    begin = datetime(2026, 3, 2, tzinfo=ZoneInfo(zone)).astimezone(UTC) + timedelta(seconds=1)
    for text in (f"{begin:%Y-%m-%dT%H:%M:%S}Z", f"{begin:%Y-%m-%dT%H:%M:%S}.5Z", timestamp(begin)):
        assert came_in(Filter().in_days(DAY, DAY, ZoneInfo(zone)), text)


@pytest.mark.parametrize("day", [date.min, date.max])
@pytest.mark.parametrize("zone", ZONES)
def test_the_ends_of_the_calendar_are_no_error(day: date, zone: str) -> None:
    assert not came_in(Filter().in_days(day, day, ZoneInfo(zone)), "2026-03-02T10:00:00.000Z")


def test_what_is_no_date_counts_by_its_text() -> None:
    wanted = Filter().in_days(DAY, DAY, UTC)
    assert came_in(wanted, "2026-03-02 in the morning")
    assert not came_in(wanted, "long ago")


def test_the_list_leaves_out_the_dates_beside(tables: None) -> None:
    """West of Greenwich the next date begins, in UTC, before the day has ended."""
    for number in range(60):
        written = f"{DAY + timedelta(days=1)}T00:00:00.000Z"
        make.write(make.published(f"next-{number}", createdAt=written))
    make.write(make.published("evening", createdAt="2026-03-03T04:00:00.000Z"))
    make.write(make.published("date", createdAt="2026-03-02"))
    make.write(make.published("early", createdAt="2026-03-02T04:00:00.000Z"))
    wanted = Filter().in_days(DAY, DAY, ZoneInfo("America/Los_Angeles"))
    found, cursor = [], ""
    while True:
        page = repository.listing(wanted, cursor)
        found += [lead.lead_id for lead in page.leads]
        cursor = page.cursor
        if not cursor:
            break
    assert found == ["evening", "date"]
