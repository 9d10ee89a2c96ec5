"""Which lead a message belongs to, and who wrote it."""

from collections.abc import Iterator
from typing import NamedTuple

from crm.accounts.identity import MAX_EMAIL
from crm.accounts.models import User
from crm.inbound import Incoming, Kind
from leads import repository
from leads.models import Actor, Lead
from leads.reply_addresses import lead_of, lead_of_message_id
from leads.repository.incoming import leads_of_given_ids


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


def _named_leads(message: Incoming) -> Iterator[str]:
    named = [*map(lead_of, message.receivers), *map(lead_of_message_id, message.references)]
    yield from (lead_id for lead_id in dict.fromkeys(named) if lead_id)
    yield from leads_of_given_ids(message.references)
