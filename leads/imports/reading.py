"""How the file of an import was read, and the form to have it read otherwise."""

from typing import TYPE_CHECKING, Any, TypedDict, override

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.imports.files.code_pages import CODE_PAGES
from leads.imports.files.detection import Sight
from leads.imports.run.models import Run

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_LINES = 1_000_000
_UNICODE: list[tuple[str, "StrOrPromise"]] = [
    ("utf-8", gettext_lazy("UTF-8")),
    ("utf-16", gettext_lazy("UTF-16")),
]


def encodings() -> list[tuple[str, "StrOrPromise"]]:
    """Return the encodings that people can choose, with their labels."""
    return [*_UNICODE, *((page.encoding, page.label) for page in CODE_PAGES)]


class _Changes(TypedDict):
    """What is to be different; an empty text and ``None`` leave it to the file."""

    encoding: str
    header_line: int | None
    sheet: str


class ReadingForm(forms.Form):
    """The encoding of a file, its sheet and the line of its header, as they are or somebody says.

    A valid form has what is :attr:`changes` anew. Where the encoding is unsure, it is asked by what
    the likely ones show.
    """

    encoding = forms.ChoiceField()
    header_line = forms.IntegerField(
        label=gettext_lazy("Line with the names of the columns"),
        help_text=gettext_lazy("0, if there is none."),
        required=False,
        min_value=0,
        max_value=MOST_LINES,
    )
    changes: _Changes

    def __init__(self, run: Run, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"header_line": run.header_line, "sheet": run.sheet})
        self._run = run
        if run.format == "workbook":
            del self.fields["encoding"]
            self.fields["sheet"] = forms.ChoiceField(
                label=gettext_lazy("Sheet"), choices=[(name, name) for name in run.sheets]
            )
        elif run.is_sure:
            self.fields["encoding"] = forms.ChoiceField(
                label=gettext_lazy("Encoding"),
                choices=_with_present(run.encoding),
                initial=run.encoding,
            )
        else:
            self.fields["encoding"] = forms.ChoiceField(
                label=gettext_lazy("Which is right?"),
                widget=forms.RadioSelect,
                choices=[(sight.encoding, _as_shown(sight)) for sight in run.sights],
                error_messages={"required": gettext_lazy("Choose one of these.")},
            )
        if not run.is_sure or run.format == "jsonl":
            del self.fields["header_line"]

    @override
    def clean(self) -> dict[str, Any]:
        given, run = self.cleaned_data, self._run
        encoding, line = given.get("encoding", ""), given.get("header_line")
        sheet = given.get("sheet", "")
        self.changes = {
            "encoding": "" if run.is_sure and encoding == run.encoding else encoding,
            "header_line": None if line == run.header_line else line,
            "sheet": "" if sheet == run.sheet else sheet,
        }
        return given


def reading_context(run: Run) -> dict[str, object]:
    """Return what the page says of how a file was read."""
    return {
        "guess": run.sights[0].text if run.sights and run.is_sure else "",
        "encoding": label_of(run.encoding),
        "header_line": run.header_line if run.format != "jsonl" else 1,
        "has_file": bool(run.file_parts),
    }


def label_of(encoding: str) -> str:
    """Return what an encoding is called for people."""
    return str(dict(encodings()).get(encoding, encoding.upper()))


def _as_shown(sight: Sight) -> str:
    texts = {"text": sight.text, "encoding": label_of(sight.encoding)}
    return _("%(text)s — %(encoding)s") % texts


def _with_present(encoding: str) -> list[tuple[str, "StrOrPromise"]]:
    """Return all choices; files may be in one that is none of them."""
    known = encodings()
    if encoding in dict(known):
        return known
    return [(encoding, label_of(encoding)), *known]
