"""How long a new lead waits for the first answer or call: in hours of work, if there are any."""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import override

import pytest
from django.test import Client

from crm.working_hours import WorkingHours
from leads import formatting, repository
from leads.entries import CallOutcome, Kind, Said
from leads.models import Lead, Status, timestamp
from leads.repository import conversation, desk_settings
from leads.web import ages, cards
from leads.web.ages import answered_text, wait_within
from tests import make
from tests.make import ANN, BOB, act, add
from tests.web.pages import HTMX

WEEK = WorkingHours(frozenset(range(5)), time(9), time(17))
# A Friday, and the Monday after.
FRIDAY, MONDAY = (datetime(2026, 11, day, tzinfo=UTC) for day in (27, 30))
HOUR = timedelta(hours=1)


class Clock(datetime):
    """A clock that a test sets."""

    at = MONDAY

    @override
    @classmethod
    def now(cls, _zone: object = None) -> datetime:  # type: ignore[override]
        return cls.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    for module in (ages, cards, formatting):
        monkeypatch.setattr(module, "datetime", Clock)
    return Clock


@pytest.fixture
def office(tables: None) -> None:
    """Let the desk have hours."""
    desk_settings.save(replace(desk_settings.read(), hours=WEEK))


def call(lead: Lead, outcome: CallOutcome = CallOutcome.NO_ANSWER, *, at: str = "") -> None:
    said = Said(kind=Kind.CALL, outcome=outcome)
    conversation.add(lead.lead_id, said, entry_id=act(), actor=ANN, at=at)


def note(lead: Lead) -> None:
    conversation.add(lead.lead_id, Said(text="Hm"), entry_id=act(), actor=ANN)


def came(at: datetime) -> Lead:
    return make.write(make.published("lead", status="new", createdAt=timestamp(at)))


def now(lead: Lead) -> Lead:
    return repository.get(lead.lead_id, consistent=True)


def card(web: Client) -> str:
    found = re.search(r"<article .*?</article>", web.get("/board/").text, re.DOTALL)
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("since", "until", "waited"),
    [
        (FRIDAY.replace(hour=16), MONDAY.replace(hour=10), 2),
        (FRIDAY.replace(hour=18), MONDAY.replace(hour=8), 0),
        (FRIDAY.replace(hour=10), FRIDAY.replace(hour=12), 2),
        (FRIDAY.replace(hour=12), FRIDAY.replace(hour=10), 0),
    ],
)
def test_time_of_work_alone_counts(since: datetime, until: datetime, waited: int) -> None:
    assert wait_within(WEEK, since, until).waited == waited * HOUR


def test_while_people_work_it_runs_and_looks_the_same(tables: None) -> None:
    since = FRIDAY.replace(hour=16)
    waits = [wait_within(WEEK, since, MONDAY.replace(hour=hour)) for hour in (10, 12)]
    assert [one.runs_from for one in waits] == [MONDAY.replace(hour=8)] * 2
    assert wait_within(WEEK, since, MONDAY.replace(hour=18)).runs_from is None
    # A script would call it days.
    assert wait_within(WEEK, since - 7 * 24 * HOUR, MONDAY.replace(hour=10)).runs_from is None


def test_a_card_tells_it_and_turns_to_warning(
    web: Client, office: None, clock: type[Clock]
) -> None:
    came(FRIDAY.replace(hour=16))
    tones = []
    for hour in (9, 12, 14, 23):
        clock.at = MONDAY.replace(hour=hour)
        text = card(web)
        tones.append(re.findall(r'data-tone="(\w*)">([^<]*)<', text))
        assert "Without an answer, in working time:" in text
    assert tones == [[("", "1 h")], [("", "4 h")], [("warning", "6 h")], [("danger", "9 h")]]


def test_more_than_a_day_of_work_is_told_in_hours(
    web: Client, office: None, clock: type[Clock]
) -> None:
    came(FRIDAY - timedelta(days=7))
    clock.at = MONDAY.replace(hour=10)
    text = card(web)
    assert ">49 h<" in text
    assert "data-age" not in text


def test_without_hours_the_clock_runs_as_any_other(web: Client, clock: type[Clock]) -> None:
    came(FRIDAY.replace(hour=16))
    clock.at = FRIDAY.replace(hour=22)
    text = card(web)
    assert f'data-age="{timestamp(FRIDAY.replace(hour=16))}"' in text
    assert 'data-tone="warning">6 h<' in text


@pytest.mark.parametrize("outcome", CallOutcome)
def test_any_call_stops_it(web: Client, clock: type[Clock], outcome: CallOutcome) -> None:
    lead = came(FRIDAY.replace(hour=1))
    clock.at = MONDAY
    assert 'data-tone="danger"' in card(web)
    note(lead)
    assert 'data-tone="danger"' in card(web)
    call(lead, outcome)
    assert 'data-limit="0" data-tone=""' in card(web)


def test_the_first_call_counts_and_the_lead_keeps_it(store: str) -> None:
    lead = add()
    assert not lead.answered_at
    note(lead)
    assert not now(lead).answered_at
    call(lead)
    first = now(lead).answered_at
    call(lead)
    assert first
    assert now(lead).answered_at == first
    assert now(lead).version == lead.version
    moved = repository.move(lead.lead_id, Status.CONTACTED, version=1, actor=BOB, write_id=act())
    assert moved.answered_at == first


def test_a_call_that_is_older_than_the_line_of_the_card_counts(store: str) -> None:
    lead = add()
    note(lead)
    earlier = timestamp(datetime.now(UTC) - HOUR)
    call(lead, at=earlier)
    assert now(lead).answered_at == earlier
    assert now(lead).note == "Hm"


def test_a_deleted_lead_comes_back_with_it(store: str) -> None:
    lead = add()
    call(lead)
    first = now(lead)
    gone = repository.delete(lead.lead_id, version=1, actor=BOB, write_id=act())
    repository.undo(gone, actor=BOB, write_id=act())
    assert now(lead).answered_at == first.answered_at


@pytest.mark.parametrize(
    ("since", "until", "text"),
    [
        (FRIDAY.replace(hour=16), MONDAY.replace(hour=10, minute=10), "after 2 h 10 min of"),
        (FRIDAY.replace(hour=16), MONDAY.replace(hour=10), "after 2 h of"),
        (FRIDAY.replace(hour=16), FRIDAY.replace(hour=16, second=5), "after 0 min of"),
        (FRIDAY - timedelta(days=7), MONDAY.replace(hour=10), "after 49 h of"),
    ],
)
def test_the_page_of_a_lead_tells_it(
    office: None, since: datetime, until: datetime, text: str
) -> None:
    lead = Lead(lead_id="a", created_at=timestamp(since), answered_at=timestamp(until))
    assert answered_text(lead) == f"{text} working time"


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0 min"), (130, "2 h 10 min"), (120, "2 h"), (60 * 50, "2 d 2 h")]
)
def test_around_the_clock_it_is_plain_time(tables: None, minutes: int, text: str) -> None:
    until = timestamp(FRIDAY + timedelta(minutes=minutes))
    lead = Lead(lead_id="a", created_at=timestamp(FRIDAY), answered_at=until)
    assert answered_text(lead) == f"after {text}"
    assert answered_text(lead.model_copy(update={"answered_at": ""})) == ""


def test_it_stands_on_the_page(web: Client) -> None:
    lead = add()
    assert "Answered" not in web.get(f"/leads/{lead.lead_id}/").text
    call(lead)
    assert ">after 0 min</time>" in web.get(f"/leads/{lead.lead_id}/").text


def test_a_board_is_another_when_work_begins_or_ends(
    web: Client, office: None, clock: type[Clock]
) -> None:
    """Clocks that run stop then, or go on."""
    came(FRIDAY.replace(hour=16))
    boards = {}
    for hour in (8, 10, 12, 18):
        clock.at = MONDAY.replace(hour=hour)
        answer = web.get("/board/", headers=HTMX)
        stamp = re.search(r'data-note="(\w*)"', answer.text)
        boards[hour] = answer["X-Board-Tag"], stamp and stamp[1]
    assert boards[10] == boards[12]
    assert len(set(boards.values())) == 3
    assert len({stamp for _tag, stamp in boards.values()}) == 3
