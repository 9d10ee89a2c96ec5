"""Django's interface for tasks: ``TASK.enqueue()`` asks for a job that nothing else names."""

from datetime import UTC, datetime
from inspect import signature
from typing import TYPE_CHECKING, Any, cast, override
from uuid import uuid4

from django.tasks import TaskResult, TaskResultStatus
from django.tasks.backends.base import BaseTaskBackend

from crm.jobs import store, thread

if TYPE_CHECKING:
    from django.tasks import Task

    from crm.jobs.models import JobTask


class StoredBackend(BaseTaskBackend):
    """Stores a task as a job; what it returns is when it goes on, and is kept by nobody."""

    supports_defer = True

    @override
    def enqueue[**P, R](
        self, task: "Task[P, R]", args: list[Any], kwargs: dict[str, Any]
    ) -> "TaskResult[P, R]":
        self.validate_task(task)
        name, now = uuid4().hex, datetime.now(UTC)
        arguments = signature(task.func).bind(*args, **kwargs).arguments
        store.ask(cast("JobTask", task), arguments, name=name, due=task.run_after or now)
        thread.wake()
        return TaskResult(
            task=task,
            id=name,
            status=TaskResultStatus.READY,
            enqueued_at=now,
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=args,
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
