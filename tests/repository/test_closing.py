"""Closing: one change with event, act and counters; the contract of the store."""

from functools import partial

import pytest

from leads import repository
from leads.models import ClosedAs, EventType, Lead, Status
from leads.repository import Filter, StaleLeadError
from tests.make import ANN, BOB, act, add, events, only, published, recount, totals, write
from tests.repository.test_races import at_once


def close(lead: Lead, outcome: ClosedAs = ClosedAs.LOST, reason: str = "No budget") -> Lead:
    return repository.close(
        lead.lead_id, outcome, reason=reason, version=lead.version, actor=ANN, write_id=act()
    )


def test_a_closed_lead_is_counted_by_its_outcome_and_told(store: str) -> None:
    lead = add()
    closed = close(lead)
    assert closed == repository.get(lead.lead_id, consistent=True)
    assert (closed.status, closed.outcome, closed.reason) == (
        Status.CLOSED,
        ClosedAs.LOST,
        "No budget",
    )
    assert (closed.closed_by, closed.version) == (ANN.id, 2)
    event = events(lead.lead_id)[-1]
    told = {name: (change.old, change.new) for name, change in event.changes.items()}
    assert event.type is EventType.CLOSED
    assert told["status"] == ("new", "closed")
    assert told["outcome"] == ("", "lost")
    assert totals() == recount() == only(lost=1)


def test_another_outcome_is_another_change_and_counts_anew_from_then(store: str) -> None:
    closed = close(add())
    again = close(closed, ClosedAs.SPAM, "")
    stored = repository.get(again.lead_id, consistent=True)
    assert (stored.outcome, stored.reason, stored.version) == (ClosedAs.SPAM, "", 3)
    assert stored.stage_entered_at == again.stage_entered_at == again.updated_at
    assert close(again, ClosedAs.SPAM, "") == again
    assert totals() == recount() == only(spam=1)


def test_a_move_reopens_it_and_forgets_how_it_was_closed(store: str) -> None:
    closed = close(add(owner_id="u-1"))
    opened = repository.move(closed.lead_id, Status.QUALIFIED, version=2, actor=BOB, write_id=act())
    stored = repository.get(opened.lead_id, consistent=True)
    assert (stored.outcome, stored.reason, stored.closed_by) == (None, "", None)
    assert totals() == recount() == only(qualified=1)


def test_lists_find_it_by_outcome_and_reason(store: str) -> None:
    lost, spam = close(add()), close(add(owner_id="u-1"), ClosedAs.SPAM, "")

    def found(**wanted: object) -> set[str]:
        return {lead.lead_id for lead in repository.listing(Filter(**wanted)).leads}  # type: ignore[arg-type] # parts of a filter

    assert found(status=Status.CLOSED) == {lost.lead_id, spam.lead_id}
    assert found(outcome=ClosedAs.LOST) == {lost.lead_id}
    assert found(outcome=ClosedAs.SPAM, owner_id="u-1") == {spam.lead_id}
    assert found(reason="No budget") == {lost.lead_id}
    assert found(outcome=ClosedAs.DUPLICATE) == set()
    assert not any(repository.by_status(stage).leads for stage in [Status.NEW])


def test_what_another_program_closed_has_no_outcome(store: str) -> None:
    theirs = write(published("theirs", status="Closed"))
    assert (theirs.status, theirs.outcome, theirs.standing) == (Status.CLOSED, None, Status.CLOSED)
    assert close(theirs).outcome is ClosedAs.LOST
    assert totals() == recount() == only(lost=1)


def test_many_are_closed_as_one_act_that_is_undone_whole(store: str) -> None:
    leads = [add(), add(Status.QUALIFIED, owner_id="u-1"), close(add(), ClosedAs.SPAM, "")]
    picked = {lead.lead_id: lead.version for lead in leads}
    report = repository.close_many(
        picked, ClosedAs.LOST, reason="Price", actor=ANN, write_id="w-many"
    )
    assert sorted(report.done) == sorted(picked)
    assert totals() == recount() == only(lost=3)
    again = repository.close_many(
        picked, ClosedAs.LOST, reason="Price", actor=ANN, write_id="w-many"
    )
    assert sorted(again.done) == sorted(picked)
    repository.undo(report.act_id, actor=BOB, write_id="w-undo")
    assert totals() == recount() == only(new=1, qualified=1, spam=1)


@pytest.mark.usefixtures("tables")
def test_of_many_who_close_and_move_at_once_one_wins() -> None:
    lead = add()
    calls = [
        partial(close, lead, outcome, f"{number}") for number in range(4) for outcome in ClosedAs
    ]
    calls += [
        partial(
            repository.move,
            lead.lead_id,
            Status.CONTACTED,
            version=1,
            actor=BOB,
            write_id=act(),
        )
        for _ in range(4)
    ]
    results = at_once(calls)
    won = [one for one in results if isinstance(one, Lead)]
    assert len(won) == 1
    assert all(isinstance(one, StaleLeadError) for one in results if one is not won[0])
    assert totals() == recount() == only(**{won[0].standing.value: 1})
