"""Which requests want a part of a page, and what their answers tell a cache: the one rule."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers


def is_part(request: HttpRequest) -> bool:
    """Say whether htmx asks for a part of the page; going back in its history, it wants all."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"
    )


def vary_by_part[R: HttpResponse](response: R) -> R:
    """Tell caches that htmx gets another answer from the same address; return it."""
    patch_vary_headers(response, ["HX-Request"])
    return response
