"""Which encoding a file has: Unicode where it is, else the most probable code page."""

import codecs
import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from crm.texts import shorten
from leads.imports.files.code_pages import MOST_OFFERED, rank_code_pages
from leads.imports.files.text import MARK
from leads.models import FrozenModel

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    # Before UTF-16, whose mark these begin with.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Of what is beyond ASCII, so many bytes tell enough.
_ENOUGH = 16 * 1024
# So many times as many characters as stray bytes make a file UTF-8.
_CLEARLY_MORE = 2
_LONGEST_LINE = 4096
# As many as four letters have.
_ZEROS = 4
_COMPARED = 200
_SHOWN_CELLS = 3
_SHOWN_LENGTH = 60
# No code page has a byte of these as the second one of a character.
_BETWEEN_CELLS = re.compile(rb"[,;\t\"\r\n]+")
# Within a cell, where no quote could close it.
_ESCAPED_QUOTE = re.compile(rb'\\"(?![\s",;\t|]|$)')
_LINE_ENDS = re.compile(rb"[\r\n]+")


class Sight(FrozenModel):
    """What an encoding makes of the telling cells of a file."""

    encoding: str
    text: str


@dataclass(frozen=True)
class Detection:
    """An encoding that was found. A guess has ``sights``: what is likely, the best first."""

    encoding: str
    is_sure: bool = True
    sights: list[Sight] = field(default_factory=list)


class Overview:
    """What is gathered of a file as it passes piece by piece, in constant memory.

    ``lines`` are the first ones that hold bytes beyond ASCII; ``has_escaped_quotes`` tells
    whether a quote is escaped with a backslash anywhere.
    """

    def __init__(self) -> None:
        self.lines = b""
        self.has_escaped_quotes = False
        self._rest = b""
        self._last = b""

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        joined = self._last + piece
        self.has_escaped_quotes = self.has_escaped_quotes or bool(_ESCAPED_QUOTE.search(joined))
        self._last = joined[-2:]
        if len(self.lines) >= _ENOUGH:
            return
        *lines, self._rest = _LINE_ENDS.split(self._rest + piece)
        self._take(lines)
        if len(self._rest) > _LONGEST_LINE:
            self.end()

    def end(self) -> None:
        """Take the last line, which has no end."""
        self._take([self._rest])
        self._rest = b""

    def _take(self, lines: Sequence[bytes]) -> None:
        found = [line[:_LONGEST_LINE] for line in lines if not line.isascii()]
        self.lines = b"\n".join([*filter(None, [self.lines]), *found])[: 2 * _ENOUGH]


def detect_encoding(
    start: bytes,
    lines: bytes,
    languages: Sequence[str] = (),
    known_words: AbstractSet[str] = frozenset(),
) -> Detection:
    """Find the encoding from the first bytes of a file, and its first ``lines`` beyond ASCII."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return Detection(encoding)
    if encoding := _utf_16(start):
        return Detection(encoding)
    # A stray byte of another encoding does not make a file one of that encoding.
    text = codecs.getincrementaldecoder("utf-8")("leadbook-mark").decode(lines + b"\n")
    strays = text.count(MARK)
    others = sum(character > "\x7f" for character in text) - strays
    if _CLEARLY_MORE * strays <= others:
        return Detection("utf-8")
    ranking = rank_code_pages(lines[:_ENOUGH], languages, known_words)
    encodings, is_sure = ranking.encodings, ranking.is_sure
    if strays <= others:
        # A name or two in Chinese may look so by chance.
        encodings, is_sure = [*encodings[: MOST_OFFERED - 1], "utf-8"], False
    return Detection(encodings[0], is_sure, _sights(lines, encodings))


def _utf_16(start: bytes) -> str:
    """Tell UTF-16 without a mark by the zeros beside its separators and ASCII letters."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    few = max(_ZEROS, len(start) // 8)
    if odd >= few and not even:
        return "utf-16-le"
    if even >= few and not odd:
        return "utf-16-be"
    return ""


def _sights(lines: bytes, encodings: Sequence[str]) -> list[Sight]:
    """Show a few cells in each encoding, such that as few as can be look alike."""
    # Where there is an address, there is a person: a header or a title says less.
    people = b"\n".join(line for line in lines.split(b"\n") if b"@" in line)
    cells = _cells(people) or _cells(lines)
    shown: list[bytes] = []
    while cells and len(shown) < _SHOWN_CELLS:
        best = max(cells, key=lambda cell: _texts_told(b" \n".join([*shown, cell]), encodings))
        shown.append(best)
        cells = [cell for cell in cells if cell != best]
    return [
        Sight(
            encoding=encoding,
            text=" · ".join(
                shorten(cell.decode(encoding, "replace"), _SHOWN_LENGTH) for cell in shown
            ),
        )
        for encoding in encodings
    ]


def _cells(lines: bytes) -> list[bytes]:
    cells = [cell.strip() for cell in _BETWEEN_CELLS.split(lines) if not cell.isascii()]
    return list(dict.fromkeys(cells))[:_COMPARED]


def _texts_told(cells: bytes, encodings: Sequence[str]) -> int:
    return len({cells.decode(encoding, "replace") for encoding in encodings})
