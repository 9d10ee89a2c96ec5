"""Mail that came in, as entries of a lead's conversation: each once, with what follows from it.

Costs are for leads of 1 KB.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from crm.dynamodb.calls import Check, Item, Put, Update, Value, Write, set_expression, transact
from crm.dynamodb.errors import ConflictError, TransactionRefusedError
from crm.outbox import given_ids, notices
from crm.tables import EPHEMERAL, LEADS, RECORDS
from leads import keys
from leads.entries import Entry, Kind
from leads.mails import Mail
from leads.models import STAGES, Actor, ClosedAs, EventType, Lead, Status, moment, timestamp
from leads.reply_addresses import Named
from leads.repository.changes import changed_lead, stage_change, unchanged_condition
from leads.repository.conversation import card_line, entry_item, has_note
from leads.repository.counters import pulse_update
from leads.repository.events import LOOKED_AT, event_item, newest_events
from leads.repository.reads import check_id, stored_item
from leads.repository.returns import Returned
from leads.repository.writes import store_change

REMEMBERED = timedelta(days=30)
"""A message that comes in again within it is the same entry."""
_ATTEMPTS = 8
_AHEAD = timedelta(minutes=2)


@dataclass(frozen=True)
class Arrival:
    """A mail that came in; ``entry_id`` follows from it, so that it is stored once.

    ``returned`` is the answer of ours that it says came back.
    """

    entry_id: str
    author: Actor
    text: str
    mail: Mail
    returned: Returned | None = None


class Notice(NamedTuple):
    """A mail to a colleague about it."""

    to: str
    subject: str
    text: str


class Received(NamedTuple):
    """What became of a mail; ``lead`` is the lead as it then is."""

    lead: Lead
    is_repeat: bool


def receive(
    lead_id: str, arrival: Arrival, tell: Callable[[Lead], Notice | None] = lambda _: None
) -> Received:
    """Store a mail once, and what follows from it: 13 WRU, 6 more if the lead was lost.

    That is the line on the card, a lead that was lost coming back to the stage it left, and
    the notice that ``tell`` has for somebody. Nothing of it follows from a silent entry. An
    answer that came back is 2 WRU more for each KB. Raises :class:`LeadNotFoundError`.
    """
    check_id(lead_id)
    seen = keys.idempotency(f"mail {lead_id} {arrival.entry_id}")
    for _ in range(_ATTEMPTS):
        item = stored_item(lead_id)
        entry = _entry(item, arrival)
        returned = arrival.returned.writes(lead_id) if arrival.returned else []
        once = [_entry_put(lead_id, entry), _mark(seen), *returned]
        try:
            return Received(_store(item, entry, once, tell), is_repeat=False)
        except TransactionRefusedError as refusal:
            if any(one and one.get("PK") == seen["PK"] for one in refusal.failed.values()):
                return Received(Lead.from_item(item), is_repeat=True)
    raise ConflictError("The lead kept changing.")


def named_by_given_ids(message_ids: Iterable[str]) -> list[Named]:
    """Return whose mails a service gave these ids, in their order."""
    found = given_ids.letters(message_ids)
    return [
        Named(keys.lead_id_of_conversation(letter["PK"]), letter["SK"].partition("#")[2])
        for letter in found
    ]


def _store(
    item: Item, entry: Entry, once: Sequence[Write], tell: Callable[[Lead], Notice | None]
) -> Lead:
    lead = Lead.from_item(item)
    if entry.is_silent:
        transact([*once, _silent_write(item, entry), pulse_update(lead.lead_id)], uuid4().hex)
        return lead
    told = _notice_writes(lead, entry, tell(lead))
    if lead.outcome is ClosedAs.LOST:
        return _reopen(item, entry, [*once, *told])
    line = _line_update(item, card_line(lead.lead_id, entry))
    transact([*once, line, pulse_update(lead.lead_id), *told], uuid4().hex)
    return lead


def _notice_writes(lead: Lead, entry: Entry, notice: Notice | None) -> Sequence[Write]:
    if notice is None:
        return ()
    return notices.writes(**notice._asdict(), name=f"mail {lead.lead_id} {entry.id}")


def _reopen(item: Item, entry: Entry, beside: Sequence[Write]) -> Lead:
    """Take a lead that was lost back to the stage that it left."""
    lead = Lead.from_item(item)
    stage = _stage_before(lead.lead_id)
    after = changed_lead(lead, {"status": stage}, entry.id, entry.at)
    event = event_item(after, EventType.MOVED, entry.author, entry.id, stage_change(lead, after))
    line = card_line(lead.lead_id, entry)
    store_change(lead, after, event, unchanged_condition(item), line=line, beside=beside)
    return after


def _stage_before(lead_id: str) -> Status:
    """Return from which stage a lead was closed, as its timeline tells: one Query."""
    for event in newest_events(lead_id, LOOKED_AT, consistent=True).items:
        changes = event.get("changes")
        change = changes.get("status") if isinstance(changes, dict) else None
        if isinstance(change, dict) and change.get("new") == Status.CLOSED:
            stage = Status.read(str(change.get("old", "")))
            return stage if stage in STAGES else Status.CONTACTED
    return Status.CONTACTED


def _entry(item: Item, arrival: Arrival) -> Entry:
    """Return the entry: it comes after the last one, whose clock may be ahead of ours."""
    at = datetime.now(UTC)
    last = moment(str(item.get("noteAt", "")))
    if last and at <= last <= at + _AHEAD:
        at = last + timedelta(milliseconds=1)
    return Entry(
        id=arrival.entry_id,
        at=timestamp(at),
        kind=Kind.MAIL,
        text=arrival.text,
        author=arrival.author,
        mail=arrival.mail,
    )


def _entry_put(lead_id: str, entry: Entry) -> Put:
    item = entry_item(keys.entry(lead_id, entry.at, entry.id), entry)
    return Put(table=RECORDS, item=item, condition="attribute_not_exists(#PK)")


def _mark(seen: dict[str, str]) -> Put:
    now = datetime.now(UTC)
    return Put(
        table=EPHEMERAL,
        item={**seen, "expiresAt": int((now + REMEMBERED).timestamp())},
        condition="attribute_not_exists(#PK) OR #expiresAt < :now",
        values={"now": int(now.timestamp())},
    )


def _silent_write(item: Item, entry: Entry) -> Write:
    """Return what lets the lead know that it has a conversation, and holds that it is there."""
    lead_id = str(item["leadId"])
    if not has_note(item):
        return _line_update(item, card_line(lead_id, entry))
    return Check(table=LEADS, key=keys.lead(lead_id), condition="attribute_exists(#noteKey)")


def _line_update(item: Item, line: Item) -> Update:
    """Return the write of the card's line; nobody wrote anything, or closed the lead, since."""
    as_read: dict[str, Value] = {
        name: value for name in ("noteKey", "outcome") if isinstance(value := item.get(name), str)
    }
    conditions = [
        f"#{name} = :was_{name}" if name in as_read else f"attribute_not_exists(#{name})"
        for name in ("noteKey", "outcome")
        if name in as_read or name not in item
    ]
    return Update(
        table=LEADS,
        key=keys.lead(str(item["leadId"])),
        change=set_expression(line),
        values={**line, **{f"was_{name}": value for name, value in as_read.items()}},
        condition=" AND ".join(["attribute_exists(#leadId)", *conditions]),
    )
