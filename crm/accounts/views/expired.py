"""A form whose CSRF token does not fit: usually one left open over a sign-in in another tab."""

from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, reverse

from crm import error_pages
from crm.accounts import drafts
from crm.accounts.views.sign_in import draft_page, sign_in_page
from crm.htmx import is_part


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show what was typed in its form, with a fresh token, for a person to send; nothing is done.

    Whoever is not signed in signs in first. What another site posted, or a part of a page,
    or a form that is none to keep, is refused.
    """
    response = None if is_part(request) or _is_foreign(request) else _kept(request)
    if response is None:
        return error_pages.csrf_failure(request, reason)
    response.status_code = HTTPStatus.FORBIDDEN
    return response


def _kept(request: HttpRequest) -> HttpResponse | None:
    is_signed_in = request.user.is_authenticated
    if request.path == reverse("login"):
        text = request.POST.get(drafts.FIELD, "")
        draft = drafts.read(text)
        if draft is None:
            return None
        shown = draft_page(request, draft, is_sent=False) if is_signed_in else None
        return shown or sign_in_page(request, text)
    if not drafts.is_kept(request):
        return None
    if not is_signed_in:
        text = drafts.sign(request)
        return sign_in_page(request, text) if text else None
    return _shown(request, request.resolver_match)


def _shown(request: HttpRequest, match: ResolverMatch | None) -> HttpResponse | None:
    if match is None:
        return None
    request.POST = drafts.to_be_shown(request.POST)  # type: ignore[assignment] # a copy
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    # A view that leads elsewhere has no form to show.
    return response if response.status_code == HTTPStatus.OK else None


def _is_foreign(request: HttpRequest) -> bool:
    """Tell whether a browser says that another site posted this: nothing of it is shown."""
    sender = request.headers.get("Origin") or request.headers.get("Referer")
    if not sender:
        return False
    try:
        url = urlsplit(sender)
    except ValueError:
        return True
    own = f"{request.scheme}://{request.get_host()}"
    return f"{url.scheme}://{url.netloc}" not in {own, *settings.CSRF_TRUSTED_ORIGINS}
