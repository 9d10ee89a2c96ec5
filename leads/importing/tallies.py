"""Adding up what became of rows."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from leads.importing.chunks import Planned
from leads.importing.planning import Work
from leads.importing.records import Outcome, RowResult, Tally
from leads.imports.columns.mapping import Candidate
from leads.models import moment

MOST_REASONS = 30
OTHER = "Others"
MOST_SAMPLES = 5
MAX_TITLE = 120
# What a reason tells of its own row: "Line 12 has the same e-mail."
_LINE = re.compile(r"^Line \d+ has")
_QUOTED = re.compile(r"“[^”]*”")


def added(
    tally: Tally, chunk: Sequence[Work], planned: Sequence[Planned], *, samples: bool
) -> Tally:
    """Give the tally with a chunk's rows, and with ``samples`` of them."""
    counts = Counter(one.outcome for one in planned)
    reasons = (one.reason for one in planned)
    return tally.model_copy(
        update={
            **{outcome: getattr(tally, outcome) + counts[outcome] for outcome in Outcome},
            "warnings": tally.warnings + sum(1 for one in planned if one.warnings),
            "reasons": _counted(tally.reasons, map(_general, filter(None, reasons))),
            "notices": _counted(tally.notices, (text for one in planned for text in one.warnings)),
            "samples": _sampled(tally.samples, chunk, planned) if samples else [],
        }
    )


def result(work: Work, planned: Planned, cells: Sequence[str] = ()) -> RowResult:
    """Give what became of a row."""
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
    """Give what shows whether stages and dates were read as they are meant."""
    if not isinstance(work.asked, Candidate):
        return []
    stage = [work.asked.status.label] if work.asked.status else []
    received = moment(work.asked.created_at)
    return [*stage, f"{received.day} {received:%B %Y}"] if received else stage


def _counted(known: dict[str, int], reasons: Iterable[str]) -> dict[str, int]:
    """Count texts; those beyond the first few different ones count as one."""
    counts = Counter(known)
    for reason in reasons:
        fits = reason in counts or len(counts) < MOST_REASONS
        counts[reason if fits else OTHER] += 1
    return dict(counts)


def _general(reason: str) -> str:
    """Leave out what differs from row to row.

    Remarks keep it: which owner is unknown is what one wants to know, and they are few.
    """
    return _QUOTED.sub("…", _LINE.sub("A line above has", reason))


def _sampled(
    known: list[RowResult], chunk: Sequence[Work], planned: Sequence[Planned]
) -> list[RowResult]:
    samples = list(known)
    counts = Counter(sample.outcome for sample in samples)
    for work, one in zip(chunk, planned, strict=True):
        if counts[one.outcome] < MOST_SAMPLES:
            counts[one.outcome] += 1
            samples.append(result(work, one))
    return samples
