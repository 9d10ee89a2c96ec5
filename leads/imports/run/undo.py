"""Taking an import back, the last chunk first, while people work.

A lead that the import made vanishes, one that it updated gets back every attribute that was
written. Timelines keep what the import told them, and tell that it was undone. Whatever
somebody changed since stays as it is, and is listed. Each step can be done again: what was
taken back already is recognised by what is missing.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.dynamodb.calls import Put, Write, put, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.tables import RECORDS
from leads.imports.run.chunks import RowPlan, plan_item, read_chunk, read_plan
from leads.imports.run.models import ImportState, ImportStateError, Run, UndoTally
from leads.imports.run.plan import Work, works
from leads.imports.run.remove import give_up, leads_of_chunk, remove_all
from leads.imports.run.restore import restore_all
from leads.imports.run.store import refuse, run_update, stored_now
from leads.repository.counters import count_changes, counter_updates


@dataclass(frozen=True)
class _Chunk:
    """A chunk and what was decided about it."""

    index: int
    works: list[Work]
    planned: list[RowPlan]


def undo_step(run: Run) -> Run:
    """Take back one chunk, and return the import as it then is.

    The chunk after the last one that was counted may have been begun: it is taken back
    first, and once more in the end, for a process that was writing it all the while.
    """
    undone = run.undone
    if run.done in {0, run.undo_from}:
        undone = _undo_begun_chunk(run)
    if run.done == 0:
        after, write = run_update(
            run, state=ImportState.UNDONE, undone=undone, ended_at=stored_now()
        )
        return _move_on(after, [write])
    chunk = _read(run, run.done - 1)
    if chunk is None:
        message = _(
            "What this import did was deleted from the table, so it cannot be taken back."
            " “manage.py import_leads --forget %(import_id)s” clears away what is left of it."
        )
        raise ImportStateError(message % {"import_id": run.import_id})
    left = restore_all(run, chunk.works, chunk.planned)
    new = leads_of_chunk(run, chunk.works, chunk.planned)
    kept = remove_all(run, new)
    removed = [one for one in new if one.at not in kept]
    reasons = {at: reason for at, reason in left.items() if reason} | kept
    after, write = run_update(
        run,
        done=run.done - 1,
        rows_done=run.rows_done - len(chunk.works),
        undone=UndoTally(
            removed=undone.removed + len(removed),
            restored=undone.restored + sum(1 for reason in left.values() if not reason),
            kept=undone.kept + len(reasons),
        ),
    )
    counters = counter_updates(count_changes(one.count for one in removed))
    return _move_on(after, [write, *counters, *_kept_rows_put(run, chunk, reasons)])


def _read(run: Run, index: int) -> _Chunk | None:
    planned = read_plan(run, index)
    if planned is None:
        return None
    return _Chunk(index, works(run, read_chunk(run, index)), planned)


def _undo_begun_chunk(run: Run) -> UndoTally:
    """Take back what is stored of a chunk that was never counted."""
    chunk = _read(run, run.undo_from) if run.undo_from < run.chunks else None
    if chunk is None:
        return run.undone
    left = restore_all(run, chunk.works, chunk.planned)
    give_up(run, leads_of_chunk(run, chunk.works, chunk.planned))
    reasons = {at: reason for at, reason in left.items() if reason}
    if is_first := run.done == run.undo_from:
        for write in _kept_rows_put(run, chunk, reasons):
            put(RECORDS, write.item)
    return UndoTally(
        removed=run.undone.removed,
        restored=run.undone.restored + sum(1 for reason in left.values() if reason == ""),
        kept=run.undone.kept + (len(reasons) if is_first else 0),
    )


def _kept_rows_put(run: Run, chunk: _Chunk, reasons: dict[int, str]) -> list[Put]:
    """Return the write that says which rows were kept, if any were."""
    if not reasons:
        return []
    planned = [
        one.model_copy(update={"kept": reasons.get(at, "")}) for at, one in enumerate(chunk.planned)
    ]
    return [Put(table=RECORDS, item=plan_item(run, chunk.index, planned))]


def _move_on(after: Run, writes: list[Write]) -> Run:
    """Store all at once; ``writes`` begin with the one that moves the import on."""
    try:
        transact(writes, after.writer)
    except TransactionRefusedError as refusal:
        refuse(refusal.failed.get(0), after, refusal)
    return after
