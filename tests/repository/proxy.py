"""A network that loses answers: an HTTP proxy between boto3 and the engine."""

import json
from collections import deque
from enum import Enum, auto
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Self, cast, override
from urllib.parse import urlsplit
from uuid import uuid4


class Fault(Enum):
    """What befalls one transaction."""

    LOST_REQUEST = auto()
    """The connection ends before DynamoDB hears of it."""
    LOST_ANSWER = auto()
    """DynamoDB did it, and the connection ends before it can say so."""
    NO_ANSWER = auto()
    """DynamoDB did it, and says so later than anybody waits for."""
    NONE = auto()


class Proxy(ThreadingHTTPServer):
    """Forwards everything; ``faults`` are used up by the transactions, one each.

    With ``forget_tokens`` DynamoDB does not recognise a repeated transaction, as ten
    minutes later.
    """

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.faults: deque[Fault] = deque()
        self.forget_tokens = False
        self.transactions = 0
        self.end = Event()
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @override
    def __enter__(self) -> Self:
        self._thread.start()
        return self

    @override
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.end.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        proxy = cast("Proxy", self.server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fault = Fault.NONE
        if self.headers["X-Amz-Target"].endswith(".TransactWriteItems"):
            proxy.transactions += 1
            fault = proxy.faults.popleft() if proxy.faults else fault
            if proxy.forget_tokens:
                body = json.dumps(json.loads(body) | {"ClientRequestToken": uuid4().hex}).encode()
        if fault is Fault.LOST_REQUEST:
            self.close_connection = True
            return
        status, kind, answer = self._forward(proxy.target, body)
        if fault is Fault.NO_ANSWER:
            proxy.end.wait(60)
        if fault is not Fault.NONE:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _forward(self, target: str, body: bytes) -> tuple[int, str, bytes]:
        connection = HTTPConnection(target, timeout=30)
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in {"host", "content-length", "connection"}
        }
        try:
            connection.request("POST", "/", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass
