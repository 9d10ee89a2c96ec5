"""What is left of a lead is erased for good, whatever became of it, and nothing else is."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from itertools import count

import pytest
from django.core.management import CommandError, call_command

from crm import remember
from crm.dynamodb import calls
from crm.dynamodb.errors import UnavailableError
from crm.dynamodb.items import Item
from crm.dynamodb.scan import scan
from crm.dynamodb.transport import Response, Transport
from crm.tables import HELD, LEADS, RECORDS
from leads import keys, repository
from leads.attribution import Attribution
from leads.entries import Said
from leads.held import store as held
from leads.held.models import State
from leads.models import ClosedAs, EventType, Lead, Status
from leads.repository import acts, conversation, erasure, steps
from leads.repository.errors import ActNotFoundError
from leads.repository.large_act import Chosen, LargeAct, Task, load
from leads.repository.lead_changes import LeadChange, unpacked
from tests.custom import TRADE, set_fields
from tests.imports.files import imported, row, staged
from tests.maintenance.helpers import expected_tokens, run, tokens
from tests.make import (
    ANN,
    BOB,
    act,
    add,
    add_from,
    add_released,
    events,
    fields,
    finished,
    only,
    published,
    recount,
    totals,
    write,
)
from tests.plugins.parts import aside

# In what the person wrote, and what others wrote about them; in nothing else.
WORD = "Zyxomma"
TEXTS = {
    "name": f"Ada {WORD}",
    "company": WORD,
    "subject": WORD,
    "message": f"I am {WORD}.",
    "email": f"{WORD.lower()}@example.com",
}


def said(lead_id: str, *arguments: str) -> str:
    out = StringIO()
    call_command("erase_lead", lead_id, *arguments, stdout=out)
    return out.getvalue()


def refused(lead_id: str, *arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        said(lead_id, *arguments)
    assert caught.value.returncode == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def stored_texts() -> Iterator[str]:
    """Yield every item of the tables as text, acts with what is compressed in them."""
    for table in (LEADS, RECORDS, HELD):
        key = table.partition_key
        for item in scan(table, where=f"#{key} <> :none", values={"none": "-"}):
            yield str(item)
            if str(item.get("PK", "")).startswith(keys.acts_of("")) and "changes" in item:
                yield str(unpacked(item["changes"]))


def holders() -> list[str]:
    return [text for text in stored_texts() if WORD.lower() in text.lower()]


def is_right() -> bool:
    """Tell whether totals and tokens are those of the leads."""
    run("recount", "--dry-run")  # exits with 1 where they are not
    return totals() == recount() and tokens() == expected_tokens()


def person() -> Lead:
    """Take in a lead of the person."""
    came = Attribution(form="contact", utm_campaign=WORD, page=f"https://shop.example/{WORD}")
    return add_from(came, phone="+44 20 7946 0000", **TEXTS)


def test_values_of_custom_fields_go_with_their_tokens(tables: None) -> None:
    set_fields(TRADE)
    lead = person()
    fields_now = {"x_trade": f"Rare{WORD}"}
    repository.edit(lead.lead_id, fields_now, version=1, actor=ANN, write_id=act())
    assert is_right()
    remember.forget_all()
    said(lead.lead_id, "--yes")
    assert holders() == []
    assert is_right()


def story() -> Lead:
    """Take in a lead, and let much happen to it."""
    lead = person()
    lead_id = lead.lead_id
    steps = [
        partial(repository.edit, lead_id, {"subject": f"{WORD} again"}),
        partial(repository.assign, lead_id, BOB.id),
        partial(repository.close, lead_id, ClosedAs.LOST, reason=f"{WORD} is too expensive"),
        partial(repository.move, lead_id, Status.CONTACTED),
    ]
    for version, step in enumerate(steps, 1):
        lead = step(version=version, actor=ANN, write_id=act())
    conversation.add(lead_id, Said(text=f"Called {WORD}."), entry_id=act(), actor=ANN)
    note_of_old(lead, "edited", "old-1", {"name": {"old": WORD, "new": f"Ada {WORD}"}})
    note_of_old(lead, "noted", "old-2", {"notes": {"new": f"{WORD} once called"}})
    return lead


def note_of_old(lead: Lead, kind: str, name: str, changes: calls.Value) -> None:
    """Store an event as releases did that kept what fields said."""
    at = lead.created_at
    told: Item = {"type": kind, "at": at, "actorId": ANN.id, "actorName": ANN.name}
    more: Item = {"writeId": name, "version": 2, "changes": changes}
    calls.put(RECORDS, keys.event(lead.lead_id, at, name) | told | more)


def deleted(lead: Lead) -> str:
    return repository.delete(lead.lead_id, version=lead.version, actor=ANN, write_id=act())


@pytest.mark.parametrize("is_deleted", [False, True])
def test_no_word_is_left_anywhere(store: str, is_deleted: bool) -> None:  # noqa: FBT001
    other = add()
    lead = story()
    now = lead.version
    if is_deleted:
        deleted(lead)
    before = [(one.type, one.actor, sorted(one.changes)) for one in events(lead.lead_id)]
    assert holders()
    text = said(lead.lead_id, "--yes")
    assert holders() == []
    assert ("erased: the lead itself, 1 note or call" in text) is not is_deleted
    # Field names stay, with what a recount looks back by.
    after = events(lead.lead_id)
    told = [(one.type, one.actor, sorted(one.changes)) for one in after]
    assert told[: len(before)] == before
    assert [one.type for one in after][-1] == "deleted"
    assert {one.changes["owner_id"].new for one in after if one.type == "assigned"} == {BOB.id}
    (closed,) = [one.changes for one in after if one.type == "closed"]
    assert (closed["status"].new, closed["outcome"].new, closed["reason"].new) == (
        "closed",
        "lost",
        "",
    )
    assert is_right()
    assert totals() == only(new=1)
    assert repository.get(other.lead_id, consistent=True) == other
    assert now == 5
    assert "nothing was left to erase" in said(lead.lead_id, "--yes")


def test_acts_on_whole_lists_keep_no_word(store: str) -> None:
    lead, other = person(), add()
    large = finished(steps.begin(Task(kind=EventType.DELETED), Chosen(), actor=ANN, write_id=act()))
    undo = steps.begin_undo(large.id, actor=ANN, write_id=act())
    assert isinstance(undo, LargeAct)
    again = steps.begin_undo(finished(undo).id, actor=ANN, write_id=act())
    assert isinstance(again, LargeAct)
    finished(again)
    assert "3 acts that told of it" in said(lead.lead_id, "--yes")
    assert holders() == []
    finished(load(again.id))
    back = steps.begin_undo(again.id, actor=ANN, write_id=act())
    assert isinstance(back, LargeAct)
    assert finished(back).done == 1
    assert repository.get(other.lead_id).name == other.name
    assert is_right()


def test_acts_on_others_stay_and_can_be_undone(store: str) -> None:
    lead, other = person(), add()
    picked = {one.lead_id: 1 for one in (lead, other)}
    moved = repository.move_many(picked, Status.QUALIFIED, actor=ANN, write_id=act())
    picked = dict.fromkeys(picked, 2)
    gone = repository.delete_many(picked, actor=ANN, write_id=act())
    said(lead.lead_id, "--yes")
    assert holders() == []
    for name in (moved.act_id, gone.act_id):
        assert [change.lead_id for change in acts.find(name).changes] == [other.lead_id]
    back = repository.undo(gone.act_id, actor=ANN, write_id=act())
    assert [one.lead_id for one in back.leads] == [other.lead_id]
    assert is_right()
    assert totals() == only(qualified=1)


def test_a_deletion_that_was_erased_cannot_be_undone(store: str) -> None:
    lead = person()
    name = deleted(lead)
    said(lead.lead_id, "--yes")
    with pytest.raises(ActNotFoundError):
        repository.undo(name, actor=ANN, write_id=act())
    with pytest.raises(repository.LeadNotFoundError):
        conversation.add(lead.lead_id, Said(text=WORD), entry_id=act(), actor=ANN)


def test_a_lead_of_another_program_and_its_adoption(store: str) -> None:
    theirs = write(published("theirs", createdAt=f"when {WORD} called", **TEXTS))
    run("adopt_leads")
    assert repository.get("theirs", consistent=True).version == 1
    never = write(published("never", **TEXTS))
    for lead in (theirs, never):
        said(lead.lead_id, "--yes")
    assert holders() == []
    assert is_right()


def test_what_was_held_under_the_same_id(store: str) -> None:
    kept = held.hold(fields(**TEXTS), submission=act(), source="test", address="203.0.113.1")
    held.discard(kept.lead_id, ANN)
    assert "erased: its held message." in said(kept.lead_id, "--yes")
    released = add_released(**TEXTS)
    said(released.lead_id, "--yes")
    assert holders() == []
    # What tells repeats of a released message stays, and holds no word.
    assert held.get(released.lead_id).state is State.RELEASED


@pytest.mark.usefixtures("tables")
def test_an_import_keeps_the_file_until_it_is_forgotten() -> None:
    file = imported(staged([row(TEXTS["email"], company=WORD, notes=f"{WORD} called")]))
    (item,) = scan(LEADS, where="#leadId <> :none", values={"none": "-"})
    text = said(str(item["leadId"]), "--yes")
    assert f"import_leads --forget {file.import_id} removes its rows" in text
    assert all("IMPORT" in text for text in holders())
    call_command("import_leads", "--forget", file.import_id, "--yes", stdout=StringIO())
    assert holders() == []
    assert "--forget" not in said(str(item["leadId"]), "--yes")
    assert is_right()


@pytest.mark.usefixtures("tables")
def test_whoever_brings_it_back_meanwhile_brings_nothing_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead, other = story(), add()
    picked = {lead.lead_id: lead.version, other.lead_id: 1}
    gone = repository.delete_many(picked, actor=ANN, write_id=act())
    forget, undoing = acts.forget, iter([gone.act_id])

    def interfered(lead_id: str, at: str) -> int:
        for name in undoing:
            with aside():
                repository.undo(name, actor=BOB, write_id=act())
        return forget(lead_id, at)

    monkeypatch.setattr(acts, "forget", interfered)
    said(lead.lead_id, "--yes")
    assert holders() == []
    assert totals() == recount() == only(new=1)


@contextmanager
def cut_off(monkeypatch: pytest.MonkeyPatch, after: int) -> Iterator[None]:
    """Let no request go out after so many."""
    ask, requests = Transport.ask, count(1)

    def asked(
        transport: Transport,
        method: str,
        parameters: dict[str, object],
        *,
        is_repeatable: bool = True,
    ) -> Response:
        if next(requests) > after:
            raise UnavailableError("gone")
        return ask(transport, method, parameters, is_repeatable=is_repeatable)

    with monkeypatch.context() as patched:
        patched.setattr(Transport, "ask", asked)
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("is_deleted", [False, True])
def test_cut_off_anywhere_the_next_run_goes_on(
    monkeypatch: pytest.MonkeyPatch,
    is_deleted: bool,  # noqa: FBT001
) -> None:
    text = ""
    for after in count():
        lead = person()
        note_of_old(lead, "edited", "old", {"name": {"old": WORD, "new": f"Ada {WORD}"}})
        conversation.add(lead.lead_id, Said(text=WORD), entry_id=act(), actor=ANN)
        if is_deleted:
            deleted(lead)
        with cut_off(monkeypatch, after), suppress(CommandError):
            text = said(lead.lead_id, "--yes")
        said(lead.lead_id, "--yes")
        assert holders() == []
        if text:
            break
    assert after > 12
    assert is_right()


@pytest.mark.usefixtures("tables")
def test_a_store_that_fails_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lead = person()
    with cut_off(monkeypatch, 6):
        text = refused(lead.lead_id, "--yes")
    assert "what was erased stays so, run it again to go on" in text


@pytest.mark.usefixtures("tables")
def test_two_erasures_of_one_act_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    leads = [person() for _ in range(2)]
    picked = {lead.lead_id: 1 for lead in leads}
    gone = repository.delete_many(picked, actor=ANN, write_id=act())
    others = iter([leads[1]])
    changes_of = acts.changes_of

    def interfered(item: Item) -> list[LeadChange]:
        for other in others:
            acts.forget(other.lead_id, gone.act_id[: acts.TIME_LENGTH])
        return changes_of(item)

    monkeypatch.setattr(acts, "changes_of", interfered)
    assert acts.forget(leads[0].lead_id, gone.act_id[: acts.TIME_LENGTH]) == 1
    with pytest.raises(ActNotFoundError):
        acts.find(gone.act_id)


@pytest.mark.parametrize("lead_id", ["none", "", "x" * 3000, "\udcff", "a\nb"])
def test_there_is_no_such_lead(store: str, lead_id: str) -> None:
    assert "and nothing is left of one." in refused(lead_id, "--yes")


@pytest.mark.usefixtures("tables")
def test_it_asks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    lead = person()
    assert f"“Ada {WORD}”" in refused(lead.lead_id)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert refused(lead.lead_id) == "Nothing was removed."
    assert repository.get(lead.lead_id, consistent=True) == lead
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert "erased: the lead itself." in said(lead.lead_id)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert "which was deleted" in refused(lead.lead_id)


@pytest.mark.usefixtures("tables")
def test_a_lead_that_never_stays_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    lead = person()
    monkeypatch.setattr(erasure, "_delete_lead", lambda _: False)
    assert "Others kept bringing the lead back." in refused(lead.lead_id, "--yes")


def test_a_long_past_act_is_found_by_its_event(store: str) -> None:
    """Where the engine expires nothing, an act may still be there."""
    lead = story()
    for item in scan(RECORDS, where="begins_with(#PK, :acts)", values={"acts": keys.acts_of("")}):
        calls.put(RECORDS, item | {"expiresAt": int(datetime.now(UTC).timestamp()) - 1})
    said(lead.lead_id, "--yes")
    assert holders() == []


def test_a_follow_up_goes_with_its_lead(tables: None) -> None:
    lead = add(owner_id="u-bob")
    dated = repository.follow_up(
        lead.lead_id, "2026-12-03", WORD, version=1, actor=ANN, write_id=act()
    )
    repository.follow_up(dated.lead_id, "", version=2, actor=ANN, write_id=act())
    again = repository.follow_up(
        dated.lead_id, "2026-12-04", WORD, version=3, actor=ANN, write_id=act()
    )
    said(again.lead_id, "--yes")
    assert not [*scan(RECORDS, where="begins_with(#PK, :a)", values={"a": keys.AGENDA})]
    assert not [text for text in stored_texts() if WORD in text]
