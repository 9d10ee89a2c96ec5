"""Tasks that tests ask for, and what they were called with."""

from collections.abc import Callable
from datetime import datetime

from django.tasks import task

from crm.jobs.models import Again, GiveUpError

calls: list[str] = []
# What the next call does before it ends.
during: list[Callable[[], object]] = []
# When the tasks called next go on.
again: list[datetime] = []


@task
def note(text: str, number: int = 0) -> Again:
    """Note what it was called with."""
    calls.append(f"{text} {number}")
    if during:
        during.pop()()
    return again.pop() if again else None


@task
def break_down(text: str) -> Again:
    """Fail, as what it asks does not answer."""
    calls.append(text)
    raise TimeoutError("The other side does not answer.")


@task
def note_item(pk: str, sk: str) -> Again:
    """Note which item it was called for."""
    return note.call(f"{pk} {sk}")


@task
def give_up_item(pk: str, sk: str) -> Again:
    """Fail for good, for an item."""
    raise GiveUpError(f"{pk} {sk} cannot be done.")


@task
def give_up(text: str) -> Again:
    """Fail for good."""
    raise GiveUpError(f"{text} cannot be done.")
