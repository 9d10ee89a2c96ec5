"""A message that came in, read whole."""

from email.utils import parseaddr
from hashlib import sha256

from django.conf import settings

from crm.inbound.authentication import is_verified
from crm.inbound.headers import (
    MAX_RECEIVERS,
    MAX_REFERENCES,
    Headers,
    addresses_in,
    mailboxes,
    message_ids,
    moment,
)
from crm.inbound.kinds import kind_of
from crm.inbound.mime import Part, parts_of
from crm.inbound.models import Incoming, Kind, Mailbox
from crm.inbound.reports import failures_of, returned_ids
from crm.inbound.texts import attachments_of, said_in

# Where a message was delivered to says more than to whom it was written.
_RECEIVERS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")


def read(raw: bytes) -> Incoming:
    """Return what a message is and says; none raises, however broken it is."""
    message = parts_of(raw)
    headers = message.headers
    sender, is_clear = _sender(headers)
    kind = kind_of(message, sender.address, _own_addresses())
    said = said_in(message)
    return Incoming(
        sender=sender,
        receivers=_receivers(headers),
        subject=headers.line("Subject"),
        sent=moment(headers.first("Date")),
        message_id=next(iter(message_ids(headers.first("Message-ID"))), ""),
        references=_references(message, kind),
        text=said.text,
        quoted=said.quoted,
        is_cut=said.is_cut,
        attachments=tuple(attachments_of(message)),
        kind=kind,
        is_verified=is_clear and is_verified(headers, sender.address, settings.INBOUND_AUTHSERV_ID),
        digest=sha256(raw).hexdigest(),
        failures=tuple(failures_of(message)) if kind is Kind.BOUNCE else (),
    )


def _sender(headers: Headers) -> tuple[Mailbox, bool]:
    """Return who a message is from, and whether that is clear."""
    value = headers.first("From")
    found = mailboxes(value)
    if found:
        return found[0], len(found) == 1
    likely = next(addresses_in([value]), "") or next(addresses_in(headers.all("Sender")), "")
    return Mailbox(address=likely), False


def _receivers(headers: Headers) -> tuple[str, ...]:
    found = (one for name in _RECEIVERS for one in addresses_in(headers.all(name)))
    return tuple(dict.fromkeys(found))[:MAX_RECEIVERS]


def _references(message: Part, kind: Kind) -> tuple[str, ...]:
    headers = message.headers
    returned = returned_ids(message) if kind is Kind.BOUNCE else []
    nearest = message_ids(headers.first("In-Reply-To"))
    older = message_ids(" ".join(headers.all("References")))[::-1]
    return tuple(dict.fromkeys([*returned, *nearest, *older]))[:MAX_REFERENCES]


def _own_addresses() -> set[str]:
    sending = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()
    return {one for one in (sending, settings.INBOUND_ADDRESS) if one}
