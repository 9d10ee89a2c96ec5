"""What happens around every request: its id, its account, its log line, its address."""

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from crm import error_pages, logs, metrics, paths, visitors
from crm.dynamodb.capacity import Usage, count_requests
from crm.dynamodb.errors import DynamoDBError
from crm.dynamodb.patience import visit

type GetResponse = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger("crm.request")
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
_QUIET = (paths.HEALTH, paths.READY, paths.STATIC)


class RequestLogMiddleware:
    """Name the request, add up what it costs, and write one line about it.

    The answer carries ``X-Request-ID``, and ``Server-Timing`` for who is signed in: times and
    costs tell strangers what was found.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        identifier = _identify(request)
        token = logs.request_id.set(identifier)
        started = perf_counter()
        try:
            # Each text looks the language up: that takes a third once one is active.
            with count_requests() as usage, visit(), override(get_language()):
                response = self.get_response(request)
            milliseconds = (perf_counter() - started) * 1000
            response["X-Request-ID"] = identifier
            if visitors.known_user_id(request):
                response["Server-Timing"] = _server_timing(usage, milliseconds)
            response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
            _log(request, response, usage, milliseconds)
        finally:
            logs.request_id.reset(token)
        return response


def _identify(request: HttpRequest) -> str:
    given = request.headers.get("X-Request-ID", "")
    if settings.BEHIND_TLS_PROXY and _REQUEST_ID.fullmatch(given):
        return given
    return uuid4().hex


def _server_timing(usage: Usage, milliseconds: float) -> str:
    cost = f"{usage.requests} requests, {usage.rru:g} RRU, {usage.wru:g} WRU"
    return f'dynamodb;dur={usage.milliseconds:.1f};desc="{cost}", total;dur={milliseconds:.1f}'


def _log(
    request: HttpRequest, response: HttpResponseBase, usage: Usage, milliseconds: float
) -> None:
    is_quiet = request.path.startswith(_QUIET)
    level = logging.DEBUG if is_quiet else logging.INFO
    if not logger.isEnabledFor(level):
        return
    match = request.resolver_match
    route = f"/{match.route}" if match else None
    is_secret = match and "token" in match.kwargs
    path = route if is_secret else _without_secret(request.path)
    fields: dict[str, object] = {
        "method": request.method,
        "path": path,
        "route": route,
        "status": response.status_code,
        "ms": round(milliseconds, 1),
        "dynamodb_ms": round(usage.milliseconds, 1),
        "requests": usage.requests,
        "rru": usage.rru,
        "wru": usage.wru,
        "user": visitors.known_user_id(request) or None,
        "address": visitors.logged_address(request),
    }
    if not is_quiet:
        fields |= metrics.of_request(request, response.status_code, milliseconds)
    text = "%s %s %s in %.1f ms (DynamoDB: %d requests, %g RRU, %g WRU)"
    values = (request.method, path, response.status_code, milliseconds)
    cost = (usage.requests, usage.rru, usage.wru)
    logger.log(level, text, *values, *cost, extra={"fields": fields})


def _without_secret(path: str) -> str:
    """Return the path without what is secret of a link to set a password, or to sign in.

    A link that lost its last slash, or gained something, is no address of ours any more.
    """
    try:
        resetting, signing_in = reverse("password_reset"), reverse("login")
    except NoReverseMatch:
        # The public form alone is served. Links with a secret are of another host.
        first, _slash, rest = path.removeprefix("/").partition("/")
        is_ours = path.startswith((paths.FORM, paths.STATIC))
        return path if is_ours or not rest else f"/{first}/…"
    # Wherever it stands and however it is written: mails and people change addresses.
    lowered = path.lower()
    for page in (resetting, signing_in):
        before, _page, secret = lowered.partition(page)
        if secret:
            return f"{before}{page}…"
    return path


class ClientMiddleware:
    """Set REMOTE_ADDR to the visitor's address, refuse NUL in path or query, read UTF-8."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        request.META["REMOTE_ADDR"] = visitors.sender_address(request)
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path or "\0" in query or "%00" in query:
            message = "NUL in the address"
            raise BadRequest(message)
        # Whatever charset the sender claims: others could decode to what UTF-8 cannot store.
        request.encoding = "utf-8"
        return self.get_response(request)


class StoreErrorMiddleware:
    """Turns an error of the store that leaves a view into its page, and a refused method too."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        response = self.get_response(request)
        # Django's own is blank, and it is what an address of a form shows when opened.
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            text = _("This address does not answer that kind of request. Nothing was saved.")
            page = error_pages.page(request, HTTPStatus.METHOD_NOT_ALLOWED, text)
            page["Allow"] = response["Allow"]
            return page
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page, and None where Django's own error handling shall go on."""
        if not isinstance(exception, DynamoDBError):
            return None
        response = error_pages.store_error(request, exception)
        if response is not None and response.status_code >= 500:  # noqa: PLR2004 - HTTP
            logger.warning("%s: %s", type(exception).__name__, exception)
        return response
