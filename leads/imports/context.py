"""What the pages about an import show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus

from django.http import Http404, HttpResponseBase

from crm import error_pages
from crm.accounts.http import AuthenticatedHttpRequest
from leads.imports.run import staging
from leads.imports.run.models import (
    ImportState,
    ImportStateError,
    Outcome,
    RowResult,
    Run,
    Tally,
    UnknownImportError,
)
from leads.models import moment

type View = Callable[[AuthenticatedHttpRequest, str], HttpResponseBase]

SHOWN_REASONS = 20
_STATES = {
    ImportState.STAGED: "columns to choose",
    ImportState.CHECKING: "being checked",
    ImportState.CHECKED: "checked",
    ImportState.IMPORTING: "being imported",
    ImportState.DONE: "imported",
    ImportState.UNDOING: "being undone",
    ImportState.UNDONE: "undone",
}
_WORK = {
    ImportState.CHECKING: "Checking the file",
    ImportState.IMPORTING: "Importing",
    ImportState.UNDOING: "Undoing the import",
}
_QUARTERS = 4
STEPS = ("Upload", "Columns", "Check", "Import")
_STEP_OF = {
    ImportState.CHECKING: 2,
    ImportState.CHECKED: 2,
    ImportState.IMPORTING: 3,
    ImportState.DONE: 3,
}


@dataclass(frozen=True)
class Count:
    """A number of rows, with what they have in common."""

    label: str
    number: int

    @property
    def text(self) -> str:
        """The number, as people read it."""
        return f"{self.number:,}"


@dataclass(frozen=True)
class Summary:
    """An import in the list of all."""

    run: Run
    state: str
    rows: str
    result: str
    at: datetime | None


def import_or_404(import_id: str) -> Run:
    """Read an import as it is now; raises ``Http404`` if there is none."""
    try:
        return staging.load(import_id)
    except UnknownImportError as error:
        raise Http404("There is no such import.") from error


def needs_rows(view: View) -> View:
    """Answer 409 with the reason where rows of an import were deleted from the table."""

    @wraps(view)
    def view_with_import(request: AuthenticatedHttpRequest, import_id: str) -> HttpResponseBase:
        try:
            return view(request, import_id)
        except ImportStateError as error:
            return error_pages.page(request, HTTPStatus.CONFLICT, str(error))

    return view_with_import


def summary(run: Run) -> Summary:
    """Return an import as a line of the list."""
    counts = _undone_counts(run) if run.state is ImportState.UNDONE else tally_counts(run.tally)
    result = " · ".join(f"{one.text}\xa0{one.label.lower()}" for one in counts if one.number)
    return Summary(run, _STATES[run.state], f"{run.rows:,}", result, moment(run.staged_at))


def context(run: Run, *, choosing: bool) -> dict[str, object]:
    """Return what the page of an import shows; ``choosing`` is about its columns."""
    tally = run.check if run.state is ImportState.CHECKED else run.tally
    counts = {
        ImportState.CHECKED: _planned_counts(tally),
        ImportState.UNDONE: _undone_counts(run),
    }.get(run.state, tally_counts(tally))
    return {
        "run": run,
        "shown": "columns" if choosing else "working" if run.state.is_working else run.state.value,
        "staged": moment(run.staged_at),
        "ended": moment(run.ended_at),
        "steps": _steps(run, choosing=choosing),
        "work": _WORK.get(run.state, ""),
        "counts": counts,
        "reasons": _most_frequent(tally.reasons),
        "notices": _most_frequent(tally.notices),
        # A name with an address in it is no name of a column.
        "has_no_names": choosing and any("@" in name for name in run.header),
        "samples": [_sample(one) for one in tally.samples],
        "tally": tally,
        "importable": tally.created + tally.updated,
        "percent": 100 * run.progress // max(1, run.rows),
        **_texts(run, tally),
    }


def _most_frequent(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    found = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [(text, f"{number:,}") for text, number in found[:SHOWN_REASONS]]


def _texts(run: Run, tally: Tally) -> dict[str, str]:
    numbers = {
        "rows": run.rows,
        "progress": run.progress,
        "warnings": tally.warnings,
        "created": tally.created,
        "updated": tally.updated,
        "importable_text": tally.created + tally.updated,
    }
    return {name: f"{number:,}" for name, number in numbers.items()}


def announcement(before: int, run: Run) -> str:
    """Return what to say aloud after a step: every quarter, and the end."""
    if not run.state.is_working:
        return f"{run.file_name}: {_STATES[run.state]}."
    quarter = _QUARTERS * run.progress // max(1, run.rows)
    if quarter == _QUARTERS * before // max(1, run.rows):
        return ""
    return f"{_WORK[run.state]}: {100 * quarter // _QUARTERS} %"


def tally_counts(tally: Tally) -> list[Count]:
    """Return how many rows became what."""
    return [
        Count("Created", tally.created),
        Count("Updated", tally.updated),
        Count("Skipped", tally.skipped),
        Count("Rejected", tally.rejected),
    ]


def _planned_counts(tally: Tally) -> list[Count]:
    return [
        Count("To create", tally.created),
        Count("To update", tally.updated),
        Count("To skip", tally.skipped),
        Count("Cannot be imported", tally.rejected),
    ]


def _undone_counts(run: Run) -> list[Count]:
    return [
        Count("Removed", run.undone.removed),
        Count("Restored", run.undone.restored),
        Count("Kept", run.undone.kept),
    ]


def _steps(run: Run, *, choosing: bool) -> list[tuple[str, bool]]:
    present = 1 if choosing else _STEP_OF.get(run.state)
    return [(name, number == present) for number, name in enumerate(STEPS)] if present else []


def _sample(one: RowResult) -> dict[str, object]:
    remarks = " ".join(filter(None, [one.reason, *one.warnings]))
    return {"row": one, "remarks": remarks, "is_rejected": one.outcome is Outcome.REJECTED}
