"""What acts on many leads are called, and how one in steps goes on while somebody waits."""

from time import monotonic

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.dynamodb.errors import ConflictError
from leads import repository
from leads.formatting import number_text
from leads.models import EventType
from leads.repository.large_act import LargeAct, Task
from leads.web.owners import owner

# A request ends soon, so that a closed page stops soon and a server stops quickly.
STEP_SECONDS = 1.0


def go_on(act: LargeAct, *, times: int = 1) -> LargeAct:
    """Do steps of an act for a while, or ``times`` as long, and return how far it is.

    Where others keep changing its leads, that is as far as it comes: it goes on later.
    """
    until = monotonic() + STEP_SECONDS * times
    while act.is_working and monotonic() < until:
        try:
            act = repository.steps.step(act.id)
        except ConflictError:
            break
    return act


def done_text(task: Task, number: int) -> str:
    """Say what was done to so many leads."""
    match task.kind:
        case EventType.MOVED:
            text = ngettext(
                "%(number)s lead was moved to %(stage)s.",
                "%(number)s leads were moved to %(stage)s.",
                number,
            )
        case EventType.ASSIGNED if task.owner_id:
            text = ngettext(
                "%(number)s lead belongs to %(owner)s now.",
                "%(number)s leads belong to %(owner)s now.",
                number,
            )
        case EventType.ASSIGNED:
            text = ngettext(
                "%(number)s lead belongs to nobody now.",
                "%(number)s leads belong to nobody now.",
                number,
            )
        case EventType.CLOSED:
            text = ngettext(
                "%(number)s lead was closed: %(outcome)s.",
                "%(number)s leads were closed: %(outcome)s.",
                number,
            )
        case EventType.UNDONE:
            text = ngettext(
                "%(number)s lead is as it was before.",
                "%(number)s leads are as they were before.",
                number,
            )
        case _:
            text = ngettext(
                "%(number)s lead was deleted.", "%(number)s leads were deleted.", number
            )
    return text % {"number": number_text(number), **_words(task)}


def question_text(task: Task) -> str:
    """Ask whether to do it to all leads of a list."""
    texts = {
        EventType.MOVED: _("Move all these leads to %(stage)s?"),
        EventType.ASSIGNED: _("Give all these leads to %(owner)s?")
        if task.owner_id
        else _("Take all these leads from their owners?"),
        EventType.CLOSED: _("Close all these leads: %(outcome)s?"),
    }
    return texts.get(task.kind, _("Delete all these leads?")) % _words(task)


def _words(task: Task) -> dict[str, str]:
    person = owner(task.owner_id)
    return {
        "stage": task.status.label,
        "owner": person.name if person else "",
        "outcome": task.outcome.label,
    }
