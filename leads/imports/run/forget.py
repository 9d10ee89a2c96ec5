"""Removing what is kept of an import: its rows, what became of them, what leads were.

The number of its attempts stays, without anything of the file: were the same file imported
once more under the same number, it would ask for the ids of leads that are there already.
"""

from uuid import uuid4

from django.utils.translation import gettext as _

from crm.dynamodb.calls import (
    Delete,
    Item,
    Key,
    Put,
    Write,
    batch_delete,
    get,
    query,
    set_expression,
    transact,
    update,
)
from crm.dynamodb.errors import TransactionRefusedError
from crm.tables import RECORDS
from leads import keys
from leads.imports.files.read import UnreadableFileError
from leads.imports.run.chunks import read_chunk, read_plan
from leads.imports.run.models import (
    BusyError,
    ImportState,
    ImportStateError,
    Run,
    UnknownImportError,
)
from leads.imports.run.store import ID, find

_UNDER_WAY = {
    ImportState.IMPORTING: "It has begun: let it end, or undo it first.",
    ImportState.UNDOING: "It is being undone: let that end first.",
}


def import_to_forget(import_id: str) -> Run | None:
    """Return an import that can be forgotten; ``None`` if that was begun already.

    Raises :class:`UnknownImportError`, and :class:`ImportStateError` while it is under way.
    """
    run = find(import_id)
    if run is None and _mark(import_id) is None:
        raise UnknownImportError(import_id)
    if run and run.state in _UNDER_WAY and not _is_stuck(run):
        raise ImportStateError(_UNDER_WAY[run.state])
    return run


def forget(import_id: str) -> int:
    """Remove all records of an import, and return their number; cut off, do it again.

    It is no import any more from the first write on. Raises what :func:`import_to_forget` does,
    and :class:`BusyError` if somebody works on it at the same moment. Costs 1 WRU each KB.
    """
    run = import_to_forget(import_id)
    if run:
        _end(run)
    removed = _remove_all(import_id)
    cleared: Item = {"isCleared": True}
    update(RECORDS, keys.import_forgotten(import_id), set_expression(cleared), values=cleared)
    return removed + bool(run)


def attempts_before(import_id: str) -> int:
    """Return how many attempts there were at a file that was forgotten: one read.

    Raises ``UnreadableFileError`` while its rows are being removed.
    """
    mark = _mark(import_id)
    if mark and not mark["isCleared"]:
        message = _(
            "What is left of an earlier import of this file is being removed: run “manage.py"
            " import_leads --forget %(import_id)s” to its end."
        )
        raise UnreadableFileError(message % {"import_id": import_id})
    return int(str(mark["attempt"])) if mark else 0


def _is_stuck(run: Run) -> bool:
    """Tell whether what it needs to go on was deleted by hand."""
    is_undo = run.state is ImportState.UNDOING
    if is_undo and run.done == 0:
        return False
    try:
        read_chunk(run, run.done - is_undo)
    except ImportStateError:
        return True
    return is_undo and read_plan(run, run.done - 1) is None


def _mark(import_id: str) -> Item | None:
    if not ID.fullmatch(import_id):
        return None
    return get(RECORDS, keys.import_forgotten(import_id), consistent=True)


def _end(run: Run) -> None:
    """Make an import none, in one transaction; return the number of records removed."""
    mark: Item = {
        **keys.import_forgotten(run.import_id),
        "attempt": run.attempt,
        "isCleared": False,
    }
    writes: list[Write] = [
        Delete(
            table=RECORDS,
            key=keys.import_run(run.import_id),
            condition="#revision = :seen",
            values={"seen": run.revision},
        ),
        Delete(table=RECORDS, key=keys.import_listed(run.staged_at, run.import_id)),
        Put(table=RECORDS, item=mark),
    ]
    try:
        transact(writes, uuid4().hex)
    except TransactionRefusedError as error:
        raise BusyError from error


def _remove_all(import_id: str) -> int:
    mark = keys.import_forgotten(import_id)
    removed = 0
    start: Key | None = None
    while True:
        page = query(RECORDS, "#PK = :pk", {"pk": mark["PK"]}, start=start, consistent=True)
        found = [RECORDS.key_of(item) for item in page.items]
        gone = [key for key in found if key != mark]
        batch_delete(RECORDS, gone)
        removed += len(gone)
        start = page.last_key
        if start is None:
            return removed
