"""What became of each row, read back chunk by chunk in constant memory; and all added up."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from django.utils.translation import gettext as _

from leads.csv_escaping import unescape_text
from leads.formatting import day_text
from leads.imports.columns.mapping import Candidate, Mapping, Rejection
from leads.imports.run.chunks import NumberedRow, RowPlan, read_chunk, read_plan
from leads.imports.run.models import Outcome, RowResult, Run, Tally
from leads.imports.run.plan import Work, works
from leads.imports.run.store import load
from leads.models import moment


def errors(import_id: str) -> Iterator[RowResult]:
    """Return the rejected rows in the order of the file, with their cells and the reason.

    Works after a dry run and after an import: rows that an import has not come to are
    judged by the mapping alone. Raises :class:`UnknownImportError` at once, and
    ``ImportStateError`` if rows were deleted: at once if all were.
    """
    run = load(import_id)
    if run.mapping is None:
        return iter(())
    read_chunk(run, 0)
    return _results(run, lambda planned: planned.outcome is Outcome.REJECTED)


def rejected_lines(run: Run) -> Iterator[list[str]]:
    """Return the lines of the CSV file of rejected rows, to be mended and imported again.

    Raises as :func:`errors` does.
    """
    found = errors(run.import_id)
    # What the file has escaped, or made a formula, comes off: writing it escapes once more.
    is_escaped = run.mapping is not None and Mapping.model_validate(run.mapping).shielded
    rows = (
        [
            str(one.line),
            one.reason,
            *(map(unescape_text, one.cells) if is_escaped else one.cells),
        ]
        for one in found
    )
    # English in every language: programs read the file, and it is imported again. "Reason"
    # would be taken for that of closing a lead.
    return chain([["Line", "Problem", *run.header]], rows)


def kept_rows(import_id: str) -> Iterator[RowResult]:
    """Return the rows whose leads an undo left alone; ``reason`` says why.

    Raises :class:`UnknownImportError` at once.
    """
    run = load(import_id)
    return _results(run, lambda planned: bool(planned.kept)) if run.undone.kept else iter(())


def _results(run: Run, wanted: Callable[[RowPlan], bool]) -> Iterator[RowResult]:
    for index in range(run.chunks):
        decided = read_plan(run, index)
        # Most chunks have nothing to tell: their rows need not be read.
        if decided is not None and not any(map(wanted, decided)):
            continue
        rows = read_chunk(run, index)
        chunk = works(run, rows)
        planned = decided or [_planned_outcome(work) for work in chunk]
        for row, work, one in zip(rows, chunk, planned, strict=True):
            if wanted(one):
                yield _result(row, work, one)


def _planned_outcome(work: Work) -> RowPlan:
    if isinstance(work.asked, Rejection):
        return RowPlan(outcome=Outcome.REJECTED, reason=work.asked.reason)
    return RowPlan(outcome=Outcome.CREATED)


def _result(row: NumberedRow, work: Work, planned: RowPlan) -> RowResult:
    found = row_result(work, planned, row.row.cells)
    return found.model_copy(update={"reason": planned.kept or planned.reason})


MOST_REASONS = 30
MOST_SAMPLES = 5
MAX_TITLE = 120
# What a reason tells of its own row.
_QUOTED = re.compile(r"“[^”]*”")


def tally_with_rows(
    tally: Tally, chunk: Sequence[Work], planned: Sequence[RowPlan], *, samples: bool
) -> Tally:
    """Return the tally with a chunk's rows, and with ``samples`` of them."""
    counts = Counter(one.outcome for one in planned)
    return tally.model_copy(
        update={
            **{outcome: getattr(tally, outcome) + counts[outcome] for outcome in Outcome},
            "warnings": tally.warnings + sum(1 for one in planned if one.warnings),
            "reasons": _counted_texts(
                tally.reasons, (_general(one) for one in planned if one.reason)
            ),
            "notices": _counted_texts(
                tally.notices, (text for one in planned for text in one.warnings)
            ),
            "samples": _sample_rows(tally.samples, chunk, planned) if samples else [],
        }
    )


def row_result(work: Work, planned: RowPlan, cells: Sequence[str] = ()) -> RowResult:
    """Return what became of a row."""
    return RowResult(
        line=work.line,
        outcome=planned.outcome,
        reason=planned.reason,
        lead_id=planned.lead_id,
        title=_title(work),
        facts=_facts(work),
        warnings=planned.warnings,
        cells=list(cells),
    )


def _title(work: Work) -> str:
    if not isinstance(work.asked, Candidate):
        return ""
    return f"{work.asked.fields.name} <{work.asked.fields.email}>"[:MAX_TITLE]


def _facts(work: Work) -> list[str]:
    """Return what shows whether stages and dates were read as they are meant."""
    if not isinstance(work.asked, Candidate):
        return []
    asked = work.asked
    standing = asked.outcome or asked.status
    stage = [standing.label] if standing else []
    if asked.reason:
        stage.append(asked.reason)
    received = moment(work.asked.created_at)
    return [*stage, day_text(received)] if received else stage


def _counted_texts(known: dict[str, int], reasons: Iterable[str]) -> dict[str, int]:
    """Count texts; those beyond the first few different ones count as one."""
    counts = Counter(known)
    for reason in reasons:
        fits = reason in counts or len(counts) < MOST_REASONS
        counts[reason if fits else _("Others")] += 1
    return dict(counts)


def _general(planned: RowPlan) -> str:
    """Leave out what differs from row to row.

    Remarks keep it: which owner is unknown is what one wants to know, and they are few.
    """
    if planned.above:
        return _("A line above has the same e-mail.")
    return _QUOTED.sub("…", planned.reason)


def _sample_rows(
    known: list[RowResult], chunk: Sequence[Work], planned: Sequence[RowPlan]
) -> list[RowResult]:
    samples = list(known)
    counts = Counter(sample.outcome for sample in samples)
    for work, one in zip(chunk, planned, strict=True):
        if counts[one.outcome] < MOST_SAMPLES:
            counts[one.outcome] += 1
            samples.append(row_result(work, one))
    return samples
