"""Values that a process keeps for a while: what is dear to find out and may be a little old."""

from collections.abc import Callable
from math import inf
from threading import Lock
from time import time
from typing import ClassVar


class Remembered[T]:
    """A value that is kept for so many seconds; safe for threads.

    Seconds are those of the wall clock: the monotonic one may stand still while a function
    is frozen. A clock that was set back ends what is kept.
    """

    _all: ClassVar[list["Remembered[object]"]] = []

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = Lock()
        self._value: T | None = None
        self._at = -inf
        self._forgotten = 0
        Remembered._all.append(self)  # type: ignore[arg-type] # of whatever type

    def get(self, within: float | None = None) -> T | None:
        """Return the value, or ``None`` if there is none or it is too old.

        ``within`` are the seconds in which it must have been kept, if fewer than usual will do.
        """
        return self._value if self.is_younger(self.seconds if within is None else within) else None

    def set(self, value: T) -> None:
        """Keep a value from now on."""
        with self._lock:
            self._value, self._at = value, time()

    def get_or_read(self, read: Callable[[], T], within: float | None = None) -> T:
        """Return the value, and read it anew if there is none or it is too old, as in ``get``."""
        known = self.get(within)
        if known is not None:
            return known
        before = self._forgotten
        value = read()
        with self._lock:
            # What was read before a change must not be remembered after it.
            if before == self._forgotten:
                self._value, self._at = value, time()
        return value

    def replace(self, value: T) -> T | None:
        """Return the value; if there is none or it is too old, keep this one from now on."""
        with self._lock:
            known = self.get()
            if known is None:
                self._value, self._at = value, time()
            return known

    def is_younger(self, seconds: float) -> bool:
        """Tell whether the value was kept less than so many seconds ago."""
        return 0 <= time() - self._at < seconds

    def forget(self) -> None:
        """Keep nothing: the value has changed."""
        with self._lock:
            self._value, self._at = None, -inf
            self._forgotten += 1


def forget_all() -> None:
    """Forget everything, as tests do between two of them."""
    for one in Remembered._all:  # noqa: SLF001 -- its own list
        one.forget()
