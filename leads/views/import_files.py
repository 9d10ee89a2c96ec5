"""Rows of an import as a file: those that were rejected, and those that an undo kept."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain

from django.http import HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from crm.accounts.access import requires
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from leads.csv_escaping import shield
from leads.exports.files import BROKEN, BYTE_ORDER_MARK
from leads.importing import results
from leads.views.imports import import_or_404, needs_rows


@require_safe
@requires(Role.SALES)
@needs_rows
def import_errors(_request: AuthenticatedHttpRequest, import_id: str) -> HttpResponseBase:
    """Send the rejected rows: line, reason, and the columns as they were."""
    lines = results.rejected_lines(import_or_404(import_id))
    return _file(lines, f"rejected-{import_id[:8]}.csv")


@require_safe
@requires(Role.SALES)
@needs_rows
def import_kept(_request: AuthenticatedHttpRequest, import_id: str) -> HttpResponseBase:
    """Send the rows whose leads an undo left alone: line, reason, lead."""
    import_or_404(import_id)
    rows = ([str(one.line), one.reason, one.title, one.lead_id] for one in results.kept(import_id))
    lines = (map(shield, line) for line in chain([["Line", "Reason", "Lead", "leadId"]], rows))
    return _file(lines, f"kept-{import_id[:8]}.csv")


def _file(lines: Iterable[Iterable[str]], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_texts(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _texts(lines: Iterable[Iterable[str]]) -> Iterator[str]:
    """Give each line as soon as it is found: between two of them there may be many rows.

    An error leaves a last line that says so; then it is raised.
    """
    yield BYTE_ORDER_MARK
    try:
        yield from map(_line, lines)
    except Exception:
        yield _line([BROKEN])
        raise


def _line(cells: Iterable[str]) -> str:
    text = StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()
