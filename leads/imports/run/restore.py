"""Giving updated leads back what they were: one transaction each."""

from collections.abc import Sequence
from functools import partial
from typing import cast
from uuid import uuid4

from django.utils.translation import gettext_lazy

from crm.dynamodb.calls import Delete, Item, Write, get, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.parallel import settle
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.imports.run.chunks import RowPlan
from leads.imports.run.create import act
from leads.imports.run.models import Outcome, Run
from leads.imports.run.plan import Work
from leads.models import Change, EventType, Lead
from leads.repository.changes import (
    changed_lead,
    field_changes,
    restoration_writes,
    stage_change,
)
from leads.repository.custom_values import flat, nested
from leads.repository.events import event_item

ATTEMPTS = 8
# In a write id, between the act that a lead is back at and the name of the undo.
UNDONE = "~"
# Ends the write id of what an undo tells a timeline.
UNDO = f"{UNDONE}undo"
CHANGED = gettext_lazy("Somebody changed the lead after the import.")
NOTED = gettext_lazy("Somebody wrote a note or logged a call after the import.")
DELETED = gettext_lazy("Somebody deleted the lead after the import.")


def is_ours(run: Run, number: int, item: Item, updated_at: object) -> bool:
    """Tell whether a lead is as a row left it: nobody changed it since, or that was undone."""
    return _act_of(item) == act(run, number) and item.get("updatedAt") == updated_at


def undo_act(run: Run, number: int) -> str:
    """Name the event that tells that what a row did was undone."""
    return f"{act(run, number)}{UNDO}"


def restore_all(
    run: Run, chunk: Sequence[Work], planned: Sequence[RowPlan]
) -> dict[int, str | None]:
    """Restore the leads that a chunk's rows updated, the last row first.

    Gives by position in the chunk why a lead was left as it is, an empty text if it was
    restored now, and ``None`` if there is nothing (any more) to restore it from.
    """
    by_lead: dict[str, list[int]] = {}
    for index, one in reversed([*enumerate(planned)]):
        if one.outcome is Outcome.UPDATED and one.into is None:
            by_lead.setdefault(one.lead_id, []).append(index)
    found: dict[int, str | None] = {}

    def work(indexes: list[int]) -> None:
        for index in indexes:
            found[index] = _restore(run, chunk[index].number)

    settle(partial(work, indexes) for indexes in by_lead.values())
    return found


def _act_of(item: Item) -> str:
    """Return the act that a lead is the result of, whatever was undone since."""
    return str(item.get("writeId", "")).partition(UNDONE)[0]


def _restore(run: Run, number: int) -> str | None:
    record = _record(run, number)
    for _ in range(ATTEMPTS):
        if record is None:
            return None
        item = get(LEADS, keys.lead(str(record["leadId"])), consistent=True)
        if item is None or not is_ours(run, number, item, record["updatedAt"]):
            reason = str(CHANGED if item else DELETED)
            # Whoever undoes the same import at the same moment may have restored it.
            return reason if _record(run, number) else None
        try:
            transact(_writes(run, number, record, item), uuid4().hex)
        except TransactionRefusedError:
            record = _record(run, number)
        else:
            return ""
    return str(CHANGED)


def _record(run: Run, number: int) -> Item | None:
    return get(RECORDS, keys.import_before(run.import_id, run.attempt, number), consistent=True)


def _writes(run: Run, number: int, record: Item, item: Item) -> list[Write]:
    """Return what restores the lead stored as ``item``. The record goes with it: once only."""
    was = dict(cast("Item", record["was"]))
    absent = cast("list[str]", record["absent"])
    current = Lead.from_item(item)
    kept = {name: value for name, value in flat(item).items() if name not in absent}
    before = Lead.from_item(nested(kept | was))
    # Versions only go up, or a page of the meantime could be taken for a new one.
    if before.version:
        was |= {
            "version": current.version + 1,
            "writeId": f"{_act_of(was)}{UNDONE}{uuid4().hex[:12]}",
        }
        absent = [name for name in absent if name != "writeId"]
    name = undo_act(run, number)
    told = _restored_changes(current, before, str(record.get("note", "")))
    gone = changed_lead(current, {}, name)
    event = event_item(gone, EventType.UNDONE, run.undone_by, name, told)
    record_deletion = Delete(
        table=RECORDS,
        key=keys.import_before(run.import_id, run.attempt, number),
        condition="attribute_exists(#PK)",
    )
    return [record_deletion, *restoration_writes(item, was, absent, [event]).all]


def _restored_changes(current: Lead, before: Lead, note: str) -> dict[str, Change]:
    """Return what goes back.

    The stage is told in any case if the lead is counted no more: a recount needs to know.
    """
    told = field_changes(current, before)
    moved = stage_change(current, before)
    if not before.version or any(change.old != change.new for change in moved.values()):
        told |= moved
    if note:
        told["notes"] = Change(old=note)
    return told
