"""Wherever an import or its undo is cut off, going on loses nothing and doubles nothing."""

from collections import Counter
from threading import Lock

import pytest

from crm.dynamodb import batch, calls, client, transaction
from crm.dynamodb.items import Item
from leads import repository
from leads.imports.run.models import Duplicates, ImportState, Outcome, Run
from leads.imports.run.staging import load, stage
from leads.models import Lead, Status
from tests.imports.files import (
    HISTORY,
    again,
    csv_of,
    everything,
    imported,
    leads,
    row,
    staged,
    stored,
    told,
    trail,
    undone,
    worked,
)
from tests.make import ANN, BOB, add, published, recount, totals, write

pytestmark = [pytest.mark.usefixtures("tables"), pytest.mark.timeout(300)]

ROWS = [
    row("ada@x.example", name="Ada Lovelace", notes="First"),
    row("known@x.example", company="New", status="Qualified", notes="Known"),
    row("no address"),
    row("ada@x.example", phone="2", status="Contacted"),
    row("foreign@x.example", company="Theirs"),
    row("ada@x.example", phone="3"),
    row("bo@x.example", created="2020-02-03"),
    row("known@x.example", phone="1"),
]
READS = {"get_item", "batch_get_item", "query"}


class CutOffError(Exception):
    """The process ends here."""


class Network:
    """The way to DynamoDB, which ends when write number ``last`` has counted.

    That is as if it ended before the next one, or at a read between: what is stored is the same.
    """

    def __init__(self, patch: pytest.MonkeyPatch, last: int = 10**9) -> None:
        self.writes = 0
        self._last = last
        self._lock = Lock()
        self._send = client.send
        for module in (batch, calls, transaction):
            patch.setattr(module, "send", self)

    def __call__(self, operation: str, **parameters: object) -> object:
        if operation in READS:
            return self._send(operation, **parameters)
        with self._lock:
            self.writes += 1
            write = self.writes
        if write > self._last:
            raise CutOffError
        answer = self._send(operation, **parameters)
        if write == self._last:
            raise CutOffError
        return answer


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 4)


@pytest.fixture
def run() -> Run:
    """Return an import that makes, completes, updates, adopts and rejects."""
    add(Status.CONTACTED, email="known@x.example", company="Old")
    write(published("f-1", email="foreign@x.example", status="Open"))
    return staged(ROWS, Duplicates.UPDATE)


def outcome(run: Run, before: dict[str, Item]) -> object:
    """Return all that has to be the same after every import of the file."""
    kinds = Counter(key.partition("#")[0] for key in everything())
    found = [lead.model_dump(exclude=CHANGING) for lead in leads()]
    return (
        [getattr(run.tally, one) for one in Outcome],
        run.tally.reasons,
        kinds["SEARCH"],
        told(before),
        found,
    )


CHANGING = {"lead_id", "version", "updated_at", "created_at", "stage_entered_at", "write_id"}


def cut(patch: pytest.MonkeyPatch, run: Run, work: ImportState, last: int) -> None:
    """Work until the process ends at its write number ``last``."""
    with patch.context() as inner:
        Network(inner, last)
        with pytest.raises(CutOffError):
            worked(run.import_id, work)


def writes_of(patch: pytest.MonkeyPatch, run: Run, work: ImportState) -> int:
    with patch.context() as inner:
        network = Network(inner)
        (imported if work is ImportState.IMPORTING else undone)(run)
        assert network.writes > 10
        return network.writes


@pytest.mark.slow
def test_an_import_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before, begun = stored(), trail()
    number = writes_of(monkeypatch, run, ImportState.IMPORTING)
    expected = outcome(load(run.import_id), begun)
    undone(run)
    assert stored() == before
    for last in range(number + 1):
        begun = trail()
        again(run)
        cut(monkeypatch, run, ImportState.IMPORTING, last)
        done = imported(run)
        assert outcome(done, begun) == expected, last
        assert totals() == recount()
        undone(run)
        assert stored() == before, last


@pytest.mark.slow
def test_an_undo_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stored()
    imported(run)
    begun = trail()
    number = writes_of(monkeypatch, run, ImportState.UNDOING)
    expected, events = load(run.import_id).undone, told(begun)
    assert events == {"deleted": 2, "undone": 4}
    for last in range(number + 1):
        imported(again(run))
        begun = trail()
        cut(monkeypatch, run, ImportState.UNDOING, last)
        assert undone(run).undone == expected, last
        assert told(begun) == events, last
        assert stored() == before, last
        assert totals() == recount()


@pytest.mark.slow
def test_an_import_that_was_cut_off_is_undone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stored()
    number = writes_of(monkeypatch, run, ImportState.IMPORTING)
    undone(run)
    for last in range(number + 1):
        begun = trail()
        again(run)
        cut(monkeypatch, run, ImportState.IMPORTING, last)
        if load(run.import_id).state is not ImportState.STAGED:
            undone(run)
        events = told(begun)
        # Also of a lead that was told of ahead, and never came.
        assert events.get("created", 0) == events.get("deleted", 0), last
        assert stored() == before, last
        assert totals() == recount()


@pytest.mark.slow
def test_people_work_between_the_cut_and_the_rest(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they do to leads of the import stays, wherever it was cut off."""
    number = writes_of(monkeypatch, run, ImportState.IMPORTING)
    undone(run)
    for last in range(number + 1):
        again(run)
        cut(monkeypatch, run, ImportState.IMPORTING, last)
        moved = [_move(lead) for lead in leads() if lead.source == "import"]
        done = imported(run)
        assert (done.tally.created, done.tally.rejected) == (2, 1), last
        for lead in moved:
            now = repository.get(lead.lead_id)
            assert now.version >= lead.version
            assert len([one for one in leads() if one.email == lead.email]) == 1
        assert totals() == recount(), last
        undone(run)
        assert {lead.lead_id for lead in leads()} >= {lead.lead_id for lead in moved}
        for lead in leads():
            if lead.source == "import":
                repository.delete(
                    lead.lead_id, version=lead.version, actor=BOB, write_id=f"d-{last}"
                )
        assert totals() == recount(), last


def _move(lead: Lead) -> Lead:
    return repository.move(
        lead.lead_id, Status.CONVERTED, version=lead.version, actor=BOB, write_id="w-1"
    )


@pytest.mark.slow
def test_staging_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    last = 0
    while True:
        rows = [row(f"{last}-{n}@x.example") for n in range(130)]
        try:
            with monkeypatch.context() as patch:
                Network(patch, last)
                stage("leads.csv", csv_of(rows, HISTORY), ANN)
        except CutOffError:
            run = staged(rows)
            assert imported(run).tally.created == len(rows)
            last += 1
        else:
            break
    assert last > 3
    assert totals() == recount()
