"""How large a body may be: judged by its header, before it is read, whichever server runs.

Our own server (:mod:`crm.serving`) asks here before it takes a body in, and counts one that
comes in chunks. A body that it does not take is told to the middleware in ``META``, or by a
``Content-Length`` over the limit, and no view may read it.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, parse_cookie
from django.utils.translation import gettext as _

from crm import error_pages
from crm.traits import Trait, declaration_at, has_trait

MEGABYTE = 1024 * 1024
BUSY = "leadbook.body_was_not_taken"
"""In ``META``: too many bodies of its size were under way."""
RETRY_AFTER = 30


def fits(size: int, path: str, cookies: str) -> bool:
    """Say whether a request may have a body of this size, by its path and its cookies."""
    return size <= _plain_bytes() or size <= most_bytes(path, cookies)


def most_bytes(path: str, cookies: str) -> int:
    """Return how many bytes the body of a request may have.

    A file takes a signed session cookie, and no store is asked for it: whether somebody is
    signed in, the view finds out. What a form adds to the file is small, too.
    """
    if not _takes_files(path) or not _is_of_staff(cookies):
        return _plain_bytes()
    return int(settings.MAX_UPLOAD_MB * MEGABYTE) + _plain_bytes()


def _plain_bytes() -> int:
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _takes_files(path: str) -> bool:
    return Trait.UPLOAD in declaration_at(path, "traits", frozenset[Trait]())


def _is_of_staff(cookies: str) -> bool:
    # The public form's own processes know no sessions.
    from crm.accounts.sessions import is_signed  # noqa: PLC0415

    return is_signed(parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, ""))


class BodySizeMiddleware:
    """Refuse a body that is too large, or that had no place, with a page that says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        if BUSY in request.META:
            return _busy(request)
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isdecimal() else 0
        cookies = request.META.get("HTTP_COOKIE", "")
        # Where strangers write, the view answers by itself, and reads nothing either.
        if fits(size, request.path_info, cookies) or has_trait(request, Trait.INTAKE):
            return self.get_response(request)
        return _too_large(request, cookies)


def _too_large(request: HttpRequest, cookies: str) -> HttpResponse:
    text = _(
        "At most %(most)s MB can be sent here, and this was more. Nothing was saved: go back, and"
        " send less."
    )
    most = _plain_bytes() // MEGABYTE
    if _takes_files(request.path_info):
        if _is_of_staff(cookies):
            most = settings.MAX_UPLOAD_MB
        else:
            text = _(
                "Only who is signed in can send a file of more than %(most)s MB. Sign in, then"
                " choose the file again. Nothing was saved."
            )
    text %= {"most": most}
    return error_pages.page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)


def _busy(request: HttpRequest) -> HttpResponse:
    text = _("Too much is coming in just now. Nothing was saved: try again in half a minute.")
    page = error_pages.page(request, HTTPStatus.SERVICE_UNAVAILABLE, text)
    page["Retry-After"] = str(RETRY_AFTER)
    page["Cache-Control"] = "no-store"
    return page
