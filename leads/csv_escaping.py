"""CSV files of ours: cells that no spreadsheet runs as a formula, and their way back."""

import csv
import re
from collections.abc import Iterable
from io import StringIO

# Excel reads a file as UTF-8 only if it says so; whatever else reads CSV skips the mark.
BYTE_ORDER_MARK = "\ufeff"
# The last line of a file that broke off: a connection that merely ends looks like the end.
# English in every language: programs read the file, and it is imported again.
BROKEN = "THIS FILE IS INCOMPLETE: the export broke off here. Export again."
# What spreadsheets begin a formula with, also in full width, and the white space that some of
# them skip. One "'" more than there is, so that taking one off gives back what was there.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001 -- these very forms
# Where a cell begins for who reads the file with another delimiter, or takes line breaks for
# the ends of rows. A list in a message ("- so") is none.
_INNER_FORMULA = r"(?:[=@＝＠]|[+\-＋－](?=[\d(]))"  # noqa: RUF001 -- these very forms
_INNER = re.compile(rf"(?<=[;\t\r\n])(?='*{_INNER_FORMULA})")
_ESCAPED_INNER = re.compile(rf"(?<=[;\t\r\n])'(?='*{_INNER_FORMULA})")

# What Excel keeps a text with: ="0044", with quotes in it doubled.
_TEXT_FORMULA = re.compile(r'\s*=\s*"((?:[^"]|"")*)"\s*')


def escape_formula(cell: str) -> str:
    """Keep a spreadsheet from taking a text, or what it takes for a cell of it, for a formula."""
    cell = _INNER.sub("'", cell)
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape_formula(cell: str) -> str:
    """Return the text that was escaped."""
    if cell.startswith("'") and _FORMULA.match(cell):
        cell = cell[1:]
    return _ESCAPED_INNER.sub("", cell)


def unescape_text(cell: str) -> str:
    """Return the text of a cell that we escaped, or that another program made a formula."""
    escaped = unescape_formula(cell)
    if escaped == cell and (formula := _TEXT_FORMULA.fullmatch(cell)):
        return formula[1].replace('""', '"')
    return escaped


def csv_text(rows: Iterable[Iterable[str]]) -> str:
    """Return the lines of rows, every cell in quotes and escaped."""
    text = StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(map(escape_formula, row) for row in rows)
    return text.getvalue()
