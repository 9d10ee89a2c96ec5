"""A WSGI application: ``/`` is a word, any other address an answer without an end."""

from collections.abc import Callable, Iterable
from itertools import repeat


def application(
    environ: dict[str, object], start_response: Callable[..., object]
) -> Iterable[bytes]:
    """Answer."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"] if environ["PATH_INFO"] == "/" else repeat(b"x" * 65536)
