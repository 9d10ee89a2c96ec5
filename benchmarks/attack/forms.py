"""The forms and links of a page, as a browser finds them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import override
from urllib.parse import parse_qsl, urlsplit

_BUTTONS = {"submit", "button", "image", "reset"}


@dataclass
class Form:
    """A form: where it goes, and the fields with what a browser would send of them."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[Form] = []
        self.queries: set[str] = set()
        self._select = self._textarea = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: text or "" for name, text in attrs}
        if tag == "form":
            action = urlsplit(found.get("action") or self.path).path
            self.forms.append(Form(found.get("method", "get").lower(), action))
        for name in ("href", "hx-get"):
            self.queries |= {key for key, _ in parse_qsl(urlsplit(found.get(name, "")).query)}
        if self.forms:
            self._field(tag, found)

    def _field(self, tag: str, found: dict[str, str]) -> None:
        fields, name = self.forms[-1].fields, found.get("name", "")
        if tag == "input" and name and found.get("type") not in _BUTTONS:
            is_unchecked = found.get("type") == "radio" and "checked" not in found
            if name not in fields or not is_unchecked:
                fields[name] = found.get("value", "")
        elif tag == "button" and name:
            fields.setdefault(name, found.get("value", ""))
        elif tag in {"select", "textarea"} and name:
            fields.setdefault(name, "")
            self._select, self._textarea = (name, "") if tag == "select" else ("", name)
        elif tag == "option" and self._select:
            is_first = not fields.get(self._select)
            if is_first or "selected" in found:
                fields[self._select] = found.get("value", "")

    @override
    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].fields[self._textarea] += data

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in {"select", "textarea"}:
            self._select = self._textarea = ""


def read_page(path: str, html: str) -> tuple[list[Form], set[str]]:
    """Return the forms of a page, and the names in the queries of its links."""
    reader = _Reader(path)
    reader.feed(html)
    asked = {name for form in reader.forms if form.method == "get" for name in form.fields}
    return reader.forms, reader.queries | asked
