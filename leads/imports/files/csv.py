"""CSV of any kind, record by record: what separates its cells, and the cells."""

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.imports.files.rows import (
    SURROGATES,
    Row,
    Table,
    check_columns,
    checked_row,
    without_blank,
)
from leads.imports.files.text import Feed, UnclosedError, UnreadableFileError

CANDIDATES = ",;\t|"
# Where there is one column only, every comma is text. No encoding of files decodes to this.
ALONE = "\udfff"
NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_LOOKED_AT = 50
_TOLD = re.compile(r"sep=([^\r\n\"])(?:\r|\n)")


def chosen_delimiter(name: str) -> str:
    """Read a delimiter that somebody chose; raises :class:`UnreadableFileError`."""
    delimiter = NAMED.get(name.lower(), name)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UnreadableFileError(
            _("A delimiter is one character, such as ; or tab, not “%(text)s”.")
            % {"text": name[:20]}
        )
    return delimiter


def detected_delimiter(sample: str) -> str:
    """Find the one that cuts the first line, and the lines after it into as many cells.

    A first line such as ``sep=;``, as Excel takes it, tells.
    """
    if told := _TOLD.match(sample):
        return told[1]
    counts = {candidate: _counts(sample, candidate) for candidate in CANDIDATES}
    cutting = {one: widths for one, widths in counts.items() if widths and widths[0] > 1}
    if not cutting:
        return ALONE
    return max(cutting, key=lambda one: (_agreement(cutting[one]), cutting[one][0]))


def _agreement(widths: list[int]) -> float:
    return sum(width == widths[0] for width in widths) / len(widths)


def _counts(sample: str, delimiter: str) -> list[int]:
    """Count the cells of the first records; the last one may be cut off, unless it is alone."""
    lines: Iterable[str] = StringIO(sample, newline="")
    reader = csv.reader(lines, delimiter=delimiter)
    widths = []
    try:
        widths = [len(cells) for cells in islice(reader, _LOOKED_AT) if any(cells)]
    except csv.Error:
        return []
    return widths[:-1] if 1 < len(widths) < _LOOKED_AT else widths


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
        raise UnreadableFileError(_("This is not a text file: save it as CSV and try again."))
    check_columns(names)
    rows = (_row(line, cells, problem, len(names)) for line, cells, problem in records)
    return Table(
        "csv", encoding, "" if delimiter == ALONE else delimiter, names, without_blank(rows)
    )


def _records(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """Yield first line, cells and problem of each record.

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
                    _("From line %(line)s on, too many quotes are never closed: is this CSV?")
                    % {"line": line}
                ) from None
            yield line, [feed.give_back()], _("A quote is opened here and never closed.")
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
            problem = ngettext(
                "It has %(cells)s cell, but there are %(columns)s columns.",
                "It has %(cells)s cells, but there are %(columns)s columns.",
                len(cells),
            ) % {"cells": len(cells), "columns": width}
        cells = cells[:width]
    return checked_row(line, cells, problem)
