"""What a job is, and when it is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self, cast

from django.tasks import Task

from crm.dynamodb.items import Item, Key
from crm.jobs.retrying import MOST_TRIES, pause_after

type Again = datetime | None
"""What a task returns: when it goes on, ``None`` at its end."""
type Arguments = Mapping[str, str | int]
type JobTask = Task[..., Again]

DUE = "JOBS"
"""Under what ``due-index`` has the jobs that wait or are being done."""
FAILED = "JOBS#FAILED"
"""Under what it has those that failed for good."""
MAX_ERROR = 500


class GiveUpError(Exception):
    """A task cannot be done, now or later; the message says why, for admins."""


@dataclass(frozen=True)
class Job:
    """A job as it is stored.

    ``task`` is the path of a task. ``wanted`` counts who asked for it: a job that is asked for
    while it is done is done once more. ``claim`` names who does it.
    """

    name: str
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
        arguments = cast("dict[str, object]", item["arguments"])
        return cls(
            name=name_of(item),
            task=str(item["task"]),
            arguments={
                name: value if isinstance(value, str) else int(str(value))
                for name, value in arguments.items()
            },
            due_at=str(item["dueAt"]),
            attempts=int(str(item["attempts"])),
            wanted=int(str(item["wanted"])),
            claim=str(item.get("claim", "")),
            error=str(item.get("error", "")),
            is_failed=item["ownerId"] == FAILED,
        )

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


def key(name: str) -> Key:
    """Key of a job in ``CrmRecords``."""
    return {"PK": f"JOB#{name}", "SK": "JOB"}


def name_of(item: Mapping[str, object]) -> str:
    """Return the name of the job that an item, of the table or of the index, is of."""
    return str(item["PK"]).removeprefix("JOB#")
