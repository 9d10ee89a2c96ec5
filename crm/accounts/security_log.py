"""The security log: who did what to which account, and from where.

Every event is a line of the logger ``crm.security``. Sign-ins, changes of accounts, exports,
imports and bulk deletions are also in an append-only record, which
:mod:`crm.accounts.security_record` reads; refusals are counted by day. No password, token,
cookie or e-mail address is ever part of an event. docs/adr/0044 has the reasons.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from getpass import getuser

from django.http import HttpRequest

from crm import visitors
from crm.accounts import refusal_counts
from crm.accounts.security_events import RECORDED, REFUSALS, Event, Kind, event_put
from crm.dynamodb import calls
from crm.dynamodb.errors import ConditionFailedError, DynamoDBError
from crm.dynamodb.transaction import Put

MAX_NAME = 64
COMMAND_LINE = "command line: "

logger = logging.getLogger("crm.security")
# Standard output may be the very file that a command exports.
command_logger = logging.getLogger("crm.security.command")
_present: ContextVar[HttpRequest | None] = ContextVar("present_request", default=None)


@contextmanager
def during(request: HttpRequest) -> Iterator[None]:
    """Let what happens inside be done by whoever sends ``request``; outside, it is a command."""
    token = _present.set(request)
    try:
        yield
    finally:
        _present.reset(token)


def is_command() -> bool:
    """Tell whether no request is being answered."""
    return _present.get() is None


def who_acts() -> str:
    """Return the id of who is signed in, "" if nobody is, or the user of the command line."""
    request = _present.get()
    return command_line() if request is None else visitors.known_user_id(request)


def command_line() -> str:
    """Return what stands for somebody who runs a command: ``command line: ada``."""
    try:
        name = getuser()
    except (OSError, KeyError):  # a container whose user has no name; KeyError before 3.13
        name = str(os.getuid())
    return COMMAND_LINE + "".join(filter(str.isprintable, name))[:MAX_NAME]


@contextmanager
def recording(kind: Kind, *, whom: str = "", **details: str | int) -> Iterator[Put]:
    """Yield the write that records an event, for the transaction of the change it tells of.

    The event is logged when the block ends, and not if it raises.
    """
    event = new_event(kind, whom=whom, **details)
    yield event_put(event)
    log(event)


def new_event(kind: Kind, *, whom: str = "", **details: str | int) -> Event:
    """Return an event that happens now, for what writes and logs it together with a change."""
    request = _present.get()
    address = visitors.logged_address(request) if request else ""
    return Event(kind, who_acts(), whom, address, details)


def log(event: Event) -> None:
    """Write the line of an event."""
    fields = {
        "event": event.kind.value,
        "who": event.who or None,
        "whom": event.whom or None,
        "address": event.address or None,
        "details": event.details,
    }
    chosen = command_logger if is_command() else logger
    chosen.info("%s by %r", event.kind.value, event.who, extra={"fields": fields})


def record(kind: Kind, *, whom: str = "", **details: str | int) -> None:
    """Log an event, and record it: 1 WRU. Raises the errors of DynamoDB, so nothing follows."""
    event = new_event(kind, whom=whom, **details)
    log(event)
    _store(event)


def note(kind: Kind, *, whom: str = "", **details: str | int) -> None:
    """Log an event, and record or count it; if that fails, say so in the log and go on.

    For what must not depend on it: a sign-in, a refusal.
    """
    event = new_event(kind, whom=whom, **details)
    log(event)
    try:
        _store(event)
    except DynamoDBError:
        logger.exception("%s by %r could not be recorded", event.kind.value, event.who)


def _store(event: Event) -> None:
    if event.kind in REFUSALS:
        refusal_counts.count(event.kind, event.at)
    if event.kind not in RECORDED:
        return
    put = event_put(event)
    try:
        calls.put(put.table, put.item, condition=put.condition)
    except ConditionFailedError:
        # Keys are random: what is there is our own first attempt, whose answer was lost.
        logger.debug("%s was recorded already", event.kind.value)
