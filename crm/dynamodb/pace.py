"""A limit on capacity units, for commands that share a table with people at work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic, sleep

from crm.dynamodb.capacity import Usage, count_requests

MOST_UNITS = 10**9
"""A limit that nobody reaches."""


class Bucket:
    """So many units a second, and as many at once after a pause: a token bucket.

    What a request consumes is known only after it: it is paid then, and whoever brings the
    bucket below zero waits until it is full enough again. Safe for threads.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = monotonic,
        wait: Callable[[float], object] = sleep,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._wait = wait
        self._lock = Lock()
        self._left = rate
        self._at = clock()

    def pay(self, units: float) -> None:
        """Take units out, and wait as long as they are owed."""
        with self._lock:
            now = self._clock()
            filled = min(self._rate, self._left + (now - self._at) * self._rate)
            self._left = filled - units
            self._at = now
            owed = -self._left
        if owed > 0:
            self._wait(owed / self._rate)


class Pace:
    """Counts what its users consume, and holds them to so many units a second.

    ``used`` is the account so far. Without a limit nobody waits.
    """

    def __init__(
        self,
        max_rru: float | None = None,
        max_wru: float | None = None,
        *,
        clock: Callable[[], float] = monotonic,
        wait: Callable[[float], object] = sleep,
    ) -> None:
        self.used = Usage()
        self._reads = Bucket(max_rru, clock=clock, wait=wait) if max_rru else None
        self._writes = Bucket(max_wru, clock=clock, wait=wait) if max_wru else None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Count the requests made inside, and wait afterwards if they were too many."""
        with count_requests() as usage:
            try:
                yield
            finally:
                self.used.add(rru=usage.rru, wru=usage.wru, milliseconds=usage.milliseconds)
        if self._reads:
            self._reads.pay(usage.rru)
        if self._writes:
            self._writes.pay(usage.wru)
