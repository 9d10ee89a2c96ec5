"""What answers a change of one lead: its card with the totals of the board shown, or its panel."""

from dataclasses import replace
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import reverse

from crm.accounts.http import AuthenticatedHttpRequest
from crm.htmx import is_part
from leads import repository
from leads.models import STAGES, Lead
from leads.web.cards import cards
from leads.web.follow_ups import FollowUpForm
from leads.web.lead_page import panel
from leads.web.owners import UnknownPersonError, asked_owner
from leads.web.requests import page_behind
from leads.web.responses import page


def is_panel(request: AuthenticatedHttpRequest) -> bool:
    """Tell whether the panel asks, over a board or a list."""
    return is_part(request) and "panel" in request.POST


def changed_part(
    request: AuthenticatedHttpRequest,
    lead: Lead,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    refusal: str = "",
    follow_up: FollowUpForm | None = None,
) -> HttpResponse:
    """Answer htmx with a lead as it is now: its card and the totals, for the panel itself, too.

    A list has no totals. The card is left out if the board shows the leads of somebody else.
    The panel says why something was refused, and keeps the ``follow_up`` that was typed.
    """
    owner_id = _shown_owner(request)
    is_board = urlsplit(page_behind(request)).path == reverse("board")
    totals = repository.counts(consistent=True).shown(owner_id) if is_board else None
    context: dict[str, object] = {
        "cards": cards([lead]) if _is_on_board(lead, owner_id) else [],
        "totals": [(stage, totals[stage] if totals else None) for stage in STAGES if is_board],
        "can_move": request.user.can_work,
        "csrf_token": get_token(request),
    }
    if not is_panel(request):
        return page(request, "board/moved.html", context, status=status)
    shown = panel(request.user, page_behind(request), lead.lead_id)
    context |= {
        "shown": replace(shown, follow_up=follow_up) if shown and follow_up else shown,
        "refusal": refusal,
    }
    return page(request, "board/moved_in_panel.html", context, status=status)


def _is_on_board(lead: Lead, owner_id: str | None) -> bool:
    return not lead.is_closed and owner_id in {None, lead.owner_id or ""}


def _shown_owner(request: AuthenticatedHttpRequest) -> str | None:
    """Return whose leads the board shows that asks by htmx; ``None`` for everybody's."""
    asked = urlsplit(page_behind(request))
    if asked.path != reverse("board"):
        return None
    try:
        return asked_owner(parse_qs(asked.query).get("owner", [""])[0], request.user.id)
    except UnknownPersonError:
        return None
