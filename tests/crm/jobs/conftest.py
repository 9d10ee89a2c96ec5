"""Jobs whose moment comes when a test says so."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crm.dynamodb.calls import get, update
from crm.dynamodb.items import Key
from crm.jobs.models import Job, key
from crm.tables import RECORDS
from crm.timestamps import stored
from tests.crm.jobs import tasks


def now() -> datetime:
    return datetime.now(UTC)


def job(name: str) -> Job | None:
    """Return a job as it is stored."""
    return job_at(key(name))


def job_at(job_key: Key) -> Job | None:
    """Return the job that an item is, if it is one."""
    item = get(RECORDS, job_key, consistent=True)
    return Job.from_item(item) if item and "dueAt" in item else None


def make_due(name: str) -> None:
    """Let the moment of a job have come: of its next try, or of the end of its lease."""
    make_due_at(key(name))


def make_due_at(job_key: Key) -> None:
    """Let the moment of the job that an item is have come."""
    values = {"at": stored(now() - timedelta(seconds=1))}
    update(RECORDS, job_key, "SET #dueAt = :at", values=values)


@pytest.fixture(autouse=True)
def called() -> Iterator[list[str]]:
    """Return what tasks are called with."""
    for kept in (tasks.calls, tasks.during, tasks.again):
        kept.clear()
    yield tasks.calls
    assert not tasks.during


@pytest.fixture
def during() -> Callable[[Callable[[], object]], None]:
    """Return what lets something happen while a task is done."""
    return tasks.during.append
