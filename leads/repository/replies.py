"""Answering a lead by mail: the mail, and what follows from it, as one act.

The entry of the conversation is the mail, which the outbox sends once it was held for a
while: until then undoing the act takes it back. Costs are for leads of 1 KB.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from crm.dynamodb.calls import Item, Key, Put, Update, Write, get, set_expression, transact
from crm.dynamodb.errors import ConflictError, TransactionRefusedError
from crm.jobs.models import ATTRIBUTES as JOB
from crm.outbox import store as outbox
from crm.outbox.delivery import deliver
from crm.outbox.models import Delivery, State, letter
from crm.tables import RECORDS
from leads import keys
from leads.entries import Entry, Kind
from leads.mails import Mail
from leads.models import Actor, Change, EventType, Lead, Status, timestamp
from leads.repository.changes import (
    Condition,
    changed_lead,
    field_changes,
    first_answer,
    stage_change,
)
from leads.repository.conversation import (
    card_line,
    card_writes,
    entry_item,
    is_expired,
    newest_entries,
)
from leads.repository.counters import pulse_update
from leads.repository.errors import EntryNotFoundError, LeadNotFoundError
from leads.repository.events import event_item, newest_events
from leads.repository.reads import read_event, stored_item
from leads.repository.writes import apply_once, store_change

HELD = timedelta(seconds=10)
CHANNEL = "reply"
_REFERRED = 20
_ATTEMPTS = 8


@dataclass(frozen=True)
class Reply:
    """What is sent, and what follows: ``fields`` of the lead, by name, as they are to be."""

    mail: Mail
    text: str
    fields: Mapping[str, str | None]


def reply(lead_id: str, asked: Reply, *, version: int, actor: Actor, write_id: str) -> Lead:
    """Answer a lead once, and return it as it then is: 19 WRU with a text of 3 KB.

    A follow-up is 6 more.

    The mail leaves after :data:`HELD`. Raises :class:`LeadNotFoundError`, and
    :class:`StaleLeadError` with the current lead unless this very act was stored before.
    """

    def change(lead: Lead, unchanged: Condition) -> Lead:
        after = _answered_lead(lead, asked, write_id)
        event = event_item(after, EventType.REPLIED, actor, write_id, _told_changes(lead, after))
        entry = _entry(after, asked, actor)
        due = datetime.fromisoformat(entry.at) + HELD
        key = keys.entry(lead_id, entry.at, entry.id)
        item = entry_item(key, entry) | letter(CHANNEL, asked.mail.to, due)
        store_change(
            lead,
            after,
            event,
            unchanged,
            line=card_line(lead_id, entry),
            mail=key["SK"],
            beside=[Put(table=RECORDS, item=item, condition="attribute_not_exists(#PK)")],
        )
        return after

    return apply_once(lead_id, version, write_id, change)


def withdraw(lead_id: str, sort_key: str) -> State | None:
    """Take a reply back that still waits, and return where it is then; ``None`` if it is gone.

    Its text stays, for whoever wrote it. 9 WRU, and 2 for each further KB of it.
    """
    key: Key = {"PK": keys.conversation(lead_id), "SK": sort_key}
    for _ in range(_ATTEMPTS):
        try:
            entry, delivery = _reply(key)
        except EntryNotFoundError:
            return None
        if delivery.state is not State.WAITING or delivery.is_doubtful:
            return delivery.state
        gone = entry.model_copy(update={"delivery": replace(delivery, state=State.WITHDRAWN)})
        try:
            transact([_withdrawal(key), *_off_card(lead_id, gone, key)], uuid4().hex)
        except TransactionRefusedError:
            continue
        return State.WITHDRAWN
    raise ConflictError("Other entries kept coming in.")


def send_again(lead_id: str, at: str, entry_id: str) -> bool:
    """Let a reply that failed leave once more, now: 5 WRU, and 2 for each further KB of it.

    False if it has not failed, or was erased. Raises :class:`EntryNotFoundError`.
    """
    key = keys.entry(lead_id, at, entry_id)
    _reply(key)
    writes = [outbox.resending(key, datetime.now(UTC)), pulse_update(lead_id)]
    try:
        transact(writes, uuid4().hex)
    except TransactionRefusedError:
        return False
    return True


def send_due(lead_id: str, at: str, entry_id: str) -> None:
    """Send a reply that is due, if nobody has: for who has no thread for it."""
    key = keys.entry(lead_id, at, entry_id)
    deliver.call(key["PK"], key["SK"])


def waiting(lead_id: str) -> Entry | None:
    """Return the answer to a lead that is still to leave, the last one: one Query."""
    entries = map(Entry.from_item, newest_entries(lead_id, _REFERRED, consistent=True).items)
    return next((one for one in entries if one.delivery and one.delivery.is_open), None)


def earlier_mails(lead_id: str, before: str) -> list[Entry]:
    """Return mails of a conversation before one, the last one first: one Query.

    ``before`` is its sort key. Those that were taken back, or were not sent, are none.
    """
    page = newest_entries(
        lead_id, _REFERRED, start={"PK": keys.conversation(lead_id), "SK": before}
    )
    entries = map(Entry.from_item, page.items)
    return [
        one
        for one in entries
        if one.mail and (one.delivery is None or one.delivery.state is State.SENT)
    ]


def is_changed_by_others(lead_id: str, version: int, person_id: str) -> bool:
    """Tell whether anybody else has changed a lead since it had this version: one Query."""
    events = map(read_event, newest_events(lead_id, _REFERRED, consistent=True).items)
    newer = [event for event in events if event.version > version]
    return not newer or any(event.actor.id != person_id for event in newer)


def said_since(lead_id: str, version: int) -> list[Entry]:
    """Return what was said of a lead since it had this version, newest first: two Queries."""
    events = newest_events(lead_id, _REFERRED, consistent=True).items
    seen = [str(one["at"]) for one in events if int(str(one.get("version", 0))) <= version]
    since = max(seen, default="")
    entries = map(Entry.from_item, newest_entries(lead_id, _REFERRED, consistent=True).items)
    return [one for one in entries if one.at > since and not one.is_gone]


def _answered_lead(lead: Lead, asked: Reply, write_id: str) -> Lead:
    fields: dict[str, str | None] = {
        name: value for name, value in asked.fields.items() if (value or "") != lead.text(name)
    }
    if stage := fields.get("status"):
        fields["status"] = Status(stage)
    after = changed_lead(lead, fields, write_id)
    return after.with_changes(first_answer(lead, after.updated_at))


def _told_changes(before: Lead, after: Lead) -> dict[str, Change]:
    moved = stage_change(before, after) if before.standing != after.standing else {}
    return moved | field_changes(before, after)


def _entry(lead: Lead, asked: Reply, actor: Actor) -> Entry:
    return Entry(
        id=str(lead.write_id),
        at=lead.updated_at,
        kind=Kind.REPLY,
        text=asked.text,
        author=actor,
        mail=asked.mail,
    )


def _reply(key: Key) -> tuple[Entry, Delivery]:
    item = get(RECORDS, key, consistent=True)
    entry = Entry.from_item(item) if item and not is_expired(item) else None
    if entry is None or entry.delivery is None:
        raise EntryNotFoundError(key["SK"])
    return entry, entry.delivery


def _withdrawal(key: Key) -> Update:
    values: Item = {"outState": State.WITHDRAWN.value, "outAt": timestamp(datetime.now(UTC))}
    return Update(
        table=RECORDS,
        key=key,
        change=set_expression(values, JOB),
        values={**values, "waiting": State.WAITING.value},
        condition="#outState = :waiting AND attribute_not_exists(#outDoubtful)",
    )


def _off_card(lead_id: str, gone: Entry, key: Key) -> list[Write]:
    """Return what lets a card show the entry before; a lead that is deleted has none."""
    try:
        lead = stored_item(lead_id)
    except LeadNotFoundError:
        return []
    return [*card_writes(lead_id, lead, gone, key), pulse_update(lead_id)]
