"""What the board shows of leads, in the shape of its templates."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import NamedTuple

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from crm.accounts.directory import Person, people
from leads.models import Lead, Status, moment, timestamp
from leads.repository import Counts, LeadPage
from leads.templatetags.age import age

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Card(NamedTuple):
    """A lead on the board: all that decides how its card looks, and nothing else.

    Cards that are equal look the same, so that a card is drawn once for as long as it
    stays as it is: see :mod:`leads.templatetags.parts`. ``received`` and ``entered`` are
    timestamps as stored, or empty.
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

    def facts(self) -> dict[str, object]:
        """Give what the template shows, in texts that only have to be put into it."""
        received, entered = moment(self.received), moment(self.entered)
        return self._asdict() | {
            "dom_id": dom_id(self.lead_id),
            "url": reverse("lead_detail", args=[self.lead_id]),
            "move_url": reverse("lead_move", args=[self.lead_id]),
            "received": timestamp(received) if received else "",
            "received_on": f"{received.day} {received:%b %Y, %H:%M}" if received else "",
            "entered": timestamp(entered) if entered else "",
            "moves": _moves(self.status),
        }


@dataclass(frozen=True)
class Column:
    """A column: its exact total, some cards, and where the next ones are.

    ``waiting`` says how many of the leads are in no total yet, as ``3``, or ``3 or more``.
    """

    status: Status
    label: str
    total: int
    waiting: str
    cards: list[Card]
    next_url: str


def card(lead: Lead) -> Card:
    """Give the card of a lead."""
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
    )


def column(status: Status, page: LeadPage, counts: Counts) -> Column:
    """Give a column of the board."""
    return Column(
        status=status,
        label=status.label,
        total=counts.totals[status],
        waiting=waiting(page.leads, has_more=bool(page.cursor)),
        cards=[card(lead) for lead in page.leads],
        next_url=_next_url(status, page.cursor),
    )


def waiting(leads: Iterable[Lead], *, has_more: bool) -> str:
    """Say how many leads no total counts: another program wrote them, and nobody changed them."""
    number = sum(lead.version == 0 for lead in leads)
    return f"{number}{' or more' if has_more else ''}" if number else ""


def dom_id(lead_id: str) -> str:
    """Give an element id for any lead id."""
    is_plain = _PLAIN.fullmatch(lead_id)
    return f"lead-{lead_id if is_plain else sha256(lead_id.encode()).hexdigest()[:32]}"


def limits(show: str, page_size: int, most: int) -> dict[Status, int]:
    """Read how many cards each column shows, ``25,50,25,25``; anything odd is one page."""
    numbers = re.findall(r"\d{1,4}", show) if re.fullmatch(r"\d+(,\d+){3}", show) else []
    asked: Iterable[int] = map(int, numbers) if len(numbers) == len(Status) else []
    sizes = [min(max(number, page_size), most) for number in asked]
    return dict(zip(Status, sizes or [page_size] * len(Status), strict=True))


def _next_url(status: Status, cursor: str) -> str:
    return f"{reverse('board_column', args=[status])}?cursor={cursor}" if cursor else ""


@cache
def _moves(status: Status) -> SafeString:
    others = [(other.value, other.label) for other in Status if other != status]
    return format_html_join("", '<option value="{}">{}</option>', others)
