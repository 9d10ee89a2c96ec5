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

    It is the one with the most known names; else the first one that is as full as the table,
    unless it is a person's: with an address, or with nothing where others have theirs.
    """
    if not records:
        return None
    known = [known_names(cells, known_words) for _, cells, _ in records]
    most = max(known)
    if most > 1:
        # Above names there may be groups of them, which leave cells empty.
        with_most = [index for index, number in enumerate(known) if number == most]
        return max(with_most, key=lambda index: _filled(records[index][1]))
    first = _first_full(records)
    return None if _is_person(records[first][1], records) else first


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


def known_names(cells: Sequence[str], known_words: AbstractSet[str]) -> int:
    """Count the names that are known; one alone does not make a line of prose a header."""
    if is_data(cells):
        return 0
    return len({word for cell in cells if (word := plain_word(cell)) in known_words})


def _is_person(cells: Sequence[str], records: Sequence[Record]) -> bool:
    addresses = Counter(
        index for _, row, _ in records for index, cell in enumerate(row) if _is_address(cell)
    )
    if is_data(cells) or not addresses:
        return is_data(cells)
    [(column, number)] = addresses.most_common(1)
    is_usual = 2 * number > len(records)
    return is_usual and not (column < len(cells) and cells[column].strip())


def _first_full(records: Sequence[Record]) -> int:
    """Return the index of the first record that is as full as the table.

    A line with a comma, above wider ones, is prose.
    """
    widths = [_width(cells) for _, cells, _ in records]
    people = [width for width, record in zip(widths, records, strict=True) if is_data(record[1])]
    usual = Counter(people or widths).most_common(1)[0][0]
    filled = [_filled(cells) for _, cells, _ in records]
    least = max(min(2, usual), usual / 2)
    full = [index for index, number in enumerate(filled) if number >= least]
    data = next((index for index in full if is_data(records[index][1])), len(records))
    wide = [index for index in full if index < data and widths[index] >= usual]
    return (wide or full or [0])[0]


def _filled(cells: Sequence[str]) -> int:
    return sum(map(bool, map(str.strip, cells)))


def _width(cells: Sequence[str]) -> int:
    """Return the number of cells up to the last one that holds something."""
    return max((index for index, cell in enumerate(cells, 1) if cell.strip()), default=0)
