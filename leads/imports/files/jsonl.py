"""JSON lines: an object a line, its keys are the columns."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from django.utils.translation import gettext as _

from leads.imports.files.rows import (
    REPLACEMENT,
    SURROGATES,
    Row,
    Table,
    check_columns,
    checked_row,
    without_blank,
)
from leads.imports.files.text import UnreadableFileError

SAMPLE_ROWS = 100
SAMPLE_SIZE = 1024 * 1024


def json_table(lines: Iterator[str], encoding: str) -> Table:
    """Take the columns from the keys of the first rows; what only later ones have is left out."""
    objects = (_object(number, line) for number, line in enumerate(lines, 1) if line.strip())
    first: list[_Object] = []
    for found in objects:
        first.append(found)
        if len(first) == SAMPLE_ROWS or sum(one.size for one in first) > SAMPLE_SIZE:
            break
    names = list(dict.fromkeys(name for one in first for name in one.values))
    check_columns(names)
    if not names:
        raise UnreadableFileError(
            _("None of the first lines is a JSON object with something in it.")
        )
    rows = (_json_row(found, names) for found in chain(first, objects))
    header = [SURROGATES.sub(REPLACEMENT, name) for name in names]
    return Table(header, without_blank(rows), format="jsonl", encoding=encoding)


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
    return _Object(number, len(line), {}, _("This line is not a JSON object."))


def _json_row(found: _Object, names: Sequence[str]) -> Row:
    cells = [SURROGATES.sub(REPLACEMENT, found.values.get(name, "")) for name in names]
    return checked_row(found.line, cells, found.problem)


def _text(value: object) -> str:
    """Return a value as text: what is no text itself, as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
