"""One lead: its page, and the forms that add, edit and delete it."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest, form_page, is_act
from crm.accounts.models import Role
from crm.dynamodb.errors import ItemTooLargeError
from crm.traits import Trait, declares, takes_text
from leads import repository
from leads.detail.forms import AddLeadForm, LeadForm
from leads.fields import PREFIX
from leads.models import Lead, Status
from leads.repository import Intake, replies
from leads.repository.search_terms import words
from leads.web import due_count
from leads.web.agenda import line, row_context
from leads.web.ages import answered_text
from leads.web.form_fields import text_labels
from leads.web.lead_page import GONE, lead_page, panel, places, return_address, with_panel
from leads.web.owners import owner
from leads.web.pagination import address_of
from leads.web.presentation import brief_name, facts, source
from leads.web.requests import (
    actor,
    came_from,
    lead_or_404,
    page_behind,
    posted_version,
    write_id,
)
from leads.web.responses import TAG_HEADER, nothing_new, page, tell_done, with_act
from leads.web.rows import rows

TOO_LARGE = gettext_lazy("That is too much text: a lead holds 400 KB. Nothing was saved.")


@require_safe
@require_role(Role.VIEWER)
def lead_detail(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Show a lead; htmx gets its timeline alone.

    ``events`` is the cursor of older events; a bad one raises ``InvalidCursorError``.
    """
    cursor = request.GET.get("events", "")
    try:
        lead, timeline = repository.lead_and_timeline(lead_id, cursor=cursor)
    except repository.LeadNotFoundError as error:
        raise Http404("There is no such lead.") from error
    context = {"shown": lead_page(request, lead, timeline, cursor), **places(request, lead_id)}
    return page(request, "detail/lead.html", context, part="detail/timeline.html")


@require_safe
@require_role(Role.VIEWER)
def lead_panel(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Show the same as a part, for the panel over a board or list; 404 says so in it."""
    shown = panel(request.user, page_behind(request), lead_id)
    status = HTTPStatus.OK if shown else HTTPStatus.NOT_FOUND
    return page(request, "detail/body.html", {"shown": shown}, status=status)


@declares(Trait.POLLED)
@require_safe
@require_role(Role.VIEWER)
def lead_news(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Show the panel over a list anew, with the row of its lead, unless both are right.

    ``seen`` is the stamp that is shown. Costs one Query while nothing at all was changed since
    the tag sent along; 204 says that.
    """
    counts = repository.counts()
    tag = f"{counts.revision}.{counts.pulse}"
    if request.headers.get(TAG_HEADER) == tag:
        return nothing_new(tag)
    behind = page_behind(request)
    shown = panel(request.user, behind, lead_id)
    if (shown.stamp if shown else GONE) == request.GET.get("seen"):
        return nothing_new(tag)
    query = dict(parse_qsl(urlsplit(behind).query))
    is_agenda = urlsplit(behind).path == reverse("today")
    context = {
        "shown": shown,
        "is_agenda": is_agenda,
        "line": line(shown.lead) if shown else None,
        **row_context(request, is_all="whose" in query),
        "rows": rows([shown.lead]) if shown else [],
        "words": words(query.get("q", "")),
    }
    response = page(request, "detail/news.html", context)
    response[TAG_HEADER] = tag
    return response


@declares(Trait.DRAFT)
@takes_text(text_labels, prefix=PREFIX)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
def lead_add(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Add a lead; 422 with the errors beside the fields."""
    form = AddLeadForm(request.POST if request.method == "POST" else None)
    if is_act(request) and form.is_valid() and (intake := _create(request, form)):
        text = (
            _("The lead “%(name)s” had already been added.")
            if intake.repeated
            else _("The lead “%(name)s” was added.")
        )
        messages.success(request, text % {"name": form.lead_fields.name[:60]})
        return _next_page(request, intake.lead_id)
    return form_page(request, "detail/add.html", {"form": form, "action": _add_url(request)})


@declares(Trait.DRAFT)
@takes_text(text_labels, prefix=PREFIX)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
def lead_edit(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Write what the user changed; 422 with errors, 409 if somebody else was quicker."""
    lead = lead_or_404(lead_id)
    if request.method != "POST":
        return form_page(
            request, "detail/edit.html", _edit_context(request, LeadForm(lead=lead), lead)
        )
    form = LeadForm(request.POST, lead=lead)
    if not is_act(request) or not form.is_valid():
        return form_page(request, "detail/edit.html", _edit_context(request, form, lead))
    if not form.changes:
        text = _("Nothing was changed in the lead “%(name)s”.") % {"name": brief_name(lead)}
        messages.info(request, text)
        return _next_page(request, lead_id)
    act = write_id(request, "edit", lead_id, posted_version(request), sorted(form.changes.items()))
    try:
        saved = _edit(request, lead_id, form.changes, act)
    except repository.LeadNotFoundError as error:
        raise Http404("This lead has been deleted.") from error
    except repository.StaleLeadError as stale:
        return _conflict_page(request, form, stale.lead)
    except ItemTooLargeError:
        form.add_error(None, TOO_LARGE)
        return form_page(request, "detail/edit.html", _edit_context(request, form, lead))
    text = _("The lead “%(name)s” was changed.") % {"name": brief_name(saved)}
    done = repository.act_of(saved, act)
    tell_done(request, text, done)
    return with_act(_next_page(request, lead_id), done)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
def lead_delete(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Ask, then delete; 409 with the lead as it is now if it was changed or came back since."""
    if request.method != "POST":
        context = _facts(request, lead_or_404(lead_id)) | {"waiting": replies.waiting(lead_id)}
        return page(request, "detail/delete.html", context)
    version = posted_version(request)
    act = write_id(request, "delete", lead_id, version)
    try:
        text = _deleted_text(repository.get(lead_id))
    except repository.LeadNotFoundError:
        text = _("The lead was deleted.")  # Gone already: by this very act, perhaps.
    try:
        done = repository.delete(lead_id, version=version, actor=actor(request), write_id=act)
    except repository.LeadNotFoundError as error:
        raise Http404("This lead has been deleted.") from error
    except repository.StaleLeadError as stale:
        return _not_deleted(request, stale.lead)
    if not done:
        return _not_deleted(request, lead_or_404(lead_id))
    due_count.forget()
    tell_done(request, text, done)
    return with_act(redirect(_page_after(request)), done)


def _deleted_text(lead: Lead) -> str:
    names = {"name": brief_name(lead)}
    if replies.waiting(lead.lead_id):
        return _("The lead “%(name)s” was deleted. The answer to it is held, and not sent.") % names
    return _("The lead “%(name)s” was deleted.") % names


def _not_deleted(request: AuthenticatedHttpRequest, lead: Lead) -> HttpResponse:
    context = _facts(request, lead) | {"is_stale": True}
    return page(request, "detail/delete.html", context, status=HTTPStatus.CONFLICT)


def _create(request: AuthenticatedHttpRequest, form: AddLeadForm) -> Intake | None:
    try:
        return repository.create(
            form.lead_fields,
            submission=f"staff:{request.user.id}:{form.act()}",
            actor=actor(request),
            source="staff",
            status=Status(form.cleaned_data["status"]),
            owner_id=form.cleaned_data["owner_id"] or None,
        )
    except ItemTooLargeError:
        form.add_error(None, TOO_LARGE)
        return None


def _edit(
    request: AuthenticatedHttpRequest, lead_id: str, changes: Mapping[str, str], act: str
) -> Lead:
    """Write changes once; stale, too, are those that this act wrote and others took back."""
    saved = repository.edit(
        lead_id, changes, version=posted_version(request), actor=actor(request), write_id=act
    )
    if saved.write_id != act and any(saved.text(name) != text for name, text in changes.items()):
        raise repository.StaleLeadError(saved)
    return saved


def _conflict_page(request: AuthenticatedHttpRequest, form: LeadForm, lead: Lead) -> HttpResponse:
    """Show what was typed on top of the lead as it is now, both where they differ."""
    fresh = LeadForm(lead=lead, typed=form.touched_fields())
    context = _edit_context(request, fresh, lead) | {"is_stale": True}
    return page(request, "detail/edit.html", context, status=HTTPStatus.CONFLICT)


def _edit_context(
    request: AuthenticatedHttpRequest, form: LeadForm, lead: Lead
) -> dict[str, object]:
    deleting = reverse("lead_delete", args=[lead.lead_id])
    return places(request, lead.lead_id) | {
        "form": form,
        "lead": lead,
        "back": return_address(request, lead.lead_id),
        "delete_url": address_of(deleting, {"from": came_from(request)}),
    }


def _facts(request: AuthenticatedHttpRequest, lead: Lead) -> dict[str, object]:
    return places(request, lead.lead_id) | {
        "lead": lead,
        "back": return_address(request, lead.lead_id),
        "facts": facts(lead),
        "owner": owner(lead.owner_id),
        "source": source(lead),
        "answered": answered_text(lead),
    }


def _next_page(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    if "_addanother" in request.POST:
        return redirect(_add_url(request))
    if "_continue" not in request.POST:
        return redirect(return_address(request, lead_id))
    origin = {"from": came_from(request)}
    return redirect(address_of(reverse("lead_edit", args=[lead_id]), origin))


def _add_url(request: AuthenticatedHttpRequest) -> str:
    return address_of(reverse("lead_add"), {"from": came_from(request)})


def _page_after(request: AuthenticatedHttpRequest) -> str:
    """Return the board or list that a deleted lead was opened from, the next lead in its panel."""
    origin = came_from(request) or reverse("lead_list")
    return with_panel(origin, request.GET.get("after", ""))
