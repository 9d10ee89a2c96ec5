"""How a CSV file writes its cells: what separates them, and how a quote is escaped."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from io import StringIO
from itertools import chain, islice, pairwise

from django.utils.translation import gettext as _

from leads.imports.files.header import is_data, known_names
from leads.imports.files.text import UnreadableFileError

CANDIDATES = ",;\t|"
# Where there is one column only, every comma is text. No encoding of files decodes to this.
ALONE = "\udfff"
NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_LOOKED_AT = 50
_HEADER_WITHIN = 30
# A sample of so many characters at most is the whole file.
_WHOLE = 8 * 1024
# The share of records as wide as the first one that makes it one of the table.
_MOST = 0.5
# As Excel takes it, and what programs make of that line when they write it anew.
SEPARATOR_LINE = re.compile(
    r"\s*\"?sep=(?P<one>[^\r\n\"])?\"?(?P=one)*+[^\S\r\n]*+(?:[\r\n]|$)", re.IGNORECASE
)
# Alone in its cell, with what may stand around it.
_ADDRESS = re.compile(r"[\s\"]*[^@\s<>\"]+@[^@\s<>\"]+\.\w+[\s\"]*")
_SINGLE_QUOTED = re.compile(r"'[^']*'")
_SPACED_CELL = re.compile(r" +\".*\"", re.DOTALL)


@dataclass(frozen=True)
class Dialect:
    """How the cells of a file are written.

    Where ``wraps_lines``, a whole line may stand in quotes: so a spreadsheet saves a file whose
    delimiter it did not know.
    """

    delimiter: str
    escape: str | None = None
    skips_spaces: bool = False
    quote: str = '"'
    wraps_lines: bool = False


def chosen_delimiter(name: str) -> str:
    """Read a delimiter that somebody chose; raises :class:`UnreadableFileError`."""
    delimiter = NAMED.get(name.lower(), name)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UnreadableFileError(
            _("A delimiter is one character, such as ; or tab, not “%(text)s”.")
            % {"text": name[:20]}
        )
    return delimiter


def detected_dialect(
    sample: str, delimiter: str | None = None, known_words: AbstractSet[str] = frozenset()
) -> Dialect:
    """Find how the cells of a ``sample`` are written, with the ``delimiter`` if it is known.

    ``known_words`` are the names of columns as :func:`plain_word` writes them.
    """
    told = SEPARATOR_LINE.match(sample)
    delimiter = delimiter or (told and told["one"])
    if not delimiter and (within := _delimiter_within_lines(sample)):
        return Dialect(within, wraps_lines=True)
    delimiter = delimiter or _detected_delimiter(sample, known_words)
    return Dialect(
        delimiter,
        "\\" if _has_escaped_quotes(sample, delimiter) else None,
        _has_spaces_before_quotes(sample, delimiter),
        "'" if _has_single_quotes(sample, delimiter) else '"',
    )


def read_cells(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    """Return a reader of records."""
    records = csv.reader(
        lines,
        delimiter=dialect.delimiter,
        escapechar=dialect.escape,
        skipinitialspace=dialect.skips_spaces,
        quotechar=dialect.quote,
    )
    if not dialect.wraps_lines:
        return records
    return (_unwrapped(cells, dialect.delimiter) for cells in records)


def _unwrapped(cells: list[str], delimiter: str) -> list[str]:
    if len(cells) != 1 or delimiter not in cells[0]:
        return cells
    records = list(csv.reader(StringIO(cells[0], newline=""), delimiter=delimiter))
    return records[0] if len(records) == 1 else cells


def _delimiter_within_lines(sample: str) -> str:
    """Return what separates the cells of lines that stand in quotes as a whole; "" if none do."""
    for one in CANDIDATES:
        wrapped = _records(sample, one)
        records = [_unwrapped(cells, one) for cells in wrapped]
        is_table = len({len(cells) for cells in records}) == 1 and len(records[0]) > 1
        if is_table and wrapped != records and any(map(_ADDRESS.fullmatch, chain(*records))):
            return one
    return ""


def _detected_delimiter(sample: str, known_words: AbstractSet[str]) -> str:
    """Find the one that alone cuts out the most names that are known, or addresses.

    Else the one that cuts the first record, and those after it into as many cells. If there is
    none, lines stand above the table: then the one that cuts most records alike.
    """
    records = {one: _records(sample, one) for one in CANDIDATES}
    told = {one: _names_and_addresses(found, known_words) for one, found in records.items()}
    most_told = max(told.values())
    if most_told > (0, 0) and list(told.values()).count(most_told) == 1:
        return max(told, key=lambda one: told[one])
    widths = {one: [len(cells) for cells in found] for one, found in records.items()}
    at_once = {one: (_share(found), found[0]) for one, found in widths.items() if found[:1] > [1]}
    best = max(at_once, key=lambda one: at_once[one], default="")
    if best and at_once[best][0] >= _MOST:
        return best
    further_on = {one: _agreement(found) for one, found in records.items()}
    most = max(further_on, key=lambda one: further_on[one])
    return most if further_on[most] > (0, 0) else best or ALONE


def _names_and_addresses(
    records: list[list[str]], known_words: AbstractSet[str]
) -> tuple[int, int]:
    """Return how many names the best line has, one counting for none, and the lone addresses."""
    names = max((known_names(cells, known_words) for cells in records[:_HEADER_WITHIN]), default=0)
    addresses = sum(any(map(_ADDRESS.fullmatch, cells)) for cells in records)
    return names if names > 1 else 0, addresses


def _share(widths: list[int]) -> float:
    return sum(width == widths[0] for width in widths) / len(widths)


def _agreement(records: list[list[str]]) -> tuple[int, int]:
    """Return how many records have the most frequent width, and that: two follow each other.

    Without an address in a cell of its own, a comma is part of a text.
    """
    widths = [len(cells) for cells in records]
    cutting = [width for width, after in pairwise(widths) if width == after > 1]
    if not cutting or not any(len(cells) > 1 and is_data(cells) for cells in records):
        return 0, 0
    width, number = max(Counter(cutting).items(), key=lambda one: (one[1], one[0]))
    return number, width


def _records(sample: str, delimiter: str, *, skips_spaces: bool = False) -> list[list[str]]:
    """Return the cells of the first records, without one that the sample may have cut off."""
    lines = StringIO(sample, newline="")
    reader = read_cells(lines, Dialect(delimiter, skips_spaces=skips_spaces))
    try:
        records = [cells for cells in islice(reader, _LOOKED_AT) if any(cells)]
    except csv.Error:
        return []
    is_cut = len(sample) > _WHOLE and 1 < len(records) < _LOOKED_AT
    return records[:-1] if is_cut else records


def _has_escaped_quotes(sample: str, delimiter: str) -> bool:
    """Tell whether quotes are escaped with a backslash: within a cell, where none could close."""
    within = re.compile(rf'\\"(?![\s"{re.escape(delimiter)}]|$)')
    return bool(within.search(sample))


def _has_single_quotes(sample: str, delimiter: str) -> bool:
    """Tell whether each of the first cells stands in single quotes, and there are several."""
    cells = sample.lstrip().partition("\n")[0].strip().split(delimiter)
    return len(cells) > 1 and all(map(_SINGLE_QUOTED.fullmatch, cells))


def _has_spaces_before_quotes(sample: str, delimiter: str) -> bool:
    """Tell whether spaces stand between a delimiter and a quote that opens a cell."""
    if delimiter == " " or not re.search(rf'{re.escape(delimiter)} +"[^"]', sample):
        return False
    return any(
        _SPACED_CELL.fullmatch(cell) for cells in _records(sample, delimiter) for cell in cells
    )
