"""Which lead a message belongs to, and who wrote it."""

from collections.abc import Iterator
from typing import NamedTuple

from crm.accounts.identity import MAX_EMAIL
from crm.accounts.models import User
from crm.inbound import Incoming, Kind
from leads import repository
from leads.addresses import normal_form
from leads.models import Actor, Lead
from leads.reply_addresses import lead_of, lead_of_message_id, named_by
from leads.repository.incoming import named_by_given_ids
from leads.repository.returns import Returned


class Joined(NamedTuple):
    """A lead, and whether the message itself names it, in a way that only we can."""

    lead: Lead
    is_signed: bool


def join(message: Incoming) -> Joined | None:
    """Return the lead that a message belongs to.

    The one that its address or what it answers names; else the newest one of its sender, if
    a person writes.
    """
    for lead_id in _named_leads(message):
        try:
            return Joined(repository.get(lead_id, consistent=True), is_signed=True)
        except repository.LeadNotFoundError:
            continue
    if message.kind is not Kind.ORDINARY or not message.sender.address:
        return None
    found = repository.by_email(message.sender.address, limit=1)
    return Joined(found[0], is_signed=False) if found else None


def colleague(message: Incoming) -> User | None:
    """Return the account that has the sender's address."""
    address = message.sender.address
    return User.objects.find_by_email(address) if 0 < len(address) <= MAX_EMAIL else None


def author(message: Incoming, user: User | None) -> Actor:
    """Return who wrote a message, as far as that is known."""
    if user:
        return Actor(user.id, user.name)
    return Actor("", message.sender.name or message.sender.address or "?")


def is_ours(message: Incoming) -> bool:
    """Tell whether a message is one that we sent, and that came back."""
    return message.kind is Kind.LOOP or bool(lead_of_message_id(message.message_id))


def returned(message: Incoming, lead: Lead) -> Returned | None:
    """Return which answers to a lead a message may say came back, if it says so of any."""
    if not message.failures:
        return None
    named = [*map(named_by, message.references), *named_by_given_ids(message.references)]
    reasons = {
        normal_form(address): failure.reason
        for failure in message.failures
        for address in failure.addresses
    }
    ids = [one.entry_id for one in named if one and one.lead_id == lead.lead_id]
    return Returned(ids, reasons) if ids else None


def _named_leads(message: Incoming) -> Iterator[str]:
    named = [*map(lead_of, message.receivers), *map(lead_of_message_id, message.references)]
    yield from (lead_id for lead_id in dict.fromkeys(named) if lead_id)
    yield from (one.lead_id for one in named_by_given_ids(message.references))
