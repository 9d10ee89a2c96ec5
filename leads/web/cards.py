"""A lead as a card."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple
from zlib import crc32

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from crm.accounts.directory import Person
from leads.entries import line_text
from leads.formatting import age_writer, moment_text, worked_text
from leads.models import STAGES, Lead, Status, moment, timestamp
from leads.web.ages import Wait, hours, limits, tone, wait_within, window
from leads.web.follow_ups import Due, due_shown, typed_text
from leads.web.owners import owner

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Card(NamedTuple):
    """A lead on the board: all that decides how its card looks, and nothing else.

    Cards that are equal look the same, so that a card is drawn once for as long as it
    stays as it is: see :mod:`leads.web.drawing`. ``received`` is a timestamp as stored, or
    empty, and sorts the cards of a column; ``since`` is the one that the age counts from,
    ``runs_from`` from when on scripts count it ("": not at all), and ``limit`` the age in
    seconds that is late (0: none is), which ``tone`` says: none is while a follow-up is planned.
    ``window`` names the time of work in which this is so, if such time alone counts. ``note`` is
    the last one's line, ``noted`` when it was written; ``has_written`` tells that it is the
    visitor's. ``due`` is when somebody wants to get back to it, ``due_on`` as people read it.
    """

    lead_id: str
    name: str
    company: str
    words: str
    status: Status
    version: int
    received: str
    since: str
    runs_from: str
    window: str
    age: str
    limit: int
    tone: str
    owner: Person | None
    note: str
    noted: str
    has_written: bool
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
            "note_stamp": f"{note_stamp(self.note, self.noted)}{self.window}"
            f"{'!' if self.is_overdue else ''}",
            "is_timed": bool(self.window),
            "due_url": f"{reverse('lead_detail', args=[self.lead_id])}#follow-up-due",
            "due_at": typed_text(self.due),
            "moves": _moves(self.status, get_language()),
        }

    def _aged(self) -> SafeString:
        since = moment(self.since)
        if not since:
            return SafeString()
        runs = format_html(' data-age="{}"', self.runs_from) if self.runs_from else ""
        return format_html(
            '<time datetime="{}" title="{}"{} data-limit="{}" data-tone="{}">{}</time>',
            timestamp(since),
            moment_text(since),
            runs,
            self.limit,
            self.tone,
            self.age,
        )


class _Clock:
    """What tells how long leads have waited, as of now and in the present language."""

    def __init__(self) -> None:
        self._now, self._age, self._limits = datetime.now(UTC), age_writer(), limits()
        self._hours, self._window = hours(), window()
        self._dues: dict[str, Due | None] = {}

    def due(self, due: str) -> Due | None:
        """Return how a follow-up is shown: many are due on the same day."""
        if due not in self._dues:
            self._dues[due] = due_shown(due)
        return self._dues[due]

    def facts(self, lead: Lead) -> dict[str, Any]:
        """Return what a card shows of it."""
        is_new = lead.status is Status.NEW
        since = lead.created if is_new else lead.stage_entered
        stored = lead.created_at if is_new else lead.stage_entered_at or lead.created_at
        # In New people wait for the first answer or call.
        is_waited_for = not (is_new and lead.answered_at)
        due = self.due(lead.follow_up_at)
        is_planned = bool(due and due.is_ahead)
        limit = self._limits.get(lead.status) if is_waited_for and not is_planned else None
        facts = {"since": stored, "limit": int(limit.total_seconds()) if limit else 0}
        if since is None:
            return facts | {"runs_from": "", "window": "", "age": "", "tone": ""}
        if is_new and self._hours and not lead.answered_at:
            wait = wait_within(self._hours, since, self._now)
            window, age = self._window, worked_text(wait.waited)
        else:
            wait, window, age = Wait(self._now - since, since), "", self._age(since)
        runs_from = timestamp(wait.runs_from) if wait.runs_from else ""
        tone_now = tone(wait.waited, limit)
        return facts | {"runs_from": runs_from, "window": window, "age": age, "tone": tone_now}


def cards(leads: Iterable[Lead]) -> list[Card]:
    """Return the cards of leads, as of now and in the present language."""
    clock = _Clock()
    return [_card(lead, clock) for lead in leads]


def _card(lead: Lead, clock: _Clock) -> Card:
    due = clock.due(lead.follow_up_at)
    return Card(
        lead_id=lead.lead_id,
        name=lead.title,
        company=lead.company,
        words=_first_words(lead),
        status=lead.status,
        version=lead.version,
        received=lead.created_at,
        owner=owner(lead.owner_id),
        note=line_text(lead.note),
        noted=lead.note_at,
        has_written=lead.has_written,
        due=lead.follow_up_at,
        due_on=due.text if due else "",
        is_overdue=bool(due and due.is_overdue),
        **clock.facts(lead),
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
