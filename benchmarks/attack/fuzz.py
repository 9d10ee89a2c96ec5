"""Every input, from several clients at once, and what became of it by route."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from threading import Lock, local

from benchmarks.attack.client import Client, Received, Sent, cookie_header
from benchmarks.attack.hostile import came_through
from benchmarks.attack.inputs import inputs, pages
from benchmarks.browser import CSRF_COOKIE

CLIENTS = 8
SERVER_ERROR = 500
STAFF_ADDRESS = "198.51.100.7"


@dataclass
class Row:
    """What the inputs of a route were answered."""

    route: str
    answers: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    reflected: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        """How many there were."""
        return self.answers.total()

    @property
    def server_errors(self) -> int:
        """How many were answered with 5xx."""
        return sum(number for code, number in self.answers.items() if code >= SERVER_ERROR)

    def add(self, sent: Sent, received: Received) -> None:
        """Note one answer; none at all is an error, too."""
        self.answers[received.status] += 1
        self.slowest = max(self.slowest, received.milliseconds)
        told = f"{sent.method} {sent.path[:100]} {(sent.body or b'')[:200]!r} {sent.headers!s:.200}"
        if came_through(received.headers, received.body):
            self.reflected.append(told)
        if received.status == 0 or received.status >= SERVER_ERROR:
            self.errors.append(f"{received.status} {told}")


class Fuzz:
    """The clients of one run; ``sign_in`` returns the cookies of somebody who is signed in."""

    def __init__(self, port: int, sign_in: Callable[[], dict[str, str]]) -> None:
        self._port = port
        self._sign_in = sign_in
        self._cookies = sign_in()
        # Every form keeps to the first token: sign-in makes a new one each time.
        self._csrf = {CSRF_COOKIE: self._cookies[CSRF_COOKIE]}
        self._lock = Lock()
        self._of_thread = local()
        self._numbers = count()

    def run(self, ids: Callable[[str], str]) -> list[Row]:
        """Send everything, and look at the pages once more: they show what was stored."""
        rows: dict[str, Row] = {}
        with ThreadPoolExecutor(CLIENTS) as pool:
            made = inputs(self.ask, ids)
            for sent, received in pool.map(lambda sent: (sent, self.ask(sent)), made):
                rows.setdefault(sent.route, Row(sent.route)).add(sent, received)
        stored = Row("(every page once more)")
        for sent in pages(ids):
            stored.add(sent, self.ask(sent))
        return [*rows.values(), stored]

    def ask(self, sent: Sent) -> Received:
        """Send one request, as staff or from the network of another stranger each time."""
        client: Client | None = getattr(self._of_thread, "client", None)
        if client is None:
            client = self._of_thread.client = Client(self._port)
        if not sent.is_staff:
            number = next(self._numbers)
            address = f"203.{number // 256 % 256}.{number % 256}.9"
            return client.ask(sent, cookie_header(self._csrf), address)
        cookies = self._cookies
        received = client.ask(sent, cookie_header(cookies | self._csrf), STAFF_ADDRESS)
        if "Cookie" not in sent.headers and _is_signed_out(received):
            self._sign_in_again(cookies)
        return received

    def _sign_in_again(self, before: dict[str, str]) -> None:
        with self._lock:
            if self._cookies is before:
                self._cookies = self._sign_in()


def _is_signed_out(received: Received) -> bool:
    return "/accounts/login/" in (received.headers.get("Location") or "")
