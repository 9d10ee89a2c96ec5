"""Many at once, on the embedded engine: moto does not isolate transactions."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from threading import Barrier

import pytest

from leads import repository
from leads.models import STAGES, EventType, Lead, Status
from leads.repository import Intake, LeadNotFoundError, StaleLeadError
from tests.make import (
    ANN,
    act,
    add,
    events,
    fields,
    only,
    published,
    recount,
    revisions,
    totals,
    write,
)

pytestmark = pytest.mark.usefixtures("tables")

WRITERS = 16
SECONDS = 4
STATUSES = list(STAGES)


def at_once[T](calls: Sequence[Callable[[], T]]) -> list[T | BaseException]:
    """Run the calls together; return the result or the exception of each."""
    together = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        together.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
        return [future.exception() or future.result() for future in futures]


def move(lead_id: str, to: Status, version: int, write_id: str) -> Lead:
    return repository.move(lead_id, to, version=version, actor=ANN, write_id=write_id)


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("attempt", range(3))
def test_of_many_moves_of_one_version_one_wins(version: int, attempt: int) -> None:
    lead = add() if version else write(published("theirs", status="new"))
    moves = [
        partial(move, lead.lead_id, STATUSES[1 + number % 3], version, act())
        for number in range(WRITERS)
    ]
    results = at_once(moves)
    (winner,) = [result for result in results if isinstance(result, Lead)]
    stale = [result for result in results if isinstance(result, StaleLeadError)]
    assert len(stale) == WRITERS - 1
    now = repository.get(lead.lead_id, consistent=True)
    assert now == winner
    assert all(error.lead == winner for error in stale)
    assert now.version == version + 1
    assert totals() == recount() == only(**{now.status.value: 1})
    assert len(events(lead.lead_id)) == version + 1


def test_a_move_sent_many_times_at_once_is_one_move() -> None:
    lead = add()
    results = at_once([partial(move, lead.lead_id, Status.CONTACTED, 1, "w-1")] * WRITERS)
    assert [result.version for result in results if isinstance(result, Lead)] == [2] * WRITERS
    assert len(events(lead.lead_id)) == 2
    assert totals() == recount() == only(contacted=1)


def test_a_form_sent_many_times_at_once_is_one_lead() -> None:
    create = partial(repository.create, fields(), submission="s", actor=ANN, source="test")
    results = at_once([create] * WRITERS)
    intakes = [result for result in results if isinstance(result, Intake)]
    assert len(intakes) == WRITERS
    assert len({intake.lead_id for intake in intakes}) == 1
    assert totals() == recount() == only(new=1)
    assert len(events(intakes[0].lead_id)) == 1


def test_moves_and_deletions_at_once() -> None:
    lead = add()

    def delete() -> None:
        repository.delete(lead.lead_id, version=1, actor=ANN, write_id=act())

    def contact() -> None:
        move(lead.lead_id, Status.CONTACTED, 1, act())

    results = at_once([delete, contact] * 8)
    assert results.count(None) == 1
    assert all(isinstance(r, StaleLeadError | LeadNotFoundError) for r in results if r)
    assert totals() == recount()
    assert sum(totals().values()) in {0, 1}
    assert len(events(lead.lead_id)) == 2


class Writer:
    """Somebody who creates, moves, edits and deletes leads at random, among others."""

    def __init__(self, number: int, lead_ids: list[str]) -> None:
        self.random = Random(number)  # noqa: S311 - the same choices each time
        self.lead_ids = lead_ids
        self.done: Counter[str] = Counter()
        self.given = 0

    def run(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            kinds = [self.create, self.move, self.edit, self.delete]
            (kind,) = self.random.choices(kinds, weights=[2, 5, 3, 1])
            try:
                if lead_id := kind():
                    self.done[lead_id] += 1
            except (StaleLeadError, LeadNotFoundError):
                continue

    def create(self) -> str:
        status = self.random.choice(STATUSES)
        intake = repository.create(
            fields(), submission=act(), actor=ANN, source="test", status=status
        )
        self.lead_ids.append(intake.lead_id)
        return intake.lead_id

    def move(self) -> str | None:
        lead = self._any()
        to = self.random.choice([status for status in STATUSES if status != lead.status])
        return move(lead.lead_id, to, lead.version, act()).lead_id

    def edit(self) -> str | None:
        lead = self._any()
        changes = {"subject": act(), "owner_id": self.random.choice(["", "u-1", "u-2"])}
        edited = repository.edit(
            lead.lead_id, changes, version=lead.version, actor=ANN, write_id=act()
        )
        self.given += edited.owner_id != lead.owner_id
        return edited.lead_id

    def delete(self) -> str | None:
        lead = self._any()
        repository.delete(lead.lead_id, version=lead.version, actor=ANN, write_id=act())
        return lead.lead_id

    def _any(self) -> Lead:
        # Few are in play, so that writers meet.
        return repository.get(self.random.choice(self.lead_ids[-20:]))


@pytest.mark.slow
def test_sixteen_writers_for_some_seconds() -> None:
    lead_ids = [add().lead_id for _ in range(5)]
    writers = [Writer(number, lead_ids) for number in range(WRITERS)]
    deadline = time.monotonic() + SECONDS
    results = at_once([partial(writer.run, deadline) for writer in writers])
    assert results == [None] * WRITERS
    done: Counter[str] = Counter(lead_ids[:5])
    for writer in writers:
        done += writer.done
    assert totals() == recount()
    # An edit that gives the lead to somebody else is told by the counters of both.
    given = sum(writer.given for writer in writers)
    assert revisions() == sum(done.values()) + given
    for lead_id in lead_ids:
        assert_whole(lead_id, done[lead_id])


def assert_whole(lead_id: str, changes: int) -> None:
    """Every acknowledged change of a lead is in its version and its timeline, once."""
    history = []
    page = repository.timeline(lead_id)
    history += page.events
    while page.cursor:
        page = repository.timeline(lead_id, cursor=page.cursor)
        history += page.events
    assert sorted(event.version for event in history) == list(range(1, changes + 1))
    last = max(history, key=lambda event: event.version)
    if last.type is EventType.DELETED:
        with pytest.raises(LeadNotFoundError):
            repository.get(lead_id, consistent=True)
    else:
        assert repository.get(lead_id, consistent=True).version == changes
