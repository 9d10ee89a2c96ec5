"""Taking back what an act did, field by field, while people work.

A field goes back if the act was the last to write it. What others wrote since stays, and is
told with who and when. An undo is an act itself, so it can be undone; its write id contains
``~``, by which the workflow that mails news knows it. An act is undone once: its own item
says by whom, in the transaction of the undo.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple
from uuid import uuid4

from crm.dynamodb.calls import Delete, Item, Put, Update, Write, batch_get, transact
from crm.dynamodb.errors import ConflictError, TransactionRefusedError
from crm.dynamodb.parallel import settle
from crm.dynamodb.size import check_size
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.models import Actor, Change, Event, EventType, Lead, editable, timestamp
from leads.repository import conversation
from leads.repository.acts import (
    Act,
    LeadChange,
    Portion,
    Undoing,
    act_id,
    act_item,
    deletion,
    expiry,
    find,
    lead_change,
)
from leads.repository.changes import (
    LeadWrites,
    change_writes,
    changed_attributes,
    changed_lead,
    deletion_writes,
    field_changes,
    recreation_writes,
    stage_change,
    together,
    unchanged_condition,
)
from leads.repository.events import (
    deletion_event,
    end_changes,
    event_item,
    event_put,
    newest_events,
)
from leads.repository.reads import TIMELINE_SIZE, read_event

ATTEMPTS = 8
UNDONE = "~"
# What follows from a stage and an owner, and goes with them.
_DERIVED = {"boardKey"}
STAGE = "status"


class Kept(NamedTuple):
    """What an undo left as it is: a field, or the whole lead where ``field`` is empty.

    ``who`` changed it ``at`` a time since; both are empty if no timeline tells.
    """

    lead_id: str
    title: str
    field: str
    who: str
    at: str


@dataclass
class Undone:
    """What an undo came to.

    ``act_id`` names it as an act of its own, empty if there was nothing to give back.
    ``leads`` are those that it changed or brought back, as they then are; ``deleted`` the ids
    of those that it deleted again. ``before`` tells who had undone the act already.
    """

    act_id: str = ""
    leads: list[Lead] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    before: Undoing | None = None
    is_repeat: bool = False


@dataclass(frozen=True)
class _Way:
    """Who takes back what, when and under which name."""

    act: Act
    actor: Actor
    write_id: str
    at: str


@dataclass(frozen=True)
class _Back:
    """What gives one lead back what it was."""

    writes: LeadWrites[Put] | LeadWrites[Update] | LeadWrites[Delete]
    change: LeadChange
    lead: Lead | None


def undo(name: str, *, actor: Actor, write_id: str) -> Undone:
    """Take back what the act with this name did, as far as nobody changed it since.

    The same ``write_id`` again is answered like the first time. As many WRU as the act, and 2
    for each KB of it. Raises :class:`ActNotFoundError` and ``ItemTooLargeError``.
    """
    act = find(name)
    write_id = f"{write_id}{UNDONE}"
    # An undo that was cut off goes on as the act that it was.
    earlier = [one.undone for one in act.portions if one.undone]
    mine = [one.act_id for one in earlier if one.write_id == write_id]
    at = mine[0].removesuffix(f"-{write_id}") if mine else timestamp(datetime.now(UTC))
    way = _Way(act, actor, write_id, at)
    outcome = Undone()
    settle(partial(_undo_portion, way, portion, outcome) for portion in act.portions)
    if outcome.act_id:
        _mark_conversations(act, outcome, at)
    return outcome


def _mark_conversations(act: Act, outcome: Undone, at: str) -> None:
    """Let conversations stay with the leads that came back, and end with those that went again.

    Marking twice is once: a repeat finishes what a process left that died in between.
    """
    back = {change.lead_id for change in act.changes if change.after is None}
    kept = [lead.lead_id for lead in outcome.leads if lead.lead_id in back]
    settle(partial(conversation.keep, lead_id) for lead_id in kept)
    settle(partial(conversation.expire, lead_id, expiry(at)) for lead_id in outcome.deleted)


def _undo_portion(way: _Way, portion: Portion, outcome: Undone) -> None:
    for _ in range(ATTEMPTS):
        if portion.undone:
            _tell_repeat(way, portion, outcome)
            return
        backs, kept = _plan(way, portion)
        if not backs:
            portion = _again(way, portion)
            if portion.undone:
                continue  # By somebody else meanwhile: that is why nothing is as it was.
            outcome.kept += kept
            return
        try:
            transact(_writes(way, portion, backs), uuid4().hex)
        except TransactionRefusedError:
            portion = _again(way, portion)
        else:
            outcome.act_id = act_id(way.at, way.write_id)
            outcome.leads += [back.lead for back in backs if back.lead]
            outcome.deleted += [back.change.lead_id for back in backs if not back.lead]
            outcome.kept += kept
            return
    raise ConflictError("Others kept changing the leads of the act.")


def _again(way: _Way, portion: Portion) -> Portion:
    portions = find(way.act.id).portions
    return next(one for one in portions if one.number == portion.number)


def _tell_repeat(way: _Way, portion: Portion, outcome: Undone) -> None:
    undone = portion.undone
    outcome.before = undone
    if undone and undone.write_id == way.write_id:
        outcome.is_repeat = True
        outcome.act_id = undone.act_id
        stored = _stored(portion)
        outcome.leads += map(Lead.from_item, stored.values())
        again = [change.lead_id for change in portion.changes if change.before is None]
        outcome.deleted += [lead_id for lead_id in again if lead_id not in stored]


def _stored(portion: Portion) -> dict[str, Item]:
    wanted = [keys.lead(change.lead_id) for change in portion.changes]
    return {str(item["leadId"]): item for item in batch_get(LEADS, wanted, consistent=True)}


def _plan(way: _Way, portion: Portion) -> tuple[list[_Back], list[Kept]]:
    """Return what gives the leads back what they were, and what stays as it is."""
    backs: list[_Back] = []
    kept: list[Kept] = []
    stored = _stored(portion)
    for change in portion.changes:
        item = stored.get(change.lead_id)
        if change.after is None:
            back = None if item else _recreated(way, change)
        elif item is None:
            back = None
        elif change.before is None:
            back = _deleted(way, item) if item.get("writeId") == way.act.write_id else None
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


def _writes(way: _Way, portion: Portion, backs: Sequence[_Back]) -> list[Write]:
    """Return all of it as one transaction, with the mark that the act was undone."""
    event = backs[0].writes.events[0].item
    changes = [back.change for back in backs]
    act = act_item(event, changes, kind=EventType.UNDONE, portion=portion.number)
    return [_mark(way, portion), event_put(act), *together([back.writes for back in backs])]


def _mark(way: _Way, portion: Portion) -> Update:
    undone: Item = {
        "act": act_id(way.at, way.write_id),
        "at": way.at,
        "writeId": way.write_id,
        "id": way.actor.id,
        "name": way.actor.name,
    }
    return Update(
        table=RECORDS,
        key=keys.act(way.act.at, way.act.write_id, portion.number),
        change="SET #undone = :undone",
        values={"undone": undone},
        condition="attribute_exists(#PK) AND attribute_not_exists(#undone)",
    )


def _recreated(way: _Way, change: LeadChange) -> _Back:
    """Bring a deleted lead back, with its version forward; another program's as it was."""
    item: Item = {**(change.before or {}), "writeId": way.write_id}
    gone = Lead.from_item(item)
    back = changed_lead(
        gone.model_copy(update={"version": change.version}), {}, way.write_id, way.at
    )
    told = {name: Change(new=change.old) for name, change in end_changes(gone).items()}
    if gone.version:
        item |= {"version": back.version, "updatedAt": back.updated_at}
    event = event_item(
        back, EventType.RESTORED, way.actor, way.write_id, told, undoes=way.act.write_id
    )
    lead = Lead.from_item(item)
    return _Back(
        recreation_writes(item, [event], conversation.end_updates(item, None)),
        LeadChange(change.lead_id, change.title, back.version, None, {}),
        lead,
    )


def _deleted(way: _Way, item: Item) -> _Back:
    """Delete a lead again that an undo had brought back."""
    lead = Lead.from_item(item)
    gone = changed_lead(lead, {}, way.write_id, way.at)
    event = deletion_event(lead, gone, way.actor, undoes=way.act.write_id)
    notes = conversation.end_updates(item, expiry(way.at))
    writes = deletion_writes(lead, [event], unchanged_condition(item), notes)
    return _Back(writes, deletion(item, gone), None)


def _given_back(way: _Way, change: LeadChange, item: Item) -> tuple[_Back | None, list[Kept]]:
    """Give back the fields that nobody changed since; tell the others."""
    current = Lead.from_item(item)
    since = [] if current.write_id == way.act.write_id else _events_since(change)
    changed = _changed_since(since)
    was, restored, kept = change.before or {}, dict(item), []
    for name, attributes in _groups(change).items():
        if name in changed or not _is_as_left(item, change, attributes):
            kept.append(_kept(change, name, changed.get(name) or _last_of(since, name)))
            continue
        for attribute in attributes:
            restored.pop(attribute, None)
            restored |= {attribute: was[attribute]} if attribute in was else {}
    after = _next_version(current, Lead.from_item(restored), way)
    attributes_back = changed_attributes(current, after)
    if not attributes_back:
        return None, kept
    check_size(after.model_dump(exclude_none=True))
    told = field_changes(current, after)
    if current.standing is not after.standing or current.reason != after.reason:
        told |= stage_change(current, after)
    event = event_item(
        after, EventType.UNDONE, way.actor, way.write_id, told, undoes=way.act.write_id
    )
    writes = change_writes(current, after, attributes_back, [event], unchanged_condition(item))
    return _Back(writes, lead_change(current, after), after), kept


def _next_version(current: Lead, restored: Lead, way: _Way) -> Lead:
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
    """Return what goes back together: each field by itself, the stage with what belongs to it."""
    fields = {attribute: name for name, attribute in editable().items()}
    groups: dict[str, list[str]] = {}
    for attribute in {**(change.before or {}), **(change.after or {})}:
        if attribute not in _DERIVED:
            groups.setdefault(fields.get(attribute, STAGE), []).append(attribute)
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
