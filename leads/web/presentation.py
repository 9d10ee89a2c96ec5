"""Leads and events in the shape of the templates of the list and the lead pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse
from django.utils.text import Truncator

from crm.accounts.directory import Person, people
from leads.addresses import mail_link
from leads.fields import EMAIL, MESSAGE, PHONE, SUBJECT, by_name, on_pages
from leads.models import Change, Event, EventType, Lead, Status, editable, moment
from leads.phones import phone_link
from leads.templatetags.age import age

LONG = 120
# What an event may tell of besides fields.
_MENTIONS = {
    "owner_id": "owner",
    "status": "stage",
    "createdAt": "received",
    "updatedAt": "last change",
    "stageEnteredAt": "in stage since",
}


class Row(NamedTuple):
    """A lead in the list: all that decides how its row looks, and nothing else.

    Rows that are equal look the same: see :mod:`leads.templatetags.parts`. ``received`` is
    a timestamp as stored.
    """

    lead_id: str
    title: str
    company: str
    email: str
    subject: str
    status: Status
    version: int
    owner: str
    received: str
    age: str

    def facts(self) -> dict[str, object]:
        """Give what the template shows, in texts that only have to be put into it."""
        received = moment(self.received)
        return {
            "lead_id": self.lead_id,
            "url": reverse("lead_detail", args=[self.lead_id]),
            "title": cut(self.title, 120),
            "short_title": cut(self.title, 80),
            "company": cut(self.company, 120),
            "email": cut(self.email, 254),
            "subject": cut(self.subject, 160),
            "status": self.status.value,
            "stage": self.status.label,
            "version": self.version,
            "owner": cut(self.owner, 60),
            "received": received.isoformat() if received else "",
            "received_on": f"{received.day} {received:%b %Y, %H:%M}"
            if received
            else cut(self.received, 40),
            "age": self.age,
        }


@dataclass(frozen=True)
class Fact:
    """A field of a lead on its page; ``link`` leads to a program that writes or calls."""

    label: str
    text: str
    link: str


@dataclass(frozen=True)
class Difference:
    """A field before and after."""

    label: str
    old: str
    new: str

    @property
    def is_long(self) -> bool:
        """Too long to stand in a line."""
        return len(self.old) + len(self.new) > LONG or "\n" in self.old + self.new


@dataclass(frozen=True)
class Entry:
    """An entry of the timeline; ``status`` is the stage that a move or the intake led to."""

    type: EventType
    who: str
    at: datetime | None
    status: str
    differences: list[Difference]


def rows(leads: Iterable[Lead]) -> list[Row]:
    """Give the rows of a list."""
    return [_row(lead) for lead in leads]


def cut(text: str, length: int) -> str:
    """Shorten a text to at most ``length`` characters, the last of them then an ellipsis."""
    return text if len(text) <= length else Truncator(text).chars(length)


def owner(owner_id: str | None) -> Person | None:
    """Give the owner of a lead; one whose account is unknown has the id as name."""
    if not owner_id:
        return None
    return people().get(owner_id) or Person(owner_id, owner_id, "?", is_active=False)


def facts(lead: Lead) -> list[Fact]:
    """Return what stands beside the message: what is required, and the rest if there is any."""
    links = {EMAIL: mail_link(lead.email), PHONE: phone_link(lead.phone)}
    return [
        Fact(field.label, lead.text(field.name), links.get(field, ""))
        for field in on_pages()
        if field not in {SUBJECT, MESSAGE} and (field.required or lead.text(field.name))
    ]


def entries(events: Iterable[Event], lead: Lead) -> list[Entry]:
    """Give a timeline as people read it."""
    known = people()
    return [_entry(event, lead, known) for event in events]


def brief(lead: Lead) -> str:
    """Name a lead in a message, which has to fit into a cookie."""
    return f"“{Truncator(lead.title).chars(60)}”"


def _row(lead: Lead) -> Row:
    person = owner(lead.owner_id)
    return Row(
        lead.lead_id,
        lead.title,
        lead.company,
        lead.email,
        lead.subject,
        lead.status,
        lead.version,
        person.name if person else "",
        lead.created_at,
        age(lead.created),
    )


def _entry(event: Event, lead: Lead, known: Mapping[str, Person]) -> Entry:
    moved = event.changes.get("status") if event.type is EventType.MOVED else None
    return Entry(
        type=event.type,
        who=event.actor.name or ("A deleted account" if event.actor.id else lead.source or ""),
        at=event.happened,
        status=moved.new if moved else "",
        differences=[
            Difference(
                _mention(field),
                _value(field, change.old, known),
                _value(field, change.new, known),
            )
            for field, change in sorted(event.changes.items(), key=_place)
            if change.old != change.new
        ],
    )


def _place(change: tuple[str, Change]) -> tuple[int, str]:
    """Give where a change stands among others: DynamoDB keeps no order in maps."""
    field, _texts = change
    known = [*editable()]
    return (known.index(field) if field in known else len(known), field)


def _mention(field: str) -> str:
    known = by_name().get(field)
    return (known.mention or known.label) if known else _MENTIONS.get(field, field)


def _value(field: str, text: str, known: Mapping[str, Person]) -> str:
    if field == "owner_id" and text:
        return known[text].name if text in known else text
    if field == "status" and text in list(Status):
        return Status(text).label
    return text
