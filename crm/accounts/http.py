"""A request of somebody who is signed in, for type checkers; forms shown again; the 429."""

from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from crm.accounts.models import User


class AuthenticatedHttpRequest(HttpRequest):
    """What a view behind sign-in receives."""

    user: User


def form_page(
    request: AuthenticatedHttpRequest, template: str, context: Mapping[str, object]
) -> HttpResponse:
    """Show a form: 422 if it was posted, for then it is shown again for its errors."""
    refused = request.method == "POST"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, template, dict(context), status=status)


def ask_to_wait(response: HttpResponse, seconds: int) -> None:
    """Make a response say that there were too many attempts."""
    response.status_code = HTTPStatus.TOO_MANY_REQUESTS
    response["Retry-After"] = str(seconds)
