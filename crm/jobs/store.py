"""The jobs in ``CrmRecords``: asked for, claimed, ended. Every write is conditional.

An item may be a job beside what it is, as letters are: that is asked for by the write that
stores it, and its end leaves the item. Costs are for items of 1 KB.
"""

from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple
from uuid import uuid4

from crm.dynamodb.calls import (
    Delete,
    Put,
    Update,
    Value,
    get,
    query,
    set_expression,
    transact,
    update,
)
from crm.dynamodb.cursor import InvalidCursorError, decode, encode
from crm.dynamodb.errors import ConditionFailedError, TransactionRefusedError
from crm.dynamodb.items import Item, Key
from crm.dynamodb.parallel import settle
from crm.jobs.models import (
    ATTRIBUTES,
    DUE,
    FAILED,
    MAX_ERROR,
    Arguments,
    Job,
    JobTask,
    attributes,
    key,
    key_of,
    may_be,
)
from crm.jobs.retrying import LEASE
from crm.tables import DUE_INDEX, RECORDS
from crm.timestamps import stored

PAGE = 25
_LIST = "failed jobs"


class JobNotFoundError(Exception):
    """There is no such job, or it has not failed."""


class Waiting(NamedTuple):
    """A job that is due, or will be soon."""

    key: Key
    due_at: str


class FailedPage(NamedTuple):
    """Jobs that failed for good, the last ones first; ``older`` is the cursor of the next page."""

    jobs: list[Job]
    older: str


def asking(task: JobTask, arguments: Arguments, *, name: str, due: datetime) -> Update:
    """Return the write that asks for a job, for the transaction of what it follows from: 3 WRU.

    A job of that ``name`` that waits already stays as it is, and one that is being done is
    done once more: there is one job for whatever the name says.
    """
    return Update(
        table=RECORDS,
        key=key(name),
        change="SET #ownerId = :owner, #dueAt = if_not_exists(#dueAt, :due), #task = :task, "
        "#arguments = :arguments, #attempts = :none, "
        "#wanted = if_not_exists(#wanted, :none) + :one",
        values={
            "owner": DUE,
            "due": stored(due),
            "task": task.module_path,
            "arguments": dict(arguments),
            "none": 0,
            "one": 1,
        },
    )


def beginning(task: JobTask, arguments: Arguments, *, name: str, due: datetime) -> Put:
    """Return the write of a job that nobody else asks for, for a transaction: 3 WRU.

    Who may only put, and read nothing, can send it. One of that ``name`` begins anew.
    """
    item: Item = {
        **key(name),
        **attributes(due),
        "task": task.module_path,
        "arguments": dict(arguments),
        "attempts": 0,
        "wanted": 1,
    }
    return Put(table=RECORDS, item=item)


def ask(task: JobTask, arguments: Arguments, *, name: str, due: datetime) -> None:
    """Ask for a job by itself: 2 WRU. Repeating it does no harm."""
    write = asking(task, arguments, name=name, due=due)
    update(RECORDS, write.key, write.change, values=write.values)


def waiting(until: datetime, limit: int) -> list[Waiting]:
    """Return the jobs that are due ``until`` then, the longest due first: 0.5 RRU."""
    found = query(
        RECORDS,
        "#ownerId = :owner AND #dueAt <= :until",
        {"owner": DUE, "until": stored(until)},
        index=DUE_INDEX,
        limit=limit,
    )
    return [Waiting(key_of(item), str(item["dueAt"])) for item in _jobs(found.items)]


def claim(job_key: Key, now: datetime) -> Job | None:
    """Claim a job for a while, and return it; ``None`` if somebody else did. 3 WRU."""
    try:
        item = update(
            RECORDS,
            job_key,
            "SET #dueAt = :until, #claim = :claim,"
            " #attempts = if_not_exists(#attempts, :none) + :one",
            values={
                "owner": DUE,
                "now": stored(now),
                "until": stored(now + LEASE),
                "claim": uuid4().hex,
                "none": 0,
                "one": 1,
            },
            condition="#ownerId = :owner AND #dueAt <= :now",
        )
    except ConditionFailedError:
        return None
    return Job.from_item(item)


def end(job: Job) -> None:
    """Remove a job that is done; one that was asked for meanwhile is due once more: 3 WRU.

    An item that is something else stays. Its task takes the job off with what it writes last,
    so that this costs 1 RRU alone.
    """
    if job.is_alone:
        _delete(job)
    elif _is_claimed(job):
        _take_off(job)


def put_off(job: Job, due: datetime, error: str | None = None) -> None:
    """Let a job be due again then; without an ``error`` it has come on, and counts from one."""
    if error is None:
        _release(job, {"dueAt": stored(due), "attempts": 0, "error": ""})
    else:
        _release(job, {"dueAt": stored(due), "error": error[:MAX_ERROR]})


def fail(job: Job, error: str) -> None:
    """Let a job have failed for good, until an admin tries it again."""
    at = stored(datetime.now(UTC))
    _release(job, {"ownerId": FAILED, "dueAt": at, "error": error[:MAX_ERROR]})


def failed(cursor: str = "") -> FailedPage:
    """Return jobs that failed for good: a Query, and 0.5 RRU each.

    Raises ``InvalidCursorError``.
    """
    found = query(
        RECORDS,
        "#ownerId = :owner",
        {"owner": FAILED},
        index=DUE_INDEX,
        newest_first=True,
        limit=PAGE,
        start=_start(cursor) if cursor else None,
    )
    items = settle([partial(get, RECORDS, key_of(item)) for item in _jobs(found.items)])
    jobs = [Job.from_item(item) for item in items if item and item.get("ownerId") == FAILED]
    last = found.last_key
    position = {name: last[name] for name in ("PK", "SK", "dueAt")} if last else None
    older = encode(dict(position), _LIST) if position else ""
    return FailedPage(jobs, older)


def try_again(job_key: Key) -> None:
    """Let a job that failed for good be due now. Raises :class:`JobNotFoundError`."""
    try:
        update(
            RECORDS,
            job_key,
            "SET #ownerId = :due, #dueAt = :now, #attempts = :none",
            values={
                "due": DUE,
                "failed": FAILED,
                "now": stored(datetime.now(UTC)),
                "none": 0,
            },
            condition="#ownerId = :failed",
        )
    except ConditionFailedError as error:
        raise JobNotFoundError(job_key["PK"]) from error


def _delete(job: Job) -> None:
    removal = Delete(
        table=RECORDS,
        key=job.key,
        condition="#claim = :claim AND #wanted = :wanted",
        values={"claim": job.claim, "wanted": job.wanted},
    )
    try:
        # A role may delete in transactions alone.
        transact([removal], uuid4().hex)
    except TransactionRefusedError as refusal:
        kept = refusal.failed.get(0)
        if kept and kept.get("claim") == job.claim:
            put_off(job, datetime.now(UTC))


def _is_claimed(job: Job) -> bool:
    """Look before a write: one whose condition fails costs as much as the item is large."""
    item = get(RECORDS, job.key, consistent=True)
    return item is not None and item.get("claim") == job.claim


def _take_off(job: Job) -> None:
    gone = "REMOVE " + ", ".join(f"#{name}" for name in ATTRIBUTES)
    _change(job, gone, {})


def _release(job: Job, changes: dict[str, Value]) -> None:
    """Change a job that is claimed; it is theirs no longer."""
    _change(job, set_expression(changes, ["claim"]), changes)


def _change(job: Job, change: str, changes: Item) -> None:
    """Change a job if it is still claimed by who claimed it."""
    values = {**changes, "mine": job.claim}
    try:
        update(RECORDS, job.key, change, values=values, condition="#claim = :mine")
    except ConditionFailedError:
        # It took longer than the lease, and somebody else has begun it anew.
        return


def _jobs(items: list[Item]) -> list[Item]:
    return [item for item in items if may_be(key_of(item))]


def _start(cursor: str) -> Key:
    position = decode(cursor, _LIST)
    pk, sk, due_at = (position.get(name) for name in ("PK", "SK", "dueAt"))
    if not (isinstance(pk, str) and isinstance(sk, str) and isinstance(due_at, str)):
        raise InvalidCursorError("The page address is of another list.")
    return {"PK": pk, "SK": sk, "ownerId": FAILED, "dueAt": due_at}
