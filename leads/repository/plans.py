"""What an act does to each of many leads, and how many of them fit in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from crm.dynamodb.calls import Delete, Item, Put, Update, Write
from crm.dynamodb.size import item_size
from leads.models import Actor, Lead
from leads.repository import conversation
from leads.repository.actions import Action
from leads.repository.acts import expiry
from leads.repository.changes import (
    LeadWrites,
    change_writes,
    changed_attributes,
    changed_lead,
    deletion_writes,
    together,
    unchanged_condition,
)
from leads.repository.events import deletion_event
from leads.repository.lead_changes import LeadChange, deletion, lead_change

LEADS_AT_ONCE = 25
# Of the 100 items of a transaction: an act in steps has a record beside its own, and an undo
# writes the act anew and marks this one.
MOST_ITEMS = 98
MOST_BYTES = 300 * 1024


@dataclass(frozen=True)
class LeadPlan:
    """What an act does to one lead."""

    writes: LeadWrites[Put] | LeadWrites[Update] | LeadWrites[Delete]
    change: LeadChange


type Plan = Callable[[Item, str], LeadPlan | None]
"""Plans the change of a stored lead at a time; ``None`` if it is there already."""


def changing(action: Action) -> Plan:
    """Return the plan that does ``action`` to a lead."""

    def plan(item: Item, at: str) -> LeadPlan | None:
        lead = Lead.from_item(item)
        done = action(lead, at)
        if done is None:
            return None
        after, event = done
        attributes = changed_attributes(lead, after)
        writes = change_writes(lead, after, attributes, [event], unchanged_condition(item))
        return LeadPlan(writes, lead_change(lead, after))

    return plan


def deleting(actor: Actor, write_id: str) -> Plan:
    """Return the plan that deletes a lead; its timeline stays."""

    def plan(item: Item, at: str) -> LeadPlan:
        lead = Lead.from_item(item)
        gone = changed_lead(lead, {}, write_id, at)
        event = deletion_event(lead, gone, actor)
        notes = conversation.end_updates(item, expiry(at))
        writes = deletion_writes(lead, [event], unchanged_condition(item), notes)
        return LeadPlan(writes, deletion(item, gone))

    return plan


def chunks(planned: Iterable[tuple[Item, LeadPlan]]) -> Iterator[list[tuple[Item, LeadPlan]]]:
    """Part leads, as stored and with what is done to them, so that a part fits in a transaction."""
    chunk: list[tuple[Item, LeadPlan]] = []
    size = 0
    for item, plan in planned:
        is_full = len(chunk) == LEADS_AT_ONCE or size + item_size(item) > MOST_BYTES
        plans = [*(one for _item, one in chunk), plan]
        if chunk and (is_full or len(writes_of(plans)) >= MOST_ITEMS):
            yield chunk
            chunk, size = [], 0
        chunk.append((item, plan))
        size += item_size(item)
    if chunk:
        yield chunk


def writes_of(plans: Sequence[LeadPlan]) -> list[Write]:
    """Return everything that is done to leads, for one transaction."""
    return together([plan.writes for plan in plans])
