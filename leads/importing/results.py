"""What became of each row, read back chunk by chunk in constant memory."""

from collections.abc import Iterator

from leads.importing.records import RowResult


def errors(import_id: str) -> Iterator[RowResult]:
    """Give the rejected rows in the order of the file, with their cells and the reason.

    Works after a dry run and after an import. Raises :class:`UnknownImportError` at once.
    """
    raise NotImplementedError


def kept(import_id: str) -> Iterator[RowResult]:
    """Give the rows whose leads an undo left alone, with the reason."""
    raise NotImplementedError
