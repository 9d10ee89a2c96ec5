"""Around sign-in: early reads, sessions in use, chosen zones, and redirects that lead back."""

import logging
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import resolve_url
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from crm import zones
from crm.accounts import drafts, prefetch, security_log
from crm.accounts.models import User
from crm.accounts.sessions import SessionStore
from crm.accounts.views.sign_in import sign_in_page
from crm.dynamodb.errors import DynamoDBError
from crm.htmx import is_part, vary_by_part
from crm.traits import Trait, has_trait
from crm.visitors import known_user_id

logger = logging.getLogger(__name__)


def prefetch_session(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Let a request read its session and its user at once: see :mod:`crm.accounts.prefetch`.

    What happens while it is answered is done by whoever sends it: the security log asks.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        with prefetch.request(), security_log.during(request):
            return get_response(request)

    return middleware


def renew_session(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Note once an hour that somebody uses their session; a page that polls does not use it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_poll = is_part(request) and has_trait(request, Trait.POLLED)
        if known_user_id(request) and not is_poll:
            _renew(cast("SessionStore", request.session))
        return response

    return middleware


def _renew(session: SessionStore) -> None:
    try:
        session.renew()
    except DynamoDBError as error:
        # What was asked for is done. The next request tries again.
        logger.warning("a session was not renewed: %s: %s", type(error).__name__, error)


class ChosenZoneMiddleware:
    """Let the zone that somebody chose win over what their browser tells.

    It asks for no user: Django has read the one whom a page asks to sign in. The zone ends
    where :func:`crm.zones.readers_zone` puts back the one of before.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        """Choose the zone, once Django knows the view and whether it asks who is there."""
        if not known_user_id(request):
            return
        if zone := zones.find(cast("User", request.user).zone):
            timezone.activate(zone)


def sign_in_redirects(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Repair redirects to the sign-in page of htmx requests and of form posts.

    htmx would swap the sign-in page into a part of the page: it gets ``HX-Redirect``
    instead. And after signing in, a person cannot go to the address of a form post: both
    kinds lead back to the page on which the request was made. A post of what somebody typed
    meets the sign-in page in its own place, which takes it along: see
    :mod:`crm.accounts.drafts`.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not _is_sign_in_redirect(response):
            drafts.remember_account(request, response)
            return response
        return vary_by_part(_repaired_sign_in(request) or response)

    return middleware


def _repaired_sign_in(request: HttpRequest) -> HttpResponse | None:
    if is_part(request):
        here = _own_path(request, HtmxDetails(request).current_url)
        return HttpResponseClientRedirect(_sign_in_url(here))
    if request.method not in {"GET", "HEAD"}:
        # Its token was good: nobody has signed in here since the page was loaded.
        account = drafts.last_account(request)
        if account and (draft := drafts.sign(request, account)):
            return sign_in_page(request, draft)
        return HttpResponseRedirect(
            _sign_in_url(_own_path(request, request.headers.get("Referer")))
        )
    return None


def _is_sign_in_redirect(response: HttpResponse) -> bool:
    if not isinstance(response, HttpResponseRedirect):
        return False
    url = urlsplit(response.url)
    wanted = urlsplit(resolve_url(settings.LOGIN_URL))
    return url.path == wanted.path and REDIRECT_FIELD_NAME in QueryDict(url.query)


def _sign_in_url(path: str | None) -> str:
    return redirect_to_login(path).url if path else resolve_url(settings.LOGIN_URL)


def _own_path(request: HttpRequest, address: str | None) -> str | None:
    try:
        url = urlsplit(address or "")
    except ValueError:
        return None
    if (url.scheme, url.netloc) != (request.scheme, request.get_host()):
        return None
    return urlunsplit(url._replace(scheme="", netloc=""))
