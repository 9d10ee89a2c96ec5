"""What a view declares about itself, for whoever looks at a request from outside the view."""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

type Labels = Callable[[], Mapping[str, "StrOrPromise"]]


class Trait(Enum):
    """What the log, the metrics and the error pages have to know of a view."""

    INTAKE = auto()
    """A stranger's message comes in here: what is sent counts in the metrics of the form."""
    FILE = auto()
    """It works on a file or on many records for as long as it may: that is no slow page."""
    MOMENT = auto()
    """Its answers wait for their moment: that is no slow page either."""
    UPLOAD = auto()
    """Staff send it files: :mod:`crm.bodies` lets more in than anywhere else."""
    DRAFT = auto()
    """What is posted was typed, and a sign-in that comes between must not lose it: the view
    asks :func:`crm.accounts.drafts.is_shown` before it does anything."""
    POLLED = auto()
    """A page that stands open asks for its part by itself: nobody need be there."""
    JSON = auto()
    """Programs ask, and read errors as JSON."""


def declares[View: Callable[..., object]](*traits: Trait) -> Callable[[View], View]:
    """Return a decorator that notes ``traits`` of a view; it stands above all others."""

    def note(view: View) -> View:
        view.traits = frozenset(traits)  # type: ignore[attr-defined] # read by has_trait
        return view

    return note


def has_trait(request: HttpRequest, trait: Trait) -> bool:
    """Say whether the view of a request declares ``trait``, also before Django looked for it."""
    return trait in declaration(request, "traits", frozenset[Trait]())


def takes_text[View: Callable[..., object]](
    labels: Labels, *, prefix: str = ""
) -> Callable[[View], View]:
    """Return a decorator that notes which texts people type into the form of a view.

    ``labels`` returns their names in the form, each with its label. What begins with ``prefix``
    is one too, though the process may not know what it is called. A page that says why they
    were not saved shows them: never a password.
    """

    def note(view: View) -> View:
        view.labels = labels  # type: ignore[attr-defined] # read by crm.typed_texts
        view.prefix = prefix  # type: ignore[attr-defined] # read by crm.typed_texts
        return view

    return note


def declaration[T](request: HttpRequest, name: str, default: T) -> T:
    """Return what the view of a request notes by this name, else ``default``."""
    return declaration_at(request.resolver_match or request.path_info, name, default)


def declaration_at[T](found: ResolverMatch | str, name: str, default: T) -> T:
    """Return what the view at an address notes by this name, else ``default``."""
    try:
        match = resolve(found) if isinstance(found, str) else found
    except Resolver404:
        return default
    note: T = getattr(match.func, name, default)
    return note
