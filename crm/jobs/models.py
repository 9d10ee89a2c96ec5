"""What a job is, and when it is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self, cast

from django.conf import settings
from django.tasks import Task

from crm.dynamodb.cursor import decode, encode
from crm.dynamodb.items import Item, Key
from crm.jobs.retrying import MOST_TRIES, pause_after
from crm.timestamps import stored

type Again = datetime | None
"""What a task returns: when it goes on, ``None`` at its end."""
type Arguments = Mapping[str, str | int]
type JobTask = Task[..., Again]

DUE = "JOBS"
"""Under what ``due-index`` has the jobs that wait or are being done."""
FAILED = "JOBS#FAILED"
"""Under what it has those that failed for good."""
MAX_ERROR = 500
ATTRIBUTES = ("ownerId", "dueAt", "attempts", "claim", "error")
"""What an item may have that is a job beside what it is."""
_PARTITION = "JOB#"
_ADDRESS = "a job"


class GiveUpError(Exception):
    """A task cannot be done, now or later; the message says why, for admins."""


@dataclass(frozen=True)
class Job:
    """A job as it is stored, with the ``key`` of its item.

    ``task`` is the path of a task; that of an item that is something else, too, is the one that
    the settings have for its partition, and is called with its key. ``wanted`` counts who asked
    for it: a job that is asked for while it is done is done once more. ``claim`` names who
    does it.
    """

    key: Key
    task: str
    arguments: Arguments = field(default_factory=dict)
    due_at: str = ""
    attempts: int = 0
    wanted: int = 1
    claim: str = ""
    error: str = ""
    is_failed: bool = False

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read an item of ``CrmRecords``."""
        job_key = key_of(item)
        task = _task_of_items(job_key)
        named = {"pk": job_key["PK"], "sk": job_key["SK"]} if task else item["arguments"]
        arguments = cast("dict[str, object]", named)
        return cls(
            key=job_key,
            task=task or str(item["task"]),
            arguments={
                name: value if isinstance(value, str) else int(str(value))
                for name, value in arguments.items()
            },
            due_at=str(item["dueAt"]),
            attempts=int(str(item.get("attempts", 0))),
            wanted=int(str(item.get("wanted", 1))),
            claim=str(item.get("claim", "")),
            error=str(item.get("error", "")),
            is_failed=item["ownerId"] == FAILED,
        )

    @property
    def name(self) -> str:
        """Its name; of one that is something else, too, where that is."""
        return name_of(self.key)

    @property
    def is_alone(self) -> bool:
        """Whether its item is nothing else."""
        return self.key["PK"].startswith(_PARTITION)

    @property
    def address(self) -> str:
        """What names it in addresses of pages."""
        return encode(dict(self.key), _ADDRESS)

    @property
    def due(self) -> datetime:
        """When it is due; of one that failed for good, when it did."""
        return datetime.fromisoformat(self.due_at)

    @property
    def is_worn_out(self) -> bool:
        """Whether it was tried as often as a job is."""
        return self.attempts >= MOST_TRIES

    def next_try(self, now: datetime) -> datetime:
        """Return when a claimed job that was tried in vain is tried again."""
        return now + pause_after(self.attempts)


def attributes(due: datetime) -> Item:
    """Return what makes an item a job beside what it is."""
    return {"ownerId": DUE, "dueAt": stored(due)}


def may_be(job_key: Key) -> bool:
    """Tell whether an item may be a job: who may write others cannot make them one."""
    return job_key["PK"].startswith(_PARTITION) or bool(_task_of_items(job_key))


def key(name: str) -> Key:
    """Key in ``CrmRecords`` of a job that is nothing else."""
    return {"PK": f"{_PARTITION}{name}", "SK": "JOB"}


def key_of(item: Mapping[str, object]) -> Key:
    """Return the key of the job that an item is, of the table or of the index."""
    return {"PK": str(item["PK"]), "SK": str(item["SK"])}


def key_at(address: str) -> Key:
    """Return the key of the job that has this address. Raises ``InvalidCursorError``."""
    return key_of(decode(address, _ADDRESS))


def name_of(item: Mapping[str, object]) -> str:
    """Return the name of the job that an item is, of the table or of the index."""
    return str(item["PK"]).removeprefix(_PARTITION)


def _task_of_items(job_key: Key) -> str:
    """Return the task of the items of a partition that are jobs beside what they are."""
    tasks = settings.TASKS_OF_ITEMS.items()
    return next((path for begin, path in tasks if job_key["PK"].startswith(begin)), "")
