"""Rows of a file, and what rows and columns may be like, whatever wrote them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.formatting import number_text
from leads.imports.files.text import UnreadableFileError

MAX_CELL = 20_000
MAX_ROW = 100_000
MAX_COLUMNS = 500
# What is kept of the cells of a row that cannot be imported.
KEPT = 500
REPLACEMENT = "\ufffd"
SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Row:
    """A row of a file: the number of its first line, from 1, and its cells.

    There are as many cells as the header has names. With a ``problem`` the row cannot be
    imported, and its cells may be cut.
    """

    line: int
    cells: list[str]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A file that is being read: ``rows`` reads on.

    ``format`` is ``csv``, ``jsonl`` or ``workbook``. ``header_line`` is the line that names the
    columns; 0, if none does. A workbook has the ``sheet`` that is read, all its ``sheets``, and
    so many ``unfilled`` formulas without a value.
    """

    header: list[str]
    rows: Iterator[Row]
    format: str = "csv"
    encoding: str = ""
    delimiter: str = ""
    header_line: int = 0
    sheet: str = ""
    sheets: Sequence[str] = ()
    unfilled: int = 0


def checked_row(line: int, cells: list[str], problem: str = "") -> Row:
    """Return a row; one that is at fault has its problem, and its cells cut."""
    problem = problem or _fault(cells)
    return Row(line, [_cut_cell(cell) for cell in cells] if problem else cells, problem)


def without_blank(rows: Iterator[Row]) -> Iterator[Row]:
    """Leave out blank rows."""
    return (row for row in rows if row.problem or any(map(str.strip, row.cells)))


def _fault(cells: Sequence[str]) -> str:
    longest = max(map(len, cells), default=0)
    if longest > MAX_CELL:
        return ngettext(
            "A cell holds %(number)s character; %(most)s are the most.",
            "A cell holds %(number)s characters; %(most)s are the most.",
            longest,
        ) % {"number": number_text(longest), "most": number_text(MAX_CELL)}
    text = "".join(cells)
    if len(text) > MAX_ROW:
        return ngettext(
            "It holds %(number)s character; %(most)s are the most.",
            "It holds %(number)s characters; %(most)s are the most.",
            len(text),
        ) % {"number": number_text(len(text)), "most": number_text(MAX_ROW)}
    if not text.isascii() and SURROGATES.search(text):
        return _("Some of its characters are not in the encoding of the file.")
    return ""


def _cut_cell(cell: str) -> str:
    cell = cell if len(cell) <= KEPT else cell[: KEPT - 1] + "…"
    return SURROGATES.sub(REPLACEMENT, cell)


def check_columns(names: Sequence[str]) -> None:
    """Raise :class:`UnreadableFileError` for too many columns, or too long names."""
    if len(names) > MAX_COLUMNS:
        message = ngettext(
            "The file has %(number)s column; %(most)s are the most.",
            "The file has %(number)s columns; %(most)s are the most.",
            len(names),
        )
        limits = {"number": number_text(len(names)), "most": number_text(MAX_COLUMNS)}
        raise UnreadableFileError(message % limits)
    if any(len(name) > MAX_CELL for name in names):
        raise UnreadableFileError(_("The first line is no line of column names: it is too long."))
