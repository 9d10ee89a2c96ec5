"""Letters for tests, each a job, and what writes their mails."""

from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import override
from uuid import uuid4

from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend

from crm.dynamodb.calls import get, put, update
from crm.dynamodb.items import Item, Key
from crm.jobs.running import run_due
from crm.outbox.delivery import WithheldError
from crm.outbox.models import Letter, letter
from crm.tables import RECORDS
from crm.timestamps import stored
from tests.crm.jobs.conftest import now

BOX = "BOX#1"
TASKS = {"BOX#": "crm.outbox.delivery.deliver"}


class GivingBackend(EmailBackend):
    """Takes mails, and gives each an id of its own, as Amazon SES does by anymail."""

    @override
    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            given = f"0102018f71202927-{uuid4()}-000000"
            message.anymail_status = SimpleNamespace(message_id=given)  # type: ignore[attr-defined]
        return super().send_messages(messages)


def give_ids(settings: LazySettings) -> None:
    """Send by a service that gives ids of its own."""
    settings.EMAIL_SERVICE = "amazon_ses"
    settings.MAILERS = {"default": {"BACKEND": "tests.crm.outbox.letters.GivingBackend"}}


def given_id(message: EmailMessage) -> str:
    """Return the id that a mail was given."""
    return str(message.anymail_status.message_id)  # type: ignore[attr-defined]


def write(item: Item) -> EmailMessage:
    """Write the mail of a letter of a test."""
    if "withheld" in item:
        raise WithheldError(str(item["withheld"]))
    return EmailMessage(str(item["SK"]).partition("#")[2], "Text", to=[str(item["outReceiver"])])


def key_of(name: str) -> Key:
    """Return the key of a letter; all are stored at one time, in the order of their names."""
    return {"PK": BOX, "SK": f"2026-11-30T09:15:00.000Z#{name}"}


def put_letter(name: str, to: str = "ada@example.com", **more: str | int) -> None:
    """Store a letter that is due."""
    due = now() - timedelta(seconds=1)
    put(RECORDS, {**key_of(name), **letter("test", to, due), **more})


def stored_letter(name: str) -> Letter:
    """Return a letter as it is stored."""
    item = get(RECORDS, key_of(name), consistent=True)
    assert item
    return Letter.from_item(item)


def let_time_pass(*names: str) -> None:
    """Let the moment of letters have come: to leave, to be tried again, or that a claim ends."""
    values = {"at": stored(now() - timedelta(seconds=1))}
    for name in names:
        update(RECORDS, key_of(name), "SET #outAt = :at, #dueAt = :at", values=values)


def deliver_due() -> None:
    """Do what is due, as a server does."""
    run_due()
