"""Where a body ends: by its length, or by its chunks, which gunicorn's reader judges."""

from typing import IO

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import ChunkMissingTerminator, InvalidChunkSize, LimitRequestHeaders
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

LINE_BREAK = b"\r\n"
# Of a line with a size and its extensions, and of all trailers.
MOST_BESIDE = 8190


class SizedBody:
    """Write a body of a known length to ``file``."""

    def __init__(self, length: int, file: IO[bytes]) -> None:
        self.size = length
        self._missing = length
        self._file = file

    def feed(self, data: bytes) -> bytes | None:
        """Take a piece; once the body is whole, return what follows it."""
        self._file.write(data[: self._missing])
        rest = data[self._missing :]
        self._missing = max(self._missing - len(data), 0)
        return None if self._missing else rest


class ChunkedBody:
    """Write to ``file`` what stands in the chunks; what is malformed raises gunicorn's errors."""

    def __init__(self, request: Request, file: IO[bytes]) -> None:
        self.size = 0
        self._unreader = IterUnreader(())
        self._reader = ChunkedReader(request, self._unreader)
        self._file = file
        self._pending = bytearray()
        # What is missing of a chunk and its line break; None where a size is next, 0 at the end.
        self._missing: int | None = None

    def feed(self, data: bytes) -> bytes | None:
        """Take a piece; once the body is whole, return what follows it."""
        self._pending += data
        while self._missing != 0:
            if not (self._take_size() if self._missing is None else self._take_chunk()):
                return None
        return self._take_trailers()

    def _take_size(self) -> bool:
        line, line_break, rest = self._pending.partition(LINE_BREAK)
        if not line_break:
            if len(line) > MOST_BESIDE:
                raise InvalidChunkSize(b"a line without an end")
            return False
        # With the last size the reader takes trailers: an empty line says that there are none.
        whole = bytes(line) + LINE_BREAK + LINE_BREAK
        size, _rest = self._reader.parse_chunk_size(self._unreader, whole)
        self._pending = rest
        self._missing = size + len(LINE_BREAK) if size else 0
        return True

    def _take_chunk(self) -> bool:
        missing = self._missing or 0
        piece = self._pending[: max(missing - len(LINE_BREAK), 0)]
        self._file.write(piece)
        self.size += len(piece)
        del self._pending[: len(piece)]
        self._missing = missing - len(piece)
        if self._missing > len(LINE_BREAK) or len(self._pending) < len(LINE_BREAK):
            return False
        if not self._pending.startswith(LINE_BREAK):
            raise ChunkMissingTerminator(bytes(self._pending[: len(LINE_BREAK)]))
        del self._pending[: len(LINE_BREAK)]
        self._missing = None
        return True

    def _take_trailers(self) -> bytes | None:
        if not (self._pending.startswith(LINE_BREAK) or LINE_BREAK * 2 in self._pending):
            if len(self._pending) > MOST_BESIDE:
                raise LimitRequestHeaders("trailers without an end")
            return None
        self._unreader.take_buffered()
        self._reader.parse_trailers(self._unreader, bytes(self._pending))
        following: bytes = self._unreader.take_buffered()
        return following
