"""Notes and calls: stored once, changed and erased, while others write to the same lead."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage
from crm.dynamodb.cursor import InvalidCursorError
from crm.dynamodb.errors import UnavailableError
from crm.tables import RECORDS
from leads import keys, repository
from leads.entries import CallOutcome, Entry, Kind, Said
from leads.models import Event, Lead, Status, timestamp
from leads.repository import conversation
from tests.make import (
    ANN,
    BOB,
    act,
    add,
    only,
    published,
    recount,
    revisions,
    stored,
    totals,
    write,
)
from tests.repository.proxy import Fault, Proxy
from tests.repository.test_races import at_once

CALL = Said(kind=Kind.CALL, outcome=CallOutcome.NO_ANSWER)


def ago(**given: float) -> str:
    return timestamp(datetime.now(UTC) - timedelta(**given))


def note(lead: Lead, text: str = "First line\nand more", *, at: str = "", name: str = "") -> Entry:
    return conversation.add(lead.lead_id, Said(text=text), entry_id=name or act(), actor=ANN, at=at)


def entries(lead: Lead) -> list[Entry]:
    """Return the conversation of a lead, newest first."""
    page = conversation.newest_entries(lead.lead_id, 100, consistent=True)
    return [Entry.from_item(item) for item in page.items]


def on_card(lead: Lead) -> tuple[str, str, str]:
    now = repository.get(lead.lead_id, consistent=True)
    return now.note, now.note_at, now.note_by


def test_a_note_is_stored_beside_the_lead(store: str) -> None:
    lead = add()
    before, counts = stored(lead.lead_id), repository.counts(consistent=True)
    entry = note(lead)
    assert entries(lead) == [entry]
    assert on_card(lead) == ("First line", entry.at, ANN.id)
    now = stored(lead.lead_id)
    added = {"note", "noteAt", "noteBy", "noteKey"}
    assert {name: value for name, value in now.items() if name not in added} == before
    after = repository.counts(consistent=True)
    assert (after.revision, after.totals) == (counts.revision, counts.totals)
    assert after.pulse != counts.pulse


def test_a_lead_of_another_program_has_notes_and_stays_its_own(store: str) -> None:
    lead = write(published("theirs"))
    entry = note(lead)
    assert on_card(lead)[0] == "First line"
    assert repository.get("theirs", consistent=True).version == 0
    repository.move("theirs", Status.NEW, version=0, actor=ANN, write_id=act())
    assert entries(lead) == [entry]


def test_what_a_card_shows_of_a_call(store: str) -> None:
    lead = add()
    call = conversation.add(lead.lead_id, CALL, entry_id=act(), actor=BOB)
    assert on_card(lead) == ("Call: no answer", call.at, BOB.id)
    said = CALL.model_copy(update={"text": "x" * 100})
    conversation.add(lead.lead_id, said, entry_id=act(), actor=BOB)
    assert on_card(lead)[0] == "x" * 79 + "…"


@pytest.mark.parametrize("at", [True, False])
def test_a_repeat_is_the_same_entry(store: str, at: bool) -> None:  # noqa: FBT001
    lead = add()
    again = partial(note, lead, at=ago(minutes=1) if at else "", name="n-1")
    first = again()
    other = note(lead, "Another")
    assert again() == first
    assert entries(lead) == [other, first]
    assert on_card(lead)[0] == "Another"


def test_a_program_may_say_the_same_again_later(store: str) -> None:
    lead = add()
    say = partial(conversation.add, lead.lead_id, CALL, entry_id="c-1", actor=ANN)
    first = say()
    assert say(known_for=timedelta(minutes=10)) == first
    assert say(known_for=timedelta(0)) != first
    assert len(entries(lead)) == 2


@pytest.mark.parametrize("at", ["", "nonsense", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_a_clock_that_is_wrong_does_not_count(store: str, at: str) -> None:
    assert note(add(), at=at).at > ago(minutes=5)


def test_an_older_note_leaves_the_card_alone(store: str) -> None:
    lead = add()
    newest = note(lead, "Newest")
    older = note(lead, "Older", at=ago(hours=1))
    assert entries(lead) == [newest, older]
    assert on_card(lead)[0] == "Newest"


def test_a_lead_that_is_gone_takes_no_note(store: str) -> None:
    lead = add()
    entry = note(lead)
    repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())
    for change in (
        partial(note, lead),
        partial(note, lead, at=ago(hours=1)),
        partial(edit, lead, entry, "Other"),
        partial(delete, lead, entry),
    ):
        with pytest.raises(repository.LeadNotFoundError):
            change()
    assert entries(lead) == [entry]


def edit(lead: Lead, entry: Entry, text: str, write_id: str = "") -> Entry:
    return conversation.edit(
        lead.lead_id,
        entry.at,
        entry.id,
        Said(text=text),
        version=entry.version,
        write_id=write_id or act(),
    )


def delete(lead: Lead, entry: Entry, write_id: str = "") -> Entry:
    return conversation.delete(
        lead.lead_id,
        entry.at,
        entry.id,
        version=entry.version,
        actor=BOB,
        write_id=write_id or act(),
    )


def test_an_edit_keeps_what_was_said_and_the_card_follows(store: str) -> None:
    lead = add()
    older, entry = note(lead, "Older", at=ago(hours=1)), note(lead)
    edited = edit(lead, entry, "Second", "e-1")
    assert edit(lead, entry, "Second", "e-1") == edited
    assert (edited.text, edited.version, edited.at) == ("Second", 2, entry.at)
    assert [one.text for one in edited.history] == [entry.text]
    edit(lead, older, "Older, edited")
    assert on_card(lead)[0] == "Second"
    with pytest.raises(repository.StaleEntryError) as stale:
        edit(lead, entry, "Third")
    assert stale.value.entry == edited
    for number in range(25):
        edited = edit(lead, edited, f"Text {number}")
    assert [one.text for one in edited.history][:2] == ["Text 23", "Text 22"]
    assert len(edited.history) == 20
    assert entries(lead)[0] == edited


def test_a_long_history_is_cut_in_bytes(store: str) -> None:
    lead = add()
    entry = note(lead, "ж" * 10_000)
    for _ in range(6):
        entry = edit(lead, entry, "ж" * 9_999 + act()[0])
    assert len(entry.history) == 5


def test_what_is_deleted_has_no_text_and_the_card_shows_what_is_left(store: str) -> None:
    lead = add()
    oldest, middle, newest = (note(lead, f"{n} hours", at=ago(hours=n)) for n in (3, 2, 1))
    delete(lead, middle)
    assert on_card(lead)[0] == "1 hours"
    stub = delete(lead, edit(lead, newest, "Secret"), "d-1")
    assert on_card(lead) == ("3 hours", oldest.at, ANN.id)
    assert (stub.text, stub.history, stub.deleted_by) == ("", (), BOB)
    item = calls.get(RECORDS, keys.entry(lead.lead_id, newest.at, newest.id), consistent=True)
    assert "Secret" not in str(item)
    assert delete(lead, newest, "d-1") == stub
    for change in (partial(edit, lead, newest, "Again"), partial(delete, lead, newest)):
        with pytest.raises(repository.EntryDeletedError):
            change()
    delete(lead, oldest)
    assert on_card(lead) == ("", "", "")
    assert "noteKey" not in stored(lead.lead_id)
    with pytest.raises(repository.EntryNotFoundError):
        conversation.one(lead.lead_id, oldest.at, "never")


def test_a_conversation_ends_and_stays(store: str) -> None:
    lead = add()
    entry, older = note(lead), note(lead, at=ago(hours=1))
    soon = datetime.now(UTC) + timedelta(days=30)
    for _ in range(2):
        conversation.expire(lead.lead_id, soon)
    assert len(repository.lead_and_timeline(lead.lead_id)[1].events) == 3
    conversation.expire(lead.lead_id, datetime.now(UTC) - timedelta(days=1))
    assert len(repository.lead_and_timeline(lead.lead_id)[1].events) == 1
    with pytest.raises(repository.EntryNotFoundError):
        conversation.one(lead.lead_id, entry.at, entry.id)
    for _ in range(2):
        conversation.keep(lead.lead_id)
    assert entries(lead) == [entry, older]
    assert conversation.one(lead.lead_id, entry.at, entry.id) == entry


def test_a_page_merges_what_was_said_with_what_happened(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.repository.history.TIMELINE_SIZE", 3)
    lead = add()
    for version, to in enumerate((Status.CONTACTED, Status.NEW, Status.CONVERTED), 1):
        note(lead, f"Note {version}")
        repository.move(lead.lead_id, to, version=version, actor=ANN, write_id=act())
    note(lead, "Old", at=ago(hours=1))
    pages: list[list[str]] = []
    cursor = ""
    while cursor or not pages:
        _, page = repository.lead_and_timeline(lead.lead_id, cursor=cursor)
        pages.append([one.type if isinstance(one, Event) else one.text for one in page.events])
        cursor = page.cursor
    assert pages == [
        ["moved", "Note 3", "moved"],
        ["Note 2", "moved", "Note 1"],
        ["created", "Old"],
    ]
    for bad in ("x", repository.timeline(lead.lead_id, limit=1).cursor):
        with pytest.raises(InvalidCursorError):
            repository.lead_and_timeline(lead.lead_id, cursor=bad)


def test_what_a_note_costs(tables: None, usage: Usage) -> None:
    # With its preview, the key of its board and the note just under 1 KB.
    lead = add(owner_id="u-1", message="x" * 400)
    usage.wru = 0
    entry = note(lead)
    assert usage.wru <= 8
    usage.wru = 0
    entry = edit(lead, entry, "Other")
    assert usage.wru <= 8
    usage.wru = 0
    delete(lead, entry)
    assert usage.wru <= 10


@pytest.mark.usefixtures("tables")
def test_twenty_people_at_once() -> None:
    lead = add()
    before = revisions()
    results = at_once([partial(note, lead, f"Note {number}") for number in range(20)])
    assert all(isinstance(one, Entry) for one in results)
    now = entries(lead)
    assert {one.text for one in now} == {f"Note {number}" for number in range(20)}
    assert on_card(lead)[:2] == (now[0].text, now[0].at)
    assert repository.get(lead.lead_id, consistent=True).version == 1
    assert revisions() == before
    assert totals() == recount() == only(new=1)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("at", [True, False])
def test_a_note_sent_many_times_at_once_is_one(at: bool) -> None:  # noqa: FBT001
    lead = add()
    again = partial(note, lead, at=ago(minutes=1) if at else "", name="n-1")
    results = at_once([again] * 16)
    assert results == [results[0]] * 16
    assert entries(lead) == [results[0]]


@pytest.mark.usefixtures("tables")
def test_edits_and_deletions_at_once_leave_the_card_right() -> None:
    lead = add()
    first, second = note(lead, "First", at=ago(hours=2)), note(lead, "Second", at=ago(hours=1))
    changes = [
        partial(delete, lead, second),
        partial(edit, lead, first, "First, edited"),
        partial(edit, lead, second, "Second, edited"),
        partial(note, lead, "Between", at=ago(minutes=90)),
    ]
    results = at_once(changes * 3)
    assert all(
        isinstance(one, Entry | repository.StaleEntryError | repository.EntryDeletedError)
        for one in results
    )
    shown = next(one for one in entries(lead) if not one.deleted_by)
    assert on_card(lead)[0] == shown.text


@pytest.mark.slow
@pytest.mark.parametrize("at", [True, False])
def test_a_lost_answer(proxy: Proxy, at: bool) -> None:  # noqa: FBT001
    lead = add()
    again = partial(note, lead, at=ago(minutes=1) if at else "", name="n-1")
    proxy.forget_tokens = True
    proxy.faults.append(Fault.LOST_ANSWER)
    entry = again()
    assert entries(lead) == [entry]
    proxy.faults.extend([Fault.LOST_ANSWER] * 12)
    with pytest.raises(UnavailableError):
        note(lead, at="", name="n-2")
    proxy.faults.clear()
    assert note(lead, name="n-2") == entries(lead)[0]
    assert len(entries(lead)) == 2
