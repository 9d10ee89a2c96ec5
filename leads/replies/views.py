"""Answering a lead by mail, from its page or its panel; sending an answer again that failed."""

from http import HTTPStatus
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest, form_page, is_act
from crm.accounts.models import Role
from crm.dynamodb.errors import ConflictError
from crm.htmx import is_part
from crm.jobs import thread
from crm.outbox.models import State
from crm.traits import Trait, declares, takes_text
from leads import repository
from leads.addresses import readable
from leads.entries import Entry
from leads.mails import Mail
from leads.models import Lead
from leads.reply_addresses import message_id_of
from leads.repository import conversation, replies
from leads.repository.replies import Reply
from leads.repository.reply_templates import usable
from leads.web import due_count, responses
from leads.web.changed import changed_part, is_panel
from leads.web.conversation import dom_id, entry_or_404, remark
from leads.web.follow_ups import due_text
from leads.web.lead_page import places, return_address
from leads.web.presentation import brief_name, conflict_text
from leads.web.reply_form import ReplyForm, text_labels, why_not, with_template
from leads.web.requests import actor, came_from, lead_or_404, posted_version, write_id

_ATTEMPTS = 4
_LOOKED_AT = 20


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SALES)
def lead_reply(request: AuthenticatedHttpRequest, lead_id: str) -> HttpResponse:
    """Answer a lead: mail, stage and owner in one act, which leaves in ten seconds.

    ``use`` inserts a ``template`` instead. 422 with errors, and for a form that was sent before,
    whose answer was taken back; 409 with what others did since,
    unless ``anyway`` says that it does not matter. Answers the panel with the lead as it is
    now; a plain form goes back to it.
    """
    lead = lead_or_404(lead_id)
    if request.method != "POST":
        return _form_page(request, _form_again(request, lead), lead)
    if "use" in request.POST:
        return _form_page(request, _form_with_template(request, lead), lead)
    form = ReplyForm(request.POST, lead=lead, user=request.user)
    if not is_act(request) or why_not(lead) or not form.is_valid():
        return _form_page(request, form, lead)
    token = form.cleaned_data["token"] or posted_version(request)
    act = write_id(request, "reply", lead_id, token, form.cleaned_data["body"])
    try:
        answered = _answer(request, form, lead, act)
    except repository.LeadNotFoundError as error:
        raise Http404("This lead has been deleted.") from error
    except repository.StaleLeadError as stale:
        return _conflict(request, stale.lead)
    if not repository.act_of(answered, act) and _is_taken_back(lead_id, act):
        return _taken_back(request, answered)
    thread.wake()
    return _answered(request, lead, answered, act)


@require_POST
@require_role(Role.SALES)
def reply_send(request: AuthenticatedHttpRequest, lead_id: str, name: str) -> HttpResponse:
    """Send an answer once more that was not sent; of one that is on its way nothing changes.

    One whose ten seconds are over is sent: a page asks for it where no thread does. 204.
    """
    entry = entry_or_404(lead_id, name)
    if entry.delivery and entry.delivery.is_open:
        replies.send_due(lead_id, entry.at, entry.id)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    try:
        is_sent = replies.send_again(lead_id, entry.at, entry.id)
    except repository.EntryNotFoundError as error:
        raise Http404("There is no such answer.") from error
    thread.wake()
    text = _("It is being sent again.") if is_sent else _("It is on its way, or was sent.")
    if not is_part(request):
        messages.success(request, text)
        return redirect(f"{return_address(request, lead_id)}#{dom_id(entry)}")
    fresh = entry_or_404(lead_id, name)
    context = {"remark": remark(fresh, lead_id, request.user), "focused": True}
    response = responses.page(request, "conversation/remark.html", context)
    return trigger_client_event(response, "leadbook:said", {"text": text})


def _form_again(request: AuthenticatedHttpRequest, lead: Lead) -> ReplyForm:
    """Return the form, with what an answer said that was taken back, if one is named."""
    form = ReplyForm(lead=lead, user=request.user)
    if name := request.GET.get("again", ""):
        entry = entry_or_404(lead.lead_id, name)
        mail = entry.mail or Mail()
        form.initial.update(to=readable(mail.to), subject=mail.subject, body=entry.text)
    return form


def _form_with_template(request: AuthenticatedHttpRequest, lead: Lead) -> ReplyForm:
    """Return the form with the chosen template inserted, if there still is such a one."""
    posted = ReplyForm.base_fields.keys() & request.POST.keys()
    typed = {name: request.POST[name] for name in posted}
    known = {one.id: one for one in usable(request.user.id)}
    if template := known.get(request.POST.get("template", "")):
        typed |= with_template(typed.get("body", ""), template, lead, request.user)
    form = ReplyForm(lead=lead, user=request.user)
    form.initial.update(typed)
    return form


def _answer(request: AuthenticatedHttpRequest, form: ReplyForm, lead: Lead, act: str) -> Lead:
    """Store the answer; with ``anyway`` whatever others changed meanwhile.

    What somebody changed themselves since they opened the form is no conflict.
    """
    who, version = actor(request), posted_version(request)
    mail = _mail(request, form, message_id_of(lead.lead_id, act))
    asked = Reply(mail, form.cleaned_data["body"], form.follows(who))
    for _attempt in range(_ATTEMPTS):
        try:
            return replies.reply(lead.lead_id, asked, version=version, actor=who, write_id=act)
        except repository.StaleLeadError as stale:
            if not request.POST.get("anyway") and replies.is_changed_by_others(
                lead.lead_id, posted_version(request), who.id
            ):
                raise
            version = stale.lead.version
    raise ConflictError("Others kept changing the lead.")


def _mail(request: AuthenticatedHttpRequest, form: ReplyForm, message_id: str) -> Mail:
    return Mail(
        to=form.cleaned_data["to"],
        subject=form.cleaned_data["subject"],
        sender=request.user.email,
        sender_name=request.user.name,
        message_id=message_id,
        signature=request.user.signature,
    )


def _form_page(request: AuthenticatedHttpRequest, form: ReplyForm, lead: Lead) -> HttpResponse:
    context, page = _context(request, form, lead), "replies/reply.html"
    if form.is_bound and not is_part(request):
        return form_page(request, page, context)
    is_refused = form.is_bound and is_act(request)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    return responses.page(request, page, context, part="replies/form.html", status=status)


def _conflict(request: AuthenticatedHttpRequest, lead: Lead) -> HttpResponse:
    """Show what was typed, what others did and wrote since, and let it be sent anyway."""
    posted = request.POST.copy()
    posted["version"] = str(lead.version)
    form = ReplyForm(posted, lead=lead, user=request.user)
    form.is_valid()
    since = replies.said_since(lead.lead_id, posted_version(request))
    context = _context(request, form, lead) | {
        "conflict": conflict_text(lead),
        "since": [remark(one, lead.lead_id, request.user) for one in since],
    }
    page, part = "replies/reply.html", "replies/form.html"
    return responses.page(request, page, context, part=part, status=HTTPStatus.CONFLICT)


def _is_taken_back(lead_id: str, act: str) -> bool:
    """Tell whether the answer of an act that was stored before was taken back since."""
    found = conversation.newest_entries(lead_id, _LOOKED_AT, consistent=True).items
    mine = next((one for one in map(Entry.from_item, found) if one.id == act), None)
    return bool(mine and mine.delivery and mine.delivery.state is State.WITHDRAWN)


def _taken_back(request: AuthenticatedHttpRequest, lead: Lead) -> HttpResponse:
    """Show what was typed, as another answer: the form was sent before, and that was undone."""
    posted = request.POST.copy()
    posted["version"], posted["token"] = str(lead.version), uuid4().hex
    form = ReplyForm(posted, lead=lead, user=request.user)
    form.add_error(None, _("This answer was taken back. Send it once more if it is to leave."))
    return _form_page(request, form, lead)


def _context(request: AuthenticatedHttpRequest, form: ReplyForm, lead: Lead) -> dict[str, object]:
    return {
        "lead": lead,
        "reply": form,
        "why_not": why_not(lead),
        "templates": usable(request.user.id),
        "is_panel": is_panel(request),
        "origin": came_from(request),
        "back": return_address(request, lead.lead_id),
        **places(request, lead.lead_id),
    }


def _answered(
    request: AuthenticatedHttpRequest, before: Lead, lead: Lead, act: str
) -> HttpResponse:
    """Answer the panel with the lead and its card, a plain form with the lead's own page."""
    done, text = repository.act_of(lead, act), _answered_text(lead)
    due_count.know(lead, request.user.id)
    is_moved = before.standing is not lead.standing
    told = {"lead": lead.lead_id, "text": text, "act": done, "id": ""}
    if is_panel(request):
        response = changed_part(request, lead)
        if url := _send_url(lead, done):
            response.write(render_to_string("replies/send_due.html", {"url": url}))
        trigger_client_event(response, "leadbook:moved" if is_moved else "leadbook:assigned", told)
    else:
        responses.tell_done(request, text, done)
        place = redirect(return_address(request, lead.lead_id))
        response = HttpResponseClientRefresh() if is_part(request) else place
    return responses.with_act(trigger_client_event(response, "leadbook:said", told), done)


def _send_url(lead: Lead, done: str) -> str:
    """Return what the page is to ask for in ten seconds, where no thread sends."""
    if thread.is_running() or not done:
        return ""
    return reverse("reply_send", args=[lead.lead_id, f"{lead.updated_at}~{lead.write_id}"])


def _answered_text(lead: Lead) -> str:
    names = {"name": brief_name(lead), "stage": lead.status.label}
    if lead.is_closed:
        return _("The answer to “%(name)s” leaves in ten seconds.") % names
    if lead.follow_up_at:
        names["day"] = due_text(lead.follow_up_at)
        text = _(
            "The answer to “%(name)s” leaves in ten seconds. The lead is in %(stage)s,"
            " to be followed up: %(day)s."
        )
        return text % names
    return _("The answer to “%(name)s” leaves in ten seconds. The lead is in %(stage)s.") % names
