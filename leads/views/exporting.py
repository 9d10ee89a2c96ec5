"""The list as a file, streamed."""

import logging
from collections.abc import Generator, Iterator
from contextvars import Context, copy_context
from datetime import UTC, datetime
from http import HTTPStatus
from time import perf_counter

from django.http import HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from crm import errors
from crm.accounts.access import requires
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role, User
from crm.dynamodb.capacity import measured
from leads import exporting
from leads.exporting import Format
from leads.list_forms import FilterForm

logger = logging.getLogger(__name__)


@require_GET
@requires(Role.SALES)
def lead_export(request: AuthenticatedHttpRequest) -> HttpResponseBase:
    """Send the leads of the list with the same filters, as ``format=csv`` or ``jsonl``.

    422 with a page that names what is wrong with the format or a filter.
    """
    form = FilterForm(request.GET)
    kind = request.GET.get("format", "")
    if kind not in list(Format) or not form.is_valid():
        refused = [str(text) for texts in form.errors.values() for text in texts]
        text = " ".join(refused) or "Export as format=csv or format=jsonl."
        return errors.page(request, HTTPStatus.UNPROCESSABLE_ENTITY, f"Nothing exported: {text}")
    owners = {user.id: user.email for user in User.objects.everyone()}
    leads = exporting.pages(form.wanted(), form.query().get("q", ""))
    file = _logged(exporting.chunks(Format(kind), leads, owners))
    # What the server reads after this view has returned still belongs to this request.
    context = copy_context()
    # A store in trouble has to become a page of its own, not the start of a file.
    first = context.run(next, file)
    content = _within(context, first, file)
    response = StreamingHttpResponse(content, content_type=Format(kind).content_type)
    name = f"leads-{datetime.now(UTC).date()}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _logged(chunks: Iterator[bytes]) -> Generator[bytes]:
    """Write a line about the whole export at its end: the request's own comes before it."""
    started, size, is_complete = perf_counter(), 0, False
    with measured() as usage:
        try:
            for chunk in chunks:
                size += len(chunk)
                yield chunk
            is_complete = True
        finally:
            fields = {
                "bytes": size,
                "complete": is_complete,
                "ms": round((perf_counter() - started) * 1000, 1),
                "requests": usage.requests,
                "rru": usage.rru,
            }
            outcome = "complete" if is_complete else "broken off"
            text = "export %s: %d bytes, %d requests, %g RRU"
            values = (outcome, size, usage.requests, usage.rru)
            logger.info(text, *values, extra={"fields": fields})


def _within(context: Context, first: bytes, file: Generator[bytes]) -> Iterator[bytes]:
    """Go on with ``file`` in the context it began in, whatever thread asks."""
    try:
        yield first
        while (chunk := context.run(next, file, None)) is not None:
            yield chunk
    finally:
        context.run(file.close)
