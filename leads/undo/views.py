"""What was done in the last thirty days: the list, one act, and taking it back."""

from collections.abc import Iterable
from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from crm.dynamodb.errors import ConflictError, ItemTooLargeError
from crm.htmx import is_part
from leads import repository
from leads.models import Lead
from leads.repository import Undone, acts
from leads.repository.acts import Act
from leads.undo.forms import FilterForm
from leads.undo.presentation import act_line, act_lines, kept_texts, outcome_text
from leads.undo.steps import steps_page, undo_steps
from leads.web import due_count
from leads.web.pagination import page_links
from leads.web.requests import actor, address_in, next_address, write_id
from leads.web.responses import page, tell_done, with_act

ONE = "undo/detail.html"
# The whole list stands on a page.
MOST_REASONS = 3


@require_safe
@require_role(Role.VIEWER)
def change_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show a page of acts, newest first; 422 with the errors beside the filters.

    A cursor that is not of this list raises ``InvalidCursorError``.
    """
    form = FilterForm(request.GET)
    is_valid = form.is_valid()
    query = form.query()
    context: dict[str, object] = {"form": form, "is_filtered": bool(query)}
    if is_valid:
        cursor, trail = request.GET.get("cursor", ""), request.GET.get("trail", "")
        found = acts.page(form.wanted(), cursor)
        path = reverse("change_list")
        context["lines"] = act_lines(found.acts)
        # A page looks at a few days at a time, and older ones may have nothing.
        is_full = len(found.acts) == acts.PAGE_SIZE
        context["next_label"] = "" if is_full else _("Look further back")
        context["pages"] = page_links(path, query, cursor=cursor, trail=trail, older=found.cursor)
    status = HTTPStatus.OK if is_valid else HTTPStatus.UNPROCESSABLE_ENTITY
    return page(request, "undo/list.html", context, status=status)


@require_safe
@require_role(Role.VIEWER)
def change_detail(request: AuthenticatedHttpRequest, act: str) -> HttpResponse:
    """Show one act whole, with the values before and after it."""
    found = _act_or_404(act)
    return (
        steps_page(request, found) if found.steps else page(request, ONE, {"line": act_line(found)})
    )


@require_POST
@require_role(Role.SALES)
def change_undo(request: AuthenticatedHttpRequest, act: str) -> HttpResponse:
    """Take back what an act did; 409 if nothing can be given back, with who changed it since.

    Answers htmx with the line of the act, or lets the page of a lead load anew; a plain form
    goes back to ``next`` or to the list.
    """
    before = _act_or_404(act)
    name = write_id(request, "undo", act)
    try:
        if before.steps:
            return undo_steps(request, before, name)
        outcome = repository.undo(act, actor=actor(request), write_id=name)
    except repository.ActNotFoundError as error:
        raise Http404("It can be undone no more.") from error
    except (ConflictError, ItemTooLargeError):
        return _answer(request, before, Undone(), _("It could not be undone just now."))
    due_count.forget()
    return _answer(request, before, outcome, outcome_text(before, outcome))


def _answer(
    request: AuthenticatedHttpRequest, before: Act, outcome: Undone, text: str
) -> HttpResponse:
    is_done, kept = outcome.is_done, kept_texts(outcome.kept)
    whole_text = " ".join([text, *(reason for _title, reason in kept[:MOST_REASONS])])
    if is_done and _is_on_page_of(request, outcome.leads):
        # It is no board or list, which ask for what changed.
        tell_done(request, whole_text)
        return with_act(HttpResponseClientRefresh(), outcome.act_id)
    if is_done and not kept and not is_part(request):
        # A repeat has nothing of its own that could be undone.
        tell_done(request, text, "" if outcome.is_repeat else outcome.act_id)
        return with_act(redirect(next_address(request, reverse("change_list"))), outcome.act_id)
    context = {
        "line": act_line(acts.find(before.id)),
        "text": text,
        "kept": kept,
        "is_done": is_done,
    }
    status = HTTPStatus.OK if is_done else HTTPStatus.CONFLICT
    response = page(request, ONE, context, part="undo/line.html", status=status)
    told = {
        "text": whole_text,
        "act": before.id,
        "lead": before.changes[0].lead_id,
    }
    trigger_client_event(response, "leadbook:undone" if is_done else "leadbook:kept", told)
    return with_act(response, outcome.act_id)


def _is_on_page_of(request: AuthenticatedHttpRequest, leads: Iterable[Lead]) -> bool:
    """Tell whether the page of one of these leads asks by htmx."""
    path = address_in(request, "HX-Current-URL").path
    return is_part(request) and path in {
        reverse("lead_detail", args=[one.lead_id]) for one in leads
    }


def _act_or_404(name: str) -> Act:
    try:
        return acts.find(name)
    except repository.ActNotFoundError as error:
        raise Http404("There is no such change, or it was made over thirty days ago.") from error
