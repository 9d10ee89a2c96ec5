"""What gives leads back what an act changed of them, field by field.

A field goes back if the act was the last to write it. What others wrote since stays, and is
told with who and when.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crm.dynamodb.calls import Item, batch_get
from crm.dynamodb.size import check_size
from crm.tables import LEADS
from leads import keys
from leads.fields import custom_name, slug_at
from leads.models import Actor, Change, Event, EventType, Lead, editable
from leads.repository import conversation
from leads.repository.acts import Kept, expiry
from leads.repository.changes import (
    FOLLOW_UP,
    change_writes,
    changed_attributes,
    changed_lead,
    deletion_writes,
    field_changes,
    follow_up_attributes,
    recreation_writes,
    stage_change,
    unchanged_condition,
)
from leads.repository.custom_values import flat, nested
from leads.repository.events import deletion_event, end_changes, event_item, newest_events
from leads.repository.lead_changes import LeadChange, deletion, lead_change
from leads.repository.plans import LeadPlan
from leads.repository.reads import TIMELINE_SIZE, read_event

# What follows from a stage and an owner, and goes with them.
_DERIVED = {"boardKey"}
STAGE = "status"
ANSWERED = "answeredAt"
"""When a lead was first answered or called, as its events and its attribute are called."""


@dataclass(frozen=True)
class Way:
    """Who takes back what: the act of the write id ``undoes``, at a time and as an act itself.

    ``keeps`` names what stays as the act left it, as what was told outside of the house.
    """

    undoes: str
    actor: Actor
    write_id: str
    at: str
    keeps: str = ""


@dataclass(frozen=True)
class Back(LeadPlan):
    """What gives one lead back what it was; ``lead`` is how it is then, if it is there."""

    lead: Lead | None


def plan_back(way: Way, changes: Sequence[LeadChange]) -> tuple[list[Back], list[Kept]]:
    """Return what gives the leads back what they were, and what stays as it is."""
    backs: list[Back] = []
    kept: list[Kept] = []
    stored = stored_leads(changes)
    for change in changes:
        item = stored.get(change.lead_id)
        if change.after is None:
            back = None if item else _recreated(way, change)
        elif item is None:
            back = None
        elif change.before is None:
            back = _deleted(way, item) if item.get("writeId") == way.undoes else None
        else:
            back, left = _given_back(way, change, item)
            kept += left
            if back is None:
                continue
        if back:
            backs.append(back)
        else:
            kept.append(_kept_whole(change))
    return backs, kept


def stored_leads(changes: Sequence[LeadChange]) -> dict[str, Item]:
    """Read the leads of some changes as they are now, by their ids: one batch read."""
    wanted = [keys.lead(change.lead_id) for change in changes]
    return {str(item["leadId"]): item for item in batch_get(LEADS, wanted, consistent=True)}


def _recreated(way: Way, change: LeadChange) -> Back:
    """Bring a deleted lead back, with its version forward; another program's as it was."""
    item: Item = {**(change.before or {}), "writeId": way.write_id}
    gone = Lead.from_item(item)
    back = changed_lead(
        gone.model_copy(update={"version": change.version}), {}, way.write_id, way.at
    )
    told = {name: Change(new=change.old) for name, change in end_changes(gone).items()}
    if gone.version:
        item |= {"version": back.version, "updatedAt": back.updated_at}
    event = event_item(back, EventType.RESTORED, way.actor, way.write_id, told, undoes=way.undoes)
    lead = Lead.from_item(item)
    return Back(
        recreation_writes(item, [event], conversation.end_updates(item, None)),
        LeadChange(change.lead_id, change.title, back.version, None, {}),
        lead,
    )


def _deleted(way: Way, item: Item) -> Back:
    """Delete a lead again that an undo had brought back."""
    lead = Lead.from_item(item)
    gone = changed_lead(lead, {}, way.write_id, way.at)
    event = deletion_event(lead, gone, way.actor, undoes=way.undoes)
    notes = conversation.end_updates(item, expiry(way.at))
    writes = deletion_writes(lead, [event], unchanged_condition(item), notes)
    return Back(writes, deletion(item, gone), None)


def _given_back(way: Way, change: LeadChange, item: Item) -> tuple[Back | None, list[Kept]]:
    """Give back the fields that nobody changed since; tell the others."""
    current = Lead.from_item(item)
    since = [] if current.write_id == way.undoes else _events_since(change)
    changed = _changed_since(since)
    stored = flat(item)
    was, restored, kept = change.before or {}, dict(stored), []
    for name, attributes in _groups(change).items():
        if name == way.keeps:
            continue
        if name in changed or not _is_as_left(stored, change, attributes):
            kept.append(_kept(change, name, changed.get(name) or _last_of(since, name)))
            continue
        for attribute in attributes:
            restored.pop(attribute, None)
            restored |= {attribute: was[attribute]} if attribute in was else {}
    after = _next_version(current, Lead.from_item(nested(restored)), way)
    attributes_back = changed_attributes(current, after)
    if not attributes_back:
        return None, kept
    check_size(after.model_dump(exclude_none=True))
    told = field_changes(current, after)
    if current.standing is not after.standing or current.reason != after.reason:
        told |= stage_change(current, after)
    if current.answered_at != after.answered_at:
        told[ANSWERED] = Change()
    event = event_item(after, EventType.UNDONE, way.actor, way.write_id, told, undoes=way.undoes)
    writes = change_writes(current, after, attributes_back, [event], unchanged_condition(item))
    return Back(writes, lead_change(current, after), after), kept


def _next_version(current: Lead, restored: Lead, way: Way) -> Lead:
    """Return the restored lead as the next version of the present one."""
    coming = changed_lead(current, {}, way.write_id, way.at)
    return restored.model_copy(
        update={
            "version": coming.version,
            "updated_at": coming.updated_at,
            "write_id": coming.write_id,
            "created_at": coming.created_at,
        }
    )


def _groups(change: LeadChange) -> dict[str, list[str]]:
    """Return what goes back together: each field by itself, stage and follow-up with all of it."""
    fields = {attribute: name for name, attribute in editable().items()}
    fields |= dict.fromkeys(follow_up_attributes(Lead(lead_id="")), FOLLOW_UP)
    fields[ANSWERED] = ANSWERED
    groups: dict[str, list[str]] = {}
    for attribute in {**(change.before or {}), **(change.after or {})}:
        if attribute not in _DERIVED:
            slug = slug_at(attribute)
            name = custom_name(slug) if slug else fields.get(attribute, STAGE)
            groups.setdefault(name, []).append(attribute)
    return groups


def _is_as_left(item: Item, change: LeadChange, attributes: Iterable[str]) -> bool:
    left = change.after or {}
    # What is empty may be stored or not.
    return all((item.get(name) or None) == (left.get(name) or None) for name in attributes)


def _events_since(change: LeadChange) -> list[Event]:
    """Return what happened to a lead after the act, newest first."""
    page = newest_events(change.lead_id, TIMELINE_SIZE, consistent=True)
    return [event for event in map(read_event, page.items) if event.version > change.version]


def _changed_since(events: Iterable[Event]) -> dict[str, Event]:
    """Return the fields that were changed, each with the last change that is not undone.

    The stage is told from its time instead: an undo gives that back, too.
    """
    undone: set[tuple[str, str]] = set()
    changed: dict[str, Event] = {}
    for event in events:
        for name in event.changes:
            if name == STAGE or (event.write_id, name) in undone:
                continue
            if event.undoes:
                undone.add((event.undoes, name))
            else:
                changed.setdefault(name, event)
    return changed


def _last_of(events: Iterable[Event], name: str) -> Event | None:
    return next((event for event in events if name in event.changes), None)


def _kept(change: LeadChange, name: str, event: Event | None) -> Kept:
    who, at = (event.actor.name, event.at) if event else ("", "")
    return Kept(change.lead_id, change.title, name, who, at)


def _kept_whole(change: LeadChange) -> Kept:
    events = _events_since(change)
    return _kept(change, "", events[0] if events else None)
