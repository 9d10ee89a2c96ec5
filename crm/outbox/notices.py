"""Mails to colleagues about what happened: each a job of its own, with the mail in it."""

from datetime import UTC, datetime
from email.utils import make_msgid

from django.core.mail import EmailMessage
from django.tasks import task

from crm.dynamodb.transaction import Update
from crm.jobs import store
from crm.jobs.models import Again, GiveUpError
from crm.outbox.mailing import SOON, can_send, send, slot

MAX_TEXT = 20_000


class NotSentError(Exception):
    """A notice was not sent just now; the message says why."""


@task
def send_notice(to: str, subject: str, text: str, message_id: str) -> Again:
    """Send a notice. Raises :class:`NotSentError`, and ``GiveUpError`` if it is refused."""
    with slot() as is_free:
        if not is_free:
            return datetime.now(UTC) + SOON
        headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
        outcome = send(EmailMessage(subject, text, to=[to], headers=headers))
    if outcome.is_final:
        raise GiveUpError(outcome.reason)
    if outcome.reason:
        raise NotSentError(outcome.reason)
    return None


def writes(*, to: str, subject: str, text: str, name: str) -> tuple[Update, ...]:
    """Return what sends a notice, for the transaction of what it tells of: 4 WRU for 1 KB.

    ``name`` makes it the same notice however often it is asked for. Nothing where no mail can
    be sent.
    """
    if not can_send():
        return ()
    arguments = {
        "to": to,
        "subject": " ".join(subject.split()),
        "text": text[:MAX_TEXT],
        "message_id": make_msgid(domain=to.rpartition("@")[2] or None),
    }
    due = datetime.now(UTC)
    return (store.asking(send_notice, arguments, name=f"notice {name}", due=due),)
