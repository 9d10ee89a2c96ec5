"""Removing the leads that an import made, with their search tokens; their timelines stay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
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
    reasons = settle(partial(_remove, run, one, stored.get(one.lead_id)) for one in new)
    kept = {one.at: reason for one, reason in zip(new, reasons, strict=True) if reason}
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


def _remove(run: Run, one: Made, item: Item | None) -> str:
    """Remove a lead unless somebody changed it since; then say so."""
    if item is None:
        return _gone(one)
    if not is_ours(run, one.number, item, run.started_at):
        return CHANGED
    gone = next_lead(Lead.from_item(item), {}, undo_act(run, one.number))
    writes: list[Write] = [
        Delete(
            table=LEADS,
            key=keys.lead(one.lead_id),
            condition="#writeId = :seen",
            values={"seen": item["writeId"]},
        ),
        event_put(
            gone,
            EventType.DELETED,
            run.undone_by,
            undo_act(run, one.number),
            {"status": Change(old=gone.status)},
        ),
    ]
    try:
        transact(writes, uuid4().hex)
    except TransactionRefusedError as refusal:
        return CHANGED if refusal.failed.get(0) else _gone(one)
    return ""


def _gone(one: Made) -> str:
    return DELETED if is_deleted(one.lead_id) else ""
