"""What people do to leads that stay: whether it changes one, to what, and what is told of it.

One lead is changed by :mod:`leads.repository.writes`, many as one act by
:mod:`leads.repository.bulk`.
"""

from collections.abc import Callable

from crm.dynamodb.calls import Item
from leads.models import Actor, ClosedAs, EventType, Lead, Status
from leads.repository.changes import NO_FOLLOW_UP, changed_lead, field_changes, stage_change
from leads.repository.events import event_item

type Action = Callable[[Lead, str], tuple[Lead, Item] | None]
"""Returns a lead as it is afterwards, at a time or now for "", and the event that tells of it.

``None`` if it is like that already.
"""


def moving(to: Status, actor: Actor, write_id: str, *, take: bool = False) -> Action:
    """Return the action that moves a lead to a stage; one of nobody in New is perhaps taken."""

    def action(lead: Lead, at: str) -> tuple[Lead, Item] | None:
        if lead.status is to:
            return None
        taken = take and lead.status is Status.NEW and not lead.owner_id
        owner = {"owner_id": actor.id} if taken else {}
        moved = changed_lead(lead, {"status": to, **owner}, write_id, at)
        changes = stage_change(lead, moved) | field_changes(lead, moved)
        return moved, event_item(moved, EventType.MOVED, actor, write_id, changes)

    return action


def closing(outcome: ClosedAs, reason: str, actor: Actor, write_id: str) -> Action:
    """Return the action that closes a lead as ``outcome``, perhaps for a ``reason``."""

    def action(lead: Lead, at: str) -> tuple[Lead, Item] | None:
        if (lead.outcome, lead.reason) == (outcome, reason):
            return None
        asked = {"outcome": outcome, "reason": reason, "closed_by": actor.id}
        closed = changed_lead(lead, {"status": Status.CLOSED, **asked}, write_id, at)
        changes = stage_change(lead, closed) | field_changes(lead, closed)
        return closed, event_item(closed, EventType.CLOSED, actor, write_id, changes)

    return action


def assigning(owner_id: str | None, actor: Actor, write_id: str) -> Action:
    """Return the action that gives a lead to an owner, or to nobody."""

    def action(lead: Lead, at: str) -> tuple[Lead, Item] | None:
        if (lead.owner_id or None) == (owner_id or None):
            return None
        given = changed_lead(lead, {"owner_id": owner_id}, write_id, at)
        changes = field_changes(lead, given)
        return given, event_item(given, EventType.ASSIGNED, actor, write_id, changes)

    return action


def following_up(due: str, text: str | None, actor: Actor, write_id: str) -> Action:
    """Return the action that sets when to get back to a lead and what for; "" is done with it.

    Without a ``text`` the present one stays. A closed lead has nothing due.
    """

    def action(lead: Lead, at: str) -> tuple[Lead, Item] | None:
        wanted = follow_up(due, lead.follow_up_text if text is None else text, actor)
        is_same = (lead.follow_up_at, lead.follow_up_text) == (
            wanted["follow_up_at"],
            wanted["follow_up_text"],
        )
        if is_same or (due and lead.is_closed):
            return None
        dated = changed_lead(lead, wanted, write_id, at)
        changes = field_changes(lead, dated)
        return dated, event_item(dated, EventType.DATED, actor, write_id, changes)

    return action


def follow_up(due: str, text: str, actor: Actor) -> dict[str, str]:
    """Return the fields of a lead that say when to get back to it, for ``changed_lead``.

    ``due`` is a stored day or moment, or "" for none: whatever else the same change writes,
    the agenda follows from it.
    """
    if not due:
        return dict(NO_FOLLOW_UP)
    return {"follow_up_at": due, "follow_up_text": text, "follow_up_by": actor.id}
