"""A thread of each server process that does what is due."""

import logging
from datetime import UTC, datetime
from threading import Event, Thread
from typing import override

from crm.dynamodb.errors import DynamoDBError
from crm.jobs.running import run_due

IDLE_SECONDS = 15.0

logger = logging.getLogger(__name__)
_woken = Event()
_running = Event()


class Runner(Thread):
    """Does what is due until it is stopped."""

    def __init__(self) -> None:
        super().__init__(name="jobs", daemon=True)
        self._stopped = Event()

    @override
    def run(self) -> None:
        _running.set()
        while not self._stopped.is_set():
            _woken.clear()
            _woken.wait(self.do_due())
        _running.clear()

    def do_due(self) -> float:
        """Do what is due, and return the seconds until to look again."""
        try:
            next_due = run_due(stopped=self._stopped).next_due
        except DynamoDBError as error:
            # What was claimed is due again when its lease ends.
            logger.warning("work that is due waits: %s: %s", type(error).__name__, error)
            return IDLE_SECONDS
        except Exception:
            # Whatever is wrong with one job, the thread does the others.
            logger.exception("work that is due waits")
            return IDLE_SECONDS
        if not next_due:
            return IDLE_SECONDS
        left = (datetime.fromisoformat(next_due) - datetime.now(UTC)).total_seconds()
        return min(max(left, 0.0), IDLE_SECONDS)

    def stop(self) -> None:
        """Claim nothing more, and end once what is being done is done."""
        self._stopped.set()
        _woken.set()


def is_running() -> bool:
    """Tell whether a thread of this process does what is due: on Lambda none does."""
    return _running.is_set()


def wake() -> None:
    """Let the thread of this process look at once: somebody here has asked for a job."""
    _woken.set()
