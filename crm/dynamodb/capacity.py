"""What the requests to DynamoDB cost, added up for whoever asks.

A context variable holds the running account, so that it follows a web request into the
threads of :mod:`crm.dynamodb.parallel`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Usage:
    """A running account.

    ``rru`` and ``wru`` are read and write request units, ``milliseconds`` the sum of the
    requests' durations (parallel ones overlap), ``requests`` their number.
    """

    rru: float = 0.0
    wru: float = 0.0
    requests: int = 0
    milliseconds: float = 0.0
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def add(self, *, rru: float, wru: float, milliseconds: float) -> None:
        """Count one request."""
        with self._lock:
            self.rru += rru
            self.wru += wru
            self.requests += 1
            self.milliseconds += milliseconds


_current: ContextVar[Usage | None] = ContextVar("dynamodb_usage", default=None)


@contextmanager
def count_requests() -> Iterator[Usage]:
    """Count every request made inside, in this context and the threads it starts."""
    usage = Usage()
    token = _current.set(usage)
    try:
        yield usage
    finally:
        _current.reset(token)


def record(*, rru: float, wru: float, milliseconds: float) -> None:
    """Add one request to the running account, if there is one."""
    usage = _current.get()
    if usage is not None:
        usage.add(rru=rru, wru=wru, milliseconds=milliseconds)


def running_account() -> Usage:
    """Return the account that requests count in just now; an empty one if nobody asks."""
    return _current.get() or Usage()
