"""The demo's mailbox: what was sent, and answering it as the visitor does."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.access import require_role
from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role
from leads.entries import MAX_TEXT
from leads.receiving.mailbox import answer as answered
from leads.receiving.mailbox import find, newest
from leads.receiving.receive import NoLeadError, receive
from leads.web.responses import page


@require_safe
@require_role(Role.VIEWER)
def mailbox(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the mails that the demo sent, newest first."""
    return page(request, "receiving/mailbox.html", {"mails": newest(settings.DEMO_MAILBOX)})


@require_POST
@require_role(Role.SALES)
def answer(request: AuthenticatedHttpRequest, name: str) -> HttpResponse:
    """Answer a mail as the visitor: the answer comes in as one from a mail server does."""
    mail = find(settings.DEMO_MAILBOX, name)
    if mail is None or not mail.can_be_answered:
        raise Http404("There is no such mail.")
    text = request.POST.get("text", "").replace("\x00", "").strip()[:MAX_TEXT]
    if not text:
        messages.error(request, _("Write something first."))
        return redirect("demo_mailbox")
    try:
        outcome = receive(answered(mail, text))
    except NoLeadError:
        messages.error(request, _("The lead is no longer there."))
        return redirect("demo_mailbox")
    messages.success(request, _("The visitor's answer came in."))
    return redirect("lead_detail", outcome.lead_id) if outcome.lead_id else redirect("demo_mailbox")
