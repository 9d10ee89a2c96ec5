"""Rows that update a lead: one transaction each, which also keeps what the lead was."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.dynamodb.calls import Item, Key, Put, Value, Write, get, transact
from crm.dynamodb.errors import ItemTooLargeError, TransactionRefusedError
from crm.dynamodb.parallel import settle
from crm.dynamodb.size import check_size
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.fields import MAX_CUSTOM_BYTES
from leads.imports.columns.mapping import Candidate
from leads.imports.run.chunks import RowPlan
from leads.imports.run.create import act, filled_fields, note_event
from leads.imports.run.models import Outcome, Run
from leads.imports.run.plan import Work
from leads.models import Change, EventType, Lead, Status, custom_bytes, shorten_for_timeline
from leads.repository.changes import (
    change_writes,
    changed_attributes,
    changed_lead,
    field_changes,
    stage_change,
    unchanged_condition,
)
from leads.repository.custom_values import flat
from leads.repository.events import event_item, newest_events
from leads.repository.reads import read_event

ATTEMPTS = 8
NOTES_LOOKED_AT = 100
SAME = gettext_lazy("The lead says all of this already.")
GONE = gettext_lazy("The lead was deleted meanwhile.")
UNSTEADY = gettext_lazy("The lead was changed by others at every attempt to update it.")
# What an update may write, beside the fields.
_OWN = (
    "status",
    "stageEnteredAt",
    "version",
    "updatedAt",
    "writeId",
    "createdAt",
    "boardShard",
    "boardKey",
    "preview",
)
# Versions of leads that another program wrote begin here when an import adopts them: an undo
# takes the version away again, and a page of the meantime must not fit what comes later.
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def update_all(run: Run, chunk: Sequence[Work], planned: Sequence[RowPlan]) -> list[RowPlan]:
    """Update the leads that a chunk's rows are for, and return what became of the rows.

    Rows for the same lead go one after another, others at the same time. Rows that were
    stored by an earlier attempt are left as they are.
    """
    results = list(planned)
    by_lead: dict[str, list[int]] = {}
    for index, one in enumerate(planned):
        if one.outcome is Outcome.UPDATED and one.into is None:
            by_lead.setdefault(one.lead_id, []).append(index)

    def work(indexes: list[int]) -> None:
        for index in indexes:
            results[index] = _update(run, chunk[index], planned[index])

    settle(partial(work, indexes) for indexes in by_lead.values())
    return results


def _update(run: Run, work: Work, planned: RowPlan) -> RowPlan:
    if not isinstance(work.asked, Candidate):
        return _with_outcome(planned, Outcome.REJECTED, work.asked.reason)
    try:
        return _attempts(run, work.number, work.asked, planned)
    except ItemTooLargeError as error:
        return _with_outcome(planned, Outcome.REJECTED, str(error))


def _attempts(run: Run, number: int, asked: Candidate, planned: RowPlan) -> RowPlan:
    for _attempt in range(ATTEMPTS):
        item = get(LEADS, keys.lead(planned.lead_id), consistent=True)
        writes = update_writes(run, number, asked, item) if item else []
        if not writes:
            if get(
                RECORDS, keys.import_before(run.import_id, run.attempt, number), consistent=True
            ):
                return planned
            return _with_outcome(planned, Outcome.SKIPPED, str(SAME if item else GONE))
        try:
            transact(writes, f"{act(run, number)} {uuid4().hex}")
        except TransactionRefusedError as refusal:
            # The record of what the lead was: there, it was updated by an earlier attempt.
            if refusal.failed.get(0):
                return planned
        else:
            return planned
    return _with_outcome(planned, Outcome.REJECTED, str(UNSTEADY))


def update_writes(run: Run, number: int, asked: Candidate, item: Item) -> list[Write]:
    """Return what updates the lead stored as ``item``; nothing if the row tells nothing new."""
    before = Lead.from_item(item)
    fields = {name: text for name, text in _asked_texts(asked).items() if text != before.text(name)}
    standing = _asked_standing(run, asked, before)
    is_new_note = asked.notes and not _is_noted(before.lead_id, asked.notes)
    if not fields and not standing and not is_new_note:
        return []
    after = _lead_after(before, fields, standing, act(run, number))
    events = _events(run, before, after)
    note = asked.notes if is_new_note else ""
    if note:
        events.append(note_event(run, after, number, note))
    attributes = changed_attributes(before, after)
    check_size(item | attributes)
    _check_custom(before, after)
    key = keys.import_before(run.import_id, run.attempt, number)
    writes = change_writes(before, after, attributes, events, unchanged_condition(item))
    return [_record(key, flat(item), after, note, attributes), *writes.all]


def _check_custom(before: Lead, after: Lead) -> None:
    size = custom_bytes(after.custom)
    if size > max(MAX_CUSTOM_BYTES, custom_bytes(before.custom)):
        raise ItemTooLargeError(_("All custom fields of a lead hold 4 KB together."))


def _asked_texts(asked: Candidate) -> dict[str, str]:
    owner = {"owner_id": asked.owner_id} if asked.owner_id else {}
    return filled_fields(asked) | owner


def _asked_standing(run: Run, asked: Candidate, before: Lead) -> dict[str, str | None]:
    """Return where a row wants a lead to stand; nothing if it stands there."""
    if asked.status is not Status.CLOSED:
        return {} if asked.status in {None, before.status} else {"status": asked.status}
    outcome = asked.outcome or before.outcome
    reason = asked.reason or (before.reason if outcome is before.outcome else "")
    if before.status is Status.CLOSED and (outcome, reason) == (before.outcome, before.reason):
        return {}
    closed = {"status": Status.CLOSED, "outcome": outcome, "reason": reason}
    at = {"stage_entered_at": asked.closed_at} if asked.closed_at else {}
    return closed | {"closed_by": run.by.id or None} | at


def _lead_after(
    before: Lead, fields: dict[str, str], standing: dict[str, str | None], write_id: str
) -> Lead:
    after = changed_lead(before, fields | standing, write_id)
    if before.version:
        return after
    return after.model_copy(update={"version": int((datetime.now(UTC) - _EPOCH).total_seconds())})


def _events(run: Run, before: Lead, after: Lead) -> list[Item]:
    """Return what the timeline tells of the update: fields and stage are told apart."""
    write_id = after.write_id or ""
    events: list[Item] = []
    if edits := field_changes(before, after):
        events.append(event_item(after, EventType.EDITED, run.by, write_id, edits))
    move = stage_change(before, after)
    if any(change.old != change.new for change in move.values()):
        is_closed = after.status is Status.CLOSED
        event = EventType.CLOSED if is_closed else EventType.MOVED
        events.append(event_item(after, event, run.by, f"{write_id}-stage", move))
    return events


def _record(key: Key, item: Item, after: Lead, note: str, attributes: Mapping[str, Value]) -> Put:
    """Return the write that keeps what the lead was, for an undo."""
    names = {*attributes, *_OWN}
    return Put(
        table=RECORDS,
        item={
            **key,
            "leadId": item["leadId"],
            "updatedAt": after.updated_at,
            "note": shorten_for_timeline(note),
            "absent": [*sorted(names - set(item))],
            "was": {name: item[name] for name in sorted(names & set(item))},
        },
        condition="attribute_not_exists(#PK)",
    )


def _is_noted(lead_id: str, notes: str) -> bool:
    """Tell whether the newest events hold the same note, and it was not undone since."""
    page = newest_events(lead_id, NOTES_LOOKED_AT, consistent=True)
    for item in page.items:
        noted = read_event(item).changes.get("notes")
        if noted == Change(new=notes):
            return True
        if noted == Change(old=shorten_for_timeline(notes)):
            return False
    return False


def _with_outcome(planned: RowPlan, outcome: Outcome, reason: str) -> RowPlan:
    return planned.model_copy(update={"outcome": outcome, "reason": reason})
