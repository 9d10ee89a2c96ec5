"""A file's rows, stored once in compressed chunks that every later step reads."""

from typing import BinaryIO

from pydantic import BaseModel

from leads.importing.records import Duplicates, Run
from leads.models import Actor


def stage(
    file_name: str,
    stream: BinaryIO,
    by: Actor,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Run:
    """Store the rows of a file, unless they are, and give its import.

    A file that came before (same bytes, same ``delimiter`` and ``encoding``) gives the
    import as it stands, whatever its state. ``stream`` must be seekable: it is read from
    its beginning, twice. Raises ``UnreadableFileError`` with a message for people.
    """
    raise NotImplementedError


def load(import_id: str) -> Run:
    """Read an import: one consistent read. Raises :class:`UnknownImportError`."""
    raise NotImplementedError


def recent(limit: int = 20) -> list[Run]:
    """Give the imports that were staged last, newest first: two requests."""
    raise NotImplementedError


def sample(import_id: str, count: int) -> list[list[str]]:
    """Give the cells of the first ``count`` rows (at most 80), to show beside a mapping."""
    raise NotImplementedError


def set_options(
    import_id: str,
    mapping: BaseModel,
    duplicates: Duplicates,
) -> Run:
    """Choose how columns become fields and what is done with duplicates.

    Forgets an earlier dry run. After an undo it opens a new attempt. Raises
    :class:`UnknownImportError` and, once the import has begun, :class:`ImportStateError`.
    """
    raise NotImplementedError
