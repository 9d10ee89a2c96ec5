"""What the columns of a file are, by their names and, where these do not tell, by their cells."""

from collections.abc import Mapping, Sequence

from leads.csv_escaping import unescape_text
from leads.fields import EMAIL, NAME, Field
from leads.imports.columns.dates import read_date
from leads.imports.columns.headers import (
    letters_and_digits,
    without_digits,
    without_prefix,
    words_beside,
)
from leads.imports.columns.targets import CREATED_AT, FIRST_NAME, LAST_NAME, SEVERAL, targets

type Rows = Sequence[Sequence[str]]

# Shorter names are part of too many other words.
_TELLING = 4


def guess_columns(
    header: Sequence[str], rows: Rows, custom: Sequence[Field] = ()
) -> dict[int, str]:
    """Return the target of each column that is known; ``rows`` are some of its cells.

    ``custom`` are the custom fields that there are.
    """
    spellings = _spellings(header)
    known = targets(custom)
    own_words = {
        name: [*target.own, *words_beside(spellings[0], name)] for name, target in known.items()
    }
    # These are what their program means, whatever they are elsewhere.
    claimed = {
        index: name for name in own_words for index in _places(own_words[name], spellings[:1])
    }
    columns: dict[int, str] = {}
    for name, target in known.items():
        own = own_words[name]
        places = _places(own + target.headers, spellings)
        taken = columns | {index: one for index, one in claimed.items() if one != name}
        free = [index for index in places if index not in taken]
        if name == EMAIL.name:
            sure = set(_places(own + target.confirmed, spellings))
            free = _address_columns(free, sure, rows)
        elif name == CREATED_AT:
            sure = set(_places(own + target.confirmed, spellings))
            free = _date_columns(free, sure, rows)[:1]
        elif name not in SEVERAL:
            # A column without anything in it is no better than none.
            free = ([index for index in free if _filled(rows, index)] or free)[:1]
        columns |= dict.fromkeys(free, name)
    if not any(_may_hold_addresses(rows, index) for index in _known_as(EMAIL.name, columns)):
        columns |= dict.fromkeys(_address_question(spellings[0], columns, rows), EMAIL.name)
    return _with_surname(columns, rows)


def cell_at(cells: Sequence[str], index: int) -> str:
    """Return a cell, or nothing where the row is shorter."""
    return cells[index] if index < len(cells) else ""


def _spellings(header: Sequence[str]) -> list[list[str]]:
    """Return the names of columns as they are, without a prefix, and without numbers."""
    names = [letters_and_digits(name) for name in header]
    bare = [without_prefix(name) for name in names]
    return [names, bare, [without_digits(name) for name in bare]]


def _places(synonyms: Sequence[str], spellings: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns that have one of these names, the best one first."""
    found = (
        index
        for names in spellings
        for synonym in synonyms
        for index, name in enumerate(names)
        if name == synonym
    )
    return list(dict.fromkeys(found))


def _address_columns(named: list[int], sure: set[int], rows: Rows) -> list[int]:
    """Return which of the columns that are named so hold e-mail addresses.

    A name that nobody confirmed does not decide that alone: its cells have to be addresses. One
    that is sure is believed, unless its cells are none, and those of another one are.
    """
    holding = [index for index in named if _holds_addresses(rows, index, is_sure=index in sure)]
    empty = [index for index in named if index in sure and not _filled(rows, index)]
    return holding + empty if holding else [index for index in named if index in sure]


def _known_as(target: str, columns: Mapping[int, str]) -> list[int]:
    return [index for index, name in columns.items() if name == target]


def _may_hold_addresses(rows: Rows, index: int) -> bool:
    """Tell whether a column has addresses, or nothing yet: "anonymous" is none."""
    return not _filled(rows, index) or _holds_addresses(rows, index, is_sure=True)


def _date_columns(named: list[int], sure: set[int], rows: Rows) -> list[int]:
    """Return which of the columns that are named so hold dates, the best one first.

    One that is ``sure`` is believed if none does: people see why its rows are rejected. One that
    is empty rejects none.
    """
    holding = [index for index in named if any(map(_is_date, _filled(rows, index)))]
    return holding or [index for index in named if index in sure or not _filled(rows, index)]


def _address_question(names: Sequence[str], known: Mapping[int, str], rows: Rows) -> list[int]:
    """Return the one column that holds addresses and has a name for them in its own: a question."""
    words = [word for word in targets()[EMAIL.name].headers if len(word) >= _TELLING]
    found = [
        index
        for index, name in enumerate(names)
        if index not in known and any(word in name for word in words)
    ]
    holding = [index for index in found if _holds_addresses(rows, index)]
    return holding if len(holding) == 1 else []


def _with_surname(columns: dict[int, str], rows: Rows) -> dict[int, str]:
    """Make the name the last name, if it stands beside a first name that it does not contain.

    German and Dutch lists have "Name, Vorname", some English ones "Name, First name".
    """
    places = {target: index for index, target in columns.items()}
    if FIRST_NAME not in places or LAST_NAME in places or NAME.name not in places:
        return columns
    pairs = [(cell_at(row, places[FIRST_NAME]), cell_at(row, places[NAME.name])) for row in rows]
    told = [(first.strip(), name) for first, name in pairs if first.strip() and name.strip()]
    if not told or any(first in name for first, name in told):
        return columns
    return columns | {places[NAME.name]: LAST_NAME}


def _holds_addresses(rows: Rows, index: int, *, is_sure: bool = False) -> bool:
    """Tell whether most cells of a column are addresses; if its name is sure, some are enough."""
    cells = _filled(rows, index)
    addresses = sum("@" in cell for cell in cells)
    return addresses > (0 if is_sure else len(cells) // 2)


def _is_date(cell: str) -> bool:
    text = unescape_text(cell)
    return any(read_date(text, day_first=day_first) for day_first in (True, False))


def _filled(rows: Rows, index: int) -> list[str]:
    return [cell for row in rows if (cell := cell_at(row, index).strip())]
