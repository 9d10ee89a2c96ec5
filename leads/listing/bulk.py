"""Moving, assigning, closing and deleting several leads as one act; each is told about."""

from collections.abc import Mapping
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.accounts import security_log
from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.accounts.security_events import Kind
from leads import repository
from leads.listing.bulk_all import act_on_all
from leads.listing.forms import BulkForm
from leads.models import EventType
from leads.web import due_count
from leads.web.acts import done_text
from leads.web.requests import actor, next_address, write_id
from leads.web.responses import page, tell_done, with_act


@require_POST
@require_role(Role.SALES)
def lead_bulk(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Move, assign, close or delete the picked leads, or all of a list; deleting asks first.

    Goes back to ``next`` with a message if all went well, else answers 409 with a page
    that names every lead that was left alone.
    """
    back = next_address(request, reverse("lead_list"))
    form = BulkForm(request.POST, request.user.id)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return redirect(back)
    if form.is_of_all:
        return act_on_all(request, form, back)
    task, who, picked = form.task(), actor(request), form.picked
    act = write_id(request, task, sorted(picked.items()))
    match task.kind:
        case EventType.MOVED:
            report = repository.move_many(picked, task.status, actor=who, write_id=act)
        case EventType.ASSIGNED:
            report = repository.assign_many(picked, task.owner_id, actor=who, write_id=act)
        case EventType.CLOSED:
            report = repository.close_many(
                picked, task.outcome, reason=task.reason, actor=who, write_id=act
            )
        case _ if "confirmed" not in request.POST:
            return _confirm(request, picked, back)
        case _:
            security_log.record(Kind.DELETED, number=len(picked))
            report = repository.delete_many(picked, actor=who, write_id=act)
    due_count.know_many(task.owner_id, who.id)
    return _answer(request, report, done_text(task, len(report.done)), back)


def _confirm(
    request: AuthenticatedHttpRequest, picked: Mapping[str, int], back: str
) -> HttpResponse:
    leads = repository.get_many(list(picked))
    if not leads:
        messages.error(request, _("The selected leads have all been deleted meanwhile."))
        return redirect(back)
    context = {
        "rows": [(lead, lead.version != picked[lead.lead_id]) for lead in leads],
        "gone": len(picked) - len(leads),
        "back": back,
    }
    return page(request, "listing/bulk_delete.html", context)


def _answer(
    request: AuthenticatedHttpRequest, report: repository.Report, summary: str, back: str
) -> HttpResponse:
    if not report.is_clean:
        context = {"report": report, "summary": summary, "back": back}
        answer = page(request, "listing/bulk_report.html", context, status=HTTPStatus.CONFLICT)
        return with_act(answer, report.act_id)
    if report.done:
        tell_done(request, summary, report.act_id)
    if report.already:
        messages.info(request, _already_text(len(report.already)))
    return with_act(redirect(back), report.act_id)


def _already_text(number: int) -> str:
    text = ngettext(
        "%(number)s lead was there already.", "%(number)s leads were there already.", number
    )
    return text % {"number": number}
