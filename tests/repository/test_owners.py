"""Leads by their owner: given once, to one, counted and filed where a scan finds them."""

from functools import partial
from random import Random

import pytest

from crm.dynamodb.capacity import count_requests
from crm.dynamodb.scan import scan
from crm.tables import LEADS
from leads import repository
from leads.models import STAGES, Actor, Lead, Status
from leads.repository import Filter, StaleLeadError
from leads.repository.counters import Totals
from tests.make import ANN, BOB, act, add, events, published, recount_of, write
from tests.repository.test_races import at_once

RACERS = 20
OWNERS = ["", "u-ann", "u-bob"]


def give(lead: Lead, owner_id: str, actor: Actor = ANN, write_id: str = "") -> Lead:
    return repository.assign(
        lead.lead_id,
        owner_id,
        version=lead.version,
        actor=actor,
        write_id=write_id or act(),
    )


def totals_of(owner_id: str) -> Totals:
    return repository.counts(consistent=True).of(owner_id)


def assert_counted() -> None:
    for owner_id in OWNERS:
        assert totals_of(owner_id) == recount_of(owner_id)


def test_a_lead_goes_from_one_to_another_and_back(store: str) -> None:
    lead = add(Status.CONTACTED)
    for owner_id in ("u-ann", "u-bob", ""):
        lead = give(lead, owner_id)
        (found,) = repository.by_status(Status.CONTACTED, owner_id=owner_id).leads
        assert (found.lead_id, found.owner_id or "") == (lead.lead_id, owner_id)
        assert totals_of(owner_id)[Status.CONTACTED] == 1
        assert_counted()
    assert [event.changes["owner_id"].new for event in events(lead.lead_id)[1:]] == [
        "u-ann",
        "u-bob",
        "",
    ]
    assert repository.has_given(lead)


def test_a_repeat_is_answered_like_the_first_time(store: str) -> None:
    lead = add()
    first = give(lead, "u-ann", write_id="w-1")
    assert give(lead, "u-ann", write_id="w-1") == first
    with pytest.raises(StaleLeadError) as stale:
        give(lead, "u-bob", BOB, write_id="w-2")
    assert stale.value.lead == first
    assert repository.last_change(stale.value.lead) == events(lead.lead_id)[-1]
    assert_counted()


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("version", [0, 1])
def test_of_many_who_take_one_lead_one_wins(version: int) -> None:
    lead = add() if version else write(published("theirs", status="new"))
    people = [Actor(id=f"u-{number}", name=f"P {number}") for number in range(RACERS)]
    results = at_once([partial(give, lead, person.id, person) for person in people])
    (winner,) = [result for result in results if isinstance(result, Lead)]
    stale = [result for result in results if isinstance(result, StaleLeadError)]
    assert [error.lead.owner_id for error in stale] == [winner.owner_id] * (RACERS - 1)
    for person in people:
        assert totals_of(person.id) == recount_of(person.id)
    assert totals_of("") == recount_of("")
    assert len(events(lead.lead_id)) == version + 1


def test_many_are_given_as_one_act(store: str) -> None:
    leads = [add(STAGES[number % 4], OWNERS[number % 3] or None) for number in range(9)]
    picked = {lead.lead_id: 1 for lead in leads}
    report = repository.assign_many(picked, "u-bob", actor=ANN, write_id="w-1")
    assert (len(report.done), len(report.already), report.is_clean) == (6, 3, True)
    assert sum(totals_of("u-bob").values()) == 9
    assert_counted()
    again = repository.assign_many(picked, "u-bob", actor=ANN, write_id="w-1")
    assert (sorted(again.done), again.act_id) == (sorted(report.done), report.act_id)
    repository.undo(report.act_id, actor=ANN, write_id=f"{act()}~")
    assert_counted()
    for lead in leads:
        assert repository.get(lead.lead_id, consistent=True).owner_id == lead.owner_id


def test_boards_and_lists_of_an_owner_have_what_a_scan_finds(store: str) -> None:
    dice = Random(12)  # noqa: S311 -- the same leads each time
    leads = [add(dice.choice(STAGES), dice.choice(OWNERS) or None) for _ in range(30)]
    for lead in dice.sample(leads, 12):
        moved = repository.move(
            lead.lead_id, dice.choice(STAGES), version=1, actor=ANN, write_id=act()
        )
        if moved.version == 2:
            give(moved, dice.choice(OWNERS))
    items = list(scan(LEADS, where="#version >= :one", values={"one": 1}))
    for owner_id in OWNERS:
        board = repository.board(dict.fromkeys(STAGES, 50), owner_id=owner_id)
        for stage in STAGES:
            real = {
                str(item["leadId"])
                for item in items
                if (item["status"], item.get("ownerId", "")) == (stage, owner_id)
            }
            assert {lead.lead_id for lead in board.columns[stage].leads} == real
            assert (board.totals or {})[stage] == len(real)
            # A release of before wrote here again, and its index is no more.
            unfiled = repository.by_status(stage, 50, owner_id=owner_id, is_filed=False)
            assert {lead.lead_id for lead in unfiled.leads} == real
        listed = repository.listing(Filter(owner_id=owner_id), size=50).leads
        assert {lead.lead_id for lead in listed} == {
            str(item["leadId"]) for item in items if item.get("ownerId", "") == owner_id
        }


@pytest.mark.usefixtures("tables")
def test_what_giving_costs() -> None:
    lead = add(message="m" * 400)
    with count_requests() as usage:
        give(lead, "u" * 32)
    assert usage.wru <= 13
    assert usage.requests == 2
