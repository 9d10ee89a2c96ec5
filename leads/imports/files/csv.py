"""CSV of any kind, record by record."""

import csv
from collections.abc import Iterator

from django.utils.translation import gettext as _

from leads.imports.files.dialect import Dialect, read_cells
from leads.imports.files.header import Record
from leads.imports.files.text import Feed, UnclosedError, UnreadableFileError

MAX_RECOVERIES = 20
# Cells are judged row by row. A limit for the whole process, but nothing else uses it.
csv.field_size_limit(2**30)


def csv_records(lines: Iterator[str], dialect: Dialect) -> Iterator[Record]:
    """Yield first line, cells and problem of each record; may raise ``UnreadableFileError``.

    A quote that is never closed would swallow all that follows: then the line alone is
    at fault, and reading goes on with the next one.
    """
    feed = Feed(lines)
    reader = read_cells(feed, dialect)
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
