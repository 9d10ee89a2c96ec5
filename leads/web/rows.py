"""A lead as a row of a list."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse

from crm.texts import shorten
from leads.formatting import age_writer, moment_text
from leads.models import Lead, Status, moment
from leads.web.cards import dom_id
from leads.web.closing import closed_text
from leads.web.owners import owner


class Row(NamedTuple):
    """A lead in the list: all that decides how its row looks, and nothing else.

    Rows that are equal look the same: see :mod:`leads.web.drawing`. ``received`` is
    a timestamp as stored.
    """

    lead_id: str
    title: str
    company: str
    email: str
    subject: str
    status: Status
    closed: str
    version: int
    owner: str
    received: str
    age: str

    def facts(self) -> dict[str, object]:
        """Return what the template shows, in texts that only have to be put into it."""
        received = moment(self.received)
        return {
            "lead_id": self.lead_id,
            "dom_id": dom_id(self.lead_id),
            "url": reverse("lead_detail", args=[self.lead_id]),
            "assign_url": reverse("lead_assign", args=[self.lead_id]),
            "title": shorten(self.title, 120),
            "short_title": shorten(self.title, 80),
            "company": shorten(self.company, 120),
            "email": shorten(self.email, 254),
            "subject": shorten(self.subject, 160),
            "status": self.status.value,
            "stage": self.status.label,
            "closed": self.closed,
            "version": self.version,
            "owner": shorten(self.owner, 60),
            "received": received.isoformat() if received else "",
            "received_on": moment_text(received) if received else shorten(self.received, 40),
            "age": self.age,
        }


def rows(leads: Iterable[Lead]) -> list[Row]:
    """Return the rows of a list."""
    age = age_writer()
    return [_row(lead, age) for lead in leads]


def _row(lead: Lead, age: Callable[[datetime | None], str]) -> Row:
    person = owner(lead.owner_id)
    return Row(
        lead.lead_id,
        lead.title,
        lead.company,
        lead.readable_email,
        lead.subject,
        lead.status,
        closed_text(lead),
        lead.version,
        person.name if person else "",
        lead.created_at,
        age(lead.created),
    )
