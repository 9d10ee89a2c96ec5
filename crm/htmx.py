"""Which requests want a part of a page, and what their answers tell a cache: the one rule."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


def is_part(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of the page; going back in its history, it wants all."""
    htmx = HtmxDetails(request)
    return bool(htmx) and not htmx.history_restore_request


def vary_by_part[R: HttpResponse](response: R) -> R:
    """Tell caches that htmx gets another answer from the same address; return it."""
    patch_vary_headers(response, ["HX-Request"])
    return response
