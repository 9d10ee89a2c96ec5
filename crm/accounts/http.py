"""A request of somebody who is signed in, for type checkers; and the answer 429."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from crm.accounts.models import User


class AuthenticatedHttpRequest(HttpRequest):
    """What a view behind sign-in receives."""

    user: User
    htmx: HtmxDetails


def ask_to_wait(response: HttpResponse, seconds: int) -> None:
    """Make a response say that there were too many attempts."""
    response.status_code = HTTPStatus.TOO_MANY_REQUESTS
    response["Retry-After"] = str(seconds)
