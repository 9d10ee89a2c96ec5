"""Notes and calls: writing, editing and deleting them, wherever a lead is open."""

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest, form_page, is_act
from crm.accounts.models import Role
from crm.htmx import is_part
from crm.traits import Trait, declares, takes_text
from leads import repository
from leads.entries import WRITTEN, Entry, Kind
from leads.models import Lead
from leads.repository import conversation
from leads.web import due_count
from leads.web.composer import TEXT_LABEL, Composer
from leads.web.conversation import dom_id, entry_name, entry_or_404, remark
from leads.web.follow_ups import DUE_LABEL, due_text
from leads.web.lead_page import places, return_address
from leads.web.requests import (
    actor,
    address_in,
    came_from,
    lead_or_404,
    next_address,
    posted_version,
    write_id,
)
from leads.web.responses import page, tell_done, with_act

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# A program that posts no name of its form may well log the same call twice in a day.
_NAMELESS = timedelta(minutes=10)
_NAMED = timedelta(days=1)
_GONE = (
    repository.EntryDeletedError,
    repository.EntryNotFoundError,
    repository.LeadNotFoundError,
)


def _labels() -> dict[str, "StrOrPromise"]:
    return {"text": TEXT_LABEL, "due": DUE_LABEL}


@declares(Trait.DRAFT)
@takes_text(_labels)
@require_POST
@require_role(Role.SALES)
def add(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Store a note or a call; 422 with the errors beside the fields.

    Answers htmx with an empty composer and the entry; a plain form goes back to ``next`` or
    to the lead.
    """
    form = Composer(request.POST)
    if not is_act(request) or not form.is_valid():
        return _composer_page(request, form, lead_or_404(lead_id))
    said, name = form.said, form.cleaned_data["entry"]
    try:
        entry = conversation.add(
            lead_id,
            said,
            entry_id=write_id(request, "note", lead_id, name, said.model_dump_json()),
            actor=actor(request),
            at=form.cleaned_data["at"],
            known_for=_NAMED if name else _NAMELESS,
        )
    except repository.LeadNotFoundError as error:
        raise Http404("This lead has been deleted.") from error
    text = _stored_text(entry)
    due = form.chosen_due
    told, done = _follow_up(request, lead_id, due, form.cleaned_data["was"]) if due else ("", "")
    if not is_part(request):
        tell_done(request, f"{text} {told}".strip(), done)
        return with_act(redirect(next_address(request, _place(request, lead_id, entry))), done)
    return with_act(_added(request, lead_id, entry, (text, told, done)), done)


def _added(
    request: AuthenticatedHttpRequest, lead_id: str, entry: Entry, outcome: tuple[str, str, str]
) -> HttpResponse:
    """Answer htmx with the entry and an empty composer; the page of a changed lead loads anew."""
    text, told, done = outcome
    shown = remark(entry, lead_id, request.user)
    context = {"lead": Lead(lead_id=lead_id), "composer": Composer(), "remark": shown}
    own = reverse("lead_detail", args=[lead_id])
    if done and address_in(request, "HX-Current-URL").path == own:
        tell_done(request, f"{text} {told}", done)
        response: HttpResponse = HttpResponseClientRefresh()
    else:
        response = page(request, "conversation/added.html", context)
        if told:
            event = {"text": f"{text} {told}", "act": done or None, "lead": lead_id}
            trigger_client_event(response, "leadbook:assigned", event)
    return trigger_client_event(response, "leadbook:said", {"text": text, "id": shown.dom_id})


def _follow_up(
    request: AuthenticatedHttpRequest, lead_id: str, due: str, was: str
) -> tuple[str, str]:
    """Set when to follow up a call; return what is to be said of it, and the act.

    What a colleague set since the page was shown stays.
    """
    lead = lead_or_404(lead_id)
    names = {"day": due_text(due)}
    is_others = lead.follow_up_at not in {"", was} and lead.follow_up_by != request.user.id
    act = write_id(request, "follow up a call", lead_id, due, lead.version)
    try:
        if not is_others:
            lead = repository.follow_up(
                lead_id, due, version=lead.version, actor=actor(request), write_id=act
            )
    except (repository.StaleLeadError, repository.LeadNotFoundError):
        is_others = True
    if is_others or lead.follow_up_at != due:
        return _("The follow-up was not set: somebody has changed the lead meanwhile."), ""
    due_count.know(lead, request.user.id)
    return _("Follow-up: %(day)s.") % names, repository.act_of(lead, act)


@require_safe
@require_role(Role.VIEWER)
def show(request: AuthenticatedHttpRequest, lead_id: str, name: str) -> HttpResponse:
    """Show an entry: alone for htmx, else in its place on the page of the lead."""
    entry = entry_or_404(lead_id, name, is_to_change=False)
    if not is_part(request):
        return redirect(_place(request, lead_id, entry))
    return _remark(request, lead_id, entry)


@declares(Trait.DRAFT)
@takes_text(_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
def edit(request: AuthenticatedHttpRequest, lead_id: str, name: str) -> HttpResponse:
    """Change an entry of one's own; 422 with errors, 409 if it was changed meanwhile."""
    entry = entry_or_404(lead_id, name, is_to_change=request.method != "POST")
    if entry.author.id != request.user.id or entry.kind not in WRITTEN:
        raise PermissionDenied(_("Only who wrote it can change it."))
    form = Composer(request.POST if request.method == "POST" else None, edited=entry)
    if not is_act(request) or not form.is_valid():
        return _edit_page(request, lead_id, entry, form)
    version = posted_version(request)
    act = write_id(request, "edit note", lead_id, name, version, form.said.model_dump_json())
    try:
        entry = conversation.edit(
            lead_id, entry.at, entry.id, form.said, version=version, write_id=act
        )
    except _GONE as error:
        raise Http404("This entry has been deleted.") from error
    except repository.StaleEntryError as stale:
        return _conflict(request, lead_id, stale.entry)
    return _changed(request, lead_id, entry, _("The change was saved."))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
def delete(request: AuthenticatedHttpRequest, lead_id: str, name: str) -> HttpResponse:
    """Ask, then erase an entry; 409 with the entry as it is now if it was changed meanwhile.

    Admins may erase those of others.
    """
    entry = entry_or_404(lead_id, name, is_to_change=request.method != "POST")
    if entry.author.id != request.user.id and not request.user.is_admin:
        raise PermissionDenied(_("Only who wrote it, or an admin, can delete it."))
    if request.method != "POST":
        return _delete_page(request, lead_id, entry)
    version = posted_version(request)
    act = write_id(request, "delete note", lead_id, name, version)
    try:
        entry = conversation.delete(
            lead_id, entry.at, entry.id, version=version, actor=actor(request), write_id=act
        )
    except _GONE as error:
        raise Http404("This entry has been deleted.") from error
    except repository.StaleEntryError as stale:
        return _delete_page(request, lead_id, stale.entry, is_stale=True)
    text = _("The call was deleted.") if entry.kind is Kind.CALL else _("The note was deleted.")
    return _changed(request, lead_id, entry, text)


def _stored_text(entry: Entry) -> str:
    if entry.deleted_by:
        # Sent once more, after it was stored and erased.
        return _("That was deleted meanwhile, and is not saved again.")
    return _("The call was logged.") if entry.kind is Kind.CALL else _("The note was saved.")


def _composer_page(request: AuthenticatedHttpRequest, form: Composer, lead: Lead) -> HttpResponse:
    context = {"lead": lead, "composer": form, "origin": came_from(request)}
    if not is_part(request):
        context |= {"back": return_address(request, lead.lead_id), **places(request, lead.lead_id)}
        return form_page(request, "conversation/add.html", context)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return page(request, "conversation/composer.html", context, status=status)


def _edit_page(
    request: AuthenticatedHttpRequest, lead_id: str, entry: Entry, form: Composer
) -> HttpResponse:
    context = _context(request, lead_id, entry) | {"form": form}
    if not is_part(request):
        return form_page(request, "conversation/edit.html", context)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return _page(request, "edit", context, status)


def _conflict(request: AuthenticatedHttpRequest, lead_id: str, entry: Entry) -> HttpResponse:
    """Show what was typed, and the entry as it is now."""
    posted = request.POST.copy()
    posted["version"] = str(entry.version)
    form = Composer(posted, edited=entry)
    context = _context(request, lead_id, entry) | {"form": form, "is_stale": True}
    return _page(request, "edit", context, HTTPStatus.CONFLICT)


def _delete_page(
    request: AuthenticatedHttpRequest, lead_id: str, entry: Entry, *, is_stale: bool = False
) -> HttpResponse:
    context = _context(request, lead_id, entry) | {"is_stale": is_stale, "version": entry.version}
    return _page(request, "delete", context, HTTPStatus.CONFLICT if is_stale else HTTPStatus.OK)


def _page(
    request: AuthenticatedHttpRequest, what: str, context: dict[str, object], status: HTTPStatus
) -> HttpResponse:
    """Show a form as a page; for htmx in the place of the entry."""
    context |= {
        "form_template": f"conversation/{what}_form.html",
        "in_place": is_part(request),
    }
    template = f"conversation/{what}.html"
    return page(request, template, context, part="conversation/in_place.html", status=status)


def _changed(
    request: AuthenticatedHttpRequest, lead_id: str, entry: Entry, text: str
) -> HttpResponse:
    """Answer htmx with the entry as it is now, a plain form with its place on the lead's page."""
    if not is_part(request):
        messages.success(request, text)
        return redirect(_place(request, lead_id, entry))
    response = _remark(request, lead_id, entry)
    return trigger_client_event(response, "leadbook:said", {"text": text})


def _remark(request: AuthenticatedHttpRequest, lead_id: str, entry: Entry) -> HttpResponse:
    context = _context(request, lead_id, entry) | {"focused": True}
    return page(request, "conversation/remark.html", context)


def _context(request: AuthenticatedHttpRequest, lead_id: str, entry: Entry) -> dict[str, object]:
    return {
        "lead_id": lead_id,
        "remark": remark(entry, lead_id, request.user),
        "place": _place(request, lead_id, entry),
        **places(request, lead_id),
        "note_url": reverse("note", args=[lead_id, entry_name(entry)]),
    }


def _place(request: AuthenticatedHttpRequest, lead_id: str, entry: Entry) -> str:
    return f"{return_address(request, lead_id)}#{dom_id(entry)}"
