"""Follow-ups: a date and a text of the lead, and the agenda that follows; the store's contract."""

from datetime import date
from functools import partial

import pytest

from crm.dynamodb import calls
from crm.dynamodb.capacity import count_requests
from crm.dynamodb.cursor import InvalidCursorError
from crm.dynamodb.items import Item
from crm.dynamodb.scan import scan
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.dues import end_of_day
from leads.imports.run.models import Duplicates
from leads.models import RULES, ClosedAs, EventType, Lead, Status
from leads.repository import StaleLeadError, agenda
from leads.repository.agenda_items import agenda_item
from tests.imports.files import imported, row, staged, undone
from tests.make import ANN, BOB, act, add, events, published, stored, write
from tests.repository.test_races import at_once

DAY, MOMENT = "2026-12-03", "2026-12-03T13:00:00.000Z"


def follow_up(lead: Lead, due: str = DAY, text: str | None = "Call about the offer") -> Lead:
    return repository.follow_up(
        lead.lead_id, due, text, version=lead.version, actor=ANN, write_id=act()
    )


def entry(lead_id: str) -> Item | None:
    """Return what the agenda has of a lead."""
    return calls.get(RECORDS, keys.agenda_entry(lead_id), consistent=True)


def whose(lead_id: str) -> tuple[object, object]:
    """Return on whose agenda a lead is, and whether it is on everybody's."""
    item = entry(lead_id) or {}
    return item.get("agendaKey"), item.get("teamKey")


def is_right(lead_id: str) -> bool:
    """Tell whether the agenda has what follows from the lead as it is stored."""
    item = calls.get(LEADS, keys.lead(lead_id), consistent=True)
    return entry(lead_id) == (agenda_item(Lead.from_item(item)) if item else None)


def due(person_id: str | None) -> list[str]:
    return [lead.lead_id for lead in agenda.page(person_id, end_of_day(date(2026, 12, 31))).leads]


def test_it_is_on_the_lead_and_once_on_two_agendas(store: str) -> None:
    lead = follow_up(add(owner_id="u-bob", company="Navy"))
    assert lead == repository.get(lead.lead_id, consistent=True)
    assert (lead.follow_up_at, lead.follow_up_text, lead.follow_up_by) == (
        DAY,
        "Call about the offer",
        ANN.id,
    )
    assert whose(lead.lead_id) == (keys.agenda("u-bob"), keys.EVERYBODYS)
    assert due("u-bob") == due(None) == [lead.lead_id]
    assert is_right(lead.lead_id)
    event = events(lead.lead_id)[-1]
    assert event.type is EventType.DATED
    assert (event.changes["follow_up_at"].old, event.changes["follow_up_at"].new) == ("", DAY)
    assert "offer" not in str(event)
    found = agenda.page(None, end_of_day(date(2026, 12, 3))).leads[0]
    assert (found.title, found.company, found.status, found.version) == (
        "Ada",
        "Navy",
        Status.NEW,
        2,
    )
    assert (found.owner_id, found.follow_up_at, found.follow_up_text) == (
        "u-bob",
        DAY,
        "Call about the offer",
    )


def test_what_nobody_owns_is_due_to_who_set_it(store: str) -> None:
    lead = follow_up(add())
    assert whose(lead.lead_id) == (keys.agenda(ANN.id), keys.EVERYBODYS)
    assert agenda.page(None, end_of_day(date(2026, 12, 3))).leads[0].owner_id is None
    given = repository.assign(lead.lead_id, "u-bob", version=2, actor=ANN, write_id=act())
    assert (due(ANN.id), due("u-bob"), due(None)) == ([], [lead.lead_id], [lead.lead_id])
    repository.assign(lead.lead_id, None, version=given.version, actor=BOB, write_id=act())
    assert (due(ANN.id), due("u-bob")) == ([lead.lead_id], [])


def test_days_and_moments_stand_in_the_order_of_time(store: str) -> None:
    wanted = ["2026-12-02T23:00:00.000Z", DAY, MOMENT, "2026-12-04", "2026-12-04T10:00:00.000Z"]
    leads = {one: follow_up(add(owner_id=ANN.id), one) for one in reversed(wanted)}
    assert due(None) == due(ANN.id) == [leads[one].lead_id for one in wanted]
    first = agenda.page(ANN.id, end_of_day(date(2026, 12, 3)), limit=2)
    second = agenda.page(ANN.id, end_of_day(date(2026, 12, 3)), first.cursor, limit=2)
    assert [lead.follow_up_at for lead in [*first.leads, *second.leads]] == wanted[:3]
    with pytest.raises(InvalidCursorError):
        agenda.page("u-bob", end_of_day(date(2026, 12, 3)), first.cursor)


def test_what_is_of_nobody_is_on_the_agenda_of_all_alone(store: str) -> None:
    lead = add()
    repository.follow_up(lead.lead_id, DAY, version=1, actor=RULES, write_id=act())
    assert whose(lead.lead_id) == (None, keys.EVERYBODYS)
    assert (due(None), due(ANN.id)) == ([lead.lead_id], [])


def test_a_line_stores_what_it_shows_and_that_there_is_more(store: str) -> None:
    lead = follow_up(add(name="N" * 121, company="C" * 200))
    stored_line = entry(lead.lead_id) or {}
    assert (stored_line["title"], stored_line["company"]) == ("N" * 121, "C" * 121)


def test_pages_of_everybodys_go_on_and_are_not_those_of_a_person(store: str) -> None:
    leads = [follow_up(add(owner_id=ANN.id), f"2026-12-{day:02}") for day in range(1, 4)]
    until = end_of_day(date(2026, 12, 31))
    first = agenda.page(None, until, limit=2)
    second = agenda.page(None, until, first.cursor, limit=2)
    shown = [lead.lead_id for lead in [*first.leads, *second.leads]]
    assert shown == [lead.lead_id for lead in leads]
    with pytest.raises(InvalidCursorError):
        agenda.page(ANN.id, until, first.cursor)


def test_doing_it_empties_it_and_putting_it_off_keeps_its_text(store: str) -> None:
    lead = follow_up(add())
    later = follow_up(lead, MOMENT, None)
    assert (later.follow_up_at, later.follow_up_text) == (MOMENT, "Call about the offer")
    assert is_right(lead.lead_id)
    done = follow_up(later, "")
    assert (done.follow_up_at, done.follow_up_text, done.follow_up_by) == ("", "", "")
    assert not {"followUpAt", "followUpText", "followUpBy"} & stored(lead.lead_id).keys()
    assert entry(lead.lead_id) is None
    assert (due(ANN.id), due(None)) == ([], [])
    assert follow_up(done, "") == done


def test_each_change_of_the_lead_is_on_the_agenda(store: str) -> None:
    lead = follow_up(add())
    lead = repository.move(
        lead.lead_id, Status.QUALIFIED, version=2, actor=ANN, write_id=act(), take=True
    )
    assert is_right(lead.lead_id)
    lead = repository.edit(lead.lead_id, {"name": "Zoe"}, version=3, actor=ANN, write_id=act())
    assert is_right(lead.lead_id)
    assert (entry(lead.lead_id) or {})["title"] == "Zoe"
    report = repository.assign_many({lead.lead_id: 4}, "u-bob", actor=ANN, write_id=act())
    assert report.is_clean
    assert is_right(lead.lead_id)
    assert due("u-bob") == [lead.lead_id]


@pytest.mark.parametrize("many", [False, True])
def test_a_closed_lead_is_due_to_nobody_until_that_is_undone(store: str, *, many: bool) -> None:
    lead = follow_up(add(owner_id="u-bob"))
    if many:
        picked = {lead.lead_id: lead.version}
        report = repository.close_many(picked, ClosedAs.LOST, actor=ANN, write_id=act())
        done = report.act_id
        closed = repository.get(lead.lead_id, consistent=True)
    else:
        closed = repository.close(
            lead.lead_id, ClosedAs.LOST, version=2, actor=ANN, write_id="w-close"
        )
        done = repository.act_of(closed, "w-close")
    assert (closed.follow_up_at, closed.follow_up_text) == ("", "")
    assert entry(lead.lead_id) is None
    assert follow_up(closed) == closed
    back = repository.undo(done, actor=BOB, write_id=act()).leads[0]
    assert (back.follow_up_at, back.follow_up_text, back.follow_up_by) == (
        DAY,
        "Call about the offer",
        ANN.id,
    )
    assert is_right(lead.lead_id)
    assert whose(lead.lead_id) == (keys.agenda("u-bob"), keys.EVERYBODYS)


@pytest.mark.parametrize("many", [False, True])
def test_a_deleted_lead_is_due_to_nobody_until_it_comes_back(store: str, *, many: bool) -> None:
    lead = follow_up(add(owner_id="u-bob"))
    if many:
        done = repository.delete_many({lead.lead_id: 2}, actor=ANN, write_id=act()).act_id
    else:
        done = repository.delete(lead.lead_id, version=2, actor=ANN, write_id=act())
    assert entry(lead.lead_id) is None
    repository.undo(done, actor=ANN, write_id=act())
    assert is_right(lead.lead_id)
    assert due("u-bob") == [lead.lead_id]


def test_an_undo_gives_back_what_was_due_before_unless_others_set_it_since(store: str) -> None:
    first = follow_up(add())
    second = repository.follow_up(
        first.lead_id, MOMENT, "Ask", version=2, actor=BOB, write_id="w-second"
    )
    moved = repository.move(
        first.lead_id, Status.CONTACTED, version=3, actor=ANN, write_id="w-move"
    )
    undone_one = repository.undo(repository.act_of(second, "w-second"), actor=BOB, write_id=act())
    back = undone_one.leads[0]
    assert (back.follow_up_at, back.follow_up_by, back.status) == (DAY, ANN.id, Status.CONTACTED)
    assert is_right(first.lead_id)
    third = follow_up(back, "2026-12-09")
    again = repository.undo(undone_one.act_id, actor=BOB, write_id=act())
    assert [(one.field, one.who) for one in again.kept] == [("follow_up_at", ANN.name)]
    assert repository.get(first.lead_id, consistent=True) == third
    # The stage is another matter.
    repository.undo(repository.act_of(moved, "w-move"), actor=ANN, write_id=act())
    now = repository.get(first.lead_id, consistent=True)
    assert (now.status, now.follow_up_at) == (Status.NEW, "2026-12-09")
    assert is_right(first.lead_id)


def test_an_import_keeps_the_agenda_right_and_so_does_its_undo(store: str) -> None:
    lead = follow_up(add(owner_id="u-bob"))
    update = imported(
        staged([row("ada@example.com", company="Navy", status="lost")], Duplicates.UPDATE)
    )
    assert entry(lead.lead_id) is None
    undone(update)
    assert repository.get(lead.lead_id, consistent=True).follow_up_at == DAY
    assert is_right(lead.lead_id)
    assert whose(lead.lead_id) == (keys.agenda("u-bob"), keys.EVERYBODYS)


def test_another_programs_lead_is_on_the_agenda_from_its_first_change_on(store: str) -> None:
    theirs = write(published("theirs", followUpAt="soon", followUpText="?"))
    assert theirs.follow_up_at == ""
    dated = follow_up(theirs)
    assert is_right(dated.lead_id)
    assert whose(dated.lead_id) == (keys.agenda(ANN.id), keys.EVERYBODYS)


def test_a_stale_version_changes_nothing_and_a_repeat_is_the_first_one(store: str) -> None:
    lead = add()
    dated = repository.follow_up(lead.lead_id, DAY, version=1, actor=ANN, write_id="w-one")
    with pytest.raises(StaleLeadError):
        follow_up(lead, MOMENT)
    again = repository.follow_up(lead.lead_id, DAY, version=1, actor=ANN, write_id="w-one")
    assert again == dated
    assert [event.type for event in events(lead.lead_id)].count(EventType.DATED) == 1


@pytest.mark.usefixtures("tables")
def test_of_many_at_once_one_wins_and_the_agenda_is_its() -> None:
    lead = add(owner_id="u-bob")
    calls_of = [partial(follow_up, lead, f"2026-12-{day:02}") for day in range(10, 14)]
    move = partial(repository.move, lead.lead_id, Status.CONTACTED)
    calls_of += [partial(move, version=1, actor=BOB, write_id=act()) for _ in range(3)]
    calls_of += [
        partial(repository.close, lead.lead_id, ClosedAs.LOST, version=1, actor=BOB, write_id=act())
    ]
    results = at_once(calls_of)
    assert len([one for one in results if isinstance(one, Lead)]) == 1
    assert is_right(lead.lead_id)


@pytest.mark.usefixtures("tables")
def test_it_costs_what_was_promised() -> None:
    lead = add(owner_id="u" * 32)
    with count_requests() as usage:
        lead = follow_up(lead)
    assert usage.wru <= 14
    with count_requests() as usage:
        follow_up(lead, "2026-12-02")
    assert usage.wru <= 16
    for _ in range(51):
        follow_up(add(owner_id="u" * 32, company="Analytical Engines"))
    for person_id in ("u" * 32, None):
        with count_requests() as usage:
            assert len(agenda.page(person_id, end_of_day(date(2026, 12, 3))).leads) == 50
        assert usage.rru <= 2.5
    with count_requests() as usage:
        agenda.page("u" * 32, end_of_day(date(2026, 12, 3)), limit=10)
    assert usage.rru <= 0.5


@pytest.mark.usefixtures("tables")
def test_no_entry_is_left_of_what_comes_and_goes() -> None:
    for number in range(3):
        lead = follow_up(add(), f"2026-12-{10 + number}")
        repository.delete(lead.lead_id, version=2, actor=ANN, write_id=act())
    assert not [*scan(RECORDS, where="begins_with(#PK, :a)", values={"a": keys.AGENDA})]
