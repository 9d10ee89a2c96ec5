"""The timeline's entries, as writes that go along with each change."""

from collections.abc import Mapping

from crm.dynamodb.calls import Item, Key, Page, Put, query
from crm.tables import RECORDS
from leads import keys
from leads.models import Actor, Change, EventType, Lead

# A retry comes soon after its first attempt: few events lie between them.
LOOKED_AT = 25


def event_item(
    lead: Lead,
    event: EventType,
    actor: Actor,
    write_id: str,
    changes: Mapping[str, Change] | None = None,
) -> Item:
    """Return the item of an event of ``lead`` as it is after the change."""
    item: Item = {
        **keys.event(lead.lead_id, lead.updated_at, write_id),
        "type": event.value,
        "at": lead.updated_at,
        "actorId": actor.id,
        "actorName": actor.name,
        "writeId": write_id,
        "version": lead.version,
    }
    if changes:
        item["changes"] = {
            field: change.model_dump(exclude_defaults=True) for field, change in changes.items()
        }
    return item


def event_put(item: Item) -> Put:
    """Return the write of an event: nothing in a timeline is ever replaced."""
    return Put(table=RECORDS, item=item, condition="attribute_not_exists(#PK)")


def newest_events(
    lead_id: str, limit: int, *, start: Key | None = None, consistent: bool = False
) -> Page:
    """Read items of a lead's timeline, newest first: one Query."""
    return query(
        RECORDS,
        "#PK = :pk AND begins_with(#SK, :events)",
        {"pk": keys.timeline(lead_id), "events": keys.EVENT_PREFIX},
        newest_first=True,
        limit=limit,
        start=start,
        consistent=consistent,
    )


def was_written(lead_id: str, write_id: str) -> bool:
    """Tell whether a change with this write id is in the lead's recent timeline."""
    page = newest_events(lead_id, LOOKED_AT, consistent=True)
    return any(item.get("writeId") == write_id for item in page.items)
