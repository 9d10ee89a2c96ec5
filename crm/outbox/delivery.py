"""The job that delivers what a partition has of letters, in order for each receiver."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

from django.conf import settings
from django.core.mail import EmailMessage
from django.tasks import task
from django.utils.module_loading import import_string
from django.utils.translation import gettext_noop

from crm.dynamodb.items import Item
from crm.dynamodb.transaction import Update
from crm.jobs import store as jobs
from crm.jobs.models import Again
from crm.outbox import given_ids, store
from crm.outbox.mailing import SOON, send, slot
from crm.outbox.models import Letter

BUSY = timedelta(seconds=30)
DELETED = gettext_noop("What it belongs to was deleted before it was sent.")


class WithheldError(Exception):
    """A letter is not to be sent as things are; the message says why."""


type Channel = Callable[[Item], EmailMessage]
"""Writes the mail of a letter, whose item it gets. Raises :class:`WithheldError`."""


@task
def deliver(pk: str, since: str) -> Again:
    """Deliver the letters of a partition from the sort key ``since`` on; return when to go on.

    While one waits to be tried again, later ones to its receiver wait, too.
    """
    with slot() as is_free:
        return _deliver_all(pk, since) if is_free else datetime.now(UTC) + SOON


def delivering(pk: str, since: str, *, name: str, due: datetime) -> Update:
    """Return the write that asks for a delivery, for the transaction that stores a letter."""
    return jobs.asking(deliver, {"pk": pk, "since": since}, name=f"letter {name}", due=due)


def _deliver_all(pk: str, since: str) -> Again:
    waiting: dict[str, datetime] = {}
    for letter in store.open_letters(pk, since):
        if letter.receiver not in waiting and (again := _deliver(letter)):
            waiting[letter.receiver] = again
    return min(waiting.values(), default=None)


def _deliver(letter: Letter) -> Again:
    """Try to deliver a letter; return when to look after it again, ``None`` if it is done."""
    now = datetime.now(UTC)
    if letter.delivery.due > now:
        return letter.delivery.due
    if "expiresAt" in letter.item:
        store.mark_held(letter, DELETED)
        return None
    claimed = store.claim(letter, now)
    # Somebody else has it, or has taken it back: the next look tells.
    return _attempt(claimed) if claimed else now + BUSY


def _attempt(letter: Letter) -> Again:
    try:
        write = cast("Channel", import_string(settings.OUTBOX_CHANNELS[letter.channel]))
        message = write(letter.item)
    except WithheldError as error:
        store.mark_failed(letter, str(error))
        return None
    outcome = send(message)
    if not outcome.reason:
        store.mark_sent(letter)
        if outcome.given_id:
            given_ids.remember(outcome.given_id, letter.key)
        return None
    if outcome.is_final or letter.is_worn_out:
        store.mark_failed(letter, outcome.reason, is_doubtful=outcome.is_doubtful)
        return None
    again = letter.next_try(datetime.now(UTC))
    store.put_off(letter, again, outcome.reason, is_doubtful=outcome.is_doubtful)
    return again
