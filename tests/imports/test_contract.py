"""Imports and their undo on every engine."""

from datetime import timedelta

import pytest

from crm.jobs.running import Outcome, run_due
from leads import repository
from leads.imports.run.models import Duplicates, ImportState
from leads.imports.run.steps import begin_work
from leads.imports.run.store import load
from leads.models import Status
from tests.imports.files import checked, imported, leads, row, staged, stored, undone
from tests.make import SOMEBODY, add, only, recount, totals


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("store")
def test_an_import_and_its_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 20)
    known = add(Status.CONTACTED, email="known@x.example", company="Old")
    before = stored()
    rows = [row(f"e{n}@x.example", name=f"Ada {n}", notes="N") for n in range(25)]
    rows += [row("known@x.example", company="New", status="Qualified"), row("none")]
    run = checked(staged(rows, Duplicates.UPDATE))
    assert (run.check.created, run.check.updated, run.check.rejected) == (25, 1, 1)
    run = imported(run)
    assert (run.tally.created, run.tally.updated, run.tally.rejected) == (25, 1, 1)
    assert repository.get(known.lead_id).company == "New"
    assert totals() == recount() == only(new=25, qualified=1)
    undone(run)
    assert stored() == before
    assert len(leads()) == 1


@pytest.mark.usefixtures("store")
def test_an_import_whose_page_was_closed_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 2)
    monkeypatch.setattr("crm.jobs.stepping.ALONE", timedelta(0))
    run = checked(staged([row(f"e{n}@x.example") for n in range(5)]))
    assert run_due().outcomes == {Outcome.DONE: 1}
    begin_work(run.import_id, ImportState.IMPORTING, SOMEBODY)
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert load(run.import_id).state is ImportState.DONE
    assert totals() == recount() == only(new=5)
    begin_work(run.import_id, ImportState.UNDOING, SOMEBODY)
    assert run_due().outcomes == {Outcome.DONE: 1}
    assert load(run.import_id).state is ImportState.UNDONE
    assert totals() == recount() == only()


@pytest.mark.usefixtures("store")
def test_an_import_that_takes_long_goes_on_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 2)
    monkeypatch.setattr("crm.jobs.stepping.ALONE", timedelta(0))
    monkeypatch.setattr("crm.jobs.stepping.GO_ON_SECONDS", 0.0)
    run = checked(staged([row(f"e{n}@x.example") for n in range(5)]))
    run_due()
    begin_work(run.import_id, ImportState.IMPORTING, SOMEBODY)
    assert run_due().outcomes == {Outcome.GOES_ON: 2, Outcome.DONE: 1}
    assert totals() == recount() == only(new=5)
