"""What an import makes of rows, and what its dry run says beforehand."""

from collections.abc import Callable

import pytest
from django.test import Client

from crm.accounts.models import User
from leads import repository
from leads.addresses import normal_form
from leads.imports.columns.mapping import Mapping
from leads.imports.run.models import (
    Duplicates,
    ImportState,
    ImportStateError,
    Outcome,
    UnknownImportError,
)
from leads.imports.run.results import errors, kept_rows
from leads.imports.run.staging import load, recent, sample, set_options, stage
from leads.imports.run.steps import begin_work, step
from leads.models import ClosedAs, EventType, Status
from leads.repository.changes import lead_item
from tests.imports.files import (
    HISTORY,
    again,
    checked,
    csv_of,
    imported,
    leads,
    row,
    staged,
    stored,
    undone,
)
from tests.maintenance.helpers import tokens
from tests.make import ANN, SINCE, add, events, only, published, recount, totals, write

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 3)


MIXED = [
    row("ada@x.example", phone="1"),
    row("bo@x.example", status="Contacted"),
    row("", name="Nobody"),
    row("cy@x.example", created="gestern"),
    row("ADA@x.example", phone="2", notes="Called"),
    row("known@x.example", company="New Ltd"),
    row("bo@x.example", status="Qualified", company="Bo & Co"),
]


def counts(run_tally: object) -> tuple[int, ...]:
    return tuple(getattr(run_tally, outcome) for outcome in Outcome)


@pytest.mark.parametrize(
    ("duplicates", "expected"),
    [
        (Duplicates.SKIP, (2, 0, 3, 2)),
        (Duplicates.UPDATE, (2, 3, 0, 2)),
        (Duplicates.CREATE, (5, 0, 0, 2)),
    ],
)
def test_a_dry_run_says_what_the_import_does(
    duplicates: Duplicates, expected: tuple[int, ...]
) -> None:
    add(email="known@x.example", company="Old Ltd")
    before = stored()
    run = checked(staged(MIXED, duplicates))
    assert counts(run.check) == expected
    assert stored() == before
    assert [one.line for one in errors(run.import_id)] == [4, 5]
    done = imported(run)
    assert done.state is ImportState.DONE
    assert counts(done.tally) == expected
    assert done.tally.reasons == run.check.reasons
    assert len(leads()) == 1 + expected[0]
    assert totals() == recount()
    assert done.rows_done == done.rows == done.progress == len(MIXED)


def test_a_dry_run_shows_samples_with_reasons() -> None:
    add(email="known@x.example")
    run = checked(staged(MIXED))
    found = {one.line: one for one in run.check.samples}
    assert found[2].title == "Ada <ada@x.example>"
    assert (found[2].outcome, found[6].outcome) == (Outcome.CREATED, Outcome.SKIPPED)
    assert found[6].reason == "Line 2 has the same e-mail."
    assert found[7].reason == "A lead has this e-mail already."
    assert found[4].reason == "It has no e-mail address."
    assert run.check.reasons["A line above has the same e-mail."] == 2


def test_a_dry_run_shows_how_stages_and_dates_are_read() -> None:
    run = checked(
        staged(
            [
                row("ada@x.example", status="Qualified", created="2024-03-05 10:00"),
                row("b@x.example"),
                row("c@x.example", status="Lost", reason="No budget"),
            ]
        )
    )
    assert [one.facts for one in run.check.samples] == [
        ["Qualified", "5 March 2024"],
        [],
        ["Lost", "No budget"],
    ]


def test_history_comes_along(sales: User) -> None:
    run = imported(
        staged(
            [
                row(
                    "ada@x.example",
                    status="Qualified",
                    created="2024-03-05 10:00",
                    owner=sales.email.upper(),
                    notes="Likes\nthe phone",
                )
            ]
        )
    )
    (lead,) = leads()
    assert lead.status is Status.QUALIFIED
    assert lead.created_at == "2024-03-05T10:00:00.000Z"
    assert (lead.owner_id, lead.source, lead.version) == (sales.id, "import", 1)
    assert lead.write_id == f"import-{run.import_id}-1-0"
    happened = events(lead.lead_id)
    assert [event.type for event in happened] == [EventType.CREATED, EventType.NOTED]
    assert happened[1].changes["notes"].new == "Likes\nthe phone"
    assert happened[0].actor == ANN
    assert totals() == only(qualified=1)


def test_leads_without_a_date_keep_the_order_of_the_file() -> None:
    imported(staged([row(f"{name}@x.example") for name in "abcdefg"]))
    page = repository.by_status(Status.NEW)
    assert [lead.email[0] for lead in page.leads] == list("abcdefg")


def test_imported_leads_are_found_by_search_and_can_be_worked() -> None:
    imported(staged([row("ada@x.example", name="Ada Lovelace", company="Analytical")]))
    (lead,) = repository.search("lovel analyt").leads
    moved = repository.move(
        lead.lead_id, Status.CONTACTED, version=lead.version, actor=ANN, write_id="w-1"
    )
    assert moved.version == 2
    assert totals() == recount() == only(contacted=1)


def test_an_update_writes_what_the_row_tells_and_nothing_else() -> None:
    lead = add(email="ada@x.example", name="Ada L", company="Old", subject="S", message="M")
    cells = row("ada@x.example", name="", company="New", status="contacted", notes="Hi")
    done = imported(staged([cells], Duplicates.UPDATE))
    assert counts(done.tally) == (0, 1, 0, 0)
    now = repository.get(lead.lead_id)
    assert (now.name, now.company, now.subject) == ("Ada L", "New", "S")
    assert (now.status, now.created_at) == (Status.CONTACTED, lead.created_at)
    found = {event.type: event for event in events(lead.lead_id)}
    assert set(found) == {
        EventType.CREATED,
        EventType.EDITED,
        EventType.MOVED,
        EventType.NOTED,
    }
    assert found[EventType.EDITED].changes.keys() == {"company"}
    assert totals() == recount() == only(contacted=1)
    assert [one.lead_id for one in repository.search("new").leads] == [lead.lead_id]


def test_an_unknown_stage_leaves_the_stage_alone() -> None:
    lead = add(Status.QUALIFIED, email="ada@x.example")
    imported(staged([row("ada@x.example", company="C", status="Hot")], Duplicates.UPDATE))
    assert repository.get(lead.lead_id).status is Status.QUALIFIED


def test_a_row_that_tells_nothing_new_is_skipped() -> None:
    add(email="ada@x.example", name="Ada", subject="", message="")
    cells = row("ada@x.example", name="Ada", notes="Once")
    done = imported(staged([cells, cells], Duplicates.UPDATE))
    assert counts(done.tally) == (0, 1, 1, 0)
    assert done.tally.reasons == {"The lead says all of this already.": 1}


def test_the_same_note_is_not_noted_again() -> None:
    lead = add(email="ada@x.example", name="Ada")
    for company in ("One", "Two"):
        cells = row("ada@x.example", name="Ada", company=company, notes="Once")
        imported(staged([cells], Duplicates.UPDATE))
    noted = [event for event in events(lead.lead_id) if event.type is EventType.NOTED]
    assert len(noted) == 1


def test_leads_of_other_programs_are_updated_and_counted_in() -> None:
    foreign = write(published("f-1", email="ada@x.example", status="Open"))
    imported(staged([row("ada@x.example", company="New")], Duplicates.UPDATE))
    now = repository.get(foreign.lead_id)
    assert (now.company, now.status, now.created_at) == ("New", Status.NEW, SINCE)
    assert now.version > 1
    assert totals() == recount() == only(new=1)


def test_the_newest_of_several_leads_is_updated() -> None:
    write(published("old", email="ada@x.example", createdAt="2020-01-01T00:00:00.000Z"))
    write(published("new", email="ada@x.example", createdAt="2024-01-01T00:00:00.000Z"))
    imported(staged([row("ada@x.example", company="New")], Duplicates.UPDATE))
    assert repository.get("new").company == "New"
    assert repository.get("old").company == "Navy"


@pytest.mark.parametrize("spelling", ["Greta@Vest.Example", "info@xn--bckerei-kestrel-0kb.example"])
def test_leads_of_other_programs_are_known_however_they_are_spelled(spelling: str) -> None:
    write(published("theirs", email=spelling))
    form = normal_form(spelling)
    # Nobody changed it here yet: it is known by what is stored.
    assert counts(imported(staged([row(spelling, phone="1")], Duplicates.UPDATE)).tally)[1] == 1
    spellings = (form, spelling.title(), f"Greta <mailto:{spelling}>", f"\u200b{form}.")
    for number, typed in enumerate(spellings, 2):
        done = imported(staged([row(typed, phone=f"{number}")], Duplicates.UPDATE))
        assert (done.tally.created, done.tally.updated) == (0, 1), typed
        assert counts(checked(staged([row(typed)], Duplicates.SKIP)).check) == (0, 0, 1, 0)
    (lead,) = leads()
    assert (lead.email, lead.phone) == (spelling, "5")


@pytest.mark.parametrize(
    "stored_as",
    [
        "greta.two@vest.example ",
        "Greta Oak <Greta@Vest.Example>",
        "mailto:greta@vest.example",
        "greta\u200b@vest.example",
        "GRETA@VEST.EXAMPLE; oak@vest.example",
    ],
)
def test_a_lead_that_nobody_has_changed_is_known_by_exactly_what_is_stored(stored_as: str) -> None:
    write(published("theirs", email=stored_as))
    too_long_for_a_key = f"{'é' * 1_100} <greta@y.example>"
    rows = [row(stored_as, name="Greta", phone="1"), row(too_long_for_a_key, name="Greta")]
    done = imported(staged(rows, Duplicates.UPDATE))
    assert (done.tally.created, done.tally.updated) == (1, 1)
    assert repository.get("theirs").phone == "1"
    assert repository.get("theirs").email == stored_as


def test_a_lead_that_nobody_has_changed_is_not_known_otherwise() -> None:
    write(published("theirs", email="Greta@Vest.Example"))
    done = imported(staged([row("greta@vest.example")], Duplicates.UPDATE))
    assert done.tally.created == 1


def test_an_address_that_another_program_took_away_is_not_known() -> None:
    lead = add(email="greta@vest.example")
    write(lead_item(lead) | {"email": "other@x.example"})
    done = imported(staged([row("greta@vest.example")], Duplicates.UPDATE))
    assert done.tally.created == 1


def test_an_undo_leaves_no_address() -> None:
    write(published("theirs", email="Greta@Vest.Example"))
    run = imported(
        staged([row("Greta@Vest.Example", phone="1"), row("bo@x.example")], Duplicates.UPDATE)
    )
    assert [one.lead_id for one in repository.by_email("greta@vest.example")] == ["theirs"]
    undone(run)
    assert repository.by_email("greta@vest.example") == repository.by_email("bo@x.example") == []
    assert [one.lead_id for one in repository.by_email("Greta@Vest.Example")] == ["theirs"]
    assert tokens() == []


def test_rows_for_one_lead_are_applied_in_their_order() -> None:
    lead = add(email="ada@x.example")
    rows = [row("ada@x.example", name="Ada", phone=str(n)) for n in range(1, 8)]
    done = imported(staged(rows, Duplicates.UPDATE))
    assert done.tally.updated == 7
    assert repository.get(lead.lead_id).phone == "7"


def test_the_same_file_again_is_the_same_import() -> None:
    run = imported(staged(MIXED))
    before = stored()
    same = stage("other-name.csv", csv_of(MIXED, HISTORY), ANN)
    assert same == load(run.import_id)
    assert step(run.import_id) == same
    assert begin_work(run.import_id, ImportState.UNDOING, ANN).state is ImportState.UNDOING
    assert stored() == before


def test_an_import_that_was_undone_can_be_made_again() -> None:
    run = imported(staged(MIXED))
    first = {lead.lead_id for lead in leads()}
    undone(run)
    assert leads() == []
    done = imported(again(run))
    assert done.attempt == 2
    assert counts(done.tally) == counts(run.tally)
    assert first.isdisjoint(lead.lead_id for lead in leads())
    assert totals() == recount()


def test_what_cannot_be_done_now_is_refused() -> None:
    run = stage("leads.csv", csv_of(MIXED, HISTORY), ANN)
    with pytest.raises(ImportStateError, match="what the columns are"):
        begin_work(run.import_id, ImportState.IMPORTING, ANN)
    with pytest.raises(ImportStateError, match="Nothing was imported"):
        begin_work(run.import_id, ImportState.UNDOING, ANN)
    with pytest.raises(ImportStateError, match="e-mail"):
        set_options(run.import_id, Mapping(), Duplicates.SKIP)
    done = imported(staged(MIXED))
    assert begin_work(done.import_id, ImportState.IMPORTING, ANN) == done
    with pytest.raises(ImportStateError):
        begin_work(done.import_id, ImportState.CHECKING, ANN)
    with pytest.raises(ImportStateError, match="undo it first"):
        again(done)
    back = undone(done)
    assert begin_work(done.import_id, ImportState.UNDOING, ANN) == back
    with pytest.raises(ImportStateError, match="choose the options anew"):
        begin_work(done.import_id, ImportState.IMPORTING, ANN)


@pytest.mark.parametrize("import_id", ["", "x", "0" * 24, "../" * 8, "é" * 24, "0" * 2000])
def test_unknown_imports(import_id: str) -> None:
    for ask in (
        load,
        step,
        errors,
        kept_rows,
        lambda one: sample(one, 3),
        lambda one: begin_work(one, ImportState.CHECKING, ANN),
    ):
        with pytest.raises(UnknownImportError):
            ask(import_id)


def test_imports_are_listed_newest_first() -> None:
    assert recent() == []
    ids = [staged([row(f"{n}@x.example")]).import_id for n in range(3)]
    assert [run.import_id for run in recent()] == ids[::-1]
    assert [run.import_id for run in recent(2)] == ids[:0:-1]


def test_notes_are_shown_in_the_timeline(sales: User, client_for: Callable[[User], Client]) -> None:
    imported(staged([row("ada@x.example", notes="Call <b>back</b>\nsoon")]))
    (lead,) = leads()
    page = client_for(sales).get(f"/leads/{lead.lead_id}/").content.decode()
    assert "</strong> noted</p>" in page
    assert "Call &lt;b&gt;back&lt;/b&gt;\nsoon" in page


def test_closed_leads_are_counted_updated_and_taken_back() -> None:
    kept = add(email="bo@x.example")
    before = stored()
    rows = [
        row("ada@x.example", status="Unqualified"),
        row("bo@x.example", status="Lost", reason="No budget"),
        row("cy@x.example", status="Junk"),
    ]
    run = imported(staged(rows, Duplicates.UPDATE))
    assert totals() == recount() == only(lost=2, spam=1)
    assert {(lead.email[:2], lead.outcome, lead.reason) for lead in leads()} == {
        ("ad", ClosedAs.LOST, "Unqualified"),
        ("bo", ClosedAs.LOST, "No budget"),
        ("cy", ClosedAs.SPAM, ""),
    }
    assert repository.get(kept.lead_id, consistent=True).closed_by == ANN.id
    closed = events(kept.lead_id)[-1]
    assert (closed.type, closed.changes["outcome"].new) == (EventType.CLOSED, "lost")
    assert imported(staged(rows[1:2], Duplicates.UPDATE, HISTORY)).tally.updated == 0
    undone(run)
    assert stored() == before
    assert totals() == recount() == only(new=1)


def test_a_row_of_a_stage_reopens_a_closed_lead() -> None:
    lead = add(email="bo@x.example")
    closed = repository.close(
        lead.lead_id, ClosedAs.LOST, reason="Price", version=1, actor=ANN, write_id="w-1"
    )
    imported(staged([row("bo@x.example", status="Contacted")], Duplicates.UPDATE))
    after = repository.get(closed.lead_id, consistent=True)
    assert (after.status, after.outcome, after.reason) == (Status.CONTACTED, None, "")
    assert totals() == recount() == only(contacted=1)
