"""Large pages, compressed as fast as they are made.

Django compresses at level 6, which takes 1.5 ms for a board of 230 KB. Level 3 takes 0.7 ms,
and 30 KB go out in place of 26.
"""

from gzip import GzipFile
from io import BytesIO
from secrets import randbelow

from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware, re_accepts_gzip
from django.utils.cache import patch_vary_headers
from django.utils.decorators import decorator_from_middleware
from django.utils.deprecation import MiddlewareMixin

LEVEL = 3
WORTH_IT = 200  # bytes, as Django has it


class _QuickGZipMiddleware(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if len(response.content) < WORTH_IT:
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        if not re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            return response
        response.content = _compressed(response.content, randbelow(GZipMiddleware.max_random_bytes))
        response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))
        etag = response.get("ETag", "")
        if etag.startswith('"'):
            response["ETag"] = f"W/{etag}"
        return response


gzip_page = decorator_from_middleware(_QuickGZipMiddleware)
"""Compress what a view answers, for browsers that take it."""


def _compressed(content: bytes, padding: int) -> bytes:
    """Compress; the ``padding`` hides how long that is from who guesses what is in it."""
    packed = BytesIO()
    with GzipFile("a" * padding, "wb", LEVEL, packed, mtime=0) as file:
        file.write(content)
    return packed.getvalue()
