"""The jobs in ``CrmRecords``: asked for, claimed, ended. Every write is conditional."""

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
    DUE,
    FAILED,
    MAX_ERROR,
    Arguments,
    Job,
    JobTask,
    key,
    name_of,
)
from crm.jobs.retrying import LEASE
from crm.tables import DUE_INDEX, RECORDS
from crm.timestamps import stored

PAGE = 25
MAX_NAME_BYTES = 1_000
_LIST = "failed jobs"


class JobNotFoundError(Exception):
    """There is no such job, or it has not failed."""


class Waiting(NamedTuple):
    """A job that is due, or will be soon."""

    name: str
    due_at: str


class FailedPage(NamedTuple):
    """Jobs that failed for good, the last ones first; ``older`` is the cursor of the next page."""

    jobs: list[Job]
    older: str


def asking(task: JobTask, arguments: Arguments, *, name: str, due: datetime) -> Update:
    """Return the write that asks for a job, for the transaction of what it follows from: 4 WRU.

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
        "ownerId": DUE,
        "dueAt": stored(due),
        "task": task.module_path,
        "arguments": dict(arguments),
        "attempts": 0,
        "wanted": 1,
    }
    return Put(table=RECORDS, item=item)


def ask(task: JobTask, arguments: Arguments, *, name: str, due: datetime) -> None:
    """Ask for a job by itself: 2 WRU. Repeating it does no harm."""
    ask_for(asking(task, arguments, name=name, due=due))


def ask_for(write: Update) -> None:
    """Ask for a job whose write :func:`asking` made, by itself."""
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
    return [Waiting(name_of(item), str(item["dueAt"])) for item in found.items]


def claim(name: str, now: datetime) -> Job | None:
    """Claim a job for a while, and return it; ``None`` if somebody else did. 2 WRU."""
    try:
        item = update(
            RECORDS,
            key(name),
            "SET #dueAt = :until, #claim = :claim, #attempts = #attempts + :one",
            values={
                "owner": DUE,
                "now": stored(now),
                "until": stored(now + LEASE),
                "claim": uuid4().hex,
                "one": 1,
            },
            condition="#ownerId = :owner AND #dueAt <= :now",
        )
    except ConditionFailedError:
        return None
    return Job.from_item(item)


def end(job: Job) -> None:
    """Remove a job that is done; one that was asked for meanwhile is due once more: 4 WRU."""
    removal = Delete(
        table=RECORDS,
        key=key(job.name),
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
    names = [name_of(item) for item in found.items]
    items = settle([partial(get, RECORDS, key(name)) for name in names])
    jobs = [Job.from_item(item) for item in items if item]
    last = found.last_key
    position = {name: last[name] for name in ("PK", "dueAt")} if last else None
    older = encode(dict(position), _LIST) if position else ""
    return FailedPage([job for job in jobs if job.is_failed], older)


def try_again(name: str) -> None:
    """Let a job that failed for good be due now. Raises :class:`JobNotFoundError`."""
    if len(name.encode()) > MAX_NAME_BYTES:
        raise JobNotFoundError(name[:100])
    try:
        update(
            RECORDS,
            key(name),
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
        raise JobNotFoundError(name) from error


def _release(job: Job, changes: dict[str, Value]) -> None:
    """Change a job that is still claimed by who claimed it; it is theirs no longer."""
    try:
        update(
            RECORDS,
            key(job.name),
            set_expression(changes, ["claim"]),
            values={**changes, "mine": job.claim},
            condition="#claim = :mine",
        )
    except ConditionFailedError:
        # It took longer than the lease, and somebody else has begun it anew.
        return


def _start(cursor: str) -> Key:
    position = decode(cursor, _LIST)
    pk, due_at = position.get("PK"), position.get("dueAt")
    if not (isinstance(pk, str) and isinstance(due_at, str)):
        raise InvalidCursorError("The page address is of another list.")
    return {"PK": pk, "SK": "JOB", "ownerId": FAILED, "dueAt": due_at}
