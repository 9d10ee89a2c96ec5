"""What a change of a lead writes: the one author, whoever asks for the change.

A change is the write of the lead, its events with the act that it can be undone by, and what
follows from these: the counter, the search tokens and the agenda. Who changes one lead sends
all of it in one transaction; bulk writers send the same parts in their own order and settle the
counters of many leads at once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

from crm.dynamodb.calls import Delete, Item, Put, Update, Value, Write
from crm.tables import LEADS
from leads import keys
from leads.fields import CUSTOM, SPELLED_OUT, custom_name, slug_at
from leads.models import (
    MAX_VERSION,
    Change,
    Lead,
    Status,
    editable,
    preview_of,
    timestamp,
)
from leads.repository.agenda_items import agenda_writes
from leads.repository.counters import (
    CountChange,
    count_change,
    count_changes,
    counter_of,
    counter_updates,
)
from leads.repository.custom_values import changed_values, flat, nested, set_values
from leads.repository.events import event_put
from leads.repository.tokens import filed_attributes, token_writes

type Condition = tuple[str, dict[str, Value]]

FOLLOW_UP = "follow_up_at"
"""What a timeline calls the follow-up: its day or moment, the text and who it is of."""
NO_FOLLOW_UP = {FOLLOW_UP: "", "follow_up_text": "", "follow_up_by": ""}

# What a change of another program's lead decides upon, beside the texts that it is filed under.
_DECIDED_ON = ("status", "createdAt", "updatedAt", "stageEnteredAt", "ownerId")


@dataclass(frozen=True)
class DerivedWrites:
    """What follows from a change: the totals, and what goes beside them.

    ``beside`` are search tokens and the agenda. Bulk writers send it in any order, and again after
    they were cut off: what is added here must bear both.
    """

    count: CountChange
    beside: list[Put | Delete]

    @property
    def all(self) -> list[Write]:
        """Everything, for the transaction of the change."""
        return [*counter_updates(self.count), *self.beside]


@dataclass(frozen=True)
class LeadWrites[LeadWrite: Put | Update | Delete]:
    """A change of a lead with all that goes along."""

    lead: LeadWrite
    events: list[Put]
    derived: DerivedWrites
    notes: Sequence[Update] = ()
    """What lets notes about the lead end with it, or stay."""

    @property
    def all(self) -> list[Write]:
        """Everything, for one transaction; the write of the lead comes first."""
        return [self.lead, *self.events, *self.notes, *self.derived.all]

    @property
    def record_items(self) -> list[Item]:
        """The items that a new lead has in ``CrmRecords``: its events and what follows."""
        puts = [*self.events, *self.derived.beside]
        return [put.item for put in puts if isinstance(put, Put)]


def together(
    changes: Sequence[LeadWrites[Put] | LeadWrites[Update] | LeadWrites[Delete]],
) -> list[Write]:
    """Return everything of several changes for one transaction; totals are settled once."""
    writes: list[Write] = []
    for change in changes:
        writes += [change.lead, *change.events, *change.notes, *change.derived.beside]
    counts = [change.derived.count for change in changes]
    # A recount expects that each change of a lead is told.
    times = Counter(name for count in counts for name in count)
    return [*writes, *counter_updates(count_changes(counts), times)]


def derived_writes(before: Lead | None, after: Lead | None) -> DerivedWrites:
    """Return what follows from a change of a lead; ``None`` stands for one that is not stored.

    A lead that another program wrote is in no total, has no tokens and is on no agenda.
    """
    left = before if before and before.version else None
    entered = after if after and after.version else None
    lead = before or after
    if lead is None:
        raise ValueError("A change needs a lead before or after it.")
    # Whoever has a board open is told of leads that no total counts, too.
    count = count_change(left, entered) or {counter_of(lead): Counter()}
    return DerivedWrites(count, [*token_writes(left, entered), *agenda_writes(left, entered)])


def filing_attributes(lead: Lead) -> Item:
    """Return what files a lead on a board, and how its message begins there."""
    return {
        "boardKey": keys.board(lead.owner_id, lead.standing),
        "preview": preview_of(lead.message) or None,
    }


def creation_writes(lead: Lead, events: Sequence[Item], **more: Value) -> LeadWrites[Put]:
    """Return what stores a new lead; ``more`` are attributes that no lead has in itself."""
    return LeadWrites(
        Put(
            table=LEADS,
            item=lead_item(lead) | more,
            condition="attribute_not_exists(#leadId)",
        ),
        list(map(event_put, events)),
        derived_writes(None, lead),
    )


def change_writes(
    before: Lead,
    after: Lead,
    attributes: Mapping[str, Value],
    events: Sequence[Item],
    condition: Condition,
) -> LeadWrites[Update]:
    """Return what writes ``attributes`` and takes a lead to its next version."""
    written: Item = {
        **filing_attributes(after),
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
    removed = [name for name, value in written.items() if value is None]
    return LeadWrites(
        _update(before, kept, removed, condition),
        list(map(event_put, events)),
        derived_writes(before, after),
    )


def deletion_writes(
    before: Lead, events: Sequence[Item], condition: Condition, notes: Sequence[Update] = ()
) -> LeadWrites[Delete]:
    """Return what deletes a lead; its timeline stays, and its ``notes`` end."""
    expression, values = condition
    return LeadWrites(
        Delete(table=LEADS, key=keys.lead(before.lead_id), condition=expression, values=values),
        list(map(event_put, events)),
        derived_writes(before, None),
        notes,
    )


def recreation_writes(
    item: Item, events: Sequence[Item], notes: Sequence[Update] = ()
) -> LeadWrites[Put]:
    """Return what stores a deleted lead again, whole as ``item`` has it; its ``notes`` stay."""
    lead = Lead.from_item(item)
    filing = filing_attributes(lead) if lead.version else {}
    whole = item | {name: text for name, text in filing.items() if text}
    return LeadWrites(
        Put(table=LEADS, item=whole, condition="attribute_not_exists(#leadId)"),
        list(map(event_put, events)),
        derived_writes(None, lead),
        notes,
    )


def restoration_writes(
    current: Item, attributes: Item, absent: Sequence[str], events: Sequence[Item]
) -> LeadWrites[Update]:
    """Return what gives a lead, stored as ``current``, attributes back that it had before.

    ``absent`` are those that it did not have. A lead that was another program's is so again.
    """
    before = Lead.from_item(current)
    kept = {name: value for name, value in flat(current).items() if name not in absent}
    after = Lead.from_item(nested(kept | attributes))
    if after.version:
        filing = {name: text for name, text in filing_attributes(after).items() if text}
        attributes = {**attributes, **filing}
        absent = [name for name in absent if name not in filing]
    condition = "#writeId = :seenWrite AND #version = :seen"
    seen: dict[str, Value] = {"seenWrite": current["writeId"], "seen": current["version"]}
    return LeadWrites(
        _update(before, attributes, absent, (condition, seen)),
        list(map(event_put, events)),
        derived_writes(before, after),
    )


def lead_item(lead: Lead) -> Item:
    """Return the item of a lead; optional attributes that are empty are left out."""
    texts: Item = {attribute: lead.text(name) for name, attribute in editable().items()}
    texts |= {"outcome": lead.outcome or "", "reason": lead.reason, **filing_attributes(lead)}
    texts |= {"closedBy": lead.closed_by, "answeredAt": lead.answered_at}
    texts |= follow_up_attributes(lead)
    optional = {attribute: text for attribute, text in texts.items() if text}
    if lead.custom:
        optional[CUSTOM] = dict(lead.custom)
    return {
        "leadId": lead.lead_id,
        **{field.attribute: "" for field in SPELLED_OUT if field.stored_empty},
        "status": lead.status.value,
        "createdAt": lead.created_at,
        "updatedAt": lead.updated_at,
        "stageEnteredAt": lead.stage_entered_at,
        "version": lead.version,
        "source": lead.source,
        "writeId": lead.write_id,
        "boardShard": keys.shard(lead.lead_id),
        **optional,
        **cast("Item", lead.attribution.attributes),
    }


def changed_lead(lead: Lead, fields: Mapping[str, str | None], write_id: str, at: str = "") -> Lead:
    """Return the lead as it is after a change of ``fields``, now or ``at`` a time."""
    now = at or timestamp(datetime.now(UTC))
    update: dict[str, object] = {
        **fields,
        "version": lead.version + 1,
        "updated_at": now,
        "write_id": write_id,
        # Nothing stands in an index without its sort key.
        "created_at": lead.created_at or (timestamp(lead.updated) if lead.updated else now),
    }
    if "status" in fields:
        # Whoever closes a lead says how; it is forgotten with the next move.
        update = {
            "outcome": None,
            "reason": "",
            "closed_by": None,
            "stage_entered_at": now,
            **(NO_FOLLOW_UP if fields["status"] == Status.CLOSED else {}),
            **update,
        }
    # One that a release before 12 wrote has no preview yet.
    return lead.with_changes({"message": lead.message, **update})


def first_answer(lead: Lead, at: str) -> dict[str, str]:
    """Return what an answer to a lead, or a call, changes of it, by the names of its fields.

    Nothing if it was answered before. An act that answers gives it to ``changed_lead`` or
    ``with_changes`` beside what else it changes, and an undo of the act gives it back.
    """
    return {} if lead.answered_at else {"answered_at": at}


def changed_attributes(before: Lead, after: Lead) -> Item:
    """Return the attributes that differ: fields that people edit, and the stage.

    ``None`` stands for one that is to be removed; a subject or a message stays, empty, as
    others expect it.
    """
    stored_empty = {field.attribute for field in SPELLED_OUT if field.stored_empty}
    attributes: Item = {
        attribute: after.text(name) or ("" if attribute in stored_empty else None)
        for name, attribute in editable().items()
        if before.text(name) != after.text(name)
    }
    if before.status is not after.status:
        attributes["status"] = after.status.value
    if before.stage_entered_at != after.stage_entered_at:
        attributes["stageEnteredAt"] = after.stage_entered_at
    attributes |= changed_values(before, after)
    attributes |= {
        attribute: new or None
        for attribute, old, new in (
            ("outcome", before.outcome, after.outcome),
            ("reason", before.reason, after.reason),
            ("closedBy", before.closed_by, after.closed_by),
            ("answeredAt", before.answered_at, after.answered_at),
        )
        if old != new
    }
    old, new = follow_up_attributes(before), follow_up_attributes(after)
    return attributes | {name: new[name] or None for name in new if old[name] != new[name]}


def follow_up_attributes(lead: Lead) -> Item:
    """Return when somebody wants to get back to a lead, what for, and who said so."""
    return {
        "followUpAt": lead.follow_up_at,
        "followUpText": lead.follow_up_text,
        "followUpBy": lead.follow_up_by,
    }


def field_changes(before: Lead, after: Lead) -> dict[str, Change]:
    """Return the fields that people edit and that differ, for the timeline: their names alone.

    A timeline is never changed, so it holds no words of a person: see ADR 48. Of the owner,
    an id, it holds the values, and of the follow-up when it is due.
    """
    told = {
        name: Change(old=before.text(name), new=after.text(name))
        if name == "owner_id"
        else Change()
        for name in editable()
        if before.text(name) != after.text(name)
    }
    told |= {custom_name(slug_at(path)): Change() for path in changed_values(before, after)}
    if follow_up_attributes(before) == follow_up_attributes(after):
        return told
    return told | {FOLLOW_UP: Change(old=before.follow_up_at, new=after.follow_up_at)}


def stage_change(before: Lead, after: Lead) -> dict[str, Change]:
    """Return the change of the stage, and of how a lead was closed, for the timeline."""
    changes = {
        "outcome": Change(old=before.outcome or "", new=after.outcome or ""),
        "reason": Change(old=before.reason, new=after.reason),
    }
    told = {name: change for name, change in changes.items() if change.old != change.new}
    return {"status": Change(old=before.status, new=after.status)} | told


def unchanged_condition(item: Item) -> Condition:
    """Return the condition that nobody changed the lead read as ``item``: its optimistic lock.

    Other programs change leads without counting versions: theirs must be as they were read.
    """
    condition = _seen_version(item)
    return condition if Lead.from_item(item).version else _with_read_values(item, condition)


def as_read_condition(item: Item) -> Condition:
    """Return the condition that what counts and what is searched is as it was read.

    A number of another program's that only looks like a version counts as none.
    """
    version = item.get("version")
    if isinstance(version, Decimal) and version >= MAX_VERSION:
        return _with_read_values(item, ("#version >= :most", {"most": MAX_VERSION}))
    return _with_read_values(item, _seen_version(item))


def _seen_version(item: Item) -> Condition:
    if version := Lead.from_item(item).version:
        return "#version = :seen", {"seen": version}
    # Another program's "version" that is no number of ours is no version.
    unversioned = "(attribute_not_exists(#version) OR NOT #version >= :one)"
    return f"attribute_exists(#leadId) AND {unversioned}", {"one": 1}


def _with_read_values(item: Item, condition: Condition) -> Condition:
    expression, values = condition
    parts, more = [expression], dict(values)
    for name in (*_DECIDED_ON, *filed_attributes()):
        if name not in item:
            parts.append(f"attribute_not_exists(#{name})")
        elif _is_comparable(item[name]):
            parts.append(f"#{name} = :was_{name}")
            more[f"was_{name}"] = item[name]
        else:
            # Numbers of a hundred digits are not sent back; that it is no text is enough.
            parts.append(f"NOT attribute_type(#{name}, :text)")
            more["text"] = "S"
    return " AND ".join(parts), more


def _is_comparable(value: Value) -> bool:
    texts = value.values() if isinstance(value, dict) else [value]
    return all(isinstance(text, str) for text in texts)


def _update(
    before: Lead, attributes: Mapping[str, Value], removed: Sequence[str], condition: Condition
) -> Update:
    expression, values = condition
    change, written = set_values(attributes, removed, has_map=before.has_custom)
    if f"#{CUSTOM}." in change:
        # Programs that count no versions may have taken the map away: then the lead is stale.
        expression = f"{expression} AND attribute_exists(#{CUSTOM})"
    return Update(
        table=LEADS,
        key=keys.lead(before.lead_id),
        change=change,
        condition=expression,
        values={**written, **values},
    )
