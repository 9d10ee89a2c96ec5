"""A message becomes an entry of its lead, and its owner is told."""

from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.inbound import Incoming, Kind, read
from crm.jobs import thread
from leads.mails import Attachment, Mail
from leads.models import ClosedAs, Lead
from leads.receiving.joining import author, colleague, is_ours, join, returned
from leads.repository.incoming import Arrival, Notice
from leads.repository.incoming import receive as store

# What machines say is told in short.
MAX_AUTOMATIC = 1_000
MAX_TOLD = 500
MAX_REFERENCES = 10


class NoLeadError(Exception):
    """A message belongs to no lead; the text says so in one line."""


@dataclass(frozen=True)
class Outcome:
    """What became of a message, in one line; ``lead_id`` is empty for one left alone."""

    what: str
    lead_id: str = ""


def receive(raw: bytes) -> Outcome:
    """Store a message with its lead, once, or leave alone what no person wrote.

    Raises :class:`NoLeadError`, and the errors of DynamoDB.
    """
    message = read(raw)
    if is_ours(message):
        return Outcome("Left alone: one of ours came back.")
    joined = join(message)
    if joined is None:
        return _without_lead(message)
    user = colleague(message)
    # Who knows a lead's signed address got it from us; but nobody is taken for a colleague by it.
    is_trusted = message.is_verified or (joined.is_signed and user is None)
    arrival = Arrival(
        entry_id=_entry_id(message),
        author=author(message, user),
        text=message.text if message.kind is Kind.ORDINARY else message.text[:MAX_AUTOMATIC],
        mail=_mail(message, is_trusted=is_trusted),
        returned=returned(message, joined.lead),
    )
    received = store(joined.lead.lead_id, arrival, lambda lead: _notice(lead, message, arrival))
    thread.wake()
    return Outcome(_told(message, received.is_repeat), received.lead.lead_id)


def _without_lead(message: Incoming) -> Outcome:
    if message.kind is Kind.ORDINARY:
        raise NoLeadError(f"No lead fits this message from {message.sender.address or 'nobody'}.")
    return Outcome(f"Left alone: {_KINDS[message.kind]} that belongs to no lead.")


_KINDS = {
    Kind.ORDINARY: "a mail",
    Kind.AUTOMATIC: "an automatic answer",
    Kind.BOUNCE: "a bounce",
    Kind.BULK: "a mail of a list",
}


def _told(message: Incoming, is_repeat: bool) -> str:  # noqa: FBT001 -- what it is about
    what = _KINDS[message.kind]
    sender = message.sender.address or "nobody"
    return f"Stored before: {what} from {sender}." if is_repeat else f"Stored {what} from {sender}."


def _entry_id(message: Incoming) -> str:
    """Name a message: the same one however often, and by whatever way, it comes in."""
    name = f"id {message.message_id}" if message.message_id else f"digest {message.digest}"
    return sha256(name.encode()).hexdigest()[:32]


def _mail(message: Incoming, *, is_trusted: bool) -> Mail:
    is_person = message.kind is Kind.ORDINARY
    return Mail(
        sender=message.sender.address,
        sender_name=message.sender.name,
        subject=message.subject,
        message_id=f"<{message.message_id}>" if message.message_id else "",
        references=tuple(f"<{one}>" for one in message.references[:MAX_REFERENCES][::-1]),
        quoted=message.quoted if is_person else "",
        attachments=tuple(
            Attachment(name=one.name, type=one.content_type, size=one.size)
            for one in message.attachments
        ),
        is_verified=is_trusted,
        automatic="" if is_person else message.kind.value,
        is_cut=message.is_cut,
    )


def _notice(lead: Lead, message: Incoming, arrival: Arrival) -> Notice | None:
    """Return what tells the owner of a lead that the visitor wrote; nobody is told of spam."""
    user = User.objects.find(lead.owner_id) if lead.owner_id else None
    if user is None or not user.is_active or lead.outcome is ClosedAs.SPAM:
        return None
    values = {"name": arrival.author.name, "subject": message.subject or lead.subject}
    text = [message.text[:MAX_TOLD].strip()]
    if settings.PUBLIC_URL:
        text.append(f"{settings.PUBLIC_URL}{reverse('lead_detail', args=[lead.lead_id])}")
    subject = _("%(name)s answered: %(subject)s") % values
    return Notice(user.email, subject, "\n\n".join(text))
