"""Moving, assigning and deleting several leads as one act; each is told about."""

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
from leads.listing.forms import BulkForm
from leads.models import ClosedAs, Status
from leads.web.owners import owner
from leads.web.requests import actor, next_address, write_id
from leads.web.responses import page, tell_done, with_act


@require_POST
@require_role(Role.SALES)
def lead_bulk(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Move, assign, close or delete the picked leads; deleting asks first.

    Goes back to ``next`` with a message if all went well, else answers 409 with a page
    that names every lead that was left alone.
    """
    back = next_address(request, reverse("lead_list"))
    form = BulkForm(request.POST, request.user.id)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return redirect(back)
    who, picked = actor(request), form.picked
    if form.cleaned_data["action"] == "move":
        to = Status(form.cleaned_data["status"])
        act = write_id(request, "move", to.value, sorted(picked.items()))
        report = repository.move_many(picked, to, actor=who, write_id=act)
        return _answer(request, report, _moved_text(len(report.done), to), back)
    if form.cleaned_data["action"] == "assign":
        owner_id = form.owner_id
        act = write_id(request, "assign", owner_id, sorted(picked.items()))
        report = repository.assign_many(picked, owner_id, actor=who, write_id=act)
        return _answer(request, report, _assigned_text(len(report.done), owner_id), back)
    if form.cleaned_data["action"] == "close":
        outcome, reason = ClosedAs(form.cleaned_data["outcome"]), form.cleaned_data["reason"]
        act = write_id(request, "close", outcome.value, reason, sorted(picked.items()))
        report = repository.close_many(picked, outcome, reason=reason, actor=who, write_id=act)
        return _answer(request, report, _closed_text(len(report.done), outcome), back)
    if "confirmed" not in request.POST:
        return _confirm(request, picked, back)
    security_log.record(Kind.DELETED, number=len(picked))
    act = write_id(request, "delete", sorted(picked.items()))
    report = repository.delete_many(picked, actor=who, write_id=act)
    return _answer(request, report, _deleted_text(len(report.done)), back)


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


def _moved_text(number: int, to: Status) -> str:
    text = ngettext(
        "%(number)s lead was moved to %(stage)s.",
        "%(number)s leads were moved to %(stage)s.",
        number,
    )
    return text % {"number": number, "stage": to.label}


def _assigned_text(number: int, owner_id: str) -> str:
    person = owner(owner_id)
    if person is None:
        text = ngettext(
            "%(number)s lead belongs to nobody now.",
            "%(number)s leads belong to nobody now.",
            number,
        )
    else:
        text = ngettext(
            "%(number)s lead belongs to %(owner)s now.",
            "%(number)s leads belong to %(owner)s now.",
            number,
        )
    return text % {"number": number, "owner": person.name if person else ""}


def _closed_text(number: int, outcome: ClosedAs) -> str:
    text = ngettext(
        "%(number)s lead was closed: %(outcome)s.",
        "%(number)s leads were closed: %(outcome)s.",
        number,
    )
    return text % {"number": number, "outcome": outcome.label}


def _deleted_text(number: int) -> str:
    text = ngettext("%(number)s lead was deleted.", "%(number)s leads were deleted.", number)
    return text % {"number": number}


def _already_text(number: int) -> str:
    text = ngettext(
        "%(number)s lead was there already.", "%(number)s leads were there already.", number
    )
    return text % {"number": number}
