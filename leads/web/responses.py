"""Answers of the pages of leads: what a browser may keep of them, and what they differ by."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control, patch_vary_headers

from crm.htmx import is_part, vary_by_part
from leads.web.drawing import Drawings

TAG_HEADER = "X-Board-Tag"
"""Names what an open page shows: CloudFront keeps If-None-Match to itself where cookies go on."""


def revalidated[R: HttpResponse](response: R) -> R:
    """Let a browser keep an answer only to ask whether it is still right; return it."""
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(vary_by_part(response), ["Cookie"])
    return response


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object],
    *,
    part: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Render a page of leads; for htmx its ``part``, a template or a partial of one."""
    name = part if part and is_part(request) else template
    drawings = Drawings()
    text = render_to_string(name, {**context, "drawings": drawings}, request)
    return revalidated(HttpResponse(drawings.fill(text), status=status))


def nothing_new(tag: str) -> HttpResponse:
    """Answer a poll that what its page shows is right, and is named ``tag`` from now on."""
    response = HttpResponse(status=HTTPStatus.NO_CONTENT, headers={TAG_HEADER: tag})
    del response["Content-Type"]  # of nothing
    return revalidated(response)


def with_act[R: HttpResponse](response: R, act: str) -> R:
    """Name in ``X-Act`` what was done, so that it can be undone; return the answer.

    An empty ``act`` is none: nothing was changed.
    """
    if act:
        response["X-Act"] = act
    return response


def tell_done(request: HttpRequest, text: str, act: str = "") -> None:
    """Leave a message for the next page that something was done, with its *Undo*."""
    messages.success(request, text, extra_tags=act)


def download(
    chunks: Iterable[bytes] | Iterable[str], name: str, content_type: str
) -> StreamingHttpResponse:
    """Stream a file that nobody keeps; ``name`` is plain ASCII."""
    response = StreamingHttpResponse(chunks, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
