"""Handing over the open leads of somebody who may work none any more, in the background.

It is an act on a whole list, done in steps by a job, which can be undone like any other. What
is won or closed stays under the name of who won or closed it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

from django.tasks import task

from crm.accounts.leaving import Work
from crm.accounts.models import User
from crm.dynamodb.calls import Write
from crm.dynamodb.errors import ConflictError
from crm.jobs import thread
from crm.jobs.models import Again
from crm.jobs.stepping import go_on_with
from crm.jobs.store import asking
from leads import repository
from leads.models import OPEN_STAGES, Actor, EventType
from leads.repository import steps
from leads.repository.filters import Filter
from leads.repository.large_act import Chosen, Task, load
from leads.web import digest

# An act leaves alone what others change meanwhile; another one takes that.
ROUNDS = 5


@task
def hand_over(person: str, heir: str, by: str, name: str, act: str) -> Again:
    """Give the open leads of a person to an heir, or to nobody, and say when to do the rest."""
    user = User.objects.find(person)
    if user is None or user.can_work:
        return None  # They are back.
    to = User.objects.find(heir) if heir else None
    new_owner = to.id if to and to.can_work else ""
    # Not in the zone of a browser: what the heir said of theirs stays.
    digest.ask(new_owner, by="")
    for number in range(ROUNDS):
        begun = steps.begin(
            Task(kind=EventType.ASSIGNED, owner_id=new_owner),
            _open_leads(person),
            expected=_number(person) or 0,
            actor=Actor(by, name),
            write_id=f"{act}-{number}",
        )
        again = go_on_with(lambda: steps.step(begun.id).is_working, busy=ConflictError)  # noqa: B023
        if again or not load(begun.id).left:
            return again
    return None


def _open_leads(person: str) -> Chosen:
    return Chosen(wanted=Filter(owner_id=person, is_open=True), query=urlencode({"owner": person}))


def _number(person: str) -> int | None:
    totals = repository.counts(consistent=True).shown(person)
    return sum(totals[stage] for stage in OPEN_STAGES) if totals else None


def _handing_over(person: str, heir: str, by: User) -> Sequence[Write]:
    arguments = {
        "person": person,
        "heir": heir,
        "by": by.id,
        "name": by.name,
        "act": uuid4().hex,
    }
    return [asking(hand_over, arguments, name=f"leaving {person}", due=datetime.now(UTC))]


LEADS_OF_PEOPLE = Work(_number, _handing_over, thread.wake)
"""What ``settings.WORK_OF_PEOPLE`` names."""
