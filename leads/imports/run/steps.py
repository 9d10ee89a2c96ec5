"""Dry run, import and undo: each is begun once, and then done step by step.

A step does one chunk of rows and ends in one write that moves the import on: where it is
cut off, the next step does the same chunk again and finds what is stored. A new lead, its
place in the totals and the progress are stored by one transaction, on condition that the
import is where the step found it, so that nothing is stored or counted twice, whoever
else works on it, and no lead that people see is ever written over.
"""

from collections.abc import Sequence

from django.tasks import task
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts import security_log
from crm.accounts.security_events import Kind
from crm.dynamodb.batch import append, batch_write
from crm.dynamodb.calls import Put, Update, put, transact
from crm.dynamodb.errors import ConditionFailedError, TransactionRefusedError
from crm.jobs.models import Again
from crm.jobs.stepping import alone, go_on_with
from crm.jobs.store import asking
from crm.tables import RECORDS
from leads.imports.run.chunks import RowPlan, plan_item, read_chunk, read_plan, unpack_plan
from leads.imports.run.create import NewLead, create_leads, standings_of_new_leads
from leads.imports.run.models import (
    BusyError,
    ImportState,
    ImportStateError,
    Outcome,
    Run,
    Tally,
    UndoTally,
    UnknownImportError,
)
from leads.imports.run.plan import Work, plan, works
from leads.imports.run.results import tally_with_rows
from leads.imports.run.store import load, refuse, run_update, save, stored_now
from leads.imports.run.undo import undo_step
from leads.imports.run.update import update_all
from leads.models import Actor
from leads.repository.counters import count_change, count_changes, counter_updates

# Of a transaction.
MAX_WRITES = 100
_BEGUN_FROM = {
    ImportState.CHECKING: {ImportState.STAGED, ImportState.CHECKED},
    ImportState.IMPORTING: {ImportState.STAGED, ImportState.CHECKING, ImportState.CHECKED},
    ImportState.UNDOING: {ImportState.IMPORTING, ImportState.DONE},
}
_ENDED = {
    ImportState.IMPORTING: ImportState.DONE,
    ImportState.UNDOING: ImportState.UNDONE,
}
_REFUSALS = {
    ImportState.CHECKING: gettext_lazy("A dry run comes before the import."),
    ImportState.IMPORTING: gettext_lazy("It is being undone, or was: choose the options anew."),
    ImportState.UNDOING: gettext_lazy("Nothing was imported that could be undone."),
}


def begin_work(import_id: str, work: ImportState, by: Actor, *, options: int | None = None) -> Run:
    """Begin (or go on with) ``work``: ``CHECKING``, ``IMPORTING`` or ``UNDOING``.

    A dry run and an import need options (``set_options``); an import does not need a dry
    run; an undo takes back a finished import or what there is of an unfinished one. Work
    that has begun or ended is left as it is, so a second click does no harm. ``options`` are
    those that somebody has seen: with others it does not begin.

    Raises :class:`UnknownImportError`, :class:`BusyError`, and :class:`ImportStateError`
    with a message for people if the import is in another state.
    """
    run = load(import_id)
    if run.state in {work, _ENDED.get(work)}:
        return run
    if run.state not in _BEGUN_FROM[work]:
        raise ImportStateError(str(_REFUSALS[work]))
    if options not in {None, run.options}:
        raise BusyError
    if run.mapping is None:
        raise ImportStateError(_("Choose first what the columns are."))
    if work is ImportState.CHECKING:
        return _begin(run, state=work, checked=0, rows_checked=0, check=Tally())
    if work is ImportState.UNDOING:
        return _begin_recorded(
            run,
            Kind.IMPORT_UNDONE,
            state=work,
            undo_from=run.done,
            undo_by=by,
            undo_at=stored_now(),
            undone=UndoTally(),
        )
    return _begin_recorded(run, Kind.IMPORTED, state=work, by=by, started_at=stored_now())


def _begin_recorded(run: Run, kind: Kind, **changes: object) -> Run:
    """Begin, and store the event of the security log, both or neither."""
    with security_log.recording(kind, import_id=run.import_id, rows=run.rows) as event:
        return _begin(run, event, **changes)


def _begin(run: Run, *beside: Put, **changes: object) -> Run:
    """Store ``changes``, and that somebody goes on with them, all or nothing."""
    after, write = run_update(run, **changes)
    named = {"import_id": run.import_id}
    job = asking(go_on, named, name=f"import {run.import_id}", due=alone())
    try:
        transact([write, job, *beside], after.writer)
    except TransactionRefusedError as refusal:
        refuse(refusal.failed.get(0), after, refusal)
    return after


@task
def go_on(import_id: str) -> Again:
    """Go on for a while with an import that was begun, and say when to go on with the rest."""
    try:
        return go_on_with(lambda: step(import_id).state.is_working, busy=BusyError)
    except UnknownImportError:
        return None  # It was forgotten.


def step(import_id: str) -> Run:
    """Do the next part (at most 80 rows) of the work that was begun, and return the import.

    Nothing happens if no work is open: go on while ``run.state.is_working``. Whatever
    cuts a step off, doing it again completes it. Raises :class:`UnknownImportError`,
    :class:`BusyError` if another process did the same step, and the errors of DynamoDB.
    """
    run = load(import_id)
    match run.state:
        case ImportState.CHECKING:
            return _check_step(run)
        case ImportState.IMPORTING:
            return _import_step(run)
        case ImportState.UNDOING:
            return undo_step(run)
    return run


def _check_step(run: Run) -> Run:
    chunk = works(run, read_chunk(run, run.checked))
    planned = plan(run, chunk, scope=f"{run.import_id} {run.attempt} {run.options} check")
    is_last = run.checked + 1 >= run.chunks
    return save(
        run,
        state=ImportState.CHECKED if is_last else ImportState.CHECKING,
        checked=run.checked + 1,
        rows_checked=run.rows_checked + len(chunk),
        check=tally_with_rows(run.check, chunk, planned, samples=True),
    )


def _import_step(run: Run) -> Run:
    chunk = works(run, read_chunk(run, run.done))
    planned = _planned_once(run, chunk)
    new = create_leads(run, chunk, planned)
    # What belongs to a lead goes first, so no lead is ever seen without its past.
    append(event for one in new for event in one.writes.events)
    batch_write(write for one in new for write in one.writes.derived.beside)
    results = update_all(run, chunk, planned)
    if results != planned:
        put(RECORDS, plan_item(run, run.done, results))
    is_last = run.done + 1 >= run.chunks
    after, write = run_update(
        run,
        state=ImportState.DONE if is_last else ImportState.IMPORTING,
        done=run.done + 1,
        rows_done=run.rows_done + len(chunk),
        tally=tally_with_rows(run.tally, chunk, results, samples=False),
        ended_at=stored_now() if is_last else "",
    )
    _commit(after, write, new)
    return after


def _planned_once(run: Run, chunk: Sequence[Work]) -> list[RowPlan]:
    """Return what was decided for the chunk, by whoever began it first."""
    planned = read_plan(run, run.done)
    if planned is None:
        planned = plan(run, chunk, scope=f"{run.import_id} {run.attempt} {run.options} import")
        standings = standings_of_new_leads(chunk, planned)
        planned = [
            one.model_copy(update=standings[work.number]) if one.outcome is Outcome.CREATED else one
            for work, one in zip(chunk, planned, strict=True)
        ]
        item = plan_item(run, run.done, planned)
        try:
            put(RECORDS, item, condition="attribute_not_exists(#PK)")
        except ConditionFailedError as error:
            planned = unpack_plan(error.item) if error.item else planned
    return planned


def _commit(after: Run, moved_on: Update, new: Sequence[NewLead]) -> None:
    """Store new leads, count them and move the import on, all at once."""
    count = count_changes(one.writes.derived.count for one in new)
    if 1 + len(count) + len(new) > MAX_WRITES:
        # Releases before 12 cut longer chunks: recount files them under their owners.
        nobodys = (one.lead.with_changes({"owner_id": None}) for one in new)
        count = count_changes(count_change(None, lead) for lead in nobodys)
    first = [moved_on, *counter_updates(count)]
    try:
        transact([*first, *(one.writes.lead for one in new)], f"{after.writer} {len(new)}")
    except TransactionRefusedError as refusal:
        if 0 in refusal.failed:
            refuse(refusal.failed[0], after, refusal)
            return
        # Of two tables restored from backups, one may be ahead of the other.
        left = [one for at, one in enumerate(new, len(first)) if at not in refusal.failed]
        _commit(after, moved_on, left)
