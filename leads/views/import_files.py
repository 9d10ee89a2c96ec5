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
from leads.exporting import BYTE_ORDER_MARK
from leads.importing import results
from leads.importing.records import RowResult
from leads.shield import shield
from leads.views.imports import import_or_404


@require_safe
@requires(Role.SALES)
def import_errors(_request: AuthenticatedHttpRequest, import_id: str) -> HttpResponseBase:
    """Send the rejected rows: line, reason, and the columns as they were."""
    run = import_or_404(import_id)
    rows = ([str(one.line), one.reason, *one.cells] for one in results.errors(import_id))
    return _file(["Line", "Reason", *run.header], rows, f"rejected-{import_id[:8]}.csv")


@require_safe
@requires(Role.SALES)
def import_kept(_request: AuthenticatedHttpRequest, import_id: str) -> HttpResponseBase:
    """Send the rows whose leads an undo left alone: line, reason, lead."""
    import_or_404(import_id)
    rows = ([str(one.line), one.reason, *_lead(one)] for one in results.kept(import_id))
    return _file(["Line", "Reason", "Lead", "leadId"], rows, f"kept-{import_id[:8]}.csv")


def _lead(one: RowResult) -> list[str]:
    return [one.title, one.lead_id]


def _file(header: list[str], rows: Iterable[list[str]], name: str) -> StreamingHttpResponse:
    texts = _texts(chain([header], rows))
    response = StreamingHttpResponse(texts, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _texts(rows: Iterable[list[str]]) -> Iterator[str]:
    """Give each row as soon as it is found: between two of them there may be many others."""
    yield BYTE_ORDER_MARK
    for cells in rows:
        text = StringIO(newline="")
        csv.writer(text).writerow([shield(cell) for cell in cells])
        yield text.getvalue()
