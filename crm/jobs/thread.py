"""A thread of each server process that does what is due."""

import logging
from datetime import UTC, datetime
from threading import Event, Thread

from crm.dynamodb.errors import DynamoDBError
from crm.jobs.running import run_due

IDLE_SECONDS = 15.0

logger = logging.getLogger(__name__)
_woken, _stopped = Event(), Event()


def start() -> Thread:
    """Start the thread of this process and return it; :func:`stop` ends it."""
    _stopped.clear()
    thread = Thread(target=_run, name="jobs", daemon=True)
    thread.start()
    return thread


def stop() -> None:
    """Let the thread end once what it does is done."""
    _stopped.set()
    _woken.set()


def wake() -> None:
    """Let the thread look at once: this process has asked for a job."""
    _woken.set()


def _run() -> None:
    while not _stopped.is_set():
        _woken.clear()
        _woken.wait(_do_due())


def _do_due() -> float:
    """Do what is due, and return the seconds until to look again."""
    try:
        next_due = run_due(stopped=_stopped).next_due
    except DynamoDBError as error:
        # What was claimed is due again when its lease ends.
        logger.warning("work that is due waits: %s: %s", type(error).__name__, error)
        return IDLE_SECONDS
    if not next_due:
        return IDLE_SECONDS
    left = (datetime.fromisoformat(next_due) - datetime.now(UTC)).total_seconds()
    return min(max(left, 0.0), IDLE_SECONDS)
