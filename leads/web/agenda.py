"""Leads that are due, as lines of the agenda."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.texts import shorten
from leads.dues import day_of, is_overdue, start
from leads.models import Lead
from leads.repository.agenda_items import MOST_SHOWN
from leads.web.cards import dom_id
from leads.web.follow_ups import Due, FollowUpForm, due_shown
from leads.web.owners import owner
from leads.web.pagination import address_of

DAYS_AHEAD = 7
EVERYBODYS = "all"
"""What addresses call the agenda of everybody."""


class Part(StrEnum):
    """The parts of the agenda, in order."""

    OVERDUE = "overdue"
    TODAY = "today"
    NEXT = "next"


@dataclass(frozen=True)
class Line:
    """A lead on the agenda: ``form`` holds what somebody typed and that was not taken.

    ``refusal`` says why.
    """

    lead: Lead
    dom_id: str
    url: str
    post_url: str
    title: str
    short_title: str
    company: str
    due: Due
    text: str
    owner: str
    status: str
    stage: str
    form: FollowUpForm | None = None
    refusal: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the agenda, and what is in it; ``none`` is said where nothing is."""

    part: Part
    label: str
    none: str
    lines: list[Line]


def line(lead: Lead, *, form: FollowUpForm | None = None, refusal: str = "") -> Line | None:
    """Return the line of a lead; ``None`` if nothing is due."""
    due = None if lead.is_closed else due_shown(lead.follow_up_at)
    if due is None:
        return None
    person = owner(lead.owner_id)
    return Line(
        lead=lead,
        dom_id=dom_id(lead.lead_id),
        url=reverse("lead_detail", args=[lead.lead_id]),
        post_url=reverse("lead_follow_up", args=[lead.lead_id]),
        title=shorten(lead.title, MOST_SHOWN),
        short_title=shorten(lead.title, 60),
        company=shorten(lead.company, MOST_SHOWN),
        due=due,
        text=lead.follow_up_text,
        owner=shorten(person.name, 60) if person else "",
        status=lead.status.value,
        stage=lead.status.label,
        form=form,
        refusal=refusal,
    )


def row_context(request: HttpRequest, *, is_all: bool) -> dict[str, object]:
    """Return what all lines of an agenda have in common: worked out once for fifty."""
    whose = EVERYBODYS if is_all else ""
    return {
        "is_all": is_all,
        "whose": whose,
        "choices": choices(),
        "here_url": address_of(reverse("today"), {"whose": whose}),
        "csrf_token": get_token(request),
    }


def sections(leads: Iterable[Lead]) -> list[Section]:
    """Return the parts of the agenda with what of ``leads`` is due until in seven days."""
    now, today = datetime.now(UTC), timezone.localdate()
    parts: dict[Part, list[Lead]] = {part: [] for part in Part}
    for lead in leads:
        if part := _part(lead.follow_up_at, now, today):
            parts[part].append(lead)
    labels = {
        Part.OVERDUE: pgettext("part of the agenda", "Overdue"),
        Part.TODAY: pgettext("part of the agenda", "Today"),
        Part.NEXT: pgettext("part of the agenda", "Next seven days"),
    }
    none = {Part.TODAY: _("Nothing more is due today.")}
    return [
        Section(part, labels[part], none.get(part, ""), _lines(found))
        for part, found in parts.items()
    ]


def choices() -> list[tuple[str, str]]:
    """Return to which days something is put off by one click: each as stored, and its name."""
    today = timezone.localdate()
    monday = today + timedelta(days=7 - today.weekday())
    return [
        ((today + timedelta(days=1)).isoformat(), pgettext("put off to", "Tomorrow")),
        ((today + timedelta(days=3)).isoformat(), pgettext("put off to", "In three days")),
        (monday.isoformat(), pgettext("put off to", "Next week")),
    ]


def last_day() -> date:
    """Return the last day of the agenda."""
    return timezone.localdate() + timedelta(days=DAYS_AHEAD)


def _lines(leads: list[Lead]) -> list[Line]:
    # By days, within one by when somebody here begins with it.
    ordered = sorted(leads, key=lambda lead: start(lead.follow_up_at))
    return [shown for lead in ordered if (shown := line(lead))]


def _part(due: str, now: datetime, today: date) -> Part | None:
    if is_overdue(due, now):
        return Part.OVERDUE
    if day_of(due) <= today:
        return Part.TODAY
    return Part.NEXT if day_of(due) <= last_day() else None
