"""Removing the leads that an import made, with their search tokens; their timelines stay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from uuid import uuid4

from crm.dynamodb.batch import append
from crm.dynamodb.calls import Delete, Item, Key, Write, batch_delete, batch_get, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.parallel import settle
from crm.dynamodb.schema import LEADS, RECORDS
from leads import keys
from leads.importing.chunks import Planned
from leads.importing.creating import created
from leads.importing.planning import Work
from leads.importing.records import Outcome, Run
from leads.importing.restoring import CHANGED, DELETED, UNDO, is_ours, undo_act
from leads.models import Change, EventType, Lead, Status
from leads.repository.changes import next_lead
from leads.repository.events import event_item, event_put, newest_events
from leads.repository.tokens import token_items

# Leads removed together: a transaction takes 100 items, and each has an event.
PART = 50


@dataclass(frozen=True)
class Made:
    """A lead that the row at position ``at`` of its chunk made, counted in ``status``."""

    at: int
    number: int
    lead_id: str
    status: Status
    tokens: list[Item]


def made(run: Run, chunk: Sequence[Work], planned: Sequence[Planned]) -> list[Made]:
    """Give the leads that a chunk made.

    What the plan says counts: a later version of the mapping may read the rows otherwise.
    """
    tokens = {one.number: one.tokens for one in created(run, chunk, planned)}
    return [
        Made(at, work.number, one.lead_id, one.status, tokens.get(work.number, []))
        for at, (work, one) in enumerate(zip(chunk, planned, strict=True))
        if one.outcome is Outcome.CREATED
    ]


def remove_all(run: Run, new: Sequence[Made]) -> dict[int, str]:
    """Remove leads, and give by position in the chunk why some were left alone."""
    found = batch_get(LEADS, [keys.lead(one.lead_id) for one in new], consistent=True)
    stored = {str(item["leadId"]): item for item in found}
    reasons = settle(partial(_left_alone, run, one, stored.get(one.lead_id)) for one in new)
    kept = {one.at: reason for one, reason in zip(new, reasons, strict=True) if reason}
    present = [one for one in new if one.lead_id in stored and one.at not in kept]
    for changed in settle(partial(_remove, run, part, stored) for part in batched(present, PART)):
        kept |= changed
    _remove_tokens((one for one in new if one.at not in kept), stored)
    return kept


def give_up(run: Run, new: Sequence[Made]) -> None:
    """Take back what was stored ahead of leads that never came: tokens, and what is told.

    The timeline says that such a lead was made. It gets an event that says it is gone.
    """
    _remove_tokens(new, {})
    told = settle(partial(newest_events, one.lead_id, 1, consistent=True) for one in new)
    append(
        RECORDS,
        (_given_up(run, one) for one, page in zip(new, told, strict=True) if page.items),
    )


def is_deleted(lead_id: str) -> bool:
    """Tell whether it was somebody who deleted a lead, and not an undo."""
    newest = newest_events(lead_id, 1, consistent=True)
    return any(
        event["type"] == EventType.DELETED and not str(event.get("writeId", "")).endswith(UNDO)
        for event in newest.items
    )


def _remove_tokens(new: Iterable[Made], stored: Mapping[str, Item]) -> None:
    """Remove search tokens of leads; ``stored`` are the leads as they were, if they were."""
    gone: list[Key] = []
    for one in new:
        item = stored.get(one.lead_id)
        tokens = token_items(Lead.from_item(item)) if item else one.tokens
        gone += [{"PK": str(token["PK"]), "SK": str(token["SK"])} for token in tokens]
    batch_delete(RECORDS, gone)


def _given_up(run: Run, one: Made) -> Item:
    lead = Lead(lead_id=one.lead_id, updated_at=run.undo_at or run.started_at, version=2)
    return event_item(lead, EventType.DELETED, run.undone_by, undo_act(run, one.number))


def _left_alone(run: Run, one: Made, item: Item | None) -> str:
    """Say why a lead stays as it is; nothing if it is to be removed, or was by an undo."""
    if item is None:
        return _gone(one)
    return "" if is_ours(run, one.number, item, run.started_at) else CHANGED


def _gone(one: Made) -> str:
    return DELETED if is_deleted(one.lead_id) else ""


def _remove(run: Run, part: Sequence[Made], stored: Mapping[str, Item]) -> dict[int, str]:
    """Remove leads together; give why those were left alone that somebody was faster with."""
    kept: dict[int, str] = {}
    left = [*part]
    while left:
        pairs = [_removal(run, one, stored[one.lead_id]) for one in left]
        try:
            transact([write for pair in pairs for write in pair], uuid4().hex)
        except TransactionRefusedError as refusal:
            refused = {at // 2: left[at // 2] for at in refusal.failed}
            kept |= {
                one.at: CHANGED if refusal.failed.get(2 * at) else _gone(one)
                for at, one in refused.items()
            }
            left = [one for at, one in enumerate(left) if at not in refused]
        else:
            break
    return {at: reason for at, reason in kept.items() if reason}


def _removal(run: Run, one: Made, item: Item) -> tuple[Write, Write]:
    act = undo_act(run, one.number)
    gone = next_lead(Lead.from_item(item), {}, act)
    return (
        Delete(
            table=LEADS,
            key=keys.lead(one.lead_id),
            condition="#writeId = :seen",
            values={"seen": item["writeId"]},
        ),
        event_put(gone, EventType.DELETED, run.undone_by, act, {"status": Change(old=gone.status)}),
    )
