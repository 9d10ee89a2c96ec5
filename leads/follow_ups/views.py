"""What is due today and next, and setting when to get back to a lead."""

from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest, form_page, is_act
from crm.accounts.models import Role
from crm.dynamodb.errors import InvalidRequestError, NotFoundError
from crm.htmx import is_part
from crm.traits import Trait, declares, takes_text
from leads import repository
from leads.dues import end_of_day
from leads.formatting import number_text
from leads.models import Lead, moment
from leads.repository import agenda
from leads.web import due_count, responses
from leads.web.agenda import EVERYBODYS, last_day, line, row_context, sections
from leads.web.changed import changed_part
from leads.web.follow_ups import FollowUpForm, due_text, text_labels
from leads.web.lead_page import address_after, open_panel, places, return_address
from leads.web.pagination import address_of, page_links
from leads.web.presentation import brief_name, conflict_text
from leads.web.requests import actor, lead_or_404, posted_version, write_id

PAGE = "follow_ups/today.html"
LIST = f"{PAGE}#changelist"
SET = "follow_ups/set.html"
ROW = "follow_ups/changed_row.html"


@require_safe
@require_role(Role.VIEWER)
def today(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show what is overdue, due today and in the next seven days: mine, or everybody's.

    4 RRU with who is signed in. A cursor that is not of this list raises ``InvalidCursorError``.
    """
    is_all = request.GET.get("whose") == EVERYBODYS
    person_id = None if is_all else request.user.id
    cursor, trail = request.GET.get("cursor", ""), request.GET.get("trail", "")
    path, query = reverse("today"), {"whose": EVERYBODYS} if is_all else {}
    context = row_context(request, is_all=is_all) | {
        **open_panel(request),
        "is_first": not cursor,
        "agendas": [
            (pgettext("agenda", "Mine"), path, not is_all),
            (pgettext("agenda", "Everybody"), address_of(path, {"whose": EVERYBODYS}), is_all),
        ],
    }
    try:
        found = agenda.page(person_id, end_of_day(last_day()), cursor)
    except (InvalidRequestError, NotFoundError):
        return responses.page(request, PAGE, context | {"is_missing": True}, part=LIST)
    context |= {
        "sections": sections(found.leads),
        "is_empty": not found.leads and not cursor,
        "pages": page_links(path, query, cursor=cursor, trail=trail, older=found.cursor),
    }
    return responses.page(request, PAGE, context, part=LIST)


@declares(Trait.POLLED)
@require_safe
@require_role(Role.VIEWER)
def count(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show how much is due in the navigation, and say what came due ``since`` it asked last."""
    context = {"is_asked": True, "is_here": request.GET.get("here") == "1"}
    response = responses.revalidated(render(request, "components/due_count.html", context))
    begun = due_count.count_of(request.user.id).begun_since(moment(request.GET.get("since")))
    if not begun:
        return response
    return trigger_client_event(
        response, "leadbook:assigned", {"text": _begun_text(begun), "act": None, "lead": ""}
    )


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_POST
@require_role(Role.SALES)
def follow_up(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Set the posted ``due`` and ``text`` if the lead still has the posted ``version``.

    An empty ``due`` is done with it. Answers htmx with the changed part, the line of the agenda
    with what is left of it; a plain form goes back to ``next`` or to the board. 422 says what
    of it cannot be read, 409 shows the lead as it is now: both keep what was typed.
    """
    form = FollowUpForm(request.POST)
    if not is_act(request) or not form.is_valid():
        return _refusal(request, form, lead_or_404(lead_id))
    due, text, version = form.chosen_due, form.chosen_text, posted_version(request)
    act = write_id(request, "follow up", lead_id, due, text, version)
    try:
        lead = repository.follow_up(
            lead_id, due, text, version=version, actor=actor(request), write_id=act
        )
    except repository.LeadNotFoundError as error:
        raise Http404("This lead has been deleted.") from error
    except repository.StaleLeadError as stale:
        return _conflict(request, form, stale.lead)
    if lead.follow_up_at != due or (due and text not in {None, lead.follow_up_text}):
        # Closed, or set by this act before and by somebody else since.
        return _conflict(request, form, lead)
    due_count.know(lead, request.user.id)
    done = repository.act_of(lead, act)
    told = _done_text(lead)
    if not is_part(request):
        responses.tell_done(request, told, done)
        return responses.with_act(redirect(address_after(request, lead)), done)
    response = responses.with_act(_part(request, lead), done)
    event = {"lead": lead.lead_id, "text": told, "act": done, "gone": _is_row(request)}
    return trigger_client_event(response, "leadbook:assigned", event)


def _refusal(request: AuthenticatedHttpRequest, form: FollowUpForm, lead: Lead) -> HttpResponse:
    if not is_part(request):
        return form_page(request, SET, _context(request, form, lead))
    return _part(request, lead, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _conflict(request: AuthenticatedHttpRequest, form: FollowUpForm, lead: Lead) -> HttpResponse:
    """Show what was typed, and the lead as it is now."""
    refusal = f"{conflict_text(lead)} {_('Your follow-up was not set.')}"
    due_count.know(lead, request.user.id)
    if is_part(request):
        return _part(request, lead, form, HTTPStatus.CONFLICT, refusal=refusal)
    context = _context(request, form, lead) | {"refusal": refusal}
    return responses.page(request, SET, context, status=HTTPStatus.CONFLICT)


def _part(
    request: AuthenticatedHttpRequest,
    lead: Lead,
    form: FollowUpForm | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    refusal: str = "",
) -> HttpResponse:
    """Answer htmx: the line of the agenda if that asks, else the lead's card or panel.

    A line that was changed leaves the page: it is due on another day, or no more.
    """
    if not _is_row(request):
        return changed_part(request, lead, status, refusal=refusal, follow_up=form)
    shown = line(lead, form=form, refusal=refusal) if form else None
    is_all = request.POST.get("row") == EVERYBODYS
    context = row_context(request, is_all=is_all) | {"line": shown, "is_here": True}
    response = responses.page(request, ROW, context, status=status)
    if refusal and shown is None:
        # There is no line left that could say it.
        trigger_client_event(response, "leadbook:refused", {"text": refusal})
    return response


def _is_row(request: AuthenticatedHttpRequest) -> bool:
    return is_part(request) and "row" in request.POST


def _context(
    request: AuthenticatedHttpRequest, form: FollowUpForm, lead: Lead
) -> dict[str, object]:
    return places(request, lead.lead_id) | {
        "form": form,
        "lead": lead,
        "next": request.POST.get("next", ""),
        "back": return_address(request, lead.lead_id),
        "present": line(lead),
    }


def _begun_text(leads: list[Lead]) -> str:
    if len(leads) > 1:
        number = len(leads)
        text = ngettext(
            "%(number)s follow-up is due now.", "%(number)s follow-ups are due now.", number
        )
        return text % {"number": number_text(number)}
    names = {"name": brief_name(leads[0]), "text": leads[0].follow_up_text}
    if leads[0].follow_up_text:
        return _("Due now: “%(name)s”. %(text)s") % names
    return _("Due now: “%(name)s”.") % names


def _done_text(lead: Lead) -> str:
    names = {"name": brief_name(lead)}
    if not lead.follow_up_at:
        return _("The follow-up of “%(name)s” is done.") % names
    names["day"] = due_text(lead.follow_up_at)
    return _("Follow-up of “%(name)s”: %(day)s.") % names
