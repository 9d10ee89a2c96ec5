"""A file's rows, stored once in compressed chunks that every later step reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePath
from typing import BinaryIO, TypedDict, cast
from uuid import uuid4

from django.utils.translation import gettext as _

from crm.dynamodb.calls import Item, batch_put
from crm.tables import RECORDS
from leads.imports.columns.known_words import known_words
from leads.imports.columns.mapping import Mapping
from leads.imports.files.detection import Detection, Overview, Sight, detect_encoding
from leads.imports.files.read import NO_OPTIONS, Clues, ReadOptions, Table, read_rows, read_sample
from leads.imports.files.rows import REPLACEMENT, SURROGATES
from leads.imports.files.workbook import is_workbook
from leads.imports.run.chunks import pack_chunks, read_chunk, rows_item
from leads.imports.run.files import KeptFile, keep_file
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

__all__ = [
    "ReadOptions",
    "UnsureError",
    "load",
    "read_again",
    "recent",
    "sample",
    "set_options",
    "stage",
]

MAX_FILE_NAME = 200
BLOCK = 1024 * 1024
# The whole header goes into the record of the import, which every step writes.
MAX_COLUMN_NAME = 100
MAX_SHEETS = 100
_NOT_BEGUN = {ImportState.STAGED, ImportState.CHECKING, ImportState.CHECKED, ImportState.UNDONE}


class _Facts(TypedDict):
    format: str
    encoding: str
    header_line: int
    sheet: str
    sheets: list[str]
    unfilled: int
    header: list[str]
    rows: int
    chunks: int


class UnsureError(Exception):
    """Several encodings are likely; :attr:`sights` show what each makes of the file."""

    def __init__(self, sights: Sequence[Sight]) -> None:
        super().__init__()
        self.sights = sights


def stage(
    file_name: str,
    stream: BinaryIO,
    by: Actor,
    options: ReadOptions = NO_OPTIONS,
    *,
    can_ask: bool = True,
) -> Run:
    """Store the rows of a file, unless they are, and return its import.

    A file that came before (same bytes, same options) gives the import as
    it stands, whatever its state. ``stream`` must be seekable: it is read from its beginning,
    more than once. Who ``can_ask`` people gets an
    import that may be unsure, whose file is kept; else that raises :class:`UnsureError`.
    Raises ``UnreadableFileError`` with a message for people.

    Costs 1 WRU for each KB of the rows, compressed, and of a file that is kept. Cut off, it
    leaves what nobody reads, until the same file writes it again.
    """
    digest, overview = _look_through(stream)
    import_id = sha256(f"{digest}\n{options.key}".encode()).hexdigest()[:24]
    if known := find(import_id):
        if not (known.is_sure or can_ask):
            raise UnsureError(known.sights)
        return known
    attempts = attempts_before(import_id)
    detection = None if options.encoding else _detection(stream, overview, options.languages)
    stream.seek(0)
    clues = Clues(detection, known_words(), overview.has_escaped_quotes)
    table = read_rows(stream, options, clues)
    if detection and not (detection.is_sure or can_ask):
        raise UnsureError(detection.sights)
    count = _store_rows(import_id, table)
    stream.seek(0)
    return add(
        Run(
            import_id=import_id,
            # Bytes of a name that are no text.
            file_name=SURROGATES.sub(REPLACEMENT, PurePath(file_name).name)[-MAX_FILE_NAME:],
            by=by,
            staged_at=stored_now(),
            state=ImportState.STAGED,
            is_sure=detection is None or detection.is_sure,
            sights=[] if detection is None else detection.sights,
            delimiter=options.delimiter or "",
            has_escaped_quotes=overview.has_escaped_quotes,
            file_parts=keep_file(import_id, stream) if can_ask else 0,
            attempt=attempts + 1,
            **_table_facts(table, count),
        )
    )


def read_again(
    run: Run, *, encoding: str = "", header_line: int | None = None, sheet: str = ""
) -> Run:
    """Read the kept file of an import otherwise; without ``encoding`` and ``sheet``, as it was.

    What cannot be read, or is cut off, leaves the import as it is. Raises
    ``UnreadableFileError``, :class:`BusyError` if somebody else changed the import meanwhile,
    and :class:`ImportStateError` once it has begun or if its file is not kept. Writing costs
    what the rows cost in :func:`stage`.
    """
    if run.state not in _NOT_BEGUN or not run.file_parts:
        raise ImportStateError(_("The file cannot be read otherwise any more: upload it again."))
    options = ReadOptions(run.delimiter or None, encoding or None, header_line, sheet or run.sheet)
    detection = None if encoding else Detection(run.encoding)
    clues = Clues(detection, known_words(), run.has_escaped_quotes)
    table = read_rows(cast("BinaryIO", KeptFile(run)), options, clues)
    reading = uuid4().hex
    count = _store_rows(run.import_id, table, reading)
    return save(
        run,
        reading=reading,
        mapping=None,
        is_sure=run.is_sure or bool(encoding),
        sights=[] if encoding else run.sights,
        **_start_anew(run),
        **_table_facts(table, count),
    )


def sample(import_id: str, count: int) -> list[list[str]]:
    """Return the cells of the first ``count`` rows (at most 80), to show beside a mapping.

    Rows that could not be read are left out. Raises :class:`UnknownImportError`.
    """
    rows = [numbered.row for numbered in read_chunk(load(import_id), 0)]
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
    if not run.is_sure:
        raise ImportStateError(_("Say first how the file is to be read."))
    if problems := mapping.problems():
        raise ImportStateError(" ".join(dict.fromkeys(problems.values())))
    changes = _start_anew(run)
    return save(run, mapping=mapping.model_dump(mode="json"), duplicates=duplicates, **changes)


def _start_anew(run: Run) -> dict[str, object]:
    """Return what forgets an earlier dry run; after an undo it opens a new attempt."""
    return {
        "state": ImportState.STAGED,
        "attempt": run.attempt + (run.state is ImportState.UNDONE),
        "options": run.options + 1,
        "checked": 0,
        "rows_checked": 0,
        "check": Tally(),
        "tally": Tally(),
        "undone": UndoTally(),
        "started_at": "",
        "ended_at": "",
    }


@dataclass
class _Count:
    rows: int = 0
    chunks: int = 0


def _look_through(stream: BinaryIO) -> tuple[str, Overview]:
    """Return the digest of a file, and what tells how to read it."""
    contents, overview = sha256(), Overview()
    stream.seek(0)
    while block := stream.read(BLOCK):
        contents.update(block)
        overview.add(block)
    overview.end()
    return contents.hexdigest(), overview


def _detection(stream: BinaryIO, overview: Overview, languages: Sequence[str]) -> Detection | None:
    """Return which encoding a file has; ``None`` for a workbook, which has none."""
    stream.seek(0)
    start = read_sample(stream)
    if is_workbook(start):
        return None
    return detect_encoding(start, overview.lines, languages, known_words())


def _store_rows(import_id: str, table: Table, reading: str = "") -> _Count:
    count = _Count()
    batch_put(RECORDS, _items(import_id, table, reading, count))
    return count


def _table_facts(table: Table, count: _Count) -> _Facts:
    return {
        "format": table.format,
        "encoding": table.encoding,
        "header_line": table.header_line,
        "sheet": table.sheet,
        "sheets": list(table.sheets)[:MAX_SHEETS],
        "unfilled": table.unfilled,
        "header": [name[:MAX_COLUMN_NAME] for name in table.header],
        "rows": count.rows,
        "chunks": count.chunks,
    }


def _items(import_id: str, table: Table, reading: str, count: _Count) -> Iterator[Item]:
    for rows in pack_chunks(table.rows):
        yield rows_item(import_id, count.chunks, rows, reading)
        count.chunks += 1
        count.rows += len(rows)
