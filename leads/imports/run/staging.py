"""A file's rows, stored once in compressed chunks that every later step reads."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import PurePath
from typing import BinaryIO

from django.utils.translation import gettext as _

from crm.dynamodb.calls import Item, batch_put
from crm.tables import RECORDS
from leads.imports.columns.mapping import Mapping
from leads.imports.files.read import Table, read_rows
from leads.imports.files.rows import REPLACEMENT, SURROGATES
from leads.imports.run.chunks import pack_chunks, read_chunk, rows_item
from leads.imports.run.forget import attempts_before
from leads.imports.run.models import (
    Duplicates,
    ImportState,
    ImportStateError,
    Run,
    Tally,
    UndoTally,
)
from leads.imports.run.store import add, find, load, recent, save, stored_now
from leads.models import Actor

__all__ = ["load", "recent", "sample", "set_options", "stage"]

MAX_FILE_NAME = 200
BLOCK = 1024 * 1024
# The whole header goes into the record of the import, which every step writes.
MAX_COLUMN_NAME = 100


def stage(
    file_name: str,
    stream: BinaryIO,
    by: Actor,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Run:
    """Store the rows of a file, unless they are, and return its import.

    A file that came before (same bytes, same ``delimiter`` and ``encoding``) gives the
    import as it stands, whatever its state. ``stream`` must be seekable: it is read from
    its beginning, twice. Raises ``UnreadableFileError`` with a message for people.

    Costs 1 WRU for each KB of the rows, compressed. Cut off, it leaves chunks that nobody
    reads, until the same file writes them again.
    """
    stream.seek(0)
    contents = sha256()
    while block := stream.read(BLOCK):
        contents.update(block)
    import_id = sha256(f"{contents.hexdigest()}\n{delimiter}\n{encoding}".encode()).hexdigest()[:24]
    known = find(import_id)
    if known:
        return known
    attempts = attempts_before(import_id)
    stream.seek(0)
    table = read_rows(stream, delimiter=delimiter, encoding=encoding)
    count = _Count()
    batch_put(RECORDS, _items(import_id, table, count))
    return add(
        Run(
            import_id=import_id,
            # Bytes of a name that are no text.
            file_name=SURROGATES.sub(REPLACEMENT, PurePath(file_name).name)[-MAX_FILE_NAME:],
            by=by,
            staged_at=stored_now(),
            state=ImportState.STAGED,
            format=table.format,
            header=[name[:MAX_COLUMN_NAME] for name in table.header],
            rows=count.rows,
            chunks=count.chunks,
            attempt=attempts + 1,
        )
    )


def sample(import_id: str, count: int) -> list[list[str]]:
    """Return the cells of the first ``count`` rows (at most 80), to show beside a mapping.

    Rows that could not be read are left out. Raises :class:`UnknownImportError`.
    """
    load(import_id)
    rows = [numbered.row for numbered in read_chunk(import_id, 0)]
    return [row.cells for row in rows if not row.problem][:count]


def set_options(import_id: str, mapping: Mapping, duplicates: Duplicates) -> Run:
    """Choose how columns become fields and what is done with duplicates.

    Forgets an earlier dry run. After an undo it opens a new attempt. Raises
    :class:`UnknownImportError`, :class:`BusyError`, and :class:`ImportStateError` once the
    import has begun or if the mapping cannot do.
    """
    run = load(import_id)
    if run.state in {ImportState.IMPORTING, ImportState.DONE, ImportState.UNDOING}:
        message = _("The import has begun: undo it first to import it otherwise.")
        raise ImportStateError(message)
    if problems := mapping.problems():
        raise ImportStateError(" ".join(dict.fromkeys(problems.values())))
    return save(
        run,
        state=ImportState.STAGED,
        mapping=mapping.model_dump(mode="json"),
        duplicates=duplicates,
        attempt=run.attempt + (run.state is ImportState.UNDONE),
        options=run.options + 1,
        checked=0,
        rows_checked=0,
        check=Tally(),
        tally=Tally(),
        undone=UndoTally(),
        started_at="",
        ended_at="",
    )


class _Count:
    def __init__(self) -> None:
        self.rows = 0
        self.chunks = 0


def _items(import_id: str, table: Table, count: _Count) -> Iterator[Item]:
    for rows in pack_chunks(table.rows):
        yield rows_item(import_id, count.chunks, rows)
        count.chunks += 1
        count.rows += len(rows)
