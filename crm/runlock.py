"""One demo at a time over one data folder, even after a crash of the demo itself."""

import fcntl
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

LEFTOVER_SECONDS = 10.0


class InUseError(Exception):
    """Another process holds the lock; ``pid`` is the one that took it, 0 if unknown."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"in use by process {pid}")
        self.pid = pid


class RunLock:
    """A locked file that names the process that took it and the children that hold it too.

    Children inherit ``fd``, so the lock outlives a demo that was killed. Whoever finds the
    lock held by such children alone ends them and takes it.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock; raises ``InUseError`` or ``OSError``."""
        self._file = path.open("a+", encoding="ascii")
        self.fd = self._file.fileno()
        try:
            if not self._try():
                self._end_leftovers()
        except InUseError:
            self.close()
            raise
        self._pids = [os.getpid()]
        self._write()

    def add(self, child: int) -> None:
        """Note a child that has inherited the lock."""
        self._pids.append(child)
        self._write()

    def close(self) -> None:
        """Let go of the lock; children that inherited it may still hold it."""
        self._file.close()

    def _try(self) -> bool:
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _end_leftovers(self) -> None:
        self._file.seek(0)
        words = self._file.read().split()
        # A damaged file names nobody: then who holds the lock is not known.
        owner, *children = [int(word) for word in words if word.isdecimal()] or [0]
        if not owner or _is_alive(owner):
            raise InUseError(owner)
        for child in reversed(children):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while not self._try():
            if time.monotonic() > deadline:
                raise InUseError(children[0] if children else owner)
            time.sleep(0.05)

    def _write(self) -> None:
        self._file.truncate(0)
        self._file.write(" ".join(str(pid) for pid in self._pids))
        self._file.flush()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
