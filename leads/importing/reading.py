"""Files of leads as rows, in constant memory: CSV of any kind, and JSON lines."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from leads.importing.decoding import (
    UnreadableFileError,
    chosen_encoding,
    decoded,
    detected_encoding,
    refuse_known,
)
from leads.importing.delimiters import ALONE, chosen_delimiter, detected_delimiter
from leads.importing.lines import Feed, UnclosedError, lines_of

MAX_CELL = 20_000
MAX_ROW = 100_000
MAX_COLUMNS = 500
MAX_RECOVERIES = 20
SAMPLE = 64 * 1024
JSON_SAMPLE_ROWS = 100
JSON_SAMPLE_SIZE = 1024 * 1024
# What is kept of the cells of a row that cannot be imported.
KEPT = 500
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SEPARATOR = re.compile("sep=.?$")
_SURROGATES = re.compile("[\ud800-\udfff]")
BYTE_ORDER_MARK = "\ufeff"
REPLACEMENT = "\ufffd"
_JSON_OBJECT = re.compile(r'\s*\{\s*["}]')
# Cells are judged here, row by row. A limit for the whole process, but nothing else uses csv.
csv.field_size_limit(2**30)

__all__ = ["MAX_CELL", "Row", "Table", "UnreadableFileError", "read_rows"]


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
    """A file that is being read: ``format`` is ``csv`` or ``jsonl``; ``rows`` reads on."""

    format: str
    encoding: str
    delimiter: str
    header: list[str]
    rows: Iterator[Row]


def read_rows(
    stream: BinaryIO, *, delimiter: str | None = None, encoding: str | None = None
) -> Table:
    """Read a file from where it stands, piece by piece; it need not be seekable.

    What is not given is detected. Blank rows are left out, short ones filled up. Raises
    :class:`UnreadableFileError`, whose text is meant for people, here or from ``rows``.
    """
    start = _begin(stream)
    chosen = chosen_encoding(encoding) if encoding else detected_encoding(start)
    texts = decoded(start, stream, chosen, is_detected=not encoding)
    sample = next(texts, "")
    refuse_known(start, sample)
    lines = lines_of(chain([sample], texts))
    if delimiter is None and _JSON_OBJECT.match(sample):
        table = _json_lines(lines, chosen)
    else:
        separator = chosen_delimiter(delimiter) if delimiter else detected_delimiter(sample)
        table = _csv(lines, separator, chosen)
    first = next(table.rows, None)
    if first is None:
        raise UnreadableFileError("The file names its columns, but has no rows.")
    rows = chain([first], table.rows)
    return Table(table.format, table.encoding, table.delimiter, table.header, rows)


def _begin(stream: BinaryIO) -> bytes:
    """Read as much as the sample needs: a pipe may give less at once."""
    pieces = bytearray()
    while len(pieces) < SAMPLE and (piece := stream.read(SAMPLE - len(pieces))):
        pieces += piece
    if not pieces.strip():
        raise UnreadableFileError("The file is empty.")
    return bytes(pieces)


def _csv(lines: Iterator[str], delimiter: str, encoding: str) -> Table:
    records = _records(lines, delimiter)
    named = (cells for _, cells, _ in records if any(cells) and not _SEPARATOR.match(cells[0]))
    names = [name.replace(BYTE_ORDER_MARK, "").strip() for name in next(named, [])]
    if not names or any(_CONTROLS.search(name) or _SURROGATES.search(name) for name in names):
        raise UnreadableFileError("This is not a text file: save it as CSV and try again.")
    _check_columns(names)
    rows = (_row(line, cells, problem, len(names)) for line, cells, problem in records)
    full = (row for row in rows if row.problem or any(map(str.strip, row.cells)))
    return Table("csv", encoding, "" if delimiter == ALONE else delimiter, names, full)


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
    problem = problem or _fault(cells)
    return Row(line, [_cut(cell) for cell in cells] if problem else cells, problem)


def _fault(cells: Sequence[str]) -> str:
    longest = max(map(len, cells), default=0)
    if longest > MAX_CELL:
        return f"A cell holds {longest:,} characters; {MAX_CELL:,} are the most."
    text = "".join(cells)
    if len(text) > MAX_ROW:
        return f"It holds {len(text):,} characters; {MAX_ROW:,} are the most."
    if not text.isascii() and _SURROGATES.search(text):
        return "Some of its characters are not in the encoding of the file."
    return ""


def _cut(cell: str) -> str:
    cell = cell if len(cell) <= KEPT else cell[: KEPT - 1] + "…"
    return _SURROGATES.sub(REPLACEMENT, cell)


def _check_columns(names: Sequence[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise UnreadableFileError(
            f"The file has {len(names):,} columns; {MAX_COLUMNS} are the most."
        )
    if any(len(name) > MAX_CELL for name in names):
        raise UnreadableFileError("The first line is no line of column names: it is too long.")


def _json_lines(lines: Iterator[str], encoding: str) -> Table:
    """Take the columns from the keys of the first rows; what only later ones have is left out."""
    objects = (_object(number, line) for number, line in enumerate(lines, 1) if line.strip())
    first: list[_Object] = []
    for found in objects:
        first.append(found)
        if len(first) == JSON_SAMPLE_ROWS or sum(one.size for one in first) > JSON_SAMPLE_SIZE:
            break
    names = list(dict.fromkeys(name for one in first for name in one.values))
    _check_columns(names)
    if not names:
        raise UnreadableFileError("None of the first lines is a JSON object with something in it.")
    rows = (_json_row(found, names) for found in chain(first, objects))
    header = [_SURROGATES.sub(REPLACEMENT, name) for name in names]
    full = (row for row in rows if row.problem or any(map(str.strip, row.cells)))
    return Table("jsonl", encoding, "", header, full)


@dataclass(frozen=True)
class _Object:
    line: int
    size: int
    values: dict[str, str]
    problem: str = ""


def _object(number: int, line: str) -> _Object:
    try:
        found = json.loads(line)
        if isinstance(found, dict):
            values = {name: _text(value) for name, value in found.items()}
            return _Object(number, len(line), values)
    except (ValueError, RecursionError):
        pass
    return _Object(number, len(line), {}, "This line is not a JSON object.")


def _json_row(found: _Object, names: Sequence[str]) -> Row:
    cells = [_SURROGATES.sub(REPLACEMENT, found.values.get(name, "")) for name in names]
    problem = found.problem or _fault(cells)
    return Row(found.line, [_cut(cell) for cell in cells] if problem else cells, problem)


def _text(value: object) -> str:
    """Give a value as text: what is no text itself, as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
