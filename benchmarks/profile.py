"""Where a page's time goes: what the application is doing, looked at every half millisecond.

The pages are asked for in this process, by the thread that is looked at; the timer's signal
interrupts it wherever it is, waiting included, and the stack says on whose behalf.
"""

import logging
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from types import FrameType

from benchmarks.sampling import Page

VISITS = 100
WARM_UP = 20
SECONDS = 0.0005

# The first part whose place is anywhere in the stack has the sample.
PARTS = {
    "session, user": (
        "/crm/accounts/prefetch",
        "/crm/accounts/backends",
        "/crm/accounts/sessions",
        "/contrib/sessions/backends/",
    ),
    "DynamoDB": ("/crm/dynamodb/", "/concurrent/futures/"),
    "leads": ("/leads/models", "/leads/repository/"),
    "templates": ("/django/template/", "/leads/templatetags/"),
    "gzip": ("/gzip.py", "/middleware/gzip"),
    "views": (
        "/leads/board/",
        "/leads/detail/",
        "/leads/intake/",
        "/leads/listing/",
        "/leads/web/",
    ),
}
REST = "Django"


@dataclass(frozen=True)
class Profile:
    """Milliseconds of one visit to a page: in all, and by part."""

    name: str
    milliseconds: float
    parts: dict[str, float]


def profile(page: Page) -> Profile:
    """Visit a page many times and tell where its time goes."""
    for _ in range(WARM_UP):
        page.ask()
    counts: Counter[str] = Counter()
    started = perf_counter()
    with _watching(counts):
        for _ in range(VISITS):
            page.ask()
    milliseconds = (perf_counter() - started) * 1000 / VISITS
    samples = counts.total() or 1
    names = [*PARTS, REST]
    return Profile(
        page.name, milliseconds, {name: milliseconds * counts[name] / samples for name in names}
    )


@contextmanager
def without_request_log() -> Iterator[None]:
    """Leave out the line that each request writes: in production it goes to a pipe."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _watching(counts: Counter[str]) -> Iterator[None]:
    def look(_number: int, frame: FrameType | None) -> None:
        counts[_part(frame)] += 1

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _part(frame: FrameType | None) -> str:
    files = []
    while frame:
        files.append(frame.f_code.co_filename)
        frame = frame.f_back
    stack = "\n".join(files)
    for name, places in PARTS.items():
        if any(place in stack for place in places):
            return name
    return REST
