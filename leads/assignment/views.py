"""Giving a lead to somebody, oneself above all."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from crm.accounts import drafts
from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.htmx import is_part
from crm.traits import Trait, declares
from leads import repository
from leads.assignment.forms import OwnerForm
from leads.models import Lead
from leads.web import due_count, responses
from leads.web.cards import cards
from leads.web.changed import changed_part
from leads.web.lead_page import address_after
from leads.web.owners import owner
from leads.web.presentation import brief_name, conflict_text
from leads.web.requests import actor, lead_or_404, posted_version, write_id


@declares(Trait.DRAFT)
@require_POST
@require_role(Role.SALES)
def lead_assign(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Give a lead to the posted ``owner``, if it still has the posted ``version``.

    Answers htmx with the changed part, or 409 with the lead as it is now; a plain form goes
    back to ``next`` or to the board. 422 says that there is no such person.
    """
    if drafts.is_shown(request):
        messages.warning(request, _("The lead was given to nobody yet. Choose again whose it is."))
        return redirect("lead_detail", lead_id)
    form = OwnerForm(request.POST, request.user.id)
    if not form.is_valid():
        return _refusal(request, form, lead_or_404(lead_id))
    owner_id, version = form.owner_id, posted_version(request)
    act = write_id(request, "assign", lead_id, owner_id, version)
    try:
        lead = repository.assign(
            lead_id, owner_id, version=version, actor=actor(request), write_id=act
        )
    except repository.LeadNotFoundError as error:
        raise Http404("This lead has been deleted.") from error
    except repository.StaleLeadError as stale:
        return _conflict(request, stale.lead)
    if (lead.owner_id or "") != owner_id:
        # Given by this act before, and to somebody else since.
        return _conflict(request, lead)
    due_count.know(lead, request.user.id)
    done, text = repository.act_of(lead, act), _assigned_text(lead, request.user.id)
    if not is_part(request):
        responses.tell_done(request, text, done)
        return responses.with_act(redirect(address_after(request, lead)), done)
    response = responses.with_act(changed_part(request, lead), done)
    return trigger_client_event(
        response, "leadbook:assigned", {"lead": lead.lead_id, "text": text, "act": done}
    )


def _refusal(request: AuthenticatedHttpRequest, form: OwnerForm, lead: Lead) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if is_part(request):
        text = str(form.errors["owner"][0])
        response = changed_part(request, lead, status, refusal=text)
        return trigger_client_event(response, "leadbook:refused", {"text": text})
    context = {"form": form, "lead": lead, "back": address_after(request, lead)}
    return responses.page(request, "assignment/assign.html", context, status=status)


def _conflict(request: AuthenticatedHttpRequest, lead: Lead) -> HttpResponse:
    text, status = f"{conflict_text(lead)} {_('You did not assign it.')}", HTTPStatus.CONFLICT
    if is_part(request):
        response = changed_part(request, lead, status, refusal=text)
        return trigger_client_event(response, "leadbook:refused", {"text": text})
    context = {
        "text": text,
        "cards": cards([lead]),
        "can_move": True,
        "back": address_after(request, lead),
        "plain": True,
    }
    return responses.page(request, "board/conflict.html", context, status=status)


def _assigned_text(lead: Lead, user_id: str) -> str:
    person, name = owner(lead.owner_id), brief_name(lead)
    if person is None:
        return _("“%(name)s” belongs to nobody now.") % {"name": name}
    if person.id == user_id:
        return _("“%(name)s” is yours now.") % {"name": name}
    return _("“%(name)s” belongs to %(owner)s now.") % {"name": name, "owner": person.name}
