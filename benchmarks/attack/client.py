"""A stranger's or a colleague's HTTP client: it sends what it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPConnection, HTTPException
from time import perf_counter

from benchmarks.browser import HOST

TIMEOUT = 30.0
# The server ends a connection that stands idle; no answer on one is then no fault of it.
IDLE = 30.0


@dataclass(frozen=True)
class Sent:
    """One request: the route that it is for, and all of it."""

    route: str
    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_staff: bool = True


@dataclass(frozen=True)
class Received:
    """The answer, and after how many milliseconds; status 0 if there was none."""

    status: int
    headers: Message
    body: bytes
    milliseconds: float


class Client:
    """One connection, opened anew whenever the server has closed it."""

    def __init__(self, port: int, timeout: float = TIMEOUT) -> None:
        self._port = port
        self._connection = HTTPConnection(HOST, port, timeout=timeout)
        self._used = 0.0

    def ask(self, sent: Sent, cookies: str, address: str) -> Received:
        """Send a request as the proxy in front would, from an address."""
        headers = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": address,
            "Origin": f"https://{HOST}:{self._port}",
            "Cookie": cookies,
            **sent.headers,
        }
        started = perf_counter()
        if started - self._used > IDLE:
            self._connection.close()
        self._used = started
        try:
            self._connection.request(sent.method, sent.path, sent.body, headers)
            response = self._connection.getresponse()
            body = response.read()
        except (HTTPException, OSError):
            self._connection.close()
            return Received(0, Message(), b"", (perf_counter() - started) * 1000)
        milliseconds = (perf_counter() - started) * 1000
        return Received(response.status, response.headers, body, milliseconds)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def cookie_header(cookies: Mapping[str, str]) -> str:
    """Return the header that brings cookies."""
    return "; ".join(f"{name}={text}" for name, text in cookies.items())
