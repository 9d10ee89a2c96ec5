"""Moving and deleting several leads at once: each by itself, and each is told about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import batched

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
from crm.dynamodb.errors import DynamoDBError
from crm.dynamodb.parallel import parallel
from leads import repository
from leads.listing.forms import BulkForm
from leads.models import Lead, Status
from leads.web.requests import actor, next_address, write_id
from leads.web.responses import page

AT_ONCE = 8


@dataclass
class Report:
    """What became of each picked lead: ids, and the leads that others have changed."""

    done: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    stale: list[Lead] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Nothing was left undone."""
        return not (self.stale or self.gone or self.failed)


type Change = Callable[[str, int], Lead | None]


@require_POST
@require_role(Role.SALES)
def lead_bulk(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Move or delete the picked leads; deleting asks first.

    Goes back to ``next`` with a message if all went well, else answers 409 with a page
    that names every lead that was left alone.
    """
    back = next_address(request, reverse("lead_list"))
    form = BulkForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return redirect(back)
    if form.cleaned_data["action"] == "move":
        to = Status(form.cleaned_data["status"])
        report = apply(form.picked, partial(_move, request, to))
        return _answer(request, report, _moved_text(len(report.done), to), back)
    if "confirmed" not in request.POST:
        return _confirm(request, form.picked, back)
    security_log.record(Kind.DELETED, number=len(form.picked))
    report = apply(form.picked, partial(_delete, request))
    return _answer(request, report, _deleted_text(len(report.done)), back)


def apply(picked: Mapping[str, int], change: Change) -> Report:
    """Apply ``change`` to each lead at its version, a few at a time; none stops the others."""
    # The threads share the report: they only append to its lists, which is atomic.
    report = Report()
    for some in batched(picked.items(), AT_ONCE):
        parallel(
            *(partial(_change_one, change, report, lead_id, version) for lead_id, version in some)
        )
    return report


def _change_one(change: Change, report: Report, lead_id: str, version: int) -> None:
    try:
        lead = change(lead_id, version)
    except repository.LeadNotFoundError:
        report.gone.append(lead_id)
    except repository.StaleLeadError as stale:
        report.stale.append(stale.lead)
    except DynamoDBError:
        report.failed.append(lead_id)
    else:
        if lead is not None and lead.version == version:
            report.already.append(lead_id)
        else:
            report.done.append(lead_id)


def _move(request: AuthenticatedHttpRequest, to: Status, lead_id: str, version: int) -> Lead:
    act = write_id(request, "move", lead_id, version, to.value)
    lead = repository.move(lead_id, to, version=version, actor=actor(request), write_id=act)
    if lead.status != to:
        # Moved by this act before, and elsewhere by somebody since.
        raise repository.StaleLeadError(lead)
    return lead


def _delete(request: AuthenticatedHttpRequest, lead_id: str, version: int) -> None:
    act = write_id(request, "delete", lead_id, version)
    repository.delete(lead_id, version=version, actor=actor(request), write_id=act)


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
    request: AuthenticatedHttpRequest, report: Report, summary: str, back: str
) -> HttpResponse:
    if not report.is_clean:
        context = {"report": report, "summary": summary, "back": back}
        return page(request, "listing/bulk_report.html", context, status=HTTPStatus.CONFLICT)
    if report.done:
        messages.success(request, summary)
    if report.already:
        messages.info(request, _already_text(len(report.already)))
    return redirect(back)


def _moved_text(number: int, to: Status) -> str:
    text = ngettext(
        "%(number)s lead was moved to %(stage)s.",
        "%(number)s leads were moved to %(stage)s.",
        number,
    )
    return text % {"number": number, "stage": to.label}


def _deleted_text(number: int) -> str:
    text = ngettext("%(number)s lead was deleted.", "%(number)s leads were deleted.", number)
    return text % {"number": number}


def _already_text(number: int) -> str:
    text = ngettext(
        "%(number)s lead was there already.", "%(number)s leads were there already.", number
    )
    return text % {"number": number}
