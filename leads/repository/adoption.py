"""Leads of other programs made Leadbook's own: one transaction each, while everybody works.

Adoption changes what a lead is, not what it says: it gets a version, is counted, found by
search, and can stand in every index. Its address stays as the other program wrote it, unless
somebody asks for its normal form. What had to be written differently is kept in its event.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from crm.dynamodb.calls import Item, Value, transact
from crm.dynamodb.errors import InvalidRequestError, ItemTooLargeError, TransactionRefusedError
from crm.dynamodb.size import check_size
from leads import keys
from leads.addresses import normal_form
from leads.fields import EMAIL
from leads.models import (
    MAX_VERSION,
    Actor,
    Change,
    EventType,
    Lead,
    Status,
    moment,
    shorten_for_timeline,
    timestamp,
)
from leads.repository.changes import (
    as_read_condition,
    change_writes,
    changed_attributes,
    changed_lead,
    field_changes,
)
from leads.repository.events import event_item

# The leads to adopt. A number that is no version of ours is caught at the upper end alone.
UNADOPTED = "attribute_not_exists(#version) OR NOT #version >= :one OR #version >= :most"
UNADOPTED_VALUES: dict[str, Value] = {"one": 1, "most": MAX_VERSION}
ADOPTER = Actor(id="", name="adopt_leads")
# Each loss means that another program wrote the lead in the moment between.
ATTEMPTS = 5


@dataclass(frozen=True)
class Adoption:
    """What became of a lead: counted in ``status``, or not adopted because of ``problem``.

    ``changed`` names the attributes that got another value, alone those of a lead that was
    Leadbook's already. Nothing of it means that somebody else changed or deleted it meanwhile.
    """

    lead_id: str
    status: Status | None = None
    changed: tuple[str, ...] = ()
    problem: str = ""


def is_due(item: Item, *, addresses: bool = False) -> bool:
    """Tell whether a lead is to be adopted, or to get its address in the normal form."""
    lead = Lead.from_item(item)
    return not lead.version or (addresses and bool(_other_address(lead)))


def planned_adoption(item: Item, *, addresses: bool = False) -> Adoption:
    """Say what adopting the lead would do."""
    before = Lead.from_item(item)
    after = _adopted_lead(item, before, "", addresses=addresses)
    return _adoption(before, after, _changes(item, before, after))


def adopt(item: Item, *, addresses: bool = False) -> Adoption:
    """Adopt the lead that was read as ``item``, if it still is like that.

    ``addresses`` writes its address in the normal form, if it is Leadbook's already that
    alone. About 8 WRU and 2 for each search token. Raises the errors of DynamoDB that concern
    more than this lead.
    """
    lead_id = str(item["leadId"])
    for _ in range(ATTEMPTS):
        write_id = uuid4().hex
        try:
            return _write(item, write_id, addresses=addresses)
        except (InvalidRequestError, ItemTooLargeError) as error:
            return Adoption(lead_id, problem=" ".join(str(error).split()))
        except TransactionRefusedError as refusal:
            stored = refusal.failed.get(0)
        if stored is None or not is_due(stored, addresses=addresses):
            return Adoption(lead_id)
        item = stored
    return Adoption(lead_id, problem="Another program kept changing it: run adopt_leads again.")


def _write(item: Item, write_id: str, *, addresses: bool) -> Adoption:
    before = Lead.from_item(item)
    after = _adopted_lead(item, before, write_id, addresses=addresses)
    address = changed_attributes(before, after)
    check_size(item | _attributes(after) | address)
    changes = _changes(item, before, after)
    entered = {} if before.version else {"stageEnteredAt": after.stage_entered_at}
    now = after.model_copy(update={"updated_at": timestamp(datetime.now(UTC))})
    event = EventType.EDITED if before.version else EventType.ADOPTED
    entry = event_item(now, event, ADOPTER, write_id, changes)
    writes = change_writes(before, after, entered | address, [entry], as_read_condition(item))
    transact(writes.all, write_id)
    return _adoption(before, after, changes)


def _adoption(before: Lead, after: Lead, changes: Mapping[str, Change]) -> Adoption:
    return Adoption(before.lead_id, None if before.version else after.status, tuple(changes))


def _adopted_lead(item: Item, before: Lead, write_id: str, *, addresses: bool = False) -> Lead:
    after = changed_lead(before, _other_address(before) if addresses else {}, write_id)
    entered = before.stage_entered_at if isinstance(item.get("stageEnteredAt"), str) else None
    if not moment(entered):
        # A lead that somebody moved on was last changed then at the earliest.
        is_moved = after.status is not Status.NEW and before.updated
        entered = before.updated_at if is_moved else after.created_at
    kept = {"updated_at": before.updated_at or after.updated_at, "stage_entered_at": entered}
    return after.model_copy(update=kept)


def _other_address(lead: Lead) -> dict[str, str]:
    """Return the address in its normal form; nothing if it is that, or none that fits."""
    form = normal_form(lead.email)
    return {EMAIL.name: form} if form != lead.email and 0 < len(form) <= EMAIL.limit else {}


def _attributes(after: Lead) -> Item:
    return {
        "status": after.status.value,
        "createdAt": after.created_at,
        "updatedAt": after.updated_at,
        "stageEnteredAt": after.stage_entered_at,
        "version": after.version,
        "writeId": after.write_id,
        "boardShard": keys.shard(after.lead_id),
    }


def _changes(item: Item, before: Lead, after: Lead) -> dict[str, Change]:
    """Return what is replaced, and what every lead has and this one lacked."""
    address = field_changes(before, after)
    if before.version:
        return address
    replaced = {
        name: Change(old=shorten_for_timeline(_as_text(item.get(name))), new=str(value))
        for name, value in _attributes(after).items()
        if item.get(name, "") != value and (name in item or name in {"createdAt", "updatedAt"})
    }
    return replaced | address


def _as_text(value: Value) -> str:
    if value is None:
        return ""
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)
