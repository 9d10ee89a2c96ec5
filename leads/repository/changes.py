"""What every change of a lead writes on it, whoever asks for the change."""

from collections.abc import Mapping
from datetime import UTC, datetime

from crm.dynamodb.calls import Item, Update, Value
from crm.dynamodb.schema import LEADS
from leads import keys
from leads.models import Lead, Status, timestamp

type Condition = tuple[str, dict[str, Value]]


def next_lead(lead: Lead, fields: Mapping[str, str | Status | None], write_id: str) -> Lead:
    """Give the lead as it is after a change of ``fields`` that happens now."""
    now = timestamp(datetime.now(UTC))
    update: dict[str, object] = {
        **fields,
        "version": lead.version + 1,
        "updated_at": now,
        "write_id": write_id,
        # Nothing stands in an index without its sort key.
        "created_at": lead.created_at or (timestamp(lead.updated) if lead.updated else now),
    }
    if "status" in fields:
        update["stage_entered_at"] = now
    return lead.model_copy(update=update)


def lead_update(
    before: Lead,
    after: Lead,
    attributes: Mapping[str, Value],
    condition: Condition | None = None,
) -> Update:
    """Give the write of ``attributes`` that takes a lead to its next version.

    Its condition is that nobody changed the lead since, or the one that is given.
    """
    written: Item = {
        **attributes,
        "version": after.version,
        "updatedAt": after.updated_at,
        "writeId": after.write_id,
    }
    if not before.version:
        # What another program wrote gets the attributes that Leadbook's own leads have.
        written = {
            "status": after.status.value,
            "createdAt": after.created_at,
            "boardShard": keys.shard(before.lead_id),
            **written,
        }
    kept = {name: value for name, value in written.items() if value is not None}
    removed = [f"#{name}" for name, value in written.items() if value is None]
    change = "SET " + ", ".join(f"#{name} = :{name}" for name in kept)
    if removed:
        change += " REMOVE " + ", ".join(removed)
    expression, values = condition or still(before)
    return Update(
        table=LEADS,
        key=keys.lead(before.lead_id),
        change=change,
        condition=expression,
        values={**kept, **values},
    )


def still(lead: Lead) -> Condition:
    """Give the condition that nobody changed the lead since."""
    if lead.version:
        return "#version = :seen", {"seen": lead.version}
    # Another program's "version" that is no number of ours is no version.
    unversioned = "(attribute_not_exists(#version) OR NOT #version >= :one)"
    return f"attribute_exists(#leadId) AND {unversioned}", {"one": 1}
