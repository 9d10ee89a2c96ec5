"""HTML to plain text: cleaned first, with nothing that would be loaded from elsewhere."""

import re
from html.parser import HTMLParser
from typing import override

import nh3

MAX_HTML = 256 * 1024
# Elements in elements take a parser time that grows with the square of their number.
MAX_TAGS = 10_000
MAX_LINK = 500
_BLOCKS = {"p", "div", "table", "tr", "ul", "ol", "li", "blockquote", "pre", "hr"}
_BLOCKS |= {f"h{level}" for level in range(1, 7)}
_APART = {"p", "ul", "ol", "pre"}
_TAGS = _BLOCKS | {"a", "br", "td", "th"}
_NO_TEXT = {"head", "script", "style", "template", "title"}
_SPACE = re.compile(r"[ \t\n\f\r]+")
_MAX_QUOTED = 5


def plain_text(html: str) -> tuple[str, bool]:
    """Return the text of HTML, quotes with ``>`` before each line, and whether it was cut."""
    end = _end_of(html)
    cleaned = nh3.clean(
        html[:end],
        tags=_TAGS,
        clean_content_tags=_NO_TEXT,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    writer = _Writer()
    writer.feed(cleaned)
    writer.close()
    return writer.text, end < len(html)


def _end_of(html: str) -> int:
    at = 0
    for _ in range(MAX_TAGS):
        at = html.find("<", at, MAX_HTML) + 1
        if not at:
            return min(len(html), MAX_HTML)
    return at - 1


class _Writer(HTMLParser):
    """Writes cleaned HTML, which is well-formed, as lines of text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quoted = 0
        self._preformatted = 0
        self._link = ""
        self._label: list[str] = []

    @property
    def text(self) -> str:
        """What was written so far."""
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._end_line(even_empty=True)
        elif tag in {"td", "th"} and self._line:
            self._line.append(" ")
        elif tag in _BLOCKS:
            self._end_line()
        if tag in _APART:
            self._leave_line()
        if tag == "a":
            self._link, self._label = dict(attrs).get("href") or "", []
        elif tag == "blockquote":
            self._quoted += 1
        elif tag == "pre":
            self._preformatted += 1
        elif tag == "li":
            self._line.append("- ")

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._end_line()
        if tag in _APART:
            self._leave_line()
        if tag == "a":
            self._end_link()
        elif tag == "blockquote":
            self._quoted -= 1
        elif tag == "pre":
            self._preformatted -= 1

    @override
    def handle_data(self, data: str) -> None:
        if self._link:
            self._label.append(data)
        if self._preformatted:
            first, *others = data.split("\n")
            self._line.append(first)
            for line in others:
                self._end_line(even_empty=True)
                self._line.append(line)
        else:
            self._line.append(_SPACE.sub(" ", data))

    def _end_link(self) -> None:
        address = self._link.removeprefix("mailto:").removeprefix("tel:")
        label = "".join(self._label).strip()
        if address and len(address) <= MAX_LINK and address.rstrip("/") not in label:
            self._line.append(f" <{address}>")
        self._link = ""

    def _end_line(self, *, even_empty: bool = False) -> None:
        line = "".join(self._line)
        line = line.rstrip() if self._preformatted else _SPACE.sub(" ", line).strip()
        self._line = []
        if line or even_empty:
            before = "> " * min(self._quoted, _MAX_QUOTED)
            self._lines.append(f"{before}{line}".rstrip())

    def _leave_line(self) -> None:
        if self._lines and self._lines[-1].strip("> "):
            self._lines.append(("> " * min(self._quoted, _MAX_QUOTED)).rstrip())
