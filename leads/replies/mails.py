"""The mail of an answer: from whom, to whom, to what it belongs, plain and as simple HTML."""

import re
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy, default
from email.utils import formataddr, parseaddr
from typing import override

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext_noop

from crm.dynamodb.items import Item
from crm.outbox.delivery import WithheldError
from leads import keys, repository
from leads.entries import Entry
from leads.mails import Mail
from leads.reply_addresses import address_of
from leads.repository import replies

# Beyond it, mail programs find the thread by the last ones alone.
_MOST_REFERENCES = 10
# An id with anything else in it is no id to a mail server, which may refuse the whole mail.
_ID = re.compile(r"<[!-;=?-~]{1,500}>")
DELETED = gettext_noop("The lead was deleted before it was sent.")
ERASED = gettext_noop("What it said was deleted.")


class _IdsHeader(UnstructuredHeader, BaseHeader):
    """A header of message ids, one a line: in encoded words, mail programs know none of them."""

    @override
    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {f'{policy.linesep} '.join(self.split())}{policy.linesep}"


_HEADERS = HeaderRegistry()
for _name in ("in-reply-to", "references"):
    _HEADERS.map_to_type(_name, _IdsHeader)


class ReplyMessage(EmailMultiAlternatives):
    """A mail whose ids of others stay as they are, however long."""

    @override
    def message(self, *, policy: Policy | None = None) -> EmailMessage:
        chosen = policy if isinstance(policy, EmailPolicy) else default
        return super().message(policy=chosen.clone(header_factory=_HEADERS))


def write(item: Item) -> ReplyMessage:
    """Return the mail of an entry, as stored. Raises ``WithheldError``, if its lead is gone."""
    lead_id = keys.lead_id_of_conversation(str(item["PK"]))
    entry = Entry.from_item(item)
    if entry.mail is None:
        raise WithheldError(ERASED)
    try:
        repository.get(lead_id, consistent=True)
    except repository.LeadNotFoundError as error:
        raise WithheldError(DELETED) from error
    mail = entry.mail
    references = _references(lead_id, str(item["SK"]))
    # Whoever relays it may replace its id, and no reference: an answer repeats those.
    named = " ".join([*references, mail.message_id])
    headers = {"Message-ID": mail.message_id, "References": named}
    if references:
        headers["In-Reply-To"] = references[-1]
    message = ReplyMessage(
        subject=mail.subject,
        body=plain_text(entry.text, mail.signature),
        from_email=_sender(mail),
        to=[mail.to],
        reply_to=[address_of(lead_id) or mail.sender] if mail.sender else None,
        headers=headers,
    )
    html = render_to_string("replies/mail.html", {"text": entry.text, "mail": mail})
    message.attach_alternative(html, "text/html")
    return message


def plain_text(text: str, signature: str) -> str:
    """Return a text with its signature, as mail programs know one."""
    return f"{text}\n\n-- \n{signature}\n" if signature else f"{text}\n"


def _sender(mail: Mail) -> str:
    """Return the configured sender under the name of the person."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((mail.sender_name or name, address))


def _references(lead_id: str, before: str) -> list[str]:
    """Return the ids of the mails before this one, the one that it answers last.

    That is the last one that came in, if any did.
    """
    mails = [
        (one.mail.message_id, one.delivery is None)
        for one in replies.earlier_mails(lead_id, before)
        if one.mail and _ID.fullmatch(one.mail.message_id)
    ]
    ordered = [name for name, _ in reversed(mails)]
    answered = next((name for name, came_in in mails if came_in), "")
    if answered:
        ordered = [*(name for name in ordered if name != answered), answered]
    return ordered[-_MOST_REFERENCES:]
