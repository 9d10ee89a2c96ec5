"""The file of an import as it was uploaded, kept so that it can be read otherwise."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _

from crm.dynamodb.calls import Item, batch_put, get
from crm.tables import RECORDS
from leads import keys
from leads.imports.run.models import ImportStateError, Run

# Compressed it is hardly more, so that no item comes near DynamoDB's 400 KB.
PART_BYTES = 256 * 1024


def keep_file(import_id: str, stream: BinaryIO) -> int:
    """Store a file from where it stands, and return the number of parts: 1 WRU each KB."""
    count = 0

    def items() -> Iterator[Item]:
        nonlocal count
        while data := stream.read(PART_BYTES):
            yield {**keys.import_file(import_id, count), "data": zlib.compress(data, level=1)}
            count += 1

    batch_put(RECORDS, items())
    return count


class KeptFile:
    """Reads the file of an import part by part; raises :class:`ImportStateError` if it is gone."""

    def __init__(self, run: Run) -> None:
        self._parts = (_part(run.import_id, part) for part in range(run.file_parts))
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Return as many bytes as are at hand, at most ``size``; none at the end."""
        self._rest = self._rest or next(self._parts, b"")
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


def _part(import_id: str, part: int) -> bytes:
    item = get(RECORDS, keys.import_file(import_id, part), consistent=True)
    data = item["data"] if item else None
    if not isinstance(data, bytes):
        raise ImportStateError(_("The file is not kept any more: upload it again."))
    return zlib.decompress(data)
