"""The pages for what went wrong: bad address, refused, not found, DynamoDB in trouble.

They are rendered without the request, so that no template reads a session or a user from
the store that may be the very thing that failed.
"""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.http import escape_leading_slashes
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from crm.dynamodb.cursor import InvalidCursorError
from crm.dynamodb.errors import (
    ConflictError,
    DynamoDBError,
    ItemTooLargeError,
    NotFoundError,
    ThrottledError,
    UnavailableError,
)
from crm.htmx import is_part, vary_by_part
from crm.paths import FORM
from crm.traits import Trait, has_trait
from crm.typed_texts import TypedText, posted_texts

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

logger = logging.getLogger(__name__)
RETRY_AFTER = 5
SAFE_METHODS = {"GET", "HEAD"}
_OWN_TEMPLATE = {400, 403, 404, 413, 500, 503}
_PASSING = {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE}
# What each error means to the reader; the first match counts.
_MEANING: tuple[tuple[type[DynamoDBError], HTTPStatus, "StrPromise"], ...] = (
    (
        InvalidCursorError,
        HTTPStatus.BAD_REQUEST,
        _("This page address was altered, or belongs to another list. Start from the first page."),
    ),
    (
        ItemTooLargeError,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        _("That is too much text: a record holds 400 KB. Nothing was saved."),
    ),
    (
        NotFoundError,
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("A table is missing in the database: “manage.py create_tables” makes it."),
    ),
    (
        ConflictError,
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("Others are changing the same record. Nothing was saved: try again in a moment."),
    ),
    (
        ThrottledError,
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("The database takes no more requests just now. Try again in a moment."),
    ),
    (
        UnavailableError,
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("The database does not answer. Check whether your change is there, then try again."),
    ),
)
# Whoever writes to the company cannot look after its database.
_TOLD_TO_VISITORS = _(
    "This did not work just now. The fault is ours: please try again in a moment."
)


def page(
    request: HttpRequest,
    status: HTTPStatus,
    text: "StrPromise | str",
    texts: Sequence[TypedText] = (),
) -> HttpResponse:
    """Say what went wrong: JSON for programs, a fragment for htmx, else a whole page.

    Programs read English, whatever the language: give ``text`` lazily. A whole page shows
    the ``texts`` that were typed, too.
    """
    if has_trait(request, Trait.JSON):
        with override(None):
            detail = str(text)
        return JsonResponse({"error": status.phrase, "detail": detail}, status=status)
    if is_part(request):
        fragment = format_html('<p class="error" role="alert">{}</p>', text)
        return vary_by_part(HttpResponse(fragment, status=status))
    is_read = request.method in SAFE_METHODS
    context = {
        "template": f"{int(status) if status in _OWN_TEMPLATE else 400}.html",
        "text": text,
        # Escaped, because "//example.org/" in a link is another site.
        "back": escape_leading_slashes(request.path) if is_read and "cursor" in request.GET else "",
        "again": request.get_full_path() if is_read and status in _PASSING else "",
        "typed": texts,
    }
    if is_public(request):
        return vary_by_part(_page_of_visitors(request, status, context))
    body = render_to_string("error.html", context)
    return vary_by_part(HttpResponse(body, status=status))


def is_public(request: HttpRequest) -> bool:
    """Tell whether an address is one of those that strangers come to."""
    return settings.FORM_ONLY or request.path.startswith(FORM)


def _page_of_visitors(
    request: HttpRequest, status: HTTPStatus, context: Mapping[str, object]
) -> HttpResponse:
    """Return the page that the product shows strangers at an address."""
    page_of: Callable[[HttpRequest, HTTPStatus, Mapping[str, object]], HttpResponse]
    page_of = import_string(settings.ERROR_PAGE_OF_VISITORS)
    return page_of(request, status, context)


def store_error(request: HttpRequest, error: DynamoDBError) -> HttpResponse | None:
    """Return the page for an error of the store, or None if it is a fault of ours."""
    for kind, status, text in _MEANING:
        if isinstance(error, kind):
            told = _TOLD_TO_VISITORS if is_public(request) else text
            response = page(request, status, told, posted_texts(request))
            if status == HTTPStatus.SERVICE_UNAVAILABLE:
                response["Retry-After"] = str(RETRY_AFTER)
                response["Cache-Control"] = "no-store"
            return response
    return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django refuses to read: a wrong host, a malformed or oversized body."""
    del exception
    text = _("The address or the form could not be read. Nothing was saved.")
    return page(request, HTTPStatus.BAD_REQUEST, text)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer someone whose role does not allow it."""
    del exception
    text = _("Your role does not allow this. An admin can change it.")
    return page(request, HTTPStatus.FORBIDDEN, text, posted_texts(request))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    del exception
    if texts := posted_texts(request):
        text = _("What you were writing to was deleted meanwhile. Nothing was saved.")
    else:
        text = _("There is nothing here: the address is wrong, or what it showed was deleted.")
    return page(request, HTTPStatus.NOT_FOUND, text, texts)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for a failure outside a view, where no middleware sees the exception.

    Sessions and users are read and saved there: DynamoDB in trouble is not a fault of ours.
    """
    error = sys.exception()
    if isinstance(error, DynamoDBError) and (response := store_error(request, error)):
        return response
    text = _("The fault is ours, and it was noted. Try again; if it stays, tell whoever runs this.")
    try:
        return page(request, HTTPStatus.INTERNAL_SERVER_ERROR, text, posted_texts(request))
    except Exception:
        # The page itself may be what fails, for one while static files are missing.
        logger.exception("the error page failed")
        return HttpResponse(str(text), status=500, content_type="text/plain; charset=utf-8")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token does not fit: usually one left open over a sign-in."""
    del reason
    text = _(
        "The form has expired: somebody has signed in anew in this browser since it was loaded."
        " Go back, reload it, and send it again. Nothing was saved."
    )
    response = page(request, HTTPStatus.FORBIDDEN, text)
    # For scripts: it is not the role that is refused.
    response["X-Refused"] = "token"
    return response
