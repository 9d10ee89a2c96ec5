"""The timeline's entries, as writes that go along with each change."""

from collections.abc import Mapping

from crm.dynamodb.calls import Item, Key, Page, Put, query
from crm.tables import RECORDS
from leads import keys
from leads.models import Actor, Change, EventType, Lead, Status

# A retry comes soon after its first attempt: few events lie between them.
LOOKED_AT = 25


def event_item(  # noqa: PLR0913 -- the parts of an event
    lead: Lead,
    event: EventType,
    actor: Actor,
    write_id: str,
    changes: Mapping[str, Change] | None = None,
    *,
    undoes: str = "",
) -> Item:
    """Return the item of an event of ``lead`` as it is after the change.

    ``undoes`` is the write id of what it takes back.
    """
    item: Item = {
        **keys.event(lead.lead_id, lead.updated_at, write_id),
        "type": event.value,
        "at": lead.updated_at,
        "actorId": actor.id,
        "actorName": actor.name,
        "writeId": write_id,
        "version": lead.version,
    }
    if undoes:
        item["undoes"] = undoes
    if changes:
        item["changes"] = {
            field: change.model_dump(exclude_defaults=True) for field, change in changes.items()
        }
    return item


def deletion_event(lead: Lead, gone: Lead, actor: Actor, *, undoes: str = "") -> Item:
    """Return the item of the event that a lead was deleted, and which total it left."""
    write_id = gone.write_id or ""
    return event_item(gone, EventType.DELETED, actor, write_id, end_changes(lead), undoes=undoes)


def arrival_changes(lead: Lead) -> dict[str, Change]:
    """Return where a new lead is counted, if not as a visitor's: for a recount."""
    owner = {"owner_id": Change(new=lead.owner_id)} if lead.owner_id else {}
    status = {"status": Change(new=lead.status)} if lead.status is not Status.NEW else {}
    return status | owner


def end_changes(lead: Lead) -> dict[str, Change]:
    """Return where a lead was counted that is deleted, for its timeline and a recount."""
    owner = {"owner_id": Change(old=lead.owner_id)} if lead.owner_id else {}
    if not lead.version:
        return owner
    outcome = {"outcome": Change(old=lead.outcome)} if lead.outcome else {}
    origin = lead.attribution.origin
    came_from = {"origin": Change(old=origin)} if origin else {}
    return {"status": Change(old=lead.status)} | outcome | owner | came_from


def event_put(item: Item) -> Put:
    """Return the write of an event, or of an act: nothing that tells of a change is replaced."""
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


def stored_event(lead_id: str, write_id: str) -> Item | None:
    """Return the event of a change with this write id from the lead's recent timeline."""
    page = newest_events(lead_id, LOOKED_AT, consistent=True)
    return next((item for item in page.items if item.get("writeId") == write_id), None)


def was_written(lead_id: str, write_id: str) -> bool:
    """Tell whether a change with this write id is in the lead's recent timeline."""
    return stored_event(lead_id, write_id) is not None
