"""CSV of any kind, record by record."""

import csv
import re
from collections.abc import Iterator

from leads.imports.files.delimiters import ALONE
from leads.imports.files.lines import Feed, UnclosedError
from leads.imports.files.rows import SURROGATES, Row, Table, check_columns, full, judged
from leads.imports.files.text import UnreadableFileError

MAX_RECOVERIES = 20
BYTE_ORDER_MARK = "\ufeff"
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SEPARATOR = re.compile("sep=.?$")
# Cells are judged row by row. A limit for the whole process, but nothing else uses it.
csv.field_size_limit(2**30)


def csv_table(lines: Iterator[str], delimiter: str, encoding: str) -> Table:
    """Read the column names; raises :class:`UnreadableFileError`, from ``rows`` too."""
    records = _records(lines, delimiter)
    named = (cells for _, cells, _ in records if any(cells) and not _SEPARATOR.match(cells[0]))
    names = [name.replace(BYTE_ORDER_MARK, "").strip() for name in next(named, [])]
    if not names or any(_CONTROLS.search(name) or SURROGATES.search(name) for name in names):
        raise UnreadableFileError("This is not a text file: save it as CSV and try again.")
    check_columns(names)
    rows = (_row(line, cells, problem, len(names)) for line, cells, problem in records)
    return Table("csv", encoding, "" if delimiter == ALONE else delimiter, names, full(rows))


def _records(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """Give first line, cells and problem of each record.

    A quote that is never closed would swallow all that follows: then the line alone is
    at fault, and reading goes on with the next one.
    """
    feed = Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter)
    recoveries = 0
    while True:
        line = feed.begin()
        try:
            cells = next(reader, None)
        except (UnclosedError, csv.Error):
            recoveries += 1
            if recoveries > MAX_RECOVERIES:
                raise UnreadableFileError(
                    f"From line {line} on, too many quotes are never closed: is this CSV?"
                ) from None
            yield line, [feed.give_back()], "A quote is opened here and never closed."
            continue
        if cells is None:
            return
        if cells:
            yield line, cells, ""


def _row(line: int, cells: list[str], problem: str, width: int) -> Row:
    if len(cells) < width:
        cells += [""] * (width - len(cells))
    elif len(cells) > width:
        if any(map(str.strip, cells[width:])):
            problem = f"It has {len(cells)} cells, but there are {width} columns."
        cells = cells[:width]
    return judged(line, cells, problem)
