"""The mail that tells somebody of a lead that came in and became theirs."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.accounts.models import User
from crm.dynamodb.calls import Write
from crm.outbox import notices
from leads.models import Lead

WORDS = 300


def notice_writes(person: User, lead: Lead) -> tuple[Write, ...]:
    """Return what tells a person of a lead, for the transaction that gives it to them: 4 WRU.

    Nothing if they want no such mail, or are told by the mail about all new leads.
    """
    if not person.mail_arrivals or person.email == settings.NEWS_MAIL:
        return ()
    with override(settings.LANGUAGE_CODE):
        subject = _("New lead for you: %(name)s") % {"name": lead.title}
        text = _text(lead)
    name = f"arrival {lead.lead_id}"
    return notices.writes(to=person.email, subject=subject, text=text, name=name)


def _text(lead: Lead) -> str:
    lines = [
        _("A new lead was given to you by the assignment rules."),
        "",
        *_facts(lead),
        "",
        _first_words(lead.message),
        "",
        *_link(lead),
        _("You can switch these mails off under “Your account”."),
    ]
    return "\n".join(lines)


def _link(lead: Lead) -> list[str]:
    if not settings.PUBLIC_URL:
        return []
    return [f"{settings.PUBLIC_URL}{reverse('lead_detail', args=[lead.lead_id])}", ""]


def _facts(lead: Lead) -> list[str]:
    told = (
        (_("Name: %(text)s"), lead.name),
        (_("Company: %(text)s"), lead.company),
        (_("E-mail: %(text)s"), lead.readable_email),
        (_("Subject: %(text)s"), lead.subject),
    )
    return [line % {"text": text} for line, text in told if text]


def _first_words(message: str) -> str:
    if len(message) <= WORDS:
        return message
    return f"{message[:WORDS].rsplit(maxsplit=1)[0]}…"
