"""Removing the leads that an import made, with their search tokens; their timelines stay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from uuid import uuid4

from crm.dynamodb.batch import append, batch_write
from crm.dynamodb.calls import Item, Write, batch_get, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.parallel import settle
from crm.tables import LEADS
from leads import keys
from leads.imports.run.chunks import RowPlan
from leads.imports.run.create import create_leads
from leads.imports.run.models import Outcome, Run
from leads.imports.run.plan import Work
from leads.imports.run.restore import CHANGED, DELETED, NOTED, UNDO, is_ours, undo_act
from leads.models import ClosedAs, EventType, Lead, Status
from leads.repository.changes import (
    Condition,
    changed_lead,
    deletion_writes,
    derived_writes,
)
from leads.repository.conversation import NO_NOTE, has_note
from leads.repository.counters import CountChange, count_change
from leads.repository.events import end_changes, event_item, event_put, newest_events

# Leads removed together: a transaction takes 100 items, and each has an event.
PART = 50


@dataclass(frozen=True)
class ImportedLead:
    """A lead that the row at position ``at`` of its chunk made.

    It was counted in ``status`` and as ``closed_as``, for its owner. ``lead`` is what the row
    reads as today, if it still makes one.
    """

    at: int
    number: int
    lead_id: str
    status: Status
    closed_as: ClosedAs | None
    owner_id: str | None
    lead: Lead | None

    @property
    def count(self) -> CountChange:
        """What counts the lead out again."""
        counted = Lead(
            lead_id=self.lead_id,
            status=self.status,
            outcome=self.closed_as,
            owner_id=self.owner_id,
            version=1,
        )
        return count_change(counted, None)


def leads_of_chunk(
    run: Run, chunk: Sequence[Work], planned: Sequence[RowPlan]
) -> list[ImportedLead]:
    """Return the leads that a chunk made.

    What the plan says counts: a later version of the mapping may read the rows otherwise.
    """
    leads = {one.number: one.lead for one in create_leads(run, chunk, planned)}
    return [
        ImportedLead(
            at,
            work.number,
            one.lead_id,
            one.status,
            one.closed_as,
            one.owner_id,
            leads.get(work.number),
        )
        for at, (work, one) in enumerate(zip(chunk, planned, strict=True))
        if one.outcome is Outcome.CREATED
    ]


def remove_all(run: Run, new: Sequence[ImportedLead]) -> dict[int, str]:
    """Remove leads, and return by position in the chunk why some were left alone."""
    found = batch_get(LEADS, [keys.lead(one.lead_id) for one in new], consistent=True)
    stored = {str(item["leadId"]): item for item in found}
    reasons = settle(partial(_reason_to_stay, run, one, stored.get(one.lead_id)) for one in new)
    kept = {one.at: reason for one, reason in zip(new, reasons, strict=True) if reason}
    present = [one for one in new if one.lead_id in stored and one.at not in kept]
    for changed in settle(partial(_remove, run, part, stored) for part in batched(present, PART)):
        kept |= changed
    _remove_derived((one for one in new if one.at not in kept), stored)
    return kept


def give_up(run: Run, new: Sequence[ImportedLead]) -> None:
    """Take back what was stored ahead of leads that never came: tokens, and what is told.

    The timeline says that such a lead was made. It gets an event that says it is gone.
    """
    _remove_derived(new, {})
    told = settle(partial(newest_events, one.lead_id, 1, consistent=True) for one in new)
    append(
        event_put(_given_up_note(run, one))
        for one, page in zip(new, told, strict=True)
        if page.items
    )


def is_deleted(lead_id: str) -> bool:
    """Tell whether it was somebody who deleted a lead, and not an undo."""
    newest = newest_events(lead_id, 1, consistent=True)
    return any(
        event["type"] == EventType.DELETED and not str(event.get("writeId", "")).endswith(UNDO)
        for event in newest.items
    )


def _remove_derived(new: Iterable[ImportedLead], stored: Mapping[str, Item]) -> None:
    """Write what follows from the end of leads; ``stored`` are those that were stored."""
    leads = (
        Lead.from_item(stored[one.lead_id]) if one.lead_id in stored else one.lead for one in new
    )
    batch_write(write for lead in leads if lead for write in derived_writes(lead, None).beside)


def _given_up_note(run: Run, one: ImportedLead) -> Item:
    lead = Lead(lead_id=one.lead_id, updated_at=run.undo_at or run.started_at, version=2)
    return event_item(lead, EventType.DELETED, run.undone_by, undo_act(run, one.number))


def _reason_to_stay(run: Run, one: ImportedLead, item: Item | None) -> str:
    """Say why a lead stays as it is; nothing if it is to be removed, or was by an undo."""
    if item is None:
        return _reason_of_missing(one)
    if has_note(item):
        return str(NOTED)
    return "" if is_ours(run, one.number, item, run.started_at) else str(CHANGED)


def _reason_of_changed(item: Item | None, one: ImportedLead) -> str:
    if item is None:
        return _reason_of_missing(one)
    return str(NOTED if has_note(item) else CHANGED)


def _reason_of_missing(one: ImportedLead) -> str:
    return str(DELETED) if is_deleted(one.lead_id) else ""


def _remove(run: Run, part: Sequence[ImportedLead], stored: Mapping[str, Item]) -> dict[int, str]:
    """Remove leads together; return why those were left alone that somebody was faster with."""
    kept: dict[int, str] = {}
    left = [*part]
    while left:
        pairs = [_removal(run, one, stored[one.lead_id]) for one in left]
        try:
            transact([write for pair in pairs for write in pair], uuid4().hex)
        except TransactionRefusedError as refusal:
            refused = {at // 2: left[at // 2] for at in refusal.failed}
            kept |= {
                one.at: _reason_of_changed(refusal.failed.get(2 * at), one)
                for at, one in refused.items()
            }
            left = [one for at, one in enumerate(left) if at not in refused]
        else:
            break
    return {at: reason for at, reason in kept.items() if reason}


def _removal(run: Run, one: ImportedLead, item: Item) -> tuple[Write, Write]:
    act = undo_act(run, one.number)
    lead = Lead.from_item(item)
    gone = changed_lead(lead, {}, act)
    event = event_item(gone, EventType.DELETED, run.undone_by, act, end_changes(lead))
    condition: Condition = f"#writeId = :seen AND {NO_NOTE}", {"seen": item["writeId"]}
    writes = deletion_writes(lead, [event], condition)
    return writes.lead, writes.events[0]
