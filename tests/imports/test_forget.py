"""What is kept of an import can be removed, and the same file imported again all the same."""

from collections.abc import Iterable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from crm.dynamodb import calls
from crm.dynamodb.items import Item, Key
from crm.dynamodb.scan import scan
from crm.dynamodb.schema import Table
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.imports.files.read import UnreadableFileError
from leads.imports.run import forget as forgetting
from leads.imports.run import steps
from leads.imports.run.forget import forget
from leads.imports.run.models import (
    BusyError,
    Duplicates,
    ImportState,
    ImportStateError,
    Outcome,
    Run,
    UnknownImportError,
)
from leads.imports.run.results import errors
from leads.imports.run.staging import recent
from leads.imports.run.steps import begin_work, step
from tests.imports.files import checked, imported, leads, row, staged, stored, undone
from tests.make import ANN, add, recount, totals

pytestmark = pytest.mark.usefixtures("tables")

ROWS = [row(f"p{number}@x.example", notes="Called") for number in range(5)]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.imports.run.chunks.ROWS", 2)


def records() -> list[Item]:
    """Return all that is kept of imports, but what stays of one that was forgotten."""
    return [
        item
        for item in scan(RECORDS, where="begins_with(#PK, :p)", values={"p": "IMPORT"})
        if item["SK"] != "FORGOTTEN"
    ]


@pytest.mark.parametrize("state", ["staged", "checked", "done", "undone"])
def test_nothing_is_left_but_the_leads(state: str) -> None:
    add(email="p1@x.example")
    file = staged(ROWS, Duplicates.UPDATE)
    if state == "checked":
        file = checked(file)
    elif state != "staged":
        file = imported(file)
    if state == "undone":
        file = undone(file)
    assert file.state == state
    before, kept = stored(), len(records())
    assert forget(file.import_id) == kept - 1  # the line of the list is part of the run
    assert records() == []
    assert recent() == []
    assert stored() == before
    assert forget(file.import_id) == 0
    for work_on in (steps.step, errors):
        with pytest.raises(UnknownImportError):
            work_on(file.import_id)


@pytest.mark.parametrize("duplicates", list(Duplicates))
def test_the_same_file_can_be_imported_again(duplicates: Duplicates) -> None:
    rows = [*ROWS, row("p0@x.example", phone="1"), row("p0@x.example", phone="2")]
    old = imported(staged(rows, duplicates))
    (lead,) = (one for one in leads() if one.email == "p3@x.example")
    # Somebody gave a lead another address: its row makes one again, with an id of its own.
    key = keys.lead(lead.lead_id)
    calls.update(LEADS, key, "SET #email = :new", values={"new": "other@x.example"})
    before = {one.lead_id: one for one in leads()}
    forget(old.import_id)
    new = imported(staged(rows, duplicates))
    assert new.import_id == old.import_id
    after = {one.lead_id: one for one in leads()}
    assert len(after) == len(before) + new.tally.created
    assert new.tally.created == (len(rows) if duplicates is Duplicates.CREATE else 1)
    assert new.tally.updated == 0 or duplicates is Duplicates.UPDATE
    assert all("deleted" not in reason for reason in new.tally.reasons)
    assert totals() == recount()
    undone(new)
    assert {one.lead_id for one in leads()} == set(before)
    assert totals() == recount()


def test_an_import_under_way_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    file = staged(ROWS)
    begin_work(file.import_id, ImportState.IMPORTING, ANN)
    step(file.import_id)
    with pytest.raises(ImportStateError, match="let it end, or undo it"):
        forget(file.import_id)
    begin_work(file.import_id, ImportState.UNDOING, ANN)
    with pytest.raises(ImportStateError, match="being undone"):
        forget(file.import_id)
    undone(file)
    real = forgetting.import_to_forget

    def meanwhile(import_id: str) -> Run | None:
        found = real(import_id)
        staged(ROWS)
        return found

    monkeypatch.setattr(forgetting, "import_to_forget", meanwhile)
    with pytest.raises(BusyError):
        forget(file.import_id)
    assert records()


@pytest.mark.parametrize("is_undo", [True, False])
def test_one_that_cannot_go_on_is_forgotten(*, is_undo: bool) -> None:
    file = staged(ROWS)
    begin_work(file.import_id, ImportState.IMPORTING, ANN)
    now = step(file.import_id)
    if is_undo:
        begin_work(file.import_id, ImportState.UNDOING, ANN)
        calls.delete(RECORDS, keys.import_plan(file.import_id, 1, 0))
    else:
        calls.delete(RECORDS, keys.import_rows(file.import_id, now.done))
    with pytest.raises(ImportStateError, match=f"--forget {file.import_id}"):
        step(file.import_id)
    forget(file.import_id)
    assert records() == []
    assert totals() == recount()


def test_cut_off_it_is_no_import_until_it_was_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    file = imported(staged(ROWS))
    real = calls.batch_delete

    def cut_off(table: Table, wanted: Iterable[Key]) -> None:
        real(table, list(wanted)[:2])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "batch_delete", cut_off)
        with pytest.raises(KeyboardInterrupt):
            forget(file.import_id)
    assert recent() == []
    with pytest.raises(UnreadableFileError, match=f"--forget {file.import_id}"):
        staged(ROWS)
    assert forget(file.import_id)
    assert records() == []
    again = imported(staged(ROWS))
    assert {one.outcome for one in errors(again.import_id)} <= {Outcome.REJECTED}
    assert again.tally.skipped == len(ROWS)


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("import_leads", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_asks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    file = imported(staged(ROWS))
    with pytest.raises(CommandError, match="--yes") as refused:
        said("--forget", file.import_id)
    assert refused.value.returncode == 2
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    with pytest.raises(CommandError, match=r"Nothing was removed\."):
        said("--forget", file.import_id)
    assert records()
    monkeypatch.setattr("builtins.input", lambda _: "y")
    text = said("--forget", file.import_id)
    assert "cannot be undone any more" in text
    assert text.count("\n") == 1
    assert records() == []
    assert "0 records" in said("--forget", file.import_id, "--yes")


@pytest.mark.parametrize("import_id", ["", "0" * 24, "x" * 3000, "\udcff"])
def test_there_is_no_such_import(import_id: str) -> None:
    with pytest.raises(CommandError, match="There is no import"):
        said("--forget", import_id, "--yes")
