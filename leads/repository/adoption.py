"""Leads of other programs made Leadbook's own: one transaction each, while everybody works.

Adoption changes what a lead is, not what it says: it gets a version, is counted, found by
search, and can stand in every index. Its address stays as the other program wrote it, unless
somebody asks for its normal form. What had to be written differently is kept in its event.
"""

import json
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
from leads.repository.changes import as_read_condition, change_writes, changed_lead
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

    Neither means that somebody else changed or deleted it meanwhile. ``changed`` names the
    attributes that got another value.
    """

    lead_id: str
    status: Status | None = None
    changed: tuple[str, ...] = ()
    problem: str = ""


def planned_adoption(item: Item, *, addresses: bool = False) -> Adoption:
    """Say what adopting the lead would do."""
    before = Lead.from_item(item)
    after = _adopted_lead(item, before, "", addresses=addresses)
    changes = _changes(item, _attributes(after) | _address(before, after))
    return Adoption(before.lead_id, after.status, tuple(changes))


def adopt(item: Item, *, addresses: bool = False) -> Adoption:
    """Adopt the lead that was read as ``item``, if it still is like that.

    ``addresses`` writes its address in the normal form. About 8 WRU and 2 for each search
    token. Raises the errors of DynamoDB that concern more than this lead.
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
        if stored is None or Lead.from_item(stored).version:
            return Adoption(lead_id)
        item = stored
    return Adoption(lead_id, problem="Another program kept changing it: run adopt_leads again.")


def _write(item: Item, write_id: str, *, addresses: bool) -> Adoption:
    before = Lead.from_item(item)
    after = _adopted_lead(item, before, write_id, addresses=addresses)
    address = _address(before, after)
    attributes = _attributes(after) | address
    check_size(item | attributes)
    changes = _changes(item, attributes)
    entered = {"stageEnteredAt": after.stage_entered_at, **address}
    now = after.model_copy(update={"updated_at": timestamp(datetime.now(UTC))})
    told = event_item(now, EventType.ADOPTED, ADOPTER, write_id, changes)
    writes = change_writes(before, after, entered, [told], as_read_condition(item))
    transact(writes.all, write_id)
    return Adoption(before.lead_id, after.status, tuple(changes))


def _adopted_lead(item: Item, before: Lead, write_id: str, *, addresses: bool = False) -> Lead:
    form = normal_form(before.email) if addresses else ""
    fitting = {EMAIL.name: form} if 0 < len(form) <= EMAIL.limit else {}
    after = changed_lead(before, fitting, write_id)
    entered = before.stage_entered_at if isinstance(item.get("stageEnteredAt"), str) else None
    if not moment(entered):
        # A lead that somebody moved on was last changed then at the earliest.
        is_moved = after.status is not Status.NEW and before.updated
        entered = before.updated_at if is_moved else after.created_at
    kept = {"updated_at": before.updated_at or after.updated_at, "stage_entered_at": entered}
    return after.model_copy(update=kept)


def _address(before: Lead, after: Lead) -> Item:
    return {EMAIL.attribute: after.email} if after.email != before.email else {}


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


def _changes(item: Item, attributes: Item) -> dict[str, Change]:
    """Return what is replaced, and what every lead has and this one lacked."""
    return {
        name: Change(old=shorten_for_timeline(_as_text(item.get(name))), new=str(value))
        for name, value in attributes.items()
        if item.get(name, "") != value and (name in item or name in {"createdAt", "updatedAt"})
    }


def _as_text(value: Value) -> str:
    if value is None:
        return ""
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)
