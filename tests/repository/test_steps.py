"""Acts on all leads of a list, in steps: each lead once, whatever cuts them off, and back again."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import repeat

import pytest

from crm.dynamodb import calls
from crm.dynamodb.calls import Update, Write, transact
from crm.dynamodb.errors import InvalidRequestError, UnavailableError
from crm.dynamodb.scan import scan
from crm.jobs import stepping
from crm.jobs.running import Outcome, run_due
from crm.tables import RECORDS
from leads import keys, repository
from leads.entries import Said
from leads.models import ClosedAs, EventType, Lead, Status, timestamp
from leads.repository import acts, conversation, steps, sweeping
from leads.repository.acts import Undoing
from leads.repository.errors import ActNotFoundError
from leads.repository.filters import Filter
from leads.repository.large_act import Chosen, LargeAct, State, Task, left_alone, load
from leads.repository.lead_changes import packed
from tests.make import (
    ANN,
    BOB,
    act,
    add,
    events,
    finished,
    only,
    published,
    recount,
    totals,
    write,
)
from tests.repository.proxy import Fault, Proxy
from tests.repository.test_races import at_once

pytestmark = pytest.mark.usefixtures("few_at_once")

TO_CONTACTED = Task(kind=EventType.MOVED, status=Status.CONTACTED)
NEW = Chosen(wanted=Filter(status=Status.NEW))
ATTEMPTS = 3  # of the client
MANY = 5


def begun(task: Task = TO_CONTACTED, chosen: Chosen = NEW, write_id: str = "") -> LargeAct:
    return steps.begin(task, chosen, actor=ANN, write_id=write_id or act())


def undoing(large: LargeAct, write_id: str = "") -> LargeAct:
    undo = steps.begin_undo(large.id, actor=BOB, write_id=write_id or act())
    assert isinstance(undo, LargeAct)
    return undo


def now(lead: Lead) -> Lead:
    return repository.get(lead.lead_id, consistent=True)


def many(number: int = MANY) -> list[Lead]:
    return [add(name=f"P {index}") for index in range(number)]


def test_all_leads_of_a_list_are_moved_and_moved_back(store: str) -> None:
    leads, other = many(), add(Status.QUALIFIED)
    large = finished(begun())
    assert (large.state, large.done, large.left, large.portions) == (State.DONE, MANY, 0, 2)
    assert totals() == recount() == only(contacted=MANY, qualified=1)
    assert now(other) == other
    told = events(leads[0].lead_id)[-1]
    assert (told.type, told.write_id, told.at) == (EventType.MOVED, large.write_id, large.at)

    undo = finished(undoing(large))
    assert (undo.done, undo.left) == (MANY, 0)
    assert totals() == recount() == only(new=MANY, qualified=1)
    assert now(leads[0]).stage_entered_at == leads[0].stage_entered_at
    undone = acts.find(large.id).undone
    assert undone
    assert (undone.act_id, undone.actor) == (undo.id, BOB)

    assert finished(undoing(undo)).done == MANY
    assert totals() == recount() == only(contacted=MANY, qualified=1)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (Task(kind=EventType.CLOSED, outcome=ClosedAs.SPAM, reason="Ads"), only(spam=MANY)),
        (Task(kind=EventType.ASSIGNED, owner_id=BOB.id), only(new=MANY)),
        (Task(kind=EventType.DELETED), only()),
    ],
    ids=lambda given: given.kind if isinstance(given, Task) else "",
)
def test_every_act_goes_in_steps_and_back(
    store: str, task: Task, expected: dict[Status, int]
) -> None:
    leads = many()
    large = finished(begun(task))
    assert large.done == MANY
    assert totals() == recount() == expected
    finished(undoing(large))
    assert totals() == recount() == only(new=MANY)
    back = now(leads[0])
    assert (back.owner_id, back.outcome, back.reason) == (None, None, "")


def test_leads_of_one_moment_in_several_stages(store: str) -> None:
    """They leave the stream that is read while they are passed."""
    at = timestamp(datetime(2026, 1, 1, tzinfo=UTC))
    for number in range(12):
        status = [Status.NEW, Status.QUALIFIED, Status.CONVERTED][number % 3]
        write(published(f"f-{number}", status=status.value, createdAt=at))
    large = finished(begun(chosen=Chosen()))
    assert large.done == 12
    assert totals() == recount() == only(contacted=12)
    assert finished(undoing(large)).done == 12


def test_what_is_searched_for_is_acted_on(store: str) -> None:
    found = [add(company="Zebra Inc", name=f"Z {number}") for number in range(MANY)]
    add(company="Other")
    large = finished(begun(chosen=Chosen(text="zebra")))
    assert large.done == MANY
    assert {now(lead).status for lead in found} == {Status.CONTACTED}
    assert totals() == recount() == only(new=1, contacted=MANY)


@pytest.mark.parametrize(
    "chosen",
    [
        Chosen(text="zebra@example.com", query="q=zebra%40example.com"),
        Chosen(wanted=Filter(email="zebra@example.com"), query="email=zebra%40example.com"),
    ],
)
def test_an_act_forgets_the_words_it_looked_for_once_it_is_over(store: str, chosen: Chosen) -> None:
    for _ in range(2):
        add(email="zebra@example.com")
    large = finished(begun(chosen=chosen))
    stopped = begun(chosen=chosen)
    undoing(stopped)
    assert large.done
    for name in (large.id, stopped.id):
        kept = acts.find(name).steps
        assert "zebra" not in kept
        assert load(name).chosen.is_forgotten
    assert finished(undoing(large)).done == large.done


def test_an_act_without_words_keeps_the_list_it_was_done_from(store: str) -> None:
    add()
    large = finished(begun(chosen=NEW.model_copy(update={"query": "status=new"})))
    assert load(large.id).chosen.query == "status=new"


def test_who_changed_a_lead_since_is_spared_and_so_is_who_came_since(store: str) -> None:
    leads = many(3)
    large = begun()
    edited = repository.edit(
        leads[0].lead_id, {"subject": "Mine"}, version=1, actor=BOB, write_id=act()
    )
    late = add(name="Late")
    large = finished(large)
    assert (large.done, large.left) == (2, 2)
    assert [now(edited), now(late)] == [edited, late]
    told = left_alone(large, 1, MANY).kept
    assert {(one.lead_id, one.who) for one in told} == {
        (edited.lead_id, "Bob"),
        (late.lead_id, "Ann"),
    }


def test_undo_keeps_what_others_changed_since_and_tells_who(store: str) -> None:
    leads = many()
    large = finished(begun())
    moved = now(leads[3])
    theirs = repository.move(
        moved.lead_id, Status.CONVERTED, version=moved.version, actor=BOB, write_id=act()
    )
    undo = finished(undoing(large))
    assert (undo.done, undo.left) == (MANY - 1, 1)
    assert now(theirs) == theirs
    kept = left_alone(undo, 1, MANY).kept
    assert [(one.lead_id, one.field, one.who) for one in kept] == [
        (theirs.lead_id, "status", "Bob")
    ]


@pytest.mark.usefixtures("tables")
def test_the_same_act_begins_once() -> None:
    many(3)
    name = act()
    results = at_once([partial(begun, write_id=name)] * 4)
    assert len({one.id for one in results if isinstance(one, LargeAct)}) == 1
    large = finished(begun(write_id=name))
    assert finished(begun(write_id=name)) == large
    assert steps.open_acts() == []


@pytest.mark.usefixtures("tables")
def test_many_who_go_on_at_once_do_each_lead_once() -> None:
    leads = many(20)
    large = begun()
    results = at_once([partial(finished, large)] * 4)
    assert not [one for one in results if isinstance(one, BaseException)]
    large = steps.step(large.id)
    assert (large.state, large.done) == (State.DONE, 20)
    assert totals() == recount() == only(contacted=20)
    assert {len(events(lead.lead_id)) for lead in leads} == {2}


def test_an_act_that_goes_on_is_stopped_by_its_undo(store: str) -> None:
    many()
    large = steps.step(begun().id)
    assert large.is_working
    undo = undoing(large)
    assert steps.step(large.id).state is State.STOPPED
    assert [one.id for one in steps.open_acts()] == [undo.id]
    finished(undo)
    assert totals() == recount() == only(new=MANY)


@pytest.mark.usefixtures("tables")
def test_of_two_who_undo_at_once_one_does() -> None:
    many(3)
    large = finished(begun())
    undo = partial(steps.begin_undo, large.id)
    results = at_once([partial(undo, actor=who, write_id=act()) for who in (ANN, BOB)])
    won = [one for one in results if isinstance(one, LargeAct)]
    told = [one for one in results if isinstance(one, Undoing)]
    assert len(won) == len(told) == 1
    assert told[0].act_id == won[0].id


def test_the_same_undo_twice_is_one(store: str) -> None:
    many(3)
    large = finished(begun())
    name = act()
    undo = finished(undoing(large, name))
    assert undoing(large, name) == undo
    assert undo.done == 3


def test_a_lead_that_cannot_be_written_is_left_and_the_others_go_on(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = many()
    odd = keys.lead(leads[2].lead_id)

    def refusing(writes: Sequence[Write], token: str) -> None:
        if any(isinstance(write, Update) and write.key == odd for write in writes):
            raise InvalidRequestError
        transact(writes, token)

    with monkeypatch.context() as patch:
        patch.setattr(steps, "transact", refusing)
        large = finished(begun())
    assert (large.state, large.done, large.left) == (State.DONE, MANY - 1, 1)
    assert [one.lead_id for one in left_alone(large, 1, MANY).kept] == [odd["leadId"]]
    with monkeypatch.context() as patch:
        odd = keys.lead(leads[3].lead_id)
        patch.setattr(steps, "transact", refusing)
        undo = finished(undoing(large))
    assert (undo.done, undo.left) == (MANY - 2, 1)
    assert totals() == recount() == only(new=MANY - 1, contacted=1)


def test_an_undo_ends_with_the_thirty_days_of_its_act(store: str) -> None:
    many()
    large = finished(begun())
    undo = undoing(large)
    calls.delete(RECORDS, keys.act(large.at, large.write_id))
    assert [one.id for one in steps.open_acts()] == [undo.id]
    undo = finished(undo)
    assert (undo.state, undo.done) == (State.DONE, 0)
    assert steps.open_acts() == []


def test_a_deletion_in_steps_ends_conversations_and_an_undo_keeps_them(store: str) -> None:
    lead = add()
    conversation.add(lead.lead_id, Said(text="Hello"), actor=ANN, entry_id=act())
    large = finished(begun(Task(kind=EventType.DELETED)))
    assert ends(lead) == {int(acts.expiry(large.at).timestamp())}
    finished(undoing(large))
    assert ends(lead) == {None}


def ends(lead: Lead) -> set[object]:
    partition = keys.conversation(lead.lead_id)
    found = calls.query_all(RECORDS, "#PK = :pk", {"pk": partition}, consistent=True)
    return {item.get("expiresAt") for item in found}


@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, Fault.LOST_ANSWER])
@pytest.mark.parametrize("forget_tokens", [False, True])
@pytest.mark.parametrize("times", [1, ATTEMPTS])
def test_a_step_that_is_cut_off_is_done_again_once(
    proxy: Proxy, fault: Fault, times: int, *, forget_tokens: bool
) -> None:
    many()
    large = begun()
    proxy.forget_tokens = forget_tokens
    while large.is_working:
        proxy.faults.extend(repeat(fault, times))
        with suppress(UnavailableError):
            steps.step(large.id)
        proxy.faults.clear()
        large = steps.step(large.id)
    assert large.done == MANY
    assert totals() == recount() == only(contacted=MANY)


def test_a_process_that_dies_before_it_ended_a_long_conversation(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "ENDED_AT_ONCE", 1)
    lead = add()
    for text in ("Hello", "Once more"):
        conversation.add(lead.lead_id, Said(text=text), actor=ANN, entry_id=act())
    large = steps.step(begun(Task(kind=EventType.DELETED)).id)
    assert large.is_through
    assert large.is_working
    assert None in ends(lead)
    assert steps.step(large.id).state is State.DONE
    assert None not in ends(lead)


def test_after_thirty_days_it_is_gone(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old = timestamp(datetime.now(UTC) - timedelta(days=31))
    monkeypatch.setattr(steps, "timestamp", lambda _moment: old)
    large = begun()
    calls.put(RECORDS, {**keys.portion(large.write_id, 1), "changes": packed([])})
    with pytest.raises(ActNotFoundError):
        steps.step(large.id)
    assert sweeping.sweep() == 3
    begin = "begins_with(#PK, :begin)"
    assert list(scan(RECORDS, where=begin, values={"begin": "ACTS#"})) == []


def test_an_act_whose_page_was_closed_goes_on_and_back(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepping, "ALONE", timedelta(0))
    many()
    large = begun()
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert load(large.id).state is State.DONE
    assert totals() == recount() == only(contacted=MANY)
    undoing(large)
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert totals() == recount() == only(new=MANY)


def test_an_act_that_takes_long_goes_on_in_pieces(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepping, "ALONE", timedelta(0))
    monkeypatch.setattr(stepping, "GO_ON_SECONDS", 0.0)
    many()
    begun()
    outcomes = run_due().outcomes
    assert outcomes[Outcome.GOES_ON] >= 2
    assert outcomes[Outcome.DONE] == 1
    assert totals() == recount() == only(contacted=MANY)


def test_an_act_that_is_kept_no_longer_is_no_work(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepping, "ALONE", timedelta(0))
    large = begun()
    calls.delete(RECORDS, keys.act(large.at, large.write_id))
    assert run_due().outcomes == {Outcome.DONE: 1}
