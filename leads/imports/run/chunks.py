"""Rows of a file and what becomes of them, in compressed items of ``CrmRecords``."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import TypeAdapter

from crm.dynamodb.calls import Item, Value, get
from crm.tables import RECORDS
from leads import keys
from leads.formatting import number_text
from leads.imports.files.read import Row
from leads.imports.run.models import ImportStateError, Outcome, Run
from leads.models import ClosedAs, FrozenModel, Status

# A transaction takes 100 items: these leads, the 16 counters, the plan and the run.
# With a counter for each of them, new leads fit into one transaction.
ROWS = 48
# Before compression, so that no item comes near DynamoDB's 400 KB.
CHUNK_BYTES = 256 * 1024
SMALL_CELL = 500


@dataclass(frozen=True)
class NumberedRow:
    """A row and its number in the file, from 0: what its lead's id follows from."""

    number: int
    row: Row


class RowPlan(FrozenModel):
    """What becomes of a row: decided once, before anything of its chunk is stored.

    ``lead_id`` is the lead that it made or is to update; ``into`` the number of the row,
    of the same chunk, whose new lead it completes; ``status``,
    ``closed_as`` and ``owner_id`` where a new lead is counted.
    ``kept`` says why an undo left it. ``above`` is the line of the row whose e-mail it
    repeats, if it is skipped for that.
    """

    outcome: Outcome
    reason: str = ""
    lead_id: str = ""
    status: Status = Status.NEW
    closed_as: ClosedAs | None = None
    owner_id: str | None = None
    into: int | None = None
    warnings: list[str] = []
    kept: str = ""
    above: int = 0


@cache
def _plans() -> TypeAdapter[list[RowPlan]]:
    return TypeAdapter(list[RowPlan])


def pack_chunks(rows: Iterable[Row]) -> Iterator[list[NumberedRow]]:
    """Cut rows into chunks of at most ``ROWS`` that fit into an item."""
    chunk: list[NumberedRow] = []
    size = 0
    for number, row in enumerate(rows):
        fitting, weight = _row_that_fits(row)
        if chunk and (len(chunk) == ROWS or size + weight > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(NumberedRow(number, fitting))
        size += weight
    if chunk:
        yield chunk


def _row_that_fits(row: Row) -> tuple[Row, int]:
    """Return the row and its size in bytes; one that fits no chunk becomes a problem."""
    weight = len(orjson.dumps([row.line, row.cells, row.problem]))
    if weight <= CHUNK_BYTES:
        return row, weight
    too_long = ngettext(
        "It is longer than %(most)s byte.", "It is longer than %(most)s bytes.", CHUNK_BYTES
    )
    problem = row.problem or too_long % {"most": number_text(CHUNK_BYTES)}
    return Row(row.line, [cell[:SMALL_CELL] for cell in row.cells], problem), CHUNK_BYTES


def rows_item(import_id: str, chunk: int, rows: Sequence[NumberedRow], reading: str = "") -> Item:
    """Return the item that holds a chunk."""
    listed = [[one.row.line, one.row.cells, one.row.problem] for one in rows]
    return {
        **keys.import_rows(import_id, chunk, reading),
        "first": rows[0].number,
        "rows": zlib.compress(orjson.dumps(listed)),
    }


def read_chunk(run: Run, chunk: int) -> list[NumberedRow]:
    """Read the rows of a chunk: 1 RRU each 4 KB.

    Raises :class:`ImportStateError` if somebody deleted them.
    """
    key = keys.import_rows(run.import_id, chunk, run.reading)
    item = get(RECORDS, key, consistent=True)
    if item is None:
        message = _(
            "Rows of this import were deleted from the table, so it cannot go on. “manage.py"
            " import_leads --forget %(import_id)s” clears away what is left of it."
        )
        raise ImportStateError(message % {"import_id": run.import_id})
    return unpack_rows(item)


def unpack_rows(item: Item) -> list[NumberedRow]:
    """Read the item of a chunk."""
    first = int(str(item["first"]))
    listed = orjson.loads(_decompress(item["rows"]))
    return [
        NumberedRow(first + index, Row(line, cells, problem))
        for index, (line, cells, problem) in enumerate(listed)
    ]


def plan_item(run: Run, chunk: int, planned: Sequence[RowPlan]) -> Item:
    """Return the item that holds what becomes of a chunk's rows."""
    dumped = _plans().dump_json(list(planned), exclude_defaults=True)
    return {
        **keys.import_plan(run.import_id, run.attempt, chunk),
        "plan": zlib.compress(dumped),
    }


def read_plan(run: Run, chunk: int) -> list[RowPlan] | None:
    """Read what was decided for a chunk, if it was."""
    key = keys.import_plan(run.import_id, run.attempt, chunk)
    item = get(RECORDS, key, consistent=True)
    return unpack_plan(item) if item else None


def unpack_plan(item: Item) -> list[RowPlan]:
    """Read the item of a plan."""
    return _plans().validate_json(_decompress(item["plan"]))


def _decompress(value: Value) -> bytes:
    return zlib.decompress(value) if isinstance(value, bytes) else b"[]"
