"""What the report of a mail server says of the mail that came back (RFC 3464)."""

import re
from collections.abc import Iterator
from itertools import islice

from crm.inbound.headers import MAX_BLOCK, Headers, addresses_in, message_ids
from crm.inbound.mime import Part
from crm.inbound.models import Failure

COPIES = {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}
"""What a report repeats of the message that it is about."""
STATUSES = {"message/delivery-status", "message/global-delivery-status"}
MAX_REASON = 300
MAX_FAILURES = 50
MAX_ADDRESSES = 50
_BETWEEN = re.compile(rb"\r?\n[ \t]*\r?\n")
_RECEIVERS = ("Original-Recipient", "Final-Recipient")


def returned_ids(message: Part) -> list[str]:
    """Return the ids of what came back.

    That is its ``Message-ID``, and its last reference: ours, where a relay replaced the id.
    """
    return [
        name
        for copy in _copies(message)
        for name in (
            *message_ids(copy.first("Message-ID")),
            *message_ids(" ".join(copy.all("References")))[-1:],
        )
    ]


def failures_of(message: Part) -> Iterator[Failure]:
    """Yield whom the mail did not reach: nothing of one that is late, or arrived elsewhere."""
    # Who forwards mail is named by another address: the copy tells to whom it was written.
    written_to = _addresses([value for copy in _copies(message) for value in copy.all("To")])
    failed = [_failure(one, written_to) for one in _statuses(message) if _has_failed(one)]
    named = _addresses(message.headers.all("X-Failed-Recipients"))
    yield from failed or ([Failure(addresses=named)] if named else [])


def _failure(status: Headers, written_to: tuple[str, ...]) -> Failure:
    named = _addresses([value for name in _RECEIVERS for value in status.all(name)])
    said = status.line("Diagnostic-Code", MAX_REASON).partition(";")
    reason = (said[2] or said[0]).strip() or status.line("Status", MAX_REASON)
    return Failure(addresses=tuple(dict.fromkeys([*named, *written_to])), reason=reason)


def _addresses(values: list[str]) -> tuple[str, ...]:
    return tuple(islice(addresses_in(values), MAX_ADDRESSES))


def _has_failed(status: Headers) -> bool:
    action = status.word("Action").partition("(")[0].strip()
    return action == "failed" or (not action and status.word("Status").startswith("5."))


def _statuses(message: Part) -> Iterator[Headers]:
    """Yield what a report says of each receiver: blocks of headers, the first is of all."""
    for part in message.walk():
        if part.content_type in STATUSES:
            blocks = _BETWEEN.split(part.decoded_bytes()[:MAX_BLOCK], MAX_FAILURES)
            found = map(Headers, blocks[:MAX_FAILURES])
            yield from (one for one in found if any(one.all(name) for name in _RECEIVERS))


def _copies(message: Part) -> Iterator[Headers]:
    copies = (part for part in message.walk() if part.content_type in COPIES)
    return (Headers(part.decoded_bytes()) for part in islice(copies, MAX_FAILURES))
