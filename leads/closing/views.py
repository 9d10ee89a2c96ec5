"""Closing a lead: from its card, its panel or its page."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from crm.accounts import drafts
from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.htmx import is_part
from crm.traits import Trait, declares, takes_text
from leads import repository
from leads.closing.forms import CloseForm
from leads.models import ClosedAs, Lead
from leads.web import due_count, responses
from leads.web.changed import changed_part
from leads.web.lead_page import address_after
from leads.web.presentation import brief_name, conflict_text
from leads.web.requests import actor, lead_or_404, posted_version, write_id

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _labels() -> dict[str, "StrOrPromise"]:
    return {"reason": gettext_lazy("Reason")}


@declares(Trait.DRAFT)
@takes_text(_labels)
@require_POST
@require_role(Role.SALES)
def lead_close(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Close a lead as the posted ``outcome``, if it still has the posted ``version``.

    Answers htmx with the totals, which leaves nothing of its card, or 409 with the lead as it
    is now; a plain form goes back to ``next`` or to the board. 400 says what is wrong with
    outcome or ``reason``.
    """
    if drafts.is_shown(request):
        messages.warning(request, _("The lead was not closed yet. Choose again how."))
        return redirect("lead_detail", lead_id)
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _refusal(request, form, lead_or_404(lead_id))
    outcome, reason = form.chosen, form.cleaned_data["reason"]
    version = posted_version(request)
    act = write_id(request, "close", lead_id, outcome.value, reason, version)
    try:
        lead = repository.close(
            lead_id, outcome, reason=reason, version=version, actor=actor(request), write_id=act
        )
    except repository.LeadNotFoundError as error:
        raise Http404("This lead has been deleted.") from error
    except repository.StaleLeadError as stale:
        return _conflict(request, stale.lead)
    if (lead.outcome, lead.reason) != (outcome, reason):
        # Closed by this act before, and changed by somebody since.
        return _conflict(request, lead)
    due_count.know(lead, request.user.id)
    done, text = repository.act_of(lead, act), _closed_text(lead, outcome)
    if not is_part(request):
        responses.tell_done(request, text, done)
        return responses.with_act(redirect(address_after(request, lead)), done)
    response = responses.with_act(changed_part(request, lead), done)
    return trigger_client_event(response, "leadbook:closed", {"lead": lead.lead_id, "text": text})


def _refusal(request: AuthenticatedHttpRequest, form: CloseForm, lead: Lead) -> HttpResponse:
    status = HTTPStatus.BAD_REQUEST
    if is_part(request):
        response = changed_part(request, lead, status, refusal=form.problem)
        return trigger_client_event(response, "leadbook:refused", {"text": form.problem})
    context = {"text": form.problem, "back": address_after(request, lead)}
    return responses.page(request, "closing/refused.html", context, status=status)


def _conflict(request: AuthenticatedHttpRequest, lead: Lead) -> HttpResponse:
    text = f"{conflict_text(lead)} {_('You did not close it.')}"
    if is_part(request):
        response = changed_part(request, lead, HTTPStatus.CONFLICT, refusal=text)
        return trigger_client_event(response, "leadbook:refused", {"text": text})
    context = {"text": text, "lead": lead, "back": address_after(request, lead)}
    return responses.page(request, "closing/conflict.html", context, status=HTTPStatus.CONFLICT)


def _closed_text(lead: Lead, outcome: ClosedAs) -> str:
    names = {"name": brief_name(lead)}
    match outcome:
        case ClosedAs.LOST:
            return _("“%(name)s” is closed as lost.") % names
        case ClosedAs.SPAM:
            return _("“%(name)s” is closed as spam.") % names
        case ClosedAs.DUPLICATE:
            return _("“%(name)s” is closed as a duplicate.") % names
