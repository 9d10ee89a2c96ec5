"""When something is to be due, as people type it, in their zone; hardly anything raises."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from leads.dues import (
    day_of,
    due_of,
    end_of_day,
    is_overdue,
    sort_key,
    start,
    stored_due,
    working_day_after,
)
from leads.models import known_due
from leads.typed_dues import read_due

# A Monday, 10:15 in Berlin.
NOW = datetime(2026, 11, 30, 9, 15, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("typed", "due"),
    [
        ("today", "2026-11-30"),
        (" Tomorrow ", "2026-12-01"),
        ("day after tomorrow", "2026-12-02"),
        ("thu", "2026-12-03"),
        ("on Thursday.", "2026-12-03"),
        ("this fri", "2026-12-04"),
        ("mon", "2026-12-07"),
        ("next week", "2026-12-07"),
        ("next thu", "2026-12-10"),
        ("next month", "2026-12-30"),
        ("in 2 weeks", "2026-12-14"),
        ("in two weeks", "2026-12-14"),
        ("in a week", "2026-12-07"),
        ("3 days", "2026-12-03"),
        ("+3d", "2026-12-03"),
        ("2w", "2026-12-14"),
        ("in 2 working days", "2026-12-02"),
        ("in 5 working days", "2026-12-07"),
        ("in 3 months", "2027-02-28"),
        ("next year", "2027-11-30"),
        ("in a year", "2027-11-30"),
        ("2 years", "2028-11-30"),
        ("in 2 weeks 10:00", "2026-12-14T09:00:00.000Z"),
        ("3d at 2pm", "2026-12-03T13:00:00.000Z"),
        ("next month 9:30", "2026-12-30T08:30:00.000Z"),
        ("noon", "2026-11-30T11:00:00.000Z"),
        ("tomorrow at noon", "2026-12-01T11:00:00.000Z"),
        ("in a week, midday", "2026-12-07T11:00:00.000Z"),
        ("Thu 3 Dec noon", "2026-12-03T11:00:00.000Z"),
        ("in 2 hours", "2026-11-30T11:15:00.000Z"),
        ("in 30 min", "2026-11-30T09:45:00.000Z"),
        ("3 Mar", "2027-03-03"),
        ("3 Mar 14:00", "2027-03-03T13:00:00.000Z"),
        ("Mar 3rd, 2pm", "2027-03-03T13:00:00.000Z"),
        ("3rd of March at 2:30 pm", "2027-03-03T13:30:00.000Z"),
        ("Thu 3 Dec 14:00", "2026-12-03T13:00:00.000Z"),
        ("3 Jul 14:00", "2027-07-03T12:00:00.000Z"),
        ("3 March 2028", "2028-03-03"),
        ("29 Feb", "2028-02-29"),
        ("30 Nov", "2026-11-30"),
        ("29 Nov", "2027-11-29"),
        ("tomorrow 9:00", "2026-12-01T08:00:00.000Z"),
        ("tomorrow at 9am", "2026-12-01T08:00:00.000Z"),
        ("tomorrow, 12 am", "2026-11-30T23:00:00.000Z"),
        ("14:00", "2026-11-30T13:00:00.000Z"),
        ("at 2pm", "2026-11-30T13:00:00.000Z"),
        ("9:00", "2026-12-01T08:00:00.000Z"),
        ("3.12.", "2026-12-03"),
        ("3.12.2027 14:00", "2027-12-03T13:00:00.000Z"),
        ("31/12", "2026-12-31"),
        ("12/31/2026", "2026-12-31"),
        ("2026-12-03", "2026-12-03"),
        ("2026-12-03T14:00", "2026-12-03T13:00:00.000Z"),
        ("2026-12-03 14:00", "2026-12-03T13:00:00.000Z"),
        ("2026-12-03T14:00:00Z", "2026-12-03T14:00:00.000Z"),
        ("2026-12-03T14:00:00.000+09:00", "2026-12-03T05:00:00.000Z"),
        ("2020-01-01", "2020-01-01"),
    ],
)
def test_reads_what_people_type(typed: str, due: str) -> None:
    with timezone.override(BERLIN):
        assert read_due(typed, NOW) == due
        assert known_due(due) == due


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "soon", "3/4", "4-5", "31 Feb", "32 Mar", "25:00", "13pm", "in 5000 weeks"),
        *("in x days", "2026-13-01", "1999-01-01", "2100-01-01", "9999999999 days", "x" * 80),
        *(
            "in 2 hours 14:00",
            "in 2 hours noon",
            "afternoon",
            "noon tomorrow noon",
            "5000 years",
            "tomorrow tomorrow",
            "mar",
            "٣/٤",
            "wed 3 dec",
        ),
    ],
)
def test_does_not_guess(typed: str) -> None:
    with timezone.override(BERLIN):
        assert read_due(typed, NOW) is None


def test_reads_the_names_of_the_language_and_english() -> None:
    with timezone.override(BERLIN), translation.override("de"):
        assert read_due("Donnerstag", NOW) == read_due("thursday", NOW) == "2026-12-03"
        assert read_due("3. März 14:00", NOW) == "2027-03-03T13:00:00.000Z"
        assert read_due("Do", NOW) == "2026-12-03"


@given(st.text(max_size=70) | st.from_regex(r"[a-z0-9 .:/@+-]{0,30}", fullmatch=True))
def test_no_text_raises(text: str) -> None:
    due = read_due(text, NOW)
    assert due is None or known_due(due) == due


def test_a_day_is_that_day_to_everybody_and_begins_at_nine() -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert start("2026-12-03") == datetime(2026, 12, 3, 0, 0, tzinfo=UTC)
        assert day_of("2026-12-02T22:00:00.000Z") == date(2026, 12, 3)
        assert end_of_day(date(2026, 12, 3)) == "2026-12-03T15:00:00.000Z"
    with timezone.override(ZoneInfo("America/Los_Angeles")):
        assert start("2026-12-03") == datetime(2026, 12, 3, 17, 0, tzinfo=UTC)
        assert not is_overdue("2026-12-03", datetime(2026, 12, 4, 7, 59, tzinfo=UTC))
        assert is_overdue("2026-12-03", datetime(2026, 12, 4, 8, 0, tzinfo=UTC))
    assert is_overdue("2026-12-03T10:00:00.000Z", datetime(2026, 12, 3, 10, 1, tzinfo=UTC))


@pytest.mark.parametrize("due", ["2026-12-03", "2026-12-03T13:00:00.000Z"])
def test_its_place_in_time_tells_it(due: str) -> None:
    assert due_of(sort_key(due)) == due


def test_working_days_leave_out_the_weekend() -> None:
    friday = date(2026, 12, 4)
    assert working_day_after(friday, 2) == date(2026, 12, 8)
    assert working_day_after(date(2026, 12, 5), 1) == date(2026, 12, 7)
    assert working_day_after(date(2026, 11, 30), 2) == date(2026, 12, 2)


def test_what_others_stored_otherwise_is_nothing() -> None:
    assert known_due("2026-12-03T13:00:00+01:00") == "2026-12-03T12:00:00.000Z"
    assert [known_due(text) for text in ("soon", "2026-12-99", "2026-12-03T13:00", "12")] == [
        ""
    ] * 4
    assert stored_due(date(2026, 12, 3)) == "2026-12-03"
