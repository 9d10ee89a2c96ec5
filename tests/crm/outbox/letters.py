"""Letters for tests, each a job, and what writes their mails."""

from datetime import timedelta

from django.core.mail import EmailMessage

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
