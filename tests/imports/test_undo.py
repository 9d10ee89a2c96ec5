"""An undo gives back what was there, byte for byte, and leaves alone what people did since."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.accounts.models import User
from leads import repository
from leads.entries import Said
from leads.imports.columns.mapping import Rejection
from leads.imports.run.models import Duplicates, ImportState, UndoTally
from leads.imports.run.remove import is_deleted
from leads.imports.run.results import kept_rows
from leads.imports.run.steps import begin_work, step
from leads.models import Change, EventType, Lead, Status
from tests.imports.files import again, imported, leads, row, staged, stored, told, trail, undone
from tests.make import ANN, BOB, add, events, only, published, recount, totals, write
from tests.make import stored as item_of

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 3)


def move(lead: Lead, to: Status = Status.CONVERTED, write_id: str = "w-1") -> Lead:
    return repository.move(lead.lead_id, to, version=lead.version, actor=BOB, write_id=write_id)


def by_email(email: str) -> Lead:
    (lead,) = repository.by_email(email)
    return lead


EMAILS = st.sampled_from([f"{name}@x.example" for name in ("ada", "bo", "cy", "di", "ed")])
TEXTS = st.sampled_from(["", "Ada", "Nordwind", "Łódź Żółw", "=1+1", "two\nlines"])
ROWS = st.lists(
    st.builds(
        lambda email, name, company, subject, status, reason, notes: row(
            email,
            name=name,
            company=company,
            subject=subject,
            status=status,
            reason=reason,
            notes=notes,
        ),
        EMAILS,
        TEXTS,
        TEXTS,
        TEXTS,
        st.sampled_from(["", "New", "Qualified", "?", "Lost", "Unqualified", "Spam", "Closed"]),
        st.sampled_from(["", "No budget"]),
        TEXTS,
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, duplicates=st.sampled_from(Duplicates))
def test_whatever_was_imported_is_taken_back(rows: list[list[str]], duplicates: Duplicates) -> None:
    # The tables go from one example to the next: each begins where the last one ended.
    if not leads():
        add(Status.QUALIFIED, email="ada@x.example", owner_id="u-1", company="Old")
        write(published("f-1", email="bo@x.example", status="Open", tags={"a", "b"}, size=12))
    before, begun = stored(), trail()
    run = imported(staged(rows, duplicates))
    assert totals() == recount()
    done = trail()
    back = undone(run)
    assert back.state is ImportState.UNDONE
    assert back.undone.kept == 0
    assert stored() == before
    assert totals() == recount()
    told(begun)
    expected = {"deleted": back.undone.removed, "undone": back.undone.restored}
    assert told(done) == {event: number for event, number in expected.items() if number}


def test_versions_of_updated_leads_go_on_upwards() -> None:
    lead = add(email="ada@x.example")
    run = imported(staged([row("ada@x.example", company="New")], Duplicates.UPDATE))
    seen = repository.get(lead.lead_id)
    undone(run)
    now = repository.get(lead.lead_id)
    assert now.model_copy(update={"version": 1, "write_id": lead.write_id}) == lead
    assert now.version > seen.version
    with pytest.raises(repository.StaleLeadError):
        move(seen)


def test_a_foreign_lead_is_foreign_again() -> None:
    foreign = published("f-1", email="ada@x.example", status="Open", createdAt="2026-01-01")
    write(foreign)
    run = imported(staged([row("ada@x.example", status="Qualified")], Duplicates.UPDATE))
    seen = repository.get("f-1")
    assert totals() == only(qualified=1)
    undone(run)
    assert item_of("f-1") == foreign
    assert totals() == only()
    # It leaves its stage, as a recount has to know.
    assert events("f-1")[-1].changes["status"] == Change(old="qualified", new="new")
    assert repository.search("grace").leads == []
    # A page of the meantime is stale, also after the lead's next first change.
    move(repository.get("f-1"))
    with pytest.raises(repository.StaleLeadError):
        move(seen, Status.NEW, "w-2")


def test_what_people_changed_stays_and_is_listed() -> None:
    old = add(email="old@x.example", company="Old")
    rows = [row(f"{name}@x.example") for name in ("ada", "bo", "cy", "di", "ed")]
    run = imported(staged([*rows, row("old@x.example", company="New")], Duplicates.UPDATE))
    moved = move(by_email("bo@x.example"))
    gone = by_email("cy@x.example")
    repository.delete(gone.lead_id, version=gone.version, actor=BOB, write_id="w-3")
    called = by_email("di@x.example")
    repository.conversation.add(called.lead_id, Said(text="Called"), entry_id="n-1", actor=BOB)
    move(repository.get(old.lead_id), write_id="w-4")
    history = events(gone.lead_id)
    back = undone(run)
    assert back.undone == UndoTally(removed=2, restored=0, kept=4)
    assert [lead.email for lead in leads()] == ["bo@x.example", "di@x.example", "old@x.example"]
    assert repository.get(moved.lead_id) == moved
    assert repository.get(old.lead_id).company == "New"
    assert events(gone.lead_id) == history
    assert totals() == recount() == only(new=1, converted=2)
    listed = {one.line: (one.reason, one.lead_id) for one in kept_rows(run.import_id)}
    assert listed == {
        3: ("Somebody changed the lead after the import.", moved.lead_id),
        4: ("Somebody deleted the lead after the import.", gone.lead_id),
        5: ("Somebody wrote a note or logged a call after the import.", called.lead_id),
        7: ("Somebody changed the lead after the import.", old.lead_id),
    }


def test_a_lead_that_rows_made_and_updated_vanishes() -> None:
    rows = [row("ada@x.example", phone=str(n), notes=f"N{n}") for n in range(8)]
    run = imported(staged(rows, Duplicates.UPDATE))
    assert run.tally.created == 1
    (lead,) = leads()
    assert lead.phone == "7"
    back = undone(run)
    assert (back.undone.removed, back.undone.kept) == (1, 0)
    assert leads() == []
    happened = events(lead.lead_id)
    assert happened[0].type is EventType.CREATED
    assert happened[-1].type is EventType.DELETED
    assert happened[-1].actor == ANN
    assert not is_deleted(lead.lead_id)


def test_the_timeline_of_a_restored_lead_tells_of_import_and_undo() -> None:
    lead = add(email="ada@x.example", company="Old")
    rows = [row("ada@x.example", company="New", status="Qualified", notes="Called")]
    run = imported(staged(rows, Duplicates.UPDATE))
    begin_work(run.import_id, ImportState.UNDOING, BOB)
    undone(run)
    happened = events(lead.lead_id)
    assert {event.type for event in happened[1:4]} == {
        EventType.EDITED,
        EventType.MOVED,
        EventType.NOTED,
    }
    assert [event.type for event in happened[4:]] == [EventType.UNDONE]
    assert happened[-1].actor == BOB
    assert happened[-1].changes == {
        "company": Change(),
        "status": Change(old="qualified", new="new"),
        "notes": Change(old="Called"),
    }


def test_the_page_of_a_lead_shows_what_was_undone(
    sales: User, client_for: Callable[[User], Client]
) -> None:
    lead = add(email="ada@x.example", company="Old")
    run = imported(staged([row("ada@x.example", company="New", notes="Hi")], Duplicates.UPDATE))
    undone(run)
    page = client_for(sales).get(reverse("lead_detail", args=[lead.lead_id])).content.decode()
    assert "<strong>Ann</strong> undid what an import had changed: company, notes" in page
    assert "Notes: <del><bdi>Hi</bdi></del> → <ins>removed</ins>" in page


def test_a_note_that_was_undone_is_noted_again() -> None:
    lead = add(email="ada@x.example")
    rows = [row("ada@x.example", notes="Called")]
    run = imported(staged(rows, Duplicates.UPDATE))
    undone(run)
    assert imported(again(run)).tally.updated == 1
    kinds = [event.type for event in events(lead.lead_id)]
    assert kinds[1:] == [EventType.NOTED, EventType.UNDONE, EventType.NOTED]


def test_a_lead_that_an_import_made_again_is_another_lead() -> None:
    rows = [row("ada@x.example", name="Ada Lovelace", notes="Called")]
    run = imported(staged(rows))
    (first,) = leads()
    undone(run)
    assert repository.search("lovelace").leads == []
    imported(again(run))
    (second,) = leads()
    assert [lead.lead_id for lead in repository.search("lovelace").leads] == [second.lead_id]
    assert second.lead_id != first.lead_id
    assert [event.type for event in events(second.lead_id)] == [
        EventType.CREATED,
        EventType.NOTED,
    ]


def test_another_program_that_changed_a_lead_keeps_it() -> None:
    run = imported(staged([row("ada@x.example"), row("bo@x.example")]))
    item = item_of(by_email("ada@x.example").lead_id)
    write(item | {"updatedAt": "2026-11-21T10:00:00.000Z", "message": "Theirs"})
    back = undone(run)
    assert back.undone == UndoTally(removed=1, kept=1)
    assert [lead.message for lead in leads()] == ["Theirs"]


@pytest.mark.parametrize("chunks", [0, 1, 2])
def test_an_unfinished_import_is_taken_back(chunks: int) -> None:
    add(email="ada@x.example")
    before = stored()
    names = ["ada", "bo", "cy", "di", "ed", "flo", "gus"]
    run = staged([row(f"{name}@x.example", company="C") for name in names], Duplicates.UPDATE)
    begin_work(run.import_id, ImportState.IMPORTING, ANN)
    for _ in range(chunks):
        step(run.import_id)
    undone(run)
    assert stored() == before
    imported(again(run))
    assert len(leads()) == len(names)
    assert totals() == recount()


def test_two_imports_of_one_lead_are_taken_back_one_after_the_other() -> None:
    lead = add(email="ada@x.example", company="Old")
    before = stored()
    first = imported(staged([row("ada@x.example", company="One")], Duplicates.UPDATE))
    second = imported(staged([row("ada@x.example", company="Two")], Duplicates.UPDATE))
    # The first one cannot be taken back before the second.
    undone(second)
    assert repository.get(lead.lead_id).company == "One"
    assert undone(first).undone.kept == 0
    assert stored() == before


def test_an_undo_goes_by_what_was_done_not_by_todays_rules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A later version may read the rows otherwise."""
    add(email="bo@x.example", company="Old")
    before = stored()
    rows = [
        row("ada@x.example", status="Qualified", notes="N"),
        row("ada@x.example", status="Contacted", notes="M"),
        row("bo@x.example", company="New", notes="O"),
    ]
    run = imported(staged(rows, Duplicates.UPDATE))
    monkeypatch.setattr(
        "leads.imports.run.plan.to_lead", lambda *_: Rejection("That is not allowed any more.")
    )
    assert undone(run).undone == UndoTally(removed=1, restored=1)
    assert stored() == before
    assert totals() == recount()
