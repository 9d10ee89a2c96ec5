"""Doing what is due."""

import logging
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from threading import Event
from time import monotonic

from django.conf import settings
from django.tasks import Task
from django.utils.module_loading import import_string

from crm.dynamodb.parallel import carried
from crm.jobs import store
from crm.jobs.models import GiveUpError, Job, JobTask
from crm.jobs.retrying import MOST_TRIES
from crm.timestamps import stored

AT_ONCE = 8
"""A slow receiver holds up one of so many, and nobody else."""
AHEAD = timedelta(seconds=15)
"""How far a look for what is due looks ahead."""
MOST_SECONDS = 20.0
DIED = "Whoever did it ended before it was done, each time."

logger = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of a job that was claimed."""

    DONE = "done"
    GOES_ON = "goes on"
    RETRIED = "to be tried again"
    FAILED = "failed for good"


@dataclass
class Tally:
    """What became of the jobs; ``next_due`` is when the next one is, if that is soon."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    next_due: str = ""


def run_due(seconds: float = MOST_SECONDS, stopped: Event | None = None) -> Tally:
    """Do what is due, several at once, until nothing is, or ``seconds`` are over, or ``stopped``.

    Whoever else does so at the same moment does other jobs. Idle it costs 0.5 RRU; each job 3
    WRU to claim and 3 to end, besides what it does. Raises the errors of DynamoDB.
    """
    tally = Tally()
    until = monotonic() + seconds
    with ThreadPoolExecutor(AT_ONCE) as pool:
        working: set[Future[Outcome]] = set()
        while True:
            is_over = monotonic() >= until or (stopped and stopped.is_set())
            if len(working) < AT_ONCE and not is_over:
                claimed = _claim(AT_ONCE - len(working), tally)
                working |= {pool.submit(carried(partial(_do, job))) for job in claimed}
            if not working:
                return tally
            done, working = wait(working, return_when=FIRST_COMPLETED)
            tally.outcomes.update(future.result() for future in done)


def _claim(number: int, tally: Tally) -> list[Job]:
    """Claim as many jobs as are due, and note when the next one will be."""
    now = datetime.now(UTC)
    found = store.waiting(now + AHEAD, number)
    due = [one for one in found if one.due_at <= stored(now)]
    tally.next_due = min((one.due_at for one in found[len(due) :]), default="")
    return [job for one in due if (job := store.claim(one.key, now))]


def _do(job: Job) -> Outcome:
    """Do a claimed job, once."""
    if job.attempts > MOST_TRIES:
        return _give_up(job, job.error or DIED)
    try:
        again = _task_of(job).call(**job.arguments)
    except GiveUpError as error:
        return _give_up(job, str(error))
    except Exception as error:
        logger.exception("job %s of %s was not done", job.name, job.task)
        reason = f"{type(error).__name__}: {error}"
        if job.is_worn_out:
            return _give_up(job, reason)
        store.put_off(job, job.next_try(datetime.now(UTC)), reason)
        return Outcome.RETRIED
    if again:
        store.put_off(job, again)
        return Outcome.GOES_ON
    store.end(job)
    return Outcome.DONE


def _task_of(job: Job) -> JobTask:
    """Return the task of a job.

    Whoever may write a job names a task, and nothing else to call; who may write those of
    strangers alone names theirs, and no other.
    """
    for begin, path in settings.TASKS_OF_STRANGERS.items():
        if job.name.startswith(begin) and job.task != path:
            message = f"A job that is called {begin} is of {path} alone."
            raise GiveUpError(message)
    task: object = import_string(job.task)
    if not isinstance(task, Task):
        message = f"{job.task} is no task."
        raise GiveUpError(message)
    return task


def _give_up(job: Job, reason: str) -> Outcome:
    store.fail(job, reason)
    logger.error("job %s of %s failed for good: %s", job.name, job.task, reason)
    return Outcome.FAILED
