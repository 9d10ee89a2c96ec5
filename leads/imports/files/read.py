"""Files of leads as rows, in constant memory: CSV of any kind, and JSON lines."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO

from django.utils.translation import gettext as _

from leads.imports.files.csv import csv_table
from leads.imports.files.detection import Detection, detect_encoding
from leads.imports.files.dialect import chosen_delimiter, detected_dialect
from leads.imports.files.jsonl import json_table
from leads.imports.files.rows import MAX_CELL, Row, Table
from leads.imports.files.text import (
    UnreadableFileError,
    chosen_encoding,
    decode_pieces,
    lines_of,
    refuse_known,
)

__all__ = ["MAX_CELL", "Row", "Table", "UnreadableFileError", "read_rows"]
SAMPLE = 64 * 1024
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


def read_rows(
    stream: BinaryIO,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    header_line: int | None = None,
    clues: Clues = NO_CLUES,
) -> Table:
    """Read a file from where it stands, piece by piece; it need not be seekable.

    What is not given is detected. ``header_line`` 0 says that no line names the columns.
    Blank rows are left out, short ones filled up. Raises :class:`UnreadableFileError`, whose
    text is meant for people, here or from ``rows``.
    """
    start = read_sample(stream)
    found = clues.detection or detect_encoding(start, start, known_words=clues.known_words)
    chosen = chosen_encoding(encoding) if encoding else found.encoding
    texts = decode_pieces(start, stream, chosen, is_detected=not encoding)
    sample = next(texts, "")
    refuse_known(start, sample)
    lines = lines_of(chain([sample], texts))
    if delimiter is None and _JSON_OBJECT.match(sample):
        table = json_table(lines, chosen)
    else:
        dialect = detected_dialect(sample, chosen_delimiter(delimiter) if delimiter else None)
        if clues.has_escaped_quotes:
            dialect = replace(dialect, escape="\\")
        table = csv_table(
            lines, dialect, chosen, header_line=header_line, known_words=clues.known_words
        )
    first = next(table.rows, None)
    if first is None:
        raise UnreadableFileError(_("The file names its columns, but has no rows."))
    return replace(table, rows=chain([first], table.rows))


def read_sample(stream: BinaryIO) -> bytes:
    """Read as much as the sample needs: a pipe may give less at once."""
    pieces = bytearray()
    while len(pieces) < SAMPLE and (piece := stream.read(SAMPLE - len(pieces))):
        pieces += piece
    if not pieces.strip():
        raise UnreadableFileError(_("The file is empty."))
    return bytes(pieces)
