"""Somebody who is signed in to a peer, and how long each thing they do takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from statistics import median
from time import perf_counter

from benchmarks.browser import HOST

SAMPLES = 20
WARM_UP = 3


@dataclass
class Visitor:
    """Asks a server on loopback; ``headers`` say who it is."""

    port: int
    headers: Mapping[str, str]
    _connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = HTTPConnection(HOST, self.port, timeout=120)

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> int:
        """Send a request, read the whole answer, and return its status."""
        headers = {"Accept-Encoding": "gzip", **self.headers}
        if kind:
            headers["Content-Type"] = kind
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


@dataclass(frozen=True)
class Job:
    """Something that people do; ``ask`` does it once and gives the status of the answer."""

    name: str
    status: int
    ask: Callable[[], int]


def medians(jobs: Mapping[str, Job], say: Callable[[str], None]) -> dict[str, float]:
    """Return the median milliseconds of the same job done by several programs.

    They take turns, so that all of them meet the same machine. One that answers with
    another status than expected is left out.
    """
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(WARM_UP + SAMPLES):
        for name, job in jobs.items():
            if name not in times:
                continue
            started = perf_counter()
            status = job.ask()
            times[name].append((perf_counter() - started) * 1000)
            if status != job.status:
                say(f"{name}: {job.name} answered {status} instead of {job.status}: left out.")
                del times[name]
    return {name: median(taken[WARM_UP:]) for name, taken in times.items()}
