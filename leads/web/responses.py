"""Answers of the pages of leads: what a browser may keep of them, and what they differ by."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers

from crm.accounts.http import AuthenticatedHttpRequest


def is_part(request: AuthenticatedHttpRequest) -> bool:
    """Say whether htmx asks for a part of the page; going back in its history, it wants all."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def revalidated(response: HttpResponse) -> HttpResponse:
    """Let a browser keep an answer only to ask whether it is still right; return it."""
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    return response


def page(
    request: AuthenticatedHttpRequest,
    template: str,
    context: Mapping[str, object],
    *,
    part: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Render a page of leads; of it ``part`` alone, a partial of the template, for htmx."""
    name = f"{template}#{part}" if part and is_part(request) else template
    return revalidated(render(request, name, dict(context), status=status))


def download(
    chunks: Iterable[bytes] | Iterable[str], name: str, content_type: str
) -> StreamingHttpResponse:
    """Stream a file that nobody keeps; ``name`` is plain ASCII."""
    response = StreamingHttpResponse(chunks, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
