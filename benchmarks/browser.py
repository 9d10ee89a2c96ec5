"""A signed-in browser, as far as the server can tell: one connection that stays open."""

import json
import re
from dataclasses import dataclass
from email.message import Message
from gzip import decompress
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.floor import Cost

HOST = "127.0.0.1"
# As they are called in production.
SESSION_COOKIE = "__Host-sessionid"
CSRF_COOKIE = "__Host-csrftoken"
_COST = re.compile(r"(\d+) requests, ([\d.e+-]+) RRU, ([\d.e+-]+) WRU")


@dataclass(frozen=True)
class Answer:
    """What the server answered, and what it says that this cost.

    ``act`` names what was done, by which it can be undone.
    """

    status: int
    board_tag: str
    body: bytes
    is_compressed: bool
    cost: Cost
    act: str = ""

    @property
    def text(self) -> str:
        """The body as a browser reads it."""
        return (decompress(self.body) if self.is_compressed else self.body).decode()


class Browser:
    """Speaks HTTP as a reverse proxy would after it has ended TLS.

    With the server's ``log`` it knows what an answer to a stranger cost, too.
    """

    def __init__(self, port: int, log: Path | None = None) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=30)
        self._origin = f"https://{HOST}:{port}"
        self.cookies: dict[str, str] = {}
        self._log = log
        self._read = 0

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """Send a form."""
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self._ask("POST", path, urlencode(fields).encode(), headers)

    def sign_in(self, email: str, password: str) -> bool:
        """Sign in with the form; tells whether that went well."""
        self.get("/accounts/login/")
        fields = {"username": email, "password": password}
        token = {"csrfmiddlewaretoken": self.cookies.get(CSRF_COOKIE, "")}
        self.post("/accounts/login/", fields | token)
        return SESSION_COOKIE in self.cookies

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        sent |= {
            "Accept-Encoding": "gzip",
            "X-Forwarded-Proto": "https",
            "Origin": self._origin,
        }
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        status, received, content = self._exchange(method, path, body, sent)
        for line in received.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        timing = received.get("Server-Timing")
        cost = _cost(timing) if timing else self._logged_cost(received["X-Request-ID"] or "")
        is_compressed = received.get("Content-Encoding") == "gzip"
        tag, act = received.get("X-Board-Tag", ""), received.get("X-Act", "")
        return Answer(status, tag, content, is_compressed, cost, act)

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, Message, bytes]:
        """Send a request and return status, headers and body of the answer."""
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        return response.status, response.headers, response.read()

    def _logged_cost(self, request_id: str) -> Cost:
        """Read on in the log to the line of a request; it is written before the answer goes out."""
        if self._log is None:
            return Cost()
        with self._log.open("rb") as log:
            log.seek(self._read)
            for line in log:
                self._read += len(line)
                if request_id.encode() in line and b'"wru"' in line:
                    told = json.loads(line)
                    return Cost(told["requests"], told["rru"], told["wru"])
        return Cost()


def _cost(server_timing: str) -> Cost:
    found = _COST.search(server_timing)
    if not found:
        return Cost()
    return Cost(int(found[1]), float(found[2]), float(found[3]))
