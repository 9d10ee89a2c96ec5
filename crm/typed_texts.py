"""What somebody typed, on a page that could not save it: to be copied, and nothing more."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError

from crm.traits import Labels, declaration

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_MOST_ROWS = 12
_ROW_LENGTH = 60


class TypedText(NamedTuple):
    """A text of a form; ``rows`` is how high its field is."""

    name: str
    label: "StrOrPromise"
    text: str
    rows: int


def posted_texts(request: HttpRequest, labels: Labels | None = None) -> list[TypedText]:
    """Return the texts that a request posts, as its view calls them; see ``takes_text``.

    A body that cannot be read has none: it may be why an error page is shown.
    """
    known: Labels = labels or declaration(request, "labels", dict)
    try:
        posted = request.POST.dict() if request.method == "POST" else {}
        return form_texts(known, posted, declaration(request, "prefix", ""))
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        return []


def form_texts(labels: Labels, posted: Mapping[str, str], prefix: str = "") -> list[TypedText]:
    """Return the texts among what was posted: not the empty ones.

    What begins with ``prefix`` and has no label is called as the rest of its name.
    """
    known = {**labels()}
    for name in posted:
        if prefix and name.startswith(prefix):
            known.setdefault(name, name.removeprefix(prefix))
    texts = [(name, label, posted.get(name, "").strip()) for name, label in known.items()]
    return [TypedText(name, label, text, _rows(text)) for name, label, text in texts if text]


def _rows(text: str) -> int:
    rows = sum(len(line) // _ROW_LENGTH + 1 for line in text.splitlines())
    return min(rows, _MOST_ROWS)
