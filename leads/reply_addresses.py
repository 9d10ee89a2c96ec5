"""Addresses and message ids that name a lead, signed: whoever answers them comes back to it.

Nothing has to be looked up, and nobody can make one up. A key that is no longer believed (see
``SECRET_KEY``) ends them. docs/adr/0060 has the reasons.
"""

import re
from base64 import b32encode
from email.utils import parseaddr
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_ADDRESS_SALT = "leads.reply_addresses.address"
_MESSAGE_SALT = "leads.reply_addresses.message"
# Of RFC 5321; letters are small ones, since servers on the way may make them so.
MAX_LOCAL_PART = 64
_IN_ADDRESS = re.compile(r"[a-z0-9-]+")
# A line of a header has at most 998 bytes, of which others want some.
_IN_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
# 80 bits, as 16 letters and digits.
_SIGNATURE_BYTES = 10


class Named(NamedTuple):
    """A lead, and the entry of its conversation."""

    lead_id: str
    entry_id: str


def address_of(lead_id: str) -> str:
    """Return the address at which mail for a lead comes in.

    Empty where no mail comes in, and for an id of another program's that fits into no address.
    """
    local_part, _, domain = settings.INBOUND_ADDRESS.partition("@")
    if not domain or not _IN_ADDRESS.fullmatch(lead_id):
        return ""
    signature = _signature(_ADDRESS_SALT, lead_id, settings.SECRET_KEY)
    signed = f"{local_part}+{lead_id}.{signature}"
    return f"{signed}@{domain}" if len(signed) <= MAX_LOCAL_PART else ""


def lead_of(address: str) -> str | None:
    """Return the id of the lead that an address of ours is of; ``None`` for every other one."""
    local_part, _, domain = settings.INBOUND_ADDRESS.partition("@")
    asked, _, asked_domain = address.strip().lower().rpartition("@")
    before, _, signed = asked.partition("+")
    if not domain or (before, asked_domain) != (local_part, domain):
        return None
    lead_id, _, signature = signed.partition(".")
    is_signed = _IN_ADDRESS.fullmatch(lead_id) and _is_signed(_ADDRESS_SALT, lead_id, signature)
    return lead_id if is_signed else None


def message_id_of(lead_id: str, entry_id: str) -> str:
    """Return the message id, in its brackets, of the mail that an entry of a lead is.

    The lead is named in it unless its id, another program's, fits into none.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    if not (_IN_MESSAGE_ID.fullmatch(lead_id) and _IN_MESSAGE_ID.fullmatch(entry_id)):
        return f"<{entry_id}@{domain}>"
    named = f"{lead_id}.{entry_id}"
    return f"<{named}.{_signature(_MESSAGE_SALT, named, settings.SECRET_KEY)}@{domain}>"


def lead_of_message_id(message_id: str) -> str | None:
    """Return the id of the lead that a message id of ours names; ``None`` for all others."""
    named = named_by(message_id)
    return named.lead_id if named else None


def named_by(message_id: str) -> Named | None:
    """Return what a message id of ours names; ``None`` for all others.

    Brackets may stand around it.
    """
    named, _, signature = message_id.strip("<> \t").partition("@")[0].rpartition(".")
    lead_id, dot, entry_id = named.partition(".")
    is_ours = dot and _IN_MESSAGE_ID.fullmatch(lead_id) and _IN_MESSAGE_ID.fullmatch(entry_id)
    if not is_ours or not _is_signed(_MESSAGE_SALT, named, signature):
        return None
    return Named(lead_id, entry_id)


def _is_signed(salt: str, text: str, signature: str) -> bool:
    if not signature.isascii():
        return False
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    # All of them, whichever fits: the time tells nothing.
    fits = [constant_time_compare(_signature(salt, text, key), signature) for key in keys]
    return any(fits)


def _signature(salt: str, text: str, key: str) -> str:
    digest = salted_hmac(salt, text, secret=key, algorithm="sha256").digest()
    return b32encode(digest[:_SIGNATURE_BYTES]).decode().lower()
