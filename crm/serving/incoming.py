"""A request as it comes in, piece by piece: gunicorn judges its head, as it always did."""

from gunicorn.config import Config
from gunicorn.http.errors import LimitRequestHeaders, NoMoreData
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

from crm.serving.body import IncomingBody, incoming_body

HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
BYTES_A_SECOND = 100_000
# gunicorn's own limit, 64 fields of 8 KB, would let a stranger fill the memory with heads.
MOST_HEAD = 64 * 1024


class Incoming:
    """The head of a request, then its body; what is malformed raises gunicorn's errors."""

    def __init__(self, config: Config, address: tuple[str, int]) -> None:
        self.request: Request | None = None
        self._config = config
        self._address = address
        self._head = bytearray()
        self._body: IncomingBody | None = None

    @property
    def seconds(self) -> float:
        """How long it may take to come in from its first byte on, however it drips."""
        if self._body is None:
            return HEAD_SECONDS
        return BODY_SECONDS + self._body.size / BYTES_A_SECOND

    @property
    def meta(self) -> dict[str, object]:
        """What the application is told beside the head."""
        return self._body.meta if self._body else {}

    def feed(self, data: bytes) -> bytes | None:
        """Take a piece; once there is nothing more to read, return what follows."""
        if self.request is None:
            rest = self._take_head(data)
            if rest is None or self._body is None:
                return rest
            data = rest
        return self._body.feed(data) if self._body else data

    def pop_expectation(self) -> bool:
        """Say once whether the sender waits to be told to go on with the body."""
        if self.request is None or not self.request._expected_100_continue:  # noqa: SLF001
            return False
        # Otherwise gunicorn says it, too.
        self.request._expected_100_continue = False  # noqa: SLF001
        return True

    def close(self) -> None:
        """Give free what the body takes up."""
        if self._body:
            self._body.close()

    def _take_head(self, data: bytes) -> bytes | None:
        self._head += data
        unreader = IterUnreader([bytes(self._head)])
        try:
            self.request = Request(self._config, unreader, self._address)
        except NoMoreData:
            if len(self._head) > MOST_HEAD:
                raise LimitRequestHeaders("the headers are too large") from None
            return None
        self._head.clear()
        rest: bytes = unreader.take_buffered()
        self._body = incoming_body(self.request)
        return rest
