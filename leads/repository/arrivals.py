"""Giving leads that came in to people in turn, and saying so where nobody is free.

Whose turn it was last is one small item. Each lead that is given moves it on in its own
transaction, on condition that nobody else has: so two at once go to different people, and
nobody is given more than they may have open. Costs are for leads of 1 KB.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple, cast
from uuid import uuid4

from crm.dynamodb.calls import Item, Update, Value, Write, get, set_expression, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.tables import RECORDS
from leads import keys
from leads.models import RULES, Change, EventType, Lead, Status, timestamp
from leads.repository.actions import assigning
from leads.repository.changes import unchanged_condition
from leads.repository.counters import number
from leads.repository.errors import LeadNotFoundError
from leads.repository.events import (
    LOOKED_AT,
    event_item,
    event_put,
    newest_events,
    was_written,
)
from leads.repository.reads import stored_item
from leads.repository.writes import store_change

NOBODY_FREE = "nobody_free"
"""What an event of the timeline tells where nobody was free: why, as one word for each reason."""


class Turn(NamedTuple):
    """Who got a lead last, by id, and how many were given so far."""

    last: str = ""
    given: int = 0


class TakenMeanwhileError(Exception):
    """Somebody changed the lead, or another one was given to somebody, at the same moment."""


def turn() -> Turn:
    """Read whose turn it was last: 1 RRU."""
    item = get(RECORDS, keys.turn(), consistent=True) or {}
    return Turn(str(item.get("last", "")), number(item.get("given")))


def waiting(lead_id: str) -> Item | None:
    """Read a lead that waits for somebody, as it is stored: 1 RRU, and 1 once it was changed.

    ``None`` if it is gone, left New, or is or was somebody's.
    """
    try:
        item = stored_item(lead_id)
    except LeadNotFoundError:
        return None
    lead = Lead.from_item(item)
    if lead.owner_id or lead.status is not Status.NEW:
        return None
    return None if lead.version > 1 and _was_given(lead_id) else item


def give(item: Item, owner_id: str, turn: Turn, *, beside: Sequence[Write] = ()) -> Lead:
    """Give a lead, stored as ``item``, to the one whose turn it is, once.

    15 WRU, and what is written ``beside`` it. Raises :class:`TakenMeanwhileError`.
    """
    lead = Lead.from_item(item)
    done = assigning(owner_id, RULES, _write_id(lead.lead_id))(lead, "")
    if done is None:
        raise ValueError("The lead is theirs already.")
    after, event = done
    unchanged = unchanged_condition(item)
    try:
        store_change(lead, after, event, unchanged, beside=[_turn_update(owner_id, turn), *beside])
    except TransactionRefusedError as refusal:
        raise TakenMeanwhileError from refusal
    return after


def tell_nobody_free(item: Item, reasons: Sequence[str]) -> None:
    """Let a lead's timeline tell, once, that nobody was free, and why: 2 WRU and 1 RRU.

    The lead stays as it is, and so does its version.
    """
    lead = Lead.from_item(item)
    write_id = _write_id(lead.lead_id)
    if was_written(lead.lead_id, write_id):
        return
    told = lead.model_copy(update={"updated_at": timestamp(datetime.now(UTC))})
    changes = {NOBODY_FREE: Change(new=" ".join(reasons))}
    event = event_item(told, EventType.NOTED, RULES, write_id, changes)
    transact([event_put(event)], uuid4().hex)


def _write_id(lead_id: str) -> str:
    return f"arrival-{lead_id}"


def _was_given(lead_id: str) -> bool:
    events = newest_events(lead_id, LOOKED_AT, consistent=True).items
    return any("owner_id" in cast("Item", event.get("changes", {})) for event in events)


def _turn_update(owner_id: str, turn: Turn) -> Update:
    values: dict[str, Value] = {"last": owner_id, "given": turn.given + 1}
    seen: dict[str, Value] = {"seen": turn.given} if turn.given else {}
    return Update(
        table=RECORDS,
        key=keys.turn(),
        change=set_expression(values),
        values=values | seen,
        condition="#given = :seen" if turn.given else "attribute_not_exists(#given)",
    )
