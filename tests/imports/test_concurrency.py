"""Several processes at one import, and people at its leads, all at the same time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from random import Random
from threading import Event
from uuid import uuid4

import pytest

from crm.accounts import security_record
from crm.accounts.security_events import DATA_ACTS, Kind
from leads import repository
from leads.imports.run.models import BusyError, Duplicates, ImportState, Run
from leads.imports.run.staging import load
from leads.imports.run.steps import begin_work, step
from leads.models import Lead, Status
from tests.imports.files import imported, leads, row, staged, undone
from tests.make import ANN, BOB, add, events, recount, totals

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 10)


def rivalling(import_id: str) -> int:
    """Work until the end, whoever else does; return how often somebody else was faster."""
    busy = 0
    while load(import_id).state.is_working:
        try:
            step(import_id)
        except BusyError:
            busy += 1
    return busy


def race(run: Run, work: ImportState) -> int:
    begin_work(run.import_id, work, ANN)
    with ThreadPoolExecutor(3) as pool:
        rivals = [pool.submit(copy_context().run, rivalling, run.import_id) for _ in range(3)]
        return sum(rival.result() for rival in rivals)


@contextmanager
def people_at_work() -> Iterator[None]:
    """Move, edit and delete imported leads all the while."""
    end = Event()

    def work() -> None:
        dice = Random(1)  # noqa: S311 -- no secret
        while not end.is_set():
            some = [lead for lead in leads() if lead.source == "import"]
            for lead in dice.sample(some, min(3, len(some))):
                _act(lead, dice)

    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(copy_context().run, work)
        try:
            yield
        finally:
            end.set()
            worker.result()


def _act(lead: Lead, dice: Random) -> None:
    try:
        if dice.random() < 0.2:
            repository.delete(lead.lead_id, version=lead.version, actor=BOB, write_id=uuid4().hex)
        elif dice.random() < 0.5:
            repository.edit(
                lead.lead_id,
                {"company": f"C{dice.random()}"},
                version=lead.version,
                actor=BOB,
                write_id=uuid4().hex,
            )
        else:
            to = Status.NEW if lead.status is Status.CONVERTED else Status.CONVERTED
            repository.move(lead.lead_id, to, version=lead.version, actor=BOB, write_id=uuid4().hex)
    except (repository.LeadNotFoundError, repository.StaleLeadError):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("duplicates", Duplicates)
def test_rivals_double_nothing(duplicates: Duplicates) -> None:
    add(email="e3@x.example")
    rows = [row(f"e{n % 60}@x.example", company=f"C{n}", notes=f"N{n}") for n in range(100)]
    run = staged(rows, duplicates)
    race(run, ImportState.IMPORTING)
    done = load(run.import_id)
    expected = {Duplicates.SKIP: 59, Duplicates.UPDATE: 59, Duplicates.CREATE: 100}
    assert done.tally.created == expected[duplicates] == len(leads()) - 1
    assert done.tally.created + done.tally.updated + done.tally.skipped == 100
    assert totals() == recount()
    race(run, ImportState.UNDOING)
    assert load(run.import_id).undone.kept == 0
    assert [lead.email for lead in leads()] == ["e3@x.example"]
    assert totals() == recount()


def test_one_of_two_is_told_that_it_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    run = staged([row(f"e{n}@x.example") for n in range(30)])
    begin_work(run.import_id, ImportState.IMPORTING, ANN)
    stale = load(run.import_id)
    step(run.import_id)
    with monkeypatch.context() as patch:
        patch.setattr("leads.imports.run.steps.load", lambda _: stale)
        with pytest.raises(BusyError):
            step(run.import_id)
    imported(run)
    assert len(leads()) == 30
    assert totals() == recount()


def test_of_two_who_begin_at_once_the_security_log_tells_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = staged([row("e1@x.example")])
    stale = load(run.import_id)
    begin_work(run.import_id, ImportState.IMPORTING, ANN)
    with monkeypatch.context() as patch:
        patch.setattr("leads.imports.run.steps.load", lambda _: stale)
        with pytest.raises(BusyError):
            begin_work(run.import_id, ImportState.IMPORTING, ANN)
    told = security_record.read_page(security_record.Filter(DATA_ACTS)).events
    assert [event.kind for event in told] == [Kind.IMPORTED]


@pytest.mark.slow
def test_people_work_while_an_import_and_its_undo_run() -> None:
    rows = [row(f"e{n % 90}@x.example", company=f"C{n}") for n in range(120)]
    run = staged(rows, Duplicates.UPDATE)
    with people_at_work():
        imported(run)
        assert load(run.import_id).tally.rejected == 0
    assert totals() == recount()
    with people_at_work():
        back = undone(run)
    assert totals() == recount()
    assert back.undone.kept >= len(leads()) > 0
    for lead in leads():
        assert BOB in {event.actor for event in events(lead.lead_id)}


@pytest.mark.slow
def test_nothing_that_people_wrote_is_written_over() -> None:
    run = imported(staged([row(f"e{n}@x.example") for n in range(40)]))
    moved = {
        lead.lead_id: repository.move(
            lead.lead_id,
            Status.CONTACTED,
            version=lead.version,
            actor=BOB,
            write_id=uuid4().hex,
        )
        for lead in leads()[::2]
    }
    undone(run)
    assert {lead.lead_id: lead for lead in leads()} == moved
    assert totals() == recount()
