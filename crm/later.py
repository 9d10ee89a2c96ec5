"""Views that are imported when they are first asked for.

On Lambda each start has one visitor who waits, for one page: the code of the others would be
loaded for nobody. Elsewhere a process loads all of it before its first visitor.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, cast

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.module_loading import import_string
from django.views import View


class _Function(Protocol):
    def __call__(self, request: HttpRequest, **captured: object) -> HttpResponseBase: ...


@dataclass(frozen=True)
class Later:
    """The view with a dotted name, a function or a class, before it is imported.

    Middlewares look at the other fields before they call a view, so these are said here as
    well; a test compares them with what the view itself says.
    """

    name: str
    login_required: bool = True
    csrf_exempt: bool = False

    def __call__(self, request: HttpRequest, **captured: object) -> HttpResponseBase:
        """Answer the request."""
        return self.view(request, **captured)

    @cached_property
    def view(self) -> _Function:
        """The view itself; raises ``ImportError`` if there is none of this name."""
        found = import_string(self.name)
        is_class = isinstance(found, type) and issubclass(found, View)
        return cast("_Function", found.as_view() if is_class else found)


def routes(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Give every route of the site."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern)
        else:
            yield pattern


def load() -> None:
    """Import every view."""
    for route in routes():
        if isinstance(route.callback, Later):
            route.callback.view  # noqa: B018 - it keeps what it imports
