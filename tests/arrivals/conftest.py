"""People who get leads in turn, and leads that come in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core import mail

from crm.accounts.models import Role, User
from crm.dynamodb.calls import put, query
from crm.jobs.models import DUE, name_of
from crm.jobs.running import Tally, run_due
from crm.tables import DUE_INDEX, RECORDS
from leads import repository
from leads.arrivals.asking import arrival_put
from leads.attribution import Attribution
from leads.models import VISITOR, Lead
from leads.repository import desk_settings
from leads.repository.desk_settings import Rules
from tests.make import fields

type Setter = Callable[..., None]


def arrive(**given: str) -> Lead:
    """Take in a lead as the contact form does, job and all."""
    intake = repository.create(
        fields(**given),
        submission=uuid4().hex,
        actor=VISITOR,
        source="contact-form",
        attribution=Attribution(form="contact"),
        blind=True,
        jobs=[arrival_put],
    )
    return now(intake.lead_id)


def now(lead_id: str) -> Lead:
    return repository.get(lead_id, consistent=True)


def ask_again(lead: Lead) -> None:
    """Ask for the job of a lead once more, as if who did it had died at its end."""
    put(RECORDS, arrival_put(lead.lead_id, datetime.now(UTC)).item)


def waiting_jobs() -> list[str]:
    found = query(RECORDS, "#ownerId = :owner", {"owner": DUE}, index=DUE_INDEX)
    return [name_of(item) for item in found.items]


def do() -> Tally:
    return run_due()


def person(name: str, *, role: Role = Role.SALES, **more: object) -> User:
    user = User.objects.create_user(f"{name}@example.com", name=name.title(), role=role)
    for field, value in more.items():
        setattr(user, field, value)
    user.save()
    return user


@pytest.fixture
def mails() -> list[mail.EmailMessage]:
    """Return the mails that were sent."""
    sent: list[mail.EmailMessage] = mail.outbox
    return sent


def set_rules(*people: User, most_open: int | None = None, is_on: bool = True) -> None:
    """Let people get leads in turn."""
    ids = tuple(one.id for one in people)
    present = desk_settings.read()
    desk_settings.save(replace(present, rules=Rules(is_on, ids, most_open)))
