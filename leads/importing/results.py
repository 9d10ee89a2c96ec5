"""What became of each row, read back chunk by chunk in constant memory."""

from collections.abc import Callable, Iterator
from itertools import chain

from leads.csv_escaping import shield, unshield
from leads.importing import tallies
from leads.importing.chunks import Numbered, Planned, read_chunk, read_plan
from leads.importing.planning import Work, works
from leads.importing.records import Outcome, RowResult, Run
from leads.importing.runs import load
from leads.imports.columns.mapping import Mapping, Rejected


def errors(import_id: str) -> Iterator[RowResult]:
    """Give the rejected rows in the order of the file, with their cells and the reason.

    Works after a dry run and after an import: rows that an import has not come to are
    judged by the mapping alone. Raises :class:`UnknownImportError` at once, and
    ``ImportStateError`` if rows were deleted: at once if all were.
    """
    run = load(import_id)
    if run.mapping is None:
        return iter(())
    read_chunk(import_id, 0)
    return _results(run, lambda planned: planned.outcome is Outcome.REJECTED)


def rejected_lines(run: Run) -> Iterator[list[str]]:
    """Give the lines of the CSV file of rejected rows, to be mended and imported again.

    No spreadsheet takes a cell for a formula. Raises as :func:`errors` does.
    """
    found = errors(run.import_id)
    # A shield that the file has already comes off, or there would be two of them.
    is_shielded = run.mapping is not None and Mapping.model_validate(run.mapping).shielded
    rows = (
        [str(one.line), one.reason, *(map(unshield, one.cells) if is_shielded else one.cells)]
        for one in found
    )
    return (
        [shield(cell) for cell in line] for line in chain([["Line", "Reason", *run.header]], rows)
    )


def kept(import_id: str) -> Iterator[RowResult]:
    """Give the rows whose leads an undo left alone; ``reason`` says why.

    Raises :class:`UnknownImportError` at once.
    """
    run = load(import_id)
    return _results(run, lambda planned: bool(planned.kept)) if run.undone.kept else iter(())


def _results(run: Run, wanted: Callable[[Planned], bool]) -> Iterator[RowResult]:
    for index in range(run.chunks):
        decided = read_plan(run, index)
        # Most chunks have nothing to tell: their rows need not be read.
        if decided is not None and not any(map(wanted, decided)):
            continue
        rows = read_chunk(run.import_id, index)
        chunk = works(run, rows)
        planned = decided or [_judged(work) for work in chunk]
        for row, work, one in zip(rows, chunk, planned, strict=True):
            if wanted(one):
                yield _result(row, work, one)


def _judged(work: Work) -> Planned:
    if isinstance(work.asked, Rejected):
        return Planned(outcome=Outcome.REJECTED, reason=work.asked.reason)
    return Planned(outcome=Outcome.CREATED)


def _result(row: Numbered, work: Work, planned: Planned) -> RowResult:
    found = tallies.result(work, planned, row.row.cells)
    return found.model_copy(update={"reason": planned.kept or planned.reason})
