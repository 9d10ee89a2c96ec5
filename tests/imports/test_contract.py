"""Imports and their undo on every engine."""

import pytest

from leads import repository
from leads.imports.run.models import Duplicates
from leads.models import Status
from tests.imports.files import checked, imported, leads, row, staged, stored, undone
from tests.make import add, only, recount, totals


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
