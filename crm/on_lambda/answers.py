"""Answers on AWS Lambda: each goes out in one piece, small enough and in time.

Lambda refuses an answer over 6 MB, and CloudFront waits 30 seconds for one. The visitor
would read neither what happened nor what to do, so an answer that reaches a limit becomes a
page that says so, and what it would still have read from DynamoDB is not read.
"""

from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _

from crm import error_pages
from crm.on_lambda.events import Context

# Of 6 MB, with 64 KB for the headers; base64 makes four bytes of three.
MOST_BYTES = (6 * 1024 * 1024 - 64 * 1024) // 4 * 3
# What is left for the page that says so.
MARGIN = 3000  # milliseconds


class OnePieceMiddleware:
    """Read a streamed answer to its end, and give a page instead of one that is too large."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            body = b"" if request.method == "HEAD" else _read(response, request)
            response.streaming_content = [body or b""]
        else:
            body = cast("HttpResponse", response).content
        if body is not None and len(body) <= MOST_BYTES:
            return response
        # The rest of it shall not be made: an export ends here, and writes its line.
        response.close()
        text = _(
            "This is more than can be sent from here at once. Narrow the filter, or ask whoever"
            " runs Leadbook: the command “manage.py export_leads” takes any number of leads."
        )
        return error_pages.page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)


def _read(response: StreamingHttpResponse, request: HttpRequest) -> bytes | None:
    """Return the whole body, or ``None`` if it is not at its end when a limit is reached."""
    context = cast("Context | None", request.META.get("apig_wsgi.context"))
    body = BytesIO()
    is_late = False
    for chunk in response:
        # Only where there is more to come: what ends late is whole all the same.
        if is_late:
            return None
        body.write(chunk)
        if body.tell() > MOST_BYTES:
            return None
        is_late = context is not None and context.get_remaining_time_in_millis() < MARGIN
    return body.getvalue()
