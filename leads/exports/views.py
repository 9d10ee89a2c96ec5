"""The list as a file, streamed."""

import logging
from collections.abc import Generator, Iterator
from contextvars import copy_context
from http import HTTPStatus
from time import perf_counter
from typing import Self

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm import error_pages
from crm.accounts import security_log
from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role, User
from crm.accounts.security_events import Kind
from crm.dynamodb.capacity import count_requests
from crm.traits import Trait, declares
from leads.exports import files
from leads.exports.files import Format
from leads.repository import registry
from leads.web.filters import FilterForm
from leads.web.responses import download

logger = logging.getLogger(__name__)


@declares(Trait.FILE)
@require_GET
@require_role(Role.SALES)
def lead_export(request: AuthenticatedHttpRequest) -> HttpResponseBase:
    """Send the leads of the list with the same filters, as ``format=csv`` or ``jsonl``.

    422 with a page that names what is wrong with the format or a filter.
    """
    form = FilterForm(request.GET, request.user.id)
    kind = request.GET.get("format", "")
    if kind not in list(Format) or not form.is_valid():
        refused = [str(text) for texts in form.errors.values() for text in texts]
        reasons = " ".join(refused) or _("Export as format=csv or format=jsonl.")
        text = _("Nothing exported: %(reasons)s") % {"reasons": reasons}
        return error_pages.page(request, HTTPStatus.UNPROCESSABLE_ENTITY, text)
    security_log.record(Kind.EXPORTED, format=kind)
    owners = {user.id: user.email for user in User.objects.everyone()}
    leads = files.pages(form.asked_filter(), form.query().get("q", ""))
    file = _log_export(files.chunks(Format(kind), leads, owners, registry.current().rows))
    name = f"leads-{timezone.localdate()}.{kind}"
    return download(_StartedStream(file), name, Format(kind).content_type)


def _log_export(chunks: Iterator[bytes]) -> Generator[bytes]:
    """Write a line about the whole export at its end: the request's own comes before it."""
    started, size, is_complete = perf_counter(), 0, False
    with count_requests() as usage:
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


class _StartedStream:
    """A file that the server reads after the view has returned, in the request's own context.

    The first chunk is read at once: a store in trouble has to become a page of its own, not
    the start of a file.
    """

    def __init__(self, file: Generator[bytes]) -> None:
        self._context = copy_context()
        self._file = file
        self._first: bytes | None = self._context.run(next, file)

    def __iter__(self) -> Self:
        """Return the chunks."""
        return self

    def __next__(self) -> bytes:
        """Return the next chunk."""
        first, self._first = self._first, None
        return first if first is not None else self._context.run(next, self._file)

    def close(self) -> None:
        """End the export: the server calls this however it went."""
        self._context.run(self._file.close)
