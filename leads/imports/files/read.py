"""Files of leads as rows, in constant memory: CSV of any kind, and JSON lines."""

import re
from itertools import chain
from typing import BinaryIO

from django.utils.translation import gettext as _

from leads.imports.files.csv import chosen_delimiter, csv_table, detected_delimiter
from leads.imports.files.jsonl import json_table
from leads.imports.files.rows import MAX_CELL, Row, Table
from leads.imports.files.text import (
    UnreadableFileError,
    chosen_encoding,
    decode_pieces,
    detected_encoding,
    lines_of,
    refuse_known,
)

__all__ = ["MAX_CELL", "Row", "Table", "UnreadableFileError", "read_rows"]
SAMPLE = 64 * 1024
_JSON_OBJECT = re.compile(r'\s*\{\s*["}]')


def read_rows(
    stream: BinaryIO, *, delimiter: str | None = None, encoding: str | None = None
) -> Table:
    """Read a file from where it stands, piece by piece; it need not be seekable.

    What is not given is detected. Blank rows are left out, short ones filled up. Raises
    :class:`UnreadableFileError`, whose text is meant for people, here or from ``rows``.
    """
    start = _read_sample(stream)
    chosen = chosen_encoding(encoding) if encoding else detected_encoding(start)
    texts = decode_pieces(start, stream, chosen, is_detected=not encoding)
    sample = next(texts, "")
    refuse_known(start, sample)
    lines = lines_of(chain([sample], texts))
    if delimiter is None and _JSON_OBJECT.match(sample):
        table = json_table(lines, chosen)
    else:
        separator = chosen_delimiter(delimiter) if delimiter else detected_delimiter(sample)
        table = csv_table(lines, separator, chosen)
    first = next(table.rows, None)
    if first is None:
        raise UnreadableFileError(_("The file names its columns, but has no rows."))
    rows = chain([first], table.rows)
    return Table(table.format, table.encoding, table.delimiter, table.header, rows)


def _read_sample(stream: BinaryIO) -> bytes:
    """Read as much as the sample needs: a pipe may give less at once."""
    pieces = bytearray()
    while len(pieces) < SAMPLE and (piece := stream.read(SAMPLE - len(pieces))):
        pieces += piece
    if not pieces.strip():
        raise UnreadableFileError(_("The file is empty."))
    return bytes(pieces)
