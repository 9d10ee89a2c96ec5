"""A connection: waitress reads and writes it apart from the threads, within times of ours."""

from math import inf
from socket import SHUT_WR, socket
from time import monotonic
from typing import Protocol, override

from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.util import write_error
from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import TcpWSGIServer

from crm.serving.incoming import Incoming

# Whoever was refused still sends for a while before they read why: so long, and so much.
LINGER_SECONDS = 30.0
LINGER_BYTES = 100_000_000
# While the process ends, nobody who has nothing to say is waited for.
STOP_SECONDS = 2.0
# A reader may take so long for an answer, and a second more for each of so many bytes.
READER_SECONDS = 30.0
READER_BYTES_A_SECOND = 10_000
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Answerer(Protocol):
    """What a connection needs of its worker, :class:`crm.serving.worker.Worker`."""

    alive: bool
    cfg: Config

    def answer(self, incoming: Incoming, channel: "Channel") -> bool:
        """Answer a request, in a thread; return whether another one may follow."""

    def handle_error(
        self, req: None, client: "Channel", addr: tuple[str, int], exc: Exception
    ) -> None:
        """Answer what gunicorn refuses, and note it in the log."""


class Channel(HTTPChannel):
    """One connection, one request at a time: what follows waits until it is answered.

    The worker's loop reads, writes and watches the time; a thread runs :meth:`service`. To
    gunicorn, which writes the answers, it is a socket: :meth:`sendall`, :meth:`gettimeout`.
    """

    def __init__(
        self,
        server: TcpWSGIServer,
        sock: socket,
        addr: tuple[str, int],
        adj: Adjustments,
        map: dict[int, object],  # noqa: A002 - waitress says it by name
    ) -> None:
        self.worker: Answerer = server.worker
        self.began: float | None = None
        """When the first byte of the request came."""
        self.deadline = monotonic() + self.worker.cfg.keepalive
        self.is_ending = self.is_lingering = False
        self._drained = 0
        self._following = b""
        self._taken = 0
        self._patience = READER_SECONDS
        self._incoming = Incoming(self.worker.cfg, addr)
        super().__init__(server, sock, addr, adj, map)

    # --- The worker's loop ---

    @property
    def is_idle(self) -> bool:
        """Whether nobody would miss it."""
        return self.is_lingering or (self.began is None and not self.total_outbufs_len)

    @override
    def readable(self) -> bool:
        is_busy = self.requests or self.total_outbufs_len or self._following
        return not is_busy and not self.will_close

    @override
    def writable(self) -> bool:
        if self.total_outbufs_len or self.will_close:
            return True
        is_next = self._following or (self.is_ending and not self.is_lingering)
        return bool(is_next) and not self.requests

    @override
    def received(self, data: bytes) -> bool:
        if self.is_ending:
            self._drained += len(data)
            self.will_close = self._drained > LINGER_BYTES
            return True
        if self.began is None:
            self.began = monotonic()
        try:
            following = self._incoming.feed(data)
        except (ParseException, OSError) as error:
            self.worker.handle_error(None, self, self.addr, error)
            self._end()
            return True
        expects = self._incoming.pop_expectation()
        if following is None:
            self.deadline = self.began + self._incoming.seconds
            if expects:
                self.sendall(CONTINUE)
            return True
        self._following = following
        self.deadline = inf
        self.requests = [self._incoming]
        self.server.add_task(self)
        return True

    @override
    def handle_write(self) -> None:
        super().handle_write()
        if self.requests or self.total_outbufs_len or not self.connected:
            return
        if self.is_ending and not self.is_lingering:
            self._linger()
        elif self._following:
            data, self._following = self._following, b""
            self.received(data)

    @override
    def handle_close(self) -> None:
        super().handle_close()
        with self.requests_lock:
            if not self.requests:
                self._incoming.close()

    def watch(self) -> None:
        """Close the connection if it has taken too long; asked once a second."""
        self._patience = min(
            READER_SECONDS, self._patience - 1 + self._taken / READER_BYTES_A_SECOND
        )
        if not self.total_outbufs_len:
            self._patience = READER_SECONDS
        self._taken = 0
        if self._patience <= 0:
            self.handle_close()
        elif monotonic() >= self.deadline:
            if self.began is not None and self.connected:
                write_error(self, 408, "Request Timeout", "The request took too long to come in.")
            self.handle_close()

    def _end(self) -> None:
        """Let the connection end with the answer; what else comes is thrown away."""
        self.is_ending = True
        self.began = None
        self.deadline = inf
        self._following = b""

    def _linger(self) -> None:
        # Closed at once, the answer would be lost to who has not stopped sending.
        self.is_lingering = True
        self.deadline = monotonic() + (LINGER_SECONDS if self.worker.alive else STOP_SECONDS)
        try:
            self.socket.shutdown(SHUT_WR)
        except OSError:
            self.handle_close()

    # --- A thread ---

    @override
    def service(self) -> None:
        goes_on = self.connected and self.worker.answer(self._incoming, self)
        self._incoming.close()
        with self.requests_lock:
            self._incoming = Incoming(self.worker.cfg, self.addr)
            if goes_on:
                self.began = None
                self.deadline = monotonic() + self.worker.cfg.keepalive
            else:
                self._end()
            self.requests = []
        self.server.pull_trigger()

    @override
    def send(self, data: bytes, do_close: bool = True) -> int:
        sent: int = super().send(data, do_close)
        self._taken += sent
        return sent

    def sendall(self, data: bytes) -> None:
        """Send, or keep for the loop to send; a reader far behind is waited for."""
        try:
            self.write_soon(data)
        except ClientDisconnected:
            raise BrokenPipeError from None

    def gettimeout(self) -> float:
        """Return what a socket that never blocks does."""
        return 0.0
