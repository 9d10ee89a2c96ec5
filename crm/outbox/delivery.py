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
from crm.jobs.models import Again
from crm.outbox import given_ids, store
from crm.outbox.mailing import SOON, send, slot
from crm.outbox.models import Letter
from crm.timestamps import stored

BUSY = timedelta(seconds=30)
# Earlier letters to the same receiver that still wait, for 17 hours at most, leave first.
_EARLIER = timedelta(days=2)
DELETED = gettext_noop("What it belongs to was deleted before it was sent.")


class WithheldError(Exception):
    """A letter is not to be sent as things are; the message says why."""


type Channel = Callable[[Item], EmailMessage]
"""Writes the mail of a letter, whose item it gets. Raises :class:`WithheldError`."""


@task
def deliver(pk: str, sk: str) -> Again:
    """Deliver a letter, and the others of its partition that wait; return when to go on.

    While one waits to be tried again, later ones to its receiver wait, too. ``sk`` begins with
    the time at which the letter was stored.
    """
    stored_at = datetime.fromisoformat(sk.partition("#")[0])
    since = stored(stored_at - _EARLIER)
    with slot() as is_free:
        return _deliver_all(pk, since) if is_free else datetime.now(UTC) + SOON


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
        return _after(is_done=store.mark_held(letter, DELETED))
    claimed = store.claim(letter, now)
    return _attempt(claimed) if claimed else _after(is_done=False)


def _attempt(letter: Letter) -> Again:
    try:
        write = cast("Channel", import_string(settings.OUTBOX_CHANNELS[letter.channel]))
        message = write(letter.item)
    except WithheldError as error:
        return _after(is_done=store.mark_failed(letter, str(error)))
    except Exception as error:
        # Nothing has left: whoever tries again is no second one.
        reason = f"{type(error).__name__}: {error}"
        store.put_off(letter, datetime.now(UTC), reason, is_doubtful=False)
        raise
    outcome = send(message)
    if not outcome.reason:
        is_marked = store.mark_sent(letter)
        if outcome.given_id:
            given_ids.remember(outcome.given_id, letter.key)
        return _after(is_done=is_marked)
    if outcome.is_final or letter.is_worn_out:
        is_failed = store.mark_failed(letter, outcome.reason, is_doubtful=outcome.is_doubtful)
        return _after(is_done=is_failed)
    again = letter.next_try(datetime.now(UTC))
    store.put_off(letter, again, outcome.reason, is_doubtful=outcome.is_doubtful)
    return again


def _after(*, is_done: bool) -> Again:
    # Somebody else has it, or has taken it back: the next look tells.
    return None if is_done else datetime.now(UTC) + BUSY
