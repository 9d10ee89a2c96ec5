"""Taking back what an act did: field by field, once, and never over what others changed."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast

import pytest
from django.core.management import call_command

from crm.dynamodb import calls
from crm.dynamodb.scan import scan
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.entries import Said
from leads.models import Actor, Change, ClosedAs, EventType, Lead, Status
from leads.repository import acts
from leads.repository.errors import ActNotFoundError
from leads.repository.tokens import token_items
from leads.repository.undo import Undone, undo
from tests.make import (
    ANN,
    BOB,
    SINCE,
    act,
    add,
    events,
    only,
    published,
    recount,
    recount_of,
    totals,
    write,
)
from tests.repository.test_races import at_once


def moved(lead: Lead, to: Status, actor: Actor = ANN) -> Lead:
    return repository.move(lead.lead_id, to, version=lead.version, actor=actor, write_id=act())


def edited(lead: Lead, actor: Actor = ANN, **fields: str) -> Lead:
    return repository.edit(lead.lead_id, fields, version=lead.version, actor=actor, write_id=act())


def closed(lead: Lead, outcome: ClosedAs, reason: str = "") -> Lead:
    return repository.close(
        lead.lead_id, outcome, reason=reason, version=lead.version, actor=ANN, write_id=act()
    )


def assigned(lead: Lead, owner_id: str, actor: Actor = ANN) -> Lead:
    return repository.assign(
        lead.lead_id, owner_id, version=lead.version, actor=actor, write_id=act()
    )


def deleted(lead: Lead) -> str:
    return repository.delete(lead.lead_id, version=lead.version, actor=ANN, write_id=act())


def name_of(lead: Lead) -> str:
    return acts.act_of(lead, lead.write_id or "")


def undone(name: str, actor: Actor = ANN, write_id: str = "") -> Undone:
    return undo(name, actor=actor, write_id=write_id or act())


def now(lead: Lead) -> Lead:
    return repository.get(lead.lead_id, consistent=True)


def kept(outcome: Undone) -> list[tuple[str, str]]:
    return [(one.field, one.who) for one in outcome.kept]


def records(begin: str) -> list[calls.Item]:
    return list(scan(RECORDS, where="begins_with(#PK, :begin)", values={"begin": begin}))


def stored_tokens() -> list[tuple[str, str]]:
    found = [item for begin in ("SEARCH#", "ADDRESS#", "PHONE#") for item in records(begin)]
    return sorted((str(item["PK"]), str(item["SK"])) for item in found)


def wanted_tokens(*leads: Lead) -> list[tuple[str, str]]:
    return sorted(
        (str(item["PK"]), str(item["SK"])) for lead in leads for item in token_items(lead)
    )


def test_a_move_goes_back_with_its_time(store: str) -> None:
    lead = add()
    after = moved(lead, Status.QUALIFIED)
    outcome = undone(name_of(after))
    back = now(lead)
    assert (back.status, back.version) == (Status.NEW, 3)
    assert back.stage_entered_at == lead.stage_entered_at
    assert [back] == outcome.leads
    assert outcome.act_id == name_of(back)
    assert "~" in (back.write_id or "")
    assert totals() == recount() == only(new=1)
    event = events(lead.lead_id)[-1]
    assert (event.type, event.undoes) == (EventType.UNDONE, after.write_id)
    assert event.changes["status"].new == "new"


def test_an_edit_goes_back_field_by_field(store: str) -> None:
    lead = add(company="Navy", phone="1")
    mine = edited(lead, name="Zoe", company="", subject="Mine")
    edited(mine, BOB, subject="Theirs", phone="2")
    outcome = undone(name_of(mine))
    back = now(lead)
    assert (back.name, back.company, back.subject, back.phone) == ("Ada", "Navy", "Theirs", "2")
    assert kept(outcome) == [("subject", "Bob")]
    assert stored_tokens() == wanted_tokens(back)


def test_what_somebody_wrote_again_is_theirs(store: str) -> None:
    mine = edited(add(), subject="B")
    theirs = edited(edited(mine, BOB, subject="C"), BOB, subject="B")
    assert kept(undone(name_of(mine))) == [("subject", "Bob")]
    assert now(mine) == theirs


def test_an_undone_change_of_somebody_is_no_change(store: str) -> None:
    mine = edited(add(subject="A"), subject="B")
    theirs = edited(mine, BOB, subject="C")
    undone(name_of(theirs), BOB)
    assert kept(undone(name_of(mine))) == []
    assert now(mine).subject == "A"


def test_acts_go_back_one_after_the_other_and_come_again(store: str) -> None:
    lead = add()
    first = moved(lead, Status.CONTACTED)
    second = edited(first, name="Zoe")
    third = moved(second, Status.CONVERTED)
    last = [undone(name_of(one)) for one in (third, second, first)][-1]
    back = now(lead)
    assert (back.status, back.name, back.version) == (Status.NEW, "Ada", 7)
    assert back.stage_entered_at == lead.stage_entered_at
    undone(last.act_id)
    assert now(lead).status is Status.CONTACTED
    assert now(lead).stage_entered_at == first.stage_entered_at
    assert totals() == recount() == only(contacted=1)


def test_a_stage_that_somebody_changed_stays(store: str) -> None:
    mine = moved(add(), Status.CONTACTED)
    # Back in the same stage, at another time.
    theirs = moved(moved(mine, Status.NEW, BOB), Status.CONTACTED, BOB)
    outcome = undone(name_of(mine))
    assert kept(outcome) == [("status", "Bob")]
    assert outcome.act_id == ""
    assert now(mine) == theirs
    assert acts.find(name_of(mine)).undone is None


def test_how_a_lead_was_closed_goes_back(store: str) -> None:
    lead = add()
    lost = closed(lead, ClosedAs.LOST, "No budget")
    spam = closed(lost, ClosedAs.SPAM)
    undone(name_of(spam))
    back = now(lead)
    assert (back.standing, back.reason, back.closed_by) == (ClosedAs.LOST, "No budget", ANN.id)
    told = events(lead.lead_id)[-1].changes
    assert told["outcome"] == Change(old="spam", new="lost")
    assert told["reason"] == Change(new="No budget")
    undone(name_of(lost))
    back = now(lead)
    assert (back.standing, back.reason, back.closed_by) == (Status.NEW, "", None)
    assert back.stage_entered_at == lead.stage_entered_at
    assert totals() == recount() == only(new=1)


def test_an_owner_goes_back_unless_somebody_assigned_again(store: str) -> None:
    mine = assigned(add(), ANN.id)
    undone(name_of(mine))
    assert now(mine).owner_id is None
    taken = assigned(now(mine), ANN.id)
    theirs = assigned(assigned(taken, BOB.id, BOB), ANN.id, BOB)
    assert kept(undone(name_of(taken))) == [("owner_id", "Bob")]
    assert now(mine) == theirs
    assert repository.counts(consistent=True).of(ANN.id) == recount_of(ANN.id)


def test_a_deleted_lead_comes_back_whole(store: str) -> None:
    lead = add(Status.QUALIFIED, "u-ann", company="Navy", phone="+44 20 7946 0958")
    before = calls.get(LEADS, keys.lead(lead.lead_id))
    outcome = undone(deleted(lead))
    back = now(lead)
    item = calls.get(LEADS, keys.lead(lead.lead_id))
    assert back.version == 3
    changed = {"version", "writeId", "updatedAt"}
    assert {name: item[name] for name in item.keys() - changed} == {  # type: ignore[union-attr, index]
        name: before[name]  # type: ignore[index]
        for name in before.keys() - changed  # type: ignore[union-attr]
    }
    assert "~" in (back.write_id or "")
    assert back.write_id != back.lead_id
    assert totals() == recount() == only(qualified=1)
    assert stored_tokens() == wanted_tokens(back)
    assert [event.type for event in events(lead.lead_id)] == ["created", "deleted", "restored"]
    again = undone(outcome.act_id)
    assert again.deleted == [lead.lead_id]
    assert totals() == recount() == only()
    assert stored_tokens() == []
    undone(again.act_id)
    assert now(lead).version == 5
    assert totals() == recount() == only(qualified=1)


def test_another_programs_lead_comes_back_as_theirs(store: str) -> None:
    theirs = write(published("theirs", status="Open", tags={"a"}))
    undone(deleted(theirs))
    item = calls.get(LEADS, keys.lead("theirs")) or {}
    assert "~" in str(item.pop("writeId"))
    assert item == published("theirs", status="Open", tags={"a"})
    assert totals() == only()


def test_a_lead_that_came_back_and_changed_stays(store: str) -> None:
    lead = add()
    restored = undone(deleted(lead)).act_id
    moved(now(lead), Status.CONTACTED, BOB)
    outcome = undone(restored)
    assert (outcome.act_id, kept(outcome)) == ("", [("", "Bob")])
    assert now(lead).status is Status.CONTACTED


def test_of_a_lead_that_is_gone_nothing_goes_back(store: str) -> None:
    mine = moved(add(), Status.CONTACTED)
    repository.delete(mine.lead_id, version=2, actor=BOB, write_id=act())
    outcome = undone(name_of(mine))
    assert (outcome.act_id, kept(outcome)) == ("", [("", "Bob")])


def test_an_act_is_undone_once(store: str) -> None:
    mine = moved(add(), Status.CONTACTED)
    first = undone(name_of(mine), ANN, "the-write-id")
    repeat = undone(name_of(mine), ANN, "the-write-id")
    assert (repeat.act_id, repeat.is_repeat) == (first.act_id, True)
    assert repeat.leads == first.leads
    other = undone(name_of(mine), BOB)
    assert other.before
    assert (other.before.actor, other.is_repeat, other.act_id) == (ANN, False, "")
    assert now(mine).version == 3


def test_acts_of_another_programs_lead(store: str) -> None:
    write(published("theirs"))
    mine = repository.move("theirs", Status.NEW, version=0, actor=ANN, write_id=act())
    undone(name_of(mine))
    back = now(mine)
    # It is Leadbook's own by now.
    assert (back.status, back.version, back.stage_entered_at) == (Status.CONTACTED, 2, None)
    assert totals() == recount() == only(contacted=1)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("attempt", range(3))
def test_of_many_who_undo_one_act_one_does(attempt: int) -> None:
    mine = moved(add(), Status.CONTACTED)
    people = [Actor(f"u-{number}", f"P{number}") for number in range(8)]
    results = at_once([partial(undone, name_of(mine), person) for person in people])
    outcomes = [one for one in results if isinstance(one, Undone)]
    assert len(outcomes) == 8
    (winner,) = [one for one in outcomes if one.act_id]
    assert {one.before.act_id for one in outcomes if one.before} == {winner.act_id}
    assert now(mine).version == 3
    assert totals() == recount() == only(new=1)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("attempt", range(3))
def test_an_undo_against_a_colleagues_edit(attempt: int) -> None:
    mine = edited(add(subject="A"), subject="B", name="Zoe")

    def edit() -> Lead:
        while True:
            try:
                return edited(now(mine), BOB, subject="Theirs")
            except repository.StaleLeadError:
                continue

    outcome, _ = at_once(cast("list[Callable[[], object]]", [partial(undone, name_of(mine)), edit]))
    assert isinstance(outcome, Undone)
    back = now(mine)
    assert (back.name, back.subject, back.version) == ("Ada", "Theirs", 4)
    assert stored_tokens() == wanted_tokens(back)


def test_an_act_is_found_for_thirty_days(store: str) -> None:
    mine = moved(add(), Status.CONTACTED)
    name = name_of(mine)
    assert [one.id for one in acts.page(acts.Wanted()).acts] == [name]
    (item,) = records("ACTS#")
    calls.put(RECORDS, item | {"expiresAt": int(datetime.now(UTC).timestamp())})
    with pytest.raises(ActNotFoundError):
        undone(name)
    assert acts.page(acts.Wanted()).acts == []
    old = item | {"PK": keys.acts_of((datetime.now(UTC) - timedelta(days=31)).date().isoformat())}
    calls.put(RECORDS, old | {"expiresAt": 1})
    call_command("clearsessions")
    assert [one["PK"] for one in records("ACTS#")] == [item["PK"]]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        f"{SINCE}-",
        f"{SINCE}-none",
        f"{SINCE}-a#b",
        "2026-13-99T00:00:00.000Z-x",
        "x" * 9999,
    ],
)
def test_what_is_no_act_is_not_found(store: str, name: str) -> None:
    with pytest.raises(ActNotFoundError):
        undone(name)


def test_acts_are_listed_newest_first_across_days(store: str) -> None:
    leads = [add(name=f"P{number}") for number in range(acts.PAGE_SIZE + 2)]
    names = [name_of(moved(lead, Status.CONTACTED, BOB)) for lead in leads]
    first = acts.page(acts.Wanted())
    rest = acts.page(acts.Wanted(), first.cursor)
    assert [one.id for one in [*first.acts, *rest.acts]] == names[::-1]
    moved(now(leads[0]), Status.NEW)
    assert [one.actor for one in acts.page(acts.Wanted(person="u-ann")).acts] == [ANN]
    assert acts.page(acts.Wanted(kind="edited")).acts == []
    assert len(acts.page(acts.Wanted(kind="moved", person="u-bob")).acts) == acts.PAGE_SIZE


@pytest.mark.usefixtures("tables")
def test_a_filter_looks_further_back_within_a_busy_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "FILTERED_READ", 3)
    lead = add()
    name = name_of(moved(lead, Status.CONTACTED, BOB))
    for to in (Status.NEW, Status.CONTACTED) * 3:
        moved(now(lead), to)
    assert [one.id for one in acts.page(acts.Wanted(person=BOB.id)).acts] == [name]


def test_a_large_lead_can_be_deleted_and_comes_back(store: str) -> None:
    # Hardly compressible, near the 400 KB of an item.
    words = random.Random(1).randbytes(140 * 1024).hex()  # noqa: S311 -- the same each time
    theirs = write(published("theirs", message=words))
    undone(deleted(theirs))
    assert now(theirs).message == words


@pytest.mark.usefixtures("tables")
def test_many_are_one_act() -> None:
    leads = [add(company=f"Company {number}") for number in range(30)]
    picked = {lead.lead_id: 1 for lead in leads}
    stale = edited(leads[0], BOB, name="Zoe")
    moves = repository.move_many(picked, Status.CONVERTED, actor=ANN, write_id="many")
    assert [lead.lead_id for lead in moves.stale] == [stale.lead_id]
    assert len(moves.done) == 29
    again = repository.move_many(picked, Status.CONVERTED, actor=ANN, write_id="many")
    assert (again.act_id, len(again.done)) == (moves.act_id, 29)
    (listed,) = acts.page(acts.Wanted(kind="moved")).acts
    assert (listed.id, len(listed.portions), len(listed.changes)) == (moves.act_id, 2, 29)
    assert totals() == recount() == only(new=1, converted=29)
    back = undone(moves.act_id)
    assert (len(back.leads), back.kept) == (29, [])
    gone = repository.delete_many(
        {lead.lead_id: lead.version for lead in back.leads}, actor=ANN, write_id="gone"
    )
    assert (len(gone.done), gone.is_clean) == (29, True)
    assert totals() == recount() == only(new=1)
    assert stored_tokens() == wanted_tokens(stale)
    assert len(undone(gone.act_id).leads) == 29
    assert totals() == recount() == only(new=30)
    assert stored_tokens() == wanted_tokens(*(now(lead) for lead in leads))


@pytest.mark.usefixtures("tables")
def test_a_colleague_who_changes_some_of_many_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    leads = [add() for _ in range(5)]
    interfered: list[Lead] = []

    def interfering(writes: Sequence[calls.Write], token: str) -> None:
        if not interfered:
            interfered.append(edited(leads[2], BOB, name="Zoe"))
        calls.transact(writes, token)

    monkeypatch.setattr("leads.repository.bulk.transact", interfering)
    picked = {lead.lead_id: 1 for lead in leads}
    report = repository.move_many(picked, Status.QUALIFIED, actor=ANN, write_id="many")
    assert report.stale == interfered
    assert len(report.done) == 4
    assert totals() == recount() == only(new=1, qualified=4)


def ends(lead: Lead) -> list[object]:
    """Return when the entries of a lead's conversation end."""
    return [item.get("expiresAt") for item in records(keys.conversation(lead.lead_id))]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("many", [False, True])
def test_a_conversation_ends_and_comes_back_with_its_lead(many: bool) -> None:  # noqa: FBT001
    lead = add()
    said = Said(text="She called back.")
    repository.conversation.add(lead.lead_id, said, entry_id=act(), actor=ANN)
    assert ends(lead) == [None]

    def delete() -> str:
        if not many:
            return repository.delete(lead.lead_id, version=1, actor=ANN, write_id="gone")
        picked = {lead.lead_id: 1}
        return repository.delete_many(picked, actor=ANN, write_id="gone").act_id

    name = delete()
    (end,) = ends(lead)
    assert end == int(acts.expiry(name[:24]).timestamp())
    assert delete() == name
    back = undone(name)
    assert ends(lead) == [None]
    # A repeat of the deletion is none any more.
    assert delete() == ""
    assert ends(lead) == [None]
    undone(back.act_id)
    assert ends(lead) != [None]


class DiedError(Exception):
    """The process is no more."""


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the process die once the transaction is done, before it marks a conversation."""

    def die(*_: object) -> None:
        raise DiedError

    with monkeypatch.context() as patched:
        patched.setattr(repository.conversation, "expire", die)
        patched.setattr(repository.conversation, "keep", die)
        with pytest.raises(DiedError):
            yield


def noted(number: int) -> Lead:
    """Take in a lead that people write so many notes about."""
    lead = add()
    for _ in range(number):
        said = Said(text="She called back.")
        repository.conversation.add(lead.lead_id, said, entry_id=act(), actor=ANN)
    return lead


def delete_as_gone(lead: Lead, *, many: bool = False) -> str:
    if not many:
        return repository.delete(lead.lead_id, version=1, actor=ANN, write_id="gone")
    return repository.delete_many({lead.lead_id: 1}, actor=ANN, write_id="gone").act_id


@pytest.mark.parametrize("many", [False, True])
def test_a_process_that_dies_leaves_no_conversation_with_the_wrong_end(
    store: str,
    monkeypatch: pytest.MonkeyPatch,
    many: bool,  # noqa: FBT001
) -> None:
    lead = noted(2)
    with dying(monkeypatch):
        delete_as_gone(lead, many=many)
    (name,) = [one.id for one in acts.page(acts.Wanted()).acts]
    assert ends(lead) == [int(acts.expiry(name[:24]).timestamp())] * 2
    with dying(monkeypatch):
        undone(name)
    assert ends(lead) == [None] * 2
    (back, _) = [one.id for one in acts.page(acts.Wanted()).acts]
    with dying(monkeypatch):
        undone(back)
    assert None not in ends(lead)
    assert totals() == recount() == only()


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(("name", "most"), [("ENDED_AT_ONCE", 2), ("ENDED_BYTES", 600)])
def test_what_is_too_long_for_the_transaction_ends_after_it(
    monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    monkeypatch.setattr(repository.conversation, name, most)
    lead = noted(4)
    with dying(monkeypatch):
        delete_as_gone(lead)
    assert sorted(map(bool, ends(lead))) == [False, False, True, True]
    # Whoever sends the form again finishes it.
    undone(delete_as_gone(lead))
    assert ends(lead) == [None] * 4


@pytest.mark.usefixtures("tables")
def test_a_note_of_the_same_moment_ends_after_the_deletion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead = noted(1)
    end_updates = repository.conversation.end_updates

    def interfered(item: calls.Item, at: datetime | None) -> list[calls.Update]:
        updates = end_updates(item, at)
        said = Said(text="I just called.")
        repository.conversation.add(lead.lead_id, said, entry_id=act(), actor=BOB)
        return updates

    monkeypatch.setattr(repository.conversation, "end_updates", interfered)
    delete_as_gone(lead)
    assert len(ends(lead)) == 2
    assert None not in ends(lead)


@pytest.mark.parametrize("is_back", [False, True])
def test_what_expired_is_swept_with_the_conversation_of_a_lead_that_is_gone(
    store: str,
    monkeypatch: pytest.MonkeyPatch,
    is_back: bool,  # noqa: FBT001
) -> None:
    lead = noted(1)
    name = delete_as_gone(lead)
    if is_back:
        undone(name)
        # Deleted once more: what this one kept has not expired.
        repository.delete(lead.lead_id, version=3, actor=ANN, write_id="again")
    (item,) = [one for one in records("ACTS#") if one["SK"] == f"{name[:24]}#gone"]
    long_ago = (datetime.now(UTC) - timedelta(days=31)).date().isoformat()
    calls.put(RECORDS, item | {"PK": keys.acts_of(long_ago), "expiresAt": 1})
    call_command("clearsessions")
    assert len(ends(lead)) == (1 if is_back else 0)
    assert long_ago not in str([one["PK"] for one in records("ACTS#")])
