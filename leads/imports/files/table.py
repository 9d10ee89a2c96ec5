"""Records as a table: which of them names the columns, and the rows."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, dropwhile

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.imports.files.dialect import SEPARATOR_LINE
from leads.imports.files.header import Record, find_header, first_row, names_without_header
from leads.imports.files.rows import (
    SURROGATES,
    Row,
    Table,
    check_columns,
    checked_row,
    without_blank,
)
from leads.imports.files.text import UnreadableFileError

BYTE_ORDER_MARK = "\ufeff"
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# Among so many records the header is looked for, fewer if they are enormous, and below the table
# so many lines are no rows.
_LOOKED_AT = 30
_ENOUGH = 1024 * 1024
_MOST_BELOW = 10


def table_of(
    records: Iterator[Record],
    *,
    header_line: int | None = None,
    known_words: AbstractSet[str] = frozenset(),
) -> Table:
    """Read the names of the columns, from the line that was chosen (0: there is none) or found.

    Raises :class:`UnreadableFileError`, from ``rows`` too.
    """
    if header_line:
        records = dropwhile(lambda record: record[0] < header_line, records)
    first = _first_records(records)
    if header_line and (not first or first[0][0] != header_line):
        message = _("Line %(line)s of the file holds no names of columns.")
        raise UnreadableFileError(message % {"line": header_line})
    _check_text(first)
    header = 0 if header_line else find_header(first, known_words) if header_line is None else None
    if header is None:
        start = first_row(first) if header_line is None else 0
        names = names_without_header(first[start:])
    else:
        start = header + 1
        names = [name.replace(BYTE_ORDER_MARK, "").strip() for name in first[header][1]]
    check_columns(names)
    rows = _rows(chain(first[start:], records), len(names))
    return Table(
        names, without_blank(rows), header_line=first[header][0] if header is not None else 0
    )


def _first_records(records: Iterator[Record]) -> list[Record]:
    first: list[Record] = []
    size = 0
    for record in filter(_holds_something, records):
        first.append(record)
        size += sum(len(cell) + 1 for cell in record[1])
        if len(first) == _LOOKED_AT or size > _ENOUGH:
            break
    return first


def _holds_something(record: Record) -> bool:
    line, cells, _problem = record
    return any(cells) and not (line == 1 and SEPARATOR_LINE.match(cells[0]))


def _check_text(records: Sequence[Record]) -> None:
    cells = records[0][1] if records else []
    if not cells or any(_CONTROLS.search(cell) or SURROGATES.search(cell) for cell in cells):
        raise UnreadableFileError(_("This is not a text file: save it as CSV and try again."))


def _rows(records: Iterator[Record], width: int) -> Iterator[Row]:
    """Make rows of records; single cells below the table are none, and are said to be none."""
    held: list[Record] = []
    for line, cells, problem in records:
        if len(cells) == 1 < width and "@" not in cells[0] and len(held) < _MOST_BELOW:
            held.append((line, cells, problem))
            continue
        if held:
            yield from (_row(*record, width) for record in held)
            held = []
        yield _row(line, cells, problem, width)
    below = _("This line stands below the table: it is no row.")
    yield from (_row(line, cells, problem or below, width) for line, cells, problem in held)


def _row(line: int, cells: list[str], problem: str, width: int) -> Row:
    if len(cells) < width:
        cells += [""] * (width - len(cells))
    elif len(cells) > width:
        if any(map(str.strip, cells[width:])):
            problem = ngettext(
                "It has %(cells)s cell, but there are %(columns)s columns.",
                "It has %(cells)s cells, but there are %(columns)s columns.",
                len(cells),
            ) % {"cells": len(cells), "columns": width}
        cells = cells[:width]
    return checked_row(line, cells, problem)
