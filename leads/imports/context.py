"""What the pages about an import show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus

from django.http import Http404, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from crm import error_pages
from crm.accounts.http import AuthenticatedHttpRequest
from leads.formatting import number_text
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
    ImportState.STAGED: pgettext_lazy("state of an import", "columns to choose"),
    ImportState.CHECKING: pgettext_lazy("state of an import", "being checked"),
    ImportState.CHECKED: pgettext_lazy("state of an import", "checked"),
    ImportState.IMPORTING: pgettext_lazy("state of an import", "being imported"),
    ImportState.DONE: pgettext_lazy("state of an import", "imported"),
    ImportState.UNDOING: pgettext_lazy("state of an import", "being undone"),
    ImportState.UNDONE: pgettext_lazy("state of an import", "undone"),
}
_WORK = {
    ImportState.CHECKING: gettext_lazy("Checking the file…"),
    ImportState.IMPORTING: gettext_lazy("Importing…"),
    ImportState.UNDOING: gettext_lazy("Undoing the import…"),
}
_HEARD = {
    ImportState.CHECKING: gettext_lazy("Checking the file: %(percent)s %%"),
    ImportState.IMPORTING: gettext_lazy("Importing: %(percent)s %%"),
    ImportState.UNDOING: gettext_lazy("Undoing the import: %(percent)s %%"),
}
_OUTCOMES = {
    Outcome.CREATED: pgettext_lazy("would be", "created"),
    Outcome.UPDATED: pgettext_lazy("would be", "updated"),
    Outcome.SKIPPED: pgettext_lazy("would be", "skipped"),
    Outcome.REJECTED: pgettext_lazy("would be", "rejected"),
}
_QUARTERS = 4
STEPS = (
    pgettext_lazy("step of an import", "Upload"),
    pgettext_lazy("step of an import", "Columns"),
    pgettext_lazy("step of an import", "Check"),
    pgettext_lazy("step of an import", "Import"),
)
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
        return number_text(self.number)


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
    state = str(_STATES[run.state])
    return Summary(run, state, number_text(run.rows), _in_short(run), moment(run.staged_at))


def _in_short(run: Run) -> str:
    tally, undone = run.tally, run.undone
    counts = [
        (
            tally.created,
            ngettext("%(number)s created", "%(number)s created", tally.created),
        ),
        (
            tally.updated,
            ngettext("%(number)s updated", "%(number)s updated", tally.updated),
        ),
        (
            tally.skipped,
            ngettext("%(number)s skipped", "%(number)s skipped", tally.skipped),
        ),
        (
            tally.rejected,
            ngettext("%(number)s rejected", "%(number)s rejected", tally.rejected),
        ),
    ]
    if run.state is ImportState.UNDONE:
        counts = [
            (
                undone.removed,
                ngettext("%(number)s removed", "%(number)s removed", undone.removed),
            ),
            (
                undone.restored,
                ngettext("%(number)s restored", "%(number)s restored", undone.restored),
            ),
            (undone.kept, ngettext("%(number)s kept", "%(number)s kept", undone.kept)),
        ]
    texts = [text % {"number": number_text(count)} for count, text in counts if count]
    return " · ".join(text.replace(" ", "\xa0") for text in texts)


def context(run: Run, *, choosing: bool) -> dict[str, object]:
    """Return what the page of an import shows; ``choosing`` is about its columns."""
    tally = run.check if run.state is ImportState.CHECKED else run.tally
    counts = {
        ImportState.CHECKED: _planned_counts(tally),
        ImportState.UNDONE: _undone_counts(run),
    }.get(run.state, tally_counts(tally))
    return {
        "run": run,
        "shown": _shown(run, choosing=choosing),
        "staged": moment(run.staged_at),
        "ended": moment(run.ended_at),
        "steps": _steps(run, choosing=choosing),
        "work": _WORK.get(run.state, ""),
        "counts": counts,
        "reasons": _most_frequent(tally.reasons),
        "notices": _most_frequent(tally.notices),
        "samples": [_sample(one) for one in tally.samples],
        "tally": tally,
        "importable": tally.created + tally.updated,
        "percent": 100 * run.progress // max(1, run.rows),
        **_texts(run, tally),
    }


def _shown(run: Run, *, choosing: bool) -> str:
    if choosing:
        return "columns" if run.is_sure else "question"
    return "working" if run.state.is_working else run.state.value


def _most_frequent(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    found = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [(text, number_text(count)) for text, count in found[:SHOWN_REASONS]]


def _texts(run: Run, tally: Tally) -> dict[str, str]:
    numbers = {
        "rows": run.rows,
        "progress": run.progress,
        "warnings": tally.warnings,
        "created": tally.created,
        "updated": tally.updated,
        "importable_text": tally.created + tally.updated,
    }
    return {name: number_text(count) for name, count in numbers.items()}


def announcement(before: int, run: Run) -> str:
    """Return what to say aloud after a step: every quarter, and the end."""
    if not run.state.is_working:
        texts = {"file": run.file_name, "state": _STATES[run.state]}
        return _("%(file)s: %(state)s.") % texts
    quarter = _QUARTERS * run.progress // max(1, run.rows)
    if quarter == _QUARTERS * before // max(1, run.rows):
        return ""
    return _HEARD[run.state] % {"percent": 100 * quarter // _QUARTERS}


def tally_counts(tally: Tally) -> list[Count]:
    """Return how many rows became what."""
    return [
        Count(_("Created"), tally.created),
        Count(_("Updated"), tally.updated),
        Count(_("Skipped"), tally.skipped),
        Count(_("Rejected"), tally.rejected),
    ]


def _planned_counts(tally: Tally) -> list[Count]:
    return [
        Count(_("To create"), tally.created),
        Count(_("To update"), tally.updated),
        Count(_("To skip"), tally.skipped),
        Count(_("Cannot be imported"), tally.rejected),
    ]


def _undone_counts(run: Run) -> list[Count]:
    return [
        Count(_("Removed"), run.undone.removed),
        Count(_("Restored"), run.undone.restored),
        Count(_("Kept"), run.undone.kept),
    ]


def _steps(run: Run, *, choosing: bool) -> list[tuple[str, bool]]:
    present = 1 if choosing else _STEP_OF.get(run.state)
    return [(str(name), at == present) for at, name in enumerate(STEPS)] if present else []


def _sample(one: RowResult) -> dict[str, object]:
    remarks = " ".join(filter(None, [one.reason, *one.warnings]))
    return {
        "row": one,
        "outcome": _OUTCOMES[one.outcome],
        "remarks": remarks,
        "is_rejected": one.outcome is Outcome.REJECTED,
    }
