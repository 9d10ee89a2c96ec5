"""Which line of a table names its columns, if any does."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from django.utils.translation import gettext as _

from leads.imports.files.words import plain_word

# First line, cells, problem.
type Record = tuple[int, list[str], str]
_ADDRESS = re.compile(r"[^@\s]@[^@\s]+\.\w")


def find_header(records: Sequence[Record], known_words: AbstractSet[str]) -> int | None:
    """Return the index of the record that names the columns; ``None`` if there is none.

    It is the one with the most known names; else the first one that is as wide as the table,
    unless an e-mail address stands in it. Names of columns have none.
    """
    if not records:
        return None
    known = [_known_names(cells, known_words) for _, cells, _ in records]
    most = max(known)
    first = _first_full(records)
    if most > 1:
        return known.index(most)
    return None if is_data(records[first][1]) else first


def names_without_header(records: Sequence[Record]) -> list[str]:
    """Return names for the columns of a table that has none: by what stands in them, or numbers."""
    width = max(len(cells) for _, cells, _ in records)
    names = [_("Column %(number)s") % {"number": index + 1} for index in range(width)]
    columns = [
        [cells[index] for _, cells, _ in records if index < len(cells)] for index in range(width)
    ]
    for name, is_such in ((_("E-mail"), _is_address), (_("Name"), _is_name)):
        index = next((at for at, cells in enumerate(columns) if _mostly(is_such, cells)), None)
        if index is not None:
            names[index] = name
    return names


def first_row(records: Sequence[Record]) -> int:
    """Return the index of the first row of a table that has no header."""
    return _first_full(records)


def is_data(cells: Sequence[str]) -> bool:
    """Tell whether an address stands in a record: it is a person's then."""
    return any(map(_is_address, cells))


def _is_address(cell: str) -> bool:
    return bool(_ADDRESS.search(cell))


def _is_name(cell: str) -> bool:
    return bool(cell.strip()) and "@" not in cell and not any(map(str.isdigit, cell))


def _mostly(is_such: Callable[[str], bool], cells: Sequence[str]) -> bool:
    return 2 * sum(map(is_such, cells)) > len(cells)


def _known_names(cells: Sequence[str], known_words: AbstractSet[str]) -> int:
    """Count the names that are known; one alone does not make a line of prose a header."""
    if is_data(cells):
        return 0
    return len({word for cell in cells if (word := plain_word(cell)) in known_words})


def _first_full(records: Sequence[Record]) -> int:
    widths = [_width(cells) for _, cells, _ in records]
    usual = Counter(widths).most_common(1)[0][0]
    filled = [sum(map(bool, map(str.strip, cells))) for _, cells, _ in records]
    least = min(2, usual)
    return next((at for at, number in enumerate(filled) if number >= max(least, usual / 2)), 0)


def _width(cells: Sequence[str]) -> int:
    """Return the number of cells up to the last one that holds something."""
    return max((index for index, cell in enumerate(cells, 1) if cell.strip()), default=0)
