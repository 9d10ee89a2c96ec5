"""Files of leads as rows: CSV of any kind and JSON lines in constant memory, and workbooks."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO

from django.utils.translation import gettext as _

from leads.imports.files.csv import csv_records
from leads.imports.files.detection import Detection, detect_encoding
from leads.imports.files.dialect import ALONE, chosen_delimiter, detected_dialect
from leads.imports.files.jsonl import json_table
from leads.imports.files.refusals import refuse_known
from leads.imports.files.rows import MAX_CELL, Row, Table
from leads.imports.files.table import table_of
from leads.imports.files.text import (
    UnreadableFileError,
    chosen_encoding,
    decode_pieces,
    lines_of,
)
from leads.imports.files.workbook import is_workbook, read_sheet

__all__ = ["MAX_CELL", "ReadOptions", "Row", "Table", "UnreadableFileError", "read_rows"]
SAMPLE = 64 * 1024
# White space, and marks of Unicode without a text.
_NOTHING = b" \t\r\n\0\xef\xbb\xbf\xfe\xff"
_JSON_OBJECT = re.compile(r'\s*\{\s*["}]')


@dataclass(frozen=True)
class Clues:
    """What is known of a file before it is read, beyond its first piece.

    Its encoding, names that columns have, and whether a quote is escaped with a backslash.
    """

    detection: Detection | None = None
    known_words: AbstractSet[str] = frozenset()
    has_escaped_quotes: bool = False


NO_CLUES = Clues()


@dataclass(frozen=True)
class ReadOptions:
    """What somebody says of a file; what nobody says is found.

    ``header_line`` 0 says that no line names the columns; ``languages`` are the reader's.
    """

    delimiter: str | None = None
    encoding: str | None = None
    header_line: int | None = None
    sheet: str = ""
    languages: Sequence[str] = ()

    @property
    def key(self) -> str:
        """What tells the imports of one file apart."""
        lines = [self.delimiter, self.encoding]
        lines += [] if self.header_line is None else [str(self.header_line)]
        lines += [f"sheet {self.sheet}"] if self.sheet else []
        return "\n".join(map(str, lines))


NO_OPTIONS = ReadOptions()


def read_rows(
    stream: BinaryIO, options: ReadOptions = NO_OPTIONS, clues: Clues = NO_CLUES
) -> Table:
    """Read a file from where it stands, piece by piece; it need not be seekable.

    Blank rows are left out, short ones filled up. Raises :class:`UnreadableFileError`, whose
    text is meant for people, here or from ``rows``.
    """
    start = read_sample(stream)
    if is_workbook(start):
        table = _workbook_table(start, stream, options, clues)
    else:
        table = _text_table(start, stream, options, clues)
    first = next(table.rows, None)
    if first is None:
        raise UnreadableFileError(_("The file names its columns, but has no rows."))
    return replace(table, rows=chain([first], table.rows))


def _workbook_table(start: bytes, stream: BinaryIO, options: ReadOptions, clues: Clues) -> Table:
    sheet = read_sheet(start, stream, options.sheet)
    table = table_of(sheet.records, header_line=options.header_line, known_words=clues.known_words)
    return replace(
        table,
        format="workbook",
        sheet=sheet.name,
        sheets=sheet.names,
        unfilled=sheet.unfilled,
    )


def _text_table(start: bytes, stream: BinaryIO, options: ReadOptions, clues: Clues) -> Table:
    if options.sheet:
        raise UnreadableFileError(_("The file is no workbook: it has no sheets."))
    found = clues.detection or detect_encoding(start, start, known_words=clues.known_words)
    chosen = chosen_encoding(options.encoding) if options.encoding else found.encoding
    texts = decode_pieces(start, stream, chosen, is_detected=not options.encoding)
    sample = next(texts, "")
    refuse_known(start, sample)
    lines = lines_of(chain([sample], texts))
    if options.delimiter is None and _JSON_OBJECT.match(sample):
        return json_table(lines, chosen)
    delimiter = chosen_delimiter(options.delimiter) if options.delimiter else None
    dialect = detected_dialect(sample, delimiter, clues.known_words)
    if clues.has_escaped_quotes:
        dialect = replace(dialect, escape="\\")
    records = csv_records(lines, dialect)
    table = table_of(records, header_line=options.header_line, known_words=clues.known_words)
    separator = "" if dialect.delimiter == ALONE else dialect.delimiter
    return replace(table, encoding=chosen, delimiter=separator)


def read_sample(stream: BinaryIO) -> bytes:
    """Read as much as the sample needs: a pipe may give less at once."""
    pieces = bytearray()
    while len(pieces) < SAMPLE and (piece := stream.read(SAMPLE - len(pieces))):
        pieces += piece
    if not pieces.strip(_NOTHING):
        raise UnreadableFileError(_("The file is empty."))
    return bytes(pieces)
