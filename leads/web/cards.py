"""A lead as a card."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import NamedTuple
from zlib import crc32

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from crm.accounts.directory import Person
from leads.entries import line_text
from leads.formatting import age_writer, moment_text
from leads.models import STAGES, Lead, Status, moment, timestamp
from leads.web.ages import limits, tone
from leads.web.follow_ups import due_shown, typed_text
from leads.web.owners import owner

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Card(NamedTuple):
    """A lead on the board: all that decides how its card looks, and nothing else.

    Cards that are equal look the same, so that a card is drawn once for as long as it
    stays as it is: see :mod:`leads.web.drawing`. ``received`` is a timestamp as stored, or
    empty, and sorts the cards of a column; ``since`` is the one that the age counts from, and
    ``limit`` the age in seconds that is late (0: none is), which ``tone`` says: none is while a
    follow-up is planned. ``note`` is the last one's line, ``noted`` when it was written;
    ``due`` is when somebody wants to get back to it, ``due_on`` as people read it.
    """

    lead_id: str
    name: str
    company: str
    words: str
    status: Status
    version: int
    received: str
    since: str
    age: str
    limit: int
    tone: str
    owner: Person | None
    note: str
    noted: str
    due: str
    due_on: str
    is_overdue: bool

    def facts(self) -> dict[str, object]:
        """Return what the template shows, in texts that only have to be put into it."""
        return self._asdict() | {
            "dom_id": dom_id(self.lead_id),
            "url": reverse("lead_detail", args=[self.lead_id]),
            "close_url": f"{reverse('lead_detail', args=[self.lead_id])}#close",
            "move_url": reverse("lead_move", args=[self.lead_id]),
            "assign_url": reverse("lead_assign", args=[self.lead_id]),
            "is_new": self.status is Status.NEW,
            "aged": self._aged(),
            "note_stamp": note_stamp(self.note, self.noted) + ("!" if self.is_overdue else ""),
            "due_url": f"{reverse('lead_detail', args=[self.lead_id])}#follow-up-due",
            "due_at": typed_text(self.due),
            "moves": _moves(self.status, get_language()),
        }

    def _aged(self) -> SafeString:
        since = moment(self.since)
        if not since:
            return SafeString()
        return format_html(
            '<time datetime="{}" title="{}" data-age data-limit="{}" data-tone="{}">{}</time>',
            timestamp(since),
            moment_text(since),
            self.limit,
            self.tone,
            self.age,
        )


def cards(leads: Iterable[Lead]) -> list[Card]:
    """Return the cards of leads, as of now and in the present language."""
    now, write_age, allowed = datetime.now(UTC), age_writer(), limits()
    return [_card(lead, now, write_age, allowed.get(lead.status)) for lead in leads]


def _card(
    lead: Lead,
    now: datetime,
    write_age: Callable[[datetime | None], str],
    limit: timedelta | None,
) -> Card:
    is_new = lead.status is Status.NEW
    since = lead.created if is_new else lead.stage_entered
    due = due_shown(lead.follow_up_at)
    if due and due.is_ahead:
        limit = None
    return Card(
        lead.lead_id,
        lead.title,
        lead.company,
        _first_words(lead),
        lead.status,
        lead.version,
        lead.created_at,
        lead.created_at if is_new else lead.stage_entered_at or lead.created_at,
        write_age(since),
        int(limit.total_seconds()) if limit else 0,
        tone(now - since, limit) if since else "",
        owner(lead.owner_id),
        line_text(lead.note),
        lead.note_at,
        lead.follow_up_at,
        due.text if due else "",
        due.is_overdue if due else False,
    )


def _first_words(lead: Lead) -> str:
    # Leads that were filed before they had a preview have a subject.
    return lead.preview or lead.subject


def note_stamp(note: str, noted: str) -> str:
    """Name the note that a card shows: a note leaves the version of its lead alone."""
    return f"{crc32(f'{noted} {note}'.encode()):08x}" if note else ""


def dom_id(lead_id: str) -> str:
    """Return an element id for any lead id."""
    is_plain = _PLAIN.fullmatch(lead_id)
    return f"lead-{lead_id if is_plain else sha256(lead_id.encode()).hexdigest()[:32]}"


@cache
def _moves(status: Status, _language: str | None) -> SafeString:
    others = [(other.value, other.label) for other in STAGES if other != status]
    return format_html_join("", '<option value="{}">{}</option>', others)
