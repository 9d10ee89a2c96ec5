"""Places for what only so many requests may have at once."""

import os
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, lockf
from pathlib import Path
from tempfile import TemporaryFile
from threading import BoundedSemaphore, Lock

from crm.bodies import MEGABYTE

_MEMORY = "/dev/shm"  # noqa: S108 - a file there has no name


class SharedPlaces:
    """So many places for all processes that were forked after this was made.

    A place is a byte of a file that has no name, locked by the process whose it is: the system
    gives it free when that process dies.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        # Of this process alone: one that was forked has its own locks, and its own set.
        self._taken: set[int] = set()
        self._lock = Lock()
        with TemporaryFile(dir=_MEMORY if Path(_MEMORY).is_dir() else None) as file:
            # It stays open as long as the process.
            self._file = os.dup(file.fileno())

    def acquire(self, *, blocking: bool) -> bool:
        """Take a place, and tell whether there was one; none is waited for."""
        del blocking
        with self._lock:
            return any(self._take(place) for place in set(range(self._number)) - self._taken)

    def release(self) -> None:
        """Give a place free that this process has."""
        with self._lock:
            lockf(self._file, LOCK_UN, 1, self._taken.pop())

    def _take(self, place: int) -> bool:
        try:
            lockf(self._file, LOCK_EX | LOCK_NB, 1, place)
        except OSError:
            return False
        self._taken.add(place)
        return True


type Places = SharedPlaces | BoundedSemaphore

# Few files, which wait on the disk, and in each process some bodies above what people type, which
# wait in memory. Smaller ones have no need to be counted.
_SIZES: tuple[tuple[int, Places], ...] = (
    (MEGABYTE, SharedPlaces(4)),
    (64 * 1024, BoundedSemaphore(64)),
)


def place_for(size: int) -> Places | None:
    """Return what counts the bodies of a size, if anything does."""
    return next((places for least, places in _SIZES if size > least), None)
