"""The columns of the board, in the shape of its templates."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leads.formatting import span_text
from leads.models import STAGES, Standing, Status
from leads.repository import LeadPage
from leads.web import ages
from leads.web.cards import Card, cards
from leads.web.pagination import address_of
from leads.web.presentation import waiting_text

_NONE = {
    Status.NEW: _("No new leads"),
    Status.CONTACTED: _("No contacted leads"),
    Status.QUALIFIED: _("No qualified leads"),
    Status.CONVERTED: _("No converted leads"),
}


@dataclass(frozen=True)
class Column:
    """A column: its exact total, some cards, and where the next ones are.

    The total is ``None`` if nobody knows it yet.
    ``waiting`` says how many of the leads are in no total yet, ``none`` that there are none,
    ``late`` how many of the cards are past the limit of the stage, which ``late_why`` names.
    """

    status: Status
    label: str
    total: int | None
    waiting: str
    none: str
    late: str
    late_why: str
    cards: list[Card]
    next_url: str


def column(
    status: Status, page: LeadPage, totals: Mapping[Standing, int] | None, owner: str = ""
) -> Column:
    """Return a column of the board; without ``totals`` its total is not known.

    ``owner`` is what the address of the board says of it.
    """
    shown = cards(page.leads)
    return Column(
        status=status,
        label=status.label,
        total=totals[status] if totals else None,
        waiting=waiting_text(page.leads, has_more=bool(page.cursor)),
        none=str(_NONE[status]),
        late=_late(sum(bool(card.tone) for card in shown)),
        late_why=_late_why(status),
        cards=shown,
        next_url=_next_url(status, page.cursor, owner),
    )


def limits(show: str, page_size: int, most: int) -> dict[Status, int]:
    """Read how many cards each column shows, ``25,50,25,25``; anything odd is one page."""
    numbers = re.findall(r"\d{1,4}", show) if re.fullmatch(r"\d+(,\d+){3}", show) else []
    asked: Iterable[int] = map(int, numbers) if len(numbers) == len(STAGES) else []
    sizes = [min(max(number, page_size), most) for number in asked]
    return dict(zip(STAGES, sizes or [page_size] * len(STAGES), strict=True))


def _late(count: int) -> str:
    # Scripts count anew, with the same text.
    return gettext("{number} late").format(number=count) if count else ""


def _late_why(status: Status) -> str:
    limit = ages.limits().get(status)
    if not limit:
        return ""
    values = {"limit": span_text(limit)}
    if status is Status.NEW and ages.hours():
        text = gettext("Of the leads shown here: more than %(limit)s of work without an answer")
        return text % values
    if status is Status.NEW:
        return gettext("Of the leads shown here: received more than %(limit)s ago") % values
    return gettext("Of the leads shown here: in this stage for more than %(limit)s") % values


def _next_url(status: Status, cursor: str, owner: str) -> str:
    path = reverse("board_column", args=[status])
    return address_of(path, {"owner": owner, "cursor": cursor}) if cursor else ""
