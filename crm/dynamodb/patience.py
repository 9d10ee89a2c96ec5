"""How long a visitor waits for answers that do not come."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Seconds after which a new one may be lost: what takes longer than that is no visit.
RENEWED = 60.0


class _Visit:
    lost_at: float | None = None
    """When a request gave up waiting, by the monotonic clock."""


_visit: ContextVar[_Visit | None] = ContextVar("visit", default=None)


@contextmanager
def visit() -> Iterator[None]:
    """Let all requests inside wait for one answer that does not come, and not each for one.

    At the first, all connections that were kept open are dropped: a second says that nobody
    answers at all. What is sent outside of visits, by commands, waits at each attempt.
    """
    token = _visit.set(_Visit())
    try:
        yield
    finally:
        _visit.reset(token)


def is_left(sent_at: float) -> bool:
    """Say whether a request that was not answered in time may be sent again.

    Those that waited at the same time, by the monotonic clock, wait for one answer.
    """
    present = _visit.get()
    if present is None:
        return True
    now = time.monotonic()
    if present.lost_at is None or now - present.lost_at > RENEWED:
        present.lost_at = now
    return sent_at <= present.lost_at
