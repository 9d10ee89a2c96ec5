"""A request of somebody who is signed in, for type checkers; forms shown again; the 429."""

from collections.abc import Mapping
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.accounts import drafts
from crm.accounts.models import User


class AuthenticatedHttpRequest(HttpRequest):
    """What a view behind sign-in receives."""

    user: User


def is_act(request: HttpRequest) -> bool:
    """Tell whether a form was posted to do something, not only to be shown again."""
    return request.method == "POST" and not drafts.is_shown(request)


def form_page(
    request: AuthenticatedHttpRequest, template: str, context: Mapping[str, object]
) -> HttpResponse:
    """Show a form: 422 if it was posted, for then it is shown again for its errors.

    A draft is shown as it was typed, for somebody to look over and to send.
    """
    refused = is_act(request)
    if drafts.is_shown(request):
        text = _("Nothing was saved yet: this is what was typed. Look it over and save it.")
        messages.warning(request, text)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, template, dict(context), status=status)


def ask_to_wait(response: HttpResponse, seconds: int) -> None:
    """Make a response say that there were too many attempts."""
    response.status_code = HTTPStatus.TOO_MANY_REQUESTS
    response["Retry-After"] = str(seconds)
