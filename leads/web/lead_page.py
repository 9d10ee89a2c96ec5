"""One lead as its page, the panel over board and list, and a poll of the panel show it."""

from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpRequest
from django.urls import reverse

from crm.accounts.directory import Person
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import User
from crm.htmx import is_part
from leads import repository
from leads.entries import Entry as Remarked
from leads.models import STAGES, Event, Lead
from leads.repository import Timeline
from leads.web.ages import answered_text
from leads.web.cards import dom_id
from leads.web.closing import Closing, closed_text, closings
from leads.web.composer import Composer
from leads.web.conversation import Remark, history
from leads.web.follow_ups import Due, FollowUpForm, due_shown
from leads.web.origins import came_from as facts_of_origin
from leads.web.owners import ME, assignees, owner
from leads.web.pagination import address_of
from leads.web.presentation import Entry, Fact, facts, source
from leads.web.reply_form import ReplyForm, why_not
from leads.web.requests import came_from, next_address, page_behind

type History = Timeline[Event | Remarked]

GONE = "gone"
"""The stamp of a lead that is not there."""


@dataclass(frozen=True)
class Stage:
    """A button of the bar of stages."""

    value: str
    label: str
    is_current: bool


@dataclass(frozen=True)
class LeadPage:
    """What the templates of a lead show.

    ``stamp`` changes with whatever of it can change; ``answered`` says after how long it was
    answered first, ``origin`` is where one came from, ``here`` the address to come back to;
    ``owners`` can get the lead, of which ``owner_choice`` is the present one; ``is_panel``
    tells that it lies over the board or the list; ``why_not`` says why nobody can ``reply``.
    """

    lead: Lead
    stamp: str
    stages: list[Stage]
    facts: list[Fact]
    owner: Person | None
    owners: list[tuple[str, str]]
    owner_choice: str
    source: str
    came_from: list[Fact]
    answered: str
    closed: str
    closings: list[Closing]
    due: Due | None
    follow_up: FollowUpForm
    entries: list[Entry | Remark]
    composer: Composer
    reply: ReplyForm
    why_not: str
    newest_url: str
    older_url: str
    origin: str
    here: str
    edit_url: str
    delete_url: str
    is_panel: bool


def lead_page(
    request: AuthenticatedHttpRequest, lead: Lead, timeline: History, cursor: str = ""
) -> LeadPage:
    """Return what the page of a lead shows; ``cursor`` is that of its timeline."""
    own, origin = reverse("lead_detail", args=[lead.lead_id]), came_from(request)
    here = address_of(own, {"from": origin})
    shown = _shown(request.user, lead, timeline, here=here, origin=origin)
    return replace(shown, newest_url=here) if cursor else shown


def open_panel(request: AuthenticatedHttpRequest) -> dict[str, object]:
    """Return what a board or list shows of the lead in its panel: the one that ``lead`` names.

    ``is_news`` tells that a poll has seen it otherwise.
    """
    lead_id = request.GET.get("lead", "")
    behind = page_behind(request) if is_part(request) else request.get_full_path()
    shown = panel(request.user, behind, lead_id) if lead_id else None
    stamp = shown.stamp if shown else GONE
    return {
        "is_open": bool(lead_id),
        "is_news": bool(lead_id) and stamp != request.GET.get("seen"),
        "shown": shown,
        "board_or_list": with_panel(behind, ""),
    }


def panel(user: User, behind: str, lead_id: str) -> LeadPage | None:
    """Read what the panel over a board or list shows; nothing if there is no such lead.

    Costs what the page costs.
    """
    try:
        lead, timeline = repository.lead_and_timeline(lead_id)
    except repository.LeadNotFoundError:
        return None
    here = with_panel(behind, lead_id)
    return _shown(user, lead, timeline, here=here, origin=here, is_panel=True)


def with_panel(behind: str, lead_id: str) -> str:
    """Return the address of a board or list with the panel of a lead; without one for ""."""
    path, query = urlsplit(behind)[2:4]
    return address_of(path, dict(parse_qsl(query)) | {"lead": lead_id})


def return_address(request: HttpRequest, lead_id: str) -> str:
    """Return where a form of a lead leads back: to its panel, if it was there, else its page."""
    origin = came_from(request)
    is_panel = "lead" in dict(parse_qsl(urlsplit(origin).query))
    return (
        origin if is_panel else address_of(reverse("lead_detail", args=[lead_id]), {"from": origin})
    )


def places(request: HttpRequest, lead_id: str) -> dict[str, str]:
    """Return where the breadcrumbs of a lead lead: to the filters and the card one came from."""
    board, listed = reverse("board"), reverse("lead_list")
    origin = came_from(request)
    path, place = urlsplit(origin).path, f"#{dom_id(lead_id)}"
    return {
        "board_url": f"{origin if path.startswith(board) else board}{place}",
        "list_url": f"{origin}{place}" if path == listed else listed,
    }


def address_after(request: HttpRequest, lead: Lead) -> str:
    """Return where a plain form that changed a lead goes: its ``next``, else its card."""
    return next_address(request, places(request, lead.lead_id)["board_url"])


def _shown(  # noqa: PLR0913 -- the parts of a page
    user: User, lead: Lead, timeline: History, *, here: str, origin: str, is_panel: bool = False
) -> LeadPage:
    own = reverse("lead_detail", args=[lead.lead_id])
    back = {"from": origin}
    return LeadPage(
        lead=lead,
        stamp=_stamp(lead, timeline),
        stages=[Stage(stage.value, stage.label, stage is lead.status) for stage in STAGES],
        facts=facts(lead),
        owner=owner(lead.owner_id),
        owners=assignees(user.id, lead.owner_id),
        owner_choice=ME if lead.owner_id == user.id else lead.owner_id or "",
        source=source(lead),
        came_from=facts_of_origin(lead.attribution),
        answered=answered_text(lead),
        closed=closed_text(lead),
        closings=[] if lead.is_closed else closings(),
        due=due_shown(lead.follow_up_at),
        follow_up=FollowUpForm(lead=lead),
        entries=history(timeline.events, lead, user),
        composer=Composer(due=lead.follow_up_at),
        reply=ReplyForm(lead=lead, user=user),
        why_not=why_not(lead),
        newest_url="",
        older_url=address_of(own, back | {"events": timeline.cursor}) if timeline.cursor else "",
        origin=origin,
        here=here,
        edit_url=address_of(reverse("lead_edit", args=[lead.lead_id]), back),
        delete_url=address_of(reverse("lead_delete", args=[lead.lead_id]), back),
        is_panel=is_panel,
    )


def _stamp(lead: Lead, timeline: History) -> str:
    # Of what was said, another version leaves the lead as it is.
    parts = [lead.model_dump_json(), *(repr(one) for one in timeline.events)]
    return sha256("".join(parts).encode()).hexdigest()[:16]
