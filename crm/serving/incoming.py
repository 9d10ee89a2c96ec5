"""A request as it comes in, piece by piece: gunicorn judges its head, as it always did."""

from io import BytesIO
from tempfile import SpooledTemporaryFile
from threading import BoundedSemaphore

from gunicorn.config import Config
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import LimitRequestHeaders, NoMoreData, UnsupportedTransferCoding
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader
from gunicorn.util import unquote_to_wsgi_str

from crm import bodies
from crm.serving.framing import ChunkedBody, SizedBody

HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
BYTES_A_SECOND = 100_000
# gunicorn's own limit, 64 fields of 8 KB, would let a stranger fill the memory with heads.
MOST_HEAD = 64 * 1024
# More than anybody may send who is not staff: only their files come to lie on a disk.
MOST_IN_MEMORY = 2 * bodies.MEGABYTE
_CODING = "TRANSFER-ENCODING"


class Incoming:
    """The head of a request, then its body; what is malformed raises gunicorn's errors."""

    def __init__(self, config: Config, address: tuple[str, int]) -> None:
        self.request: Request | None = None
        self.meta: dict[str, object] = {}
        """What the application is told beside the head."""
        self._config = config
        self._address = address
        self._head = bytearray()
        self._file = SpooledTemporaryFile(max_size=MOST_IN_MEMORY)  # noqa: SIM115 - see close
        self._body: SizedBody | ChunkedBody | None = None
        self._asked = 0
        self._places: list[BoundedSemaphore] = []

    @property
    def seconds(self) -> float:
        """How long it may take to come in from its first byte on, however it drips."""
        if self._body is None:
            return HEAD_SECONDS
        return BODY_SECONDS + self._body.size / BYTES_A_SECOND

    def feed(self, data: bytes) -> bytes | None:
        """Take a piece; once there is nothing more to read, return what follows.

        A body that is too large, or has no place, is not read: the request is answered
        without it, and its connection ends.
        """
        if self.request is None:
            rest = self._take_head(data)
            if rest is None or self._body is None:
                return rest
            data = rest
        return self._take_body(data)

    def pop_expectation(self) -> bool:
        """Say once whether the sender waits to be told to go on with the body."""
        if self.request is None or not self.request._expected_100_continue:  # noqa: SLF001
            return False
        self.request._expected_100_continue = False  # noqa: SLF001 - else gunicorn says it, later
        return True

    def close(self) -> None:
        """Give free what the body takes up."""
        self._file.close()
        while self._places:
            self._places.pop().release()

    def _take_head(self, data: bytes) -> bytes | None:
        self._head += data
        unreader = IterUnreader([bytes(self._head)])
        try:
            self.request = Request(self._config, unreader, self._address)
        except NoMoreData:
            if len(self._head) > MOST_HEAD:
                raise LimitRequestHeaders("the headers are too large") from None
            return None
        self._body = self._body_of(self.request)
        self.request.body = self._file
        return unreader.take_buffered()

    def _body_of(self, request: Request) -> SizedBody | ChunkedBody | None:
        reader = request.body.reader
        if isinstance(reader, ChunkedReader):
            coding = ",".join(value for name, value in request.headers if name == _CODING)
            if coding.lower() != "chunked":
                # gunicorn lets "gzip, chunked" through, and nobody would unpack it.
                raise UnsupportedTransferCoding(coding)
            return ChunkedBody(request, self._file)
        if isinstance(reader, LengthReader) and reader.length:
            return SizedBody(reader.length, self._file)
        return None

    def _take_body(self, data: bytes) -> bytes | None:
        if not self._is_admitted():
            return self._without_body()
        rest = self._body.feed(data)
        if not self._is_admitted():
            return self._without_body()
        if rest is not None:
            self._tell_length()
            self._file.seek(0)
        return rest

    def _is_admitted(self) -> bool:
        size = self._body.size
        if size <= self._asked:
            return True
        self._asked = size
        headers = self.request.headers
        cookies = ",".join(value for name, value in headers if name == "COOKIE")
        if not bodies.fits(size, unquote_to_wsgi_str(self.request.path), cookies):
            return False
        place = bodies.place_for(size)
        if place is None or place in self._places:
            return True
        if place.acquire(blocking=False):
            self._places.append(place)
            return True
        self.meta[bodies.BUSY] = True
        return False

    def _without_body(self) -> bytes:
        self._tell_length()
        self.pop_expectation()
        self.request.body = BytesIO()
        self.request.force_close()
        return b""

    def _tell_length(self) -> None:
        """Give a request in chunks the length that it turned out to have."""
        if isinstance(self._body, ChunkedBody):
            self.request.headers = [
                *(field for field in self.request.headers if field[0] != _CODING),
                ("CONTENT-LENGTH", str(self._body.size)),
            ]
