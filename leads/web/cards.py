"""A lead as a card."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import NamedTuple
from zlib import crc32

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from crm.accounts.directory import Person, people
from leads.entries import line_text
from leads.formatting import age_writer, moment_text
from leads.models import Lead, Status, moment, timestamp

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Card(NamedTuple):
    """A lead on the board: all that decides how its card looks, and nothing else.

    Cards that are equal look the same, so that a card is drawn once for as long as it
    stays as it is: see :mod:`leads.web.drawing`. ``received`` and ``entered`` are
    timestamps as stored, or empty; ``note`` is the last one's line, ``noted`` when it was written.
    """

    lead_id: str
    name: str
    company: str
    subject: str
    status: Status
    version: int
    received: str
    age: str
    entered: str
    stage_age: str
    owner: Person | None
    note: str
    noted: str

    def facts(self) -> dict[str, object]:
        """Return what the template shows, in texts that only have to be put into it."""
        received, entered = moment(self.received), moment(self.entered)
        return self._asdict() | {
            "dom_id": dom_id(self.lead_id),
            "url": reverse("lead_detail", args=[self.lead_id]),
            "move_url": reverse("lead_move", args=[self.lead_id]),
            "received": timestamp(received) if received else "",
            "received_on": moment_text(received) if received else "",
            "entered": timestamp(entered) if entered else "",
            "note_stamp": note_stamp(self.note, self.noted),
            "moves": _moves(self.status, get_language()),
        }


def cards(leads: Iterable[Lead]) -> list[Card]:
    """Return the cards of leads, as of now and in the present language."""
    age = age_writer()
    return [_card(lead, age) for lead in leads]


def _card(lead: Lead, age: Callable[[datetime | None], str]) -> Card:
    return Card(
        lead.lead_id,
        lead.title,
        lead.company,
        lead.subject,
        lead.status,
        lead.version,
        lead.created_at,
        age(lead.created),
        lead.stage_entered_at or lead.created_at,
        age(lead.stage_entered),
        people().get(lead.owner_id) if lead.owner_id else None,
        line_text(lead.note),
        lead.note_at,
    )


def note_stamp(note: str, noted: str) -> str:
    """Name the note that a card shows: a note leaves the version of its lead alone."""
    return f"{crc32(f'{noted} {note}'.encode()):08x}" if note else ""


def dom_id(lead_id: str) -> str:
    """Return an element id for any lead id."""
    is_plain = _PLAIN.fullmatch(lead_id)
    return f"lead-{lead_id if is_plain else sha256(lead_id.encode()).hexdigest()[:32]}"


@cache
def _moves(status: Status, _language: str | None) -> SafeString:
    others = [(other.value, other.label) for other in Status if other != status]
    return format_html_join("", '<option value="{}">{}</option>', others)
