"""A body as it comes in, into memory or a file, or not at all: :mod:`crm.bodies` decides."""

from io import BytesIO
from tempfile import SpooledTemporaryFile

from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import UnsupportedTransferCoding
from gunicorn.http.message import Request
from gunicorn.util import unquote_to_wsgi_str

from crm import bodies
from crm.serving.framing import ChunkedBody, SizedBody
from crm.serving.places import Places, place_for

# More than anybody may send who is not staff: only their files come to lie on a disk.
MOST_IN_MEMORY = 2 * bodies.MEGABYTE
CODING = "TRANSFER-ENCODING"


def incoming_body(request: Request) -> "IncomingBody | None":
    """Return what takes in the body of a request, or None if there is none."""
    reader = request.body.reader
    request.body = BytesIO()
    if isinstance(reader, ChunkedReader):
        coding = ",".join(value for name, value in request.headers if name == CODING)
        if coding.lower() != "chunked":
            # gunicorn lets "gzip, chunked" through, and nobody would unpack it.
            raise UnsupportedTransferCoding(coding)
        return IncomingBody(request, None)
    if isinstance(reader, LengthReader) and reader.length:
        return IncomingBody(request, reader.length)
    return None


class IncomingBody:
    """The body of a request, of a known length or in chunks.

    One that is too large, or has no place, is not read: the request is answered without it,
    and its connection ends.
    """

    def __init__(self, request: Request, length: int | None) -> None:
        self.meta: dict[str, object] = {}
        self._request = request
        self._file = SpooledTemporaryFile(max_size=MOST_IN_MEMORY)  # noqa: SIM115 - see close
        self._frame: SizedBody | ChunkedBody = (
            ChunkedBody(request, self._file) if length is None else SizedBody(length, self._file)
        )
        self._asked = 0
        self._places: list[Places] = []

    @property
    def size(self) -> int:
        """How many bytes it has, or has so far."""
        return self._frame.size

    def feed(self, data: bytes) -> bytes | None:
        """Take a piece; once there is nothing more to read, return what follows."""
        if not self._is_admitted():
            return self._refuse()
        rest = self._frame.feed(data)
        if not self._is_admitted():
            return self._refuse()
        if rest is not None:
            self._file.seek(0)
            self._request.body = self._file
            self._tell_length()
        return rest

    def close(self) -> None:
        """Give free what it takes up."""
        self._file.close()
        while self._places:
            self._places.pop().release()

    def _is_admitted(self) -> bool:
        if self.size <= self._asked:
            return True
        self._asked = self.size
        cookies = ",".join(value for name, value in self._request.headers if name == "COOKIE")
        if not bodies.fits(self.size, unquote_to_wsgi_str(self._request.path), cookies):
            return False
        place = place_for(self.size)
        if place is None or place in self._places:
            return True
        if place.acquire(blocking=False):
            self._places.append(place)
            return True
        self.meta[bodies.BUSY] = True
        return False

    def _refuse(self) -> bytes:
        self._request._expected_100_continue = False  # noqa: SLF001 - nobody shall send it
        self._request.force_close()
        self._tell_length()
        return b""

    def _tell_length(self) -> None:
        """Give a request in chunks the length that it turned out to have."""
        if isinstance(self._frame, ChunkedBody):
            fields = [field for field in self._request.headers if field[0] != CODING]
            self._request.headers = [*fields, ("CONTENT-LENGTH", str(self.size))]
