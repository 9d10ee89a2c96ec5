"""Changes of one lead: each is one transaction with its event, act, counter and search tokens.

Every change names the version that it starts from and carries a ``write_id`` that names
the user's act. A repeat of the same act finds its id in the lead or its timeline and is
answered like the first time; anything else that meets another version is stale.
"""

from collections.abc import Callable, Mapping, Sequence

from crm.dynamodb.calls import Item, Write, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.size import check_size
from leads.fields import slug_of
from leads.models import Actor, ClosedAs, EventType, Lead, Status, cleaned_fields
from leads.repository import conversation, registry
from leads.repository.actions import Action, assigning, closing, following_up, moving
from leads.repository.acts import act_id, act_item, expiry
from leads.repository.changes import (
    Condition,
    change_writes,
    changed_attributes,
    changed_lead,
    deletion_writes,
    field_changes,
    unchanged_condition,
)
from leads.repository.errors import LeadNotFoundError, StaleLeadError
from leads.repository.events import deletion_event, event_item, stored_event, was_written
from leads.repository.lead_changes import deletion, lead_change
from leads.repository.reads import get, is_id, stored_item


def move(  # noqa: PLR0913 -- the parts of an act
    lead_id: str, to: Status, *, version: int, actor: Actor, write_id: str, take: bool = False
) -> Lead:
    """Move a lead to a stage and return the lead as it then is: 12 WRU for 1 KB.

    A closed one is reopened by it. Whoever moves a lead of nobody out of New may ``take`` it.
    Raises :class:`LeadNotFoundError`, and :class:`StaleLeadError` with the current lead
    unless this very act was stored before. Moving to the present status changes nothing.
    """
    return _act_once(lead_id, version, write_id, moving(to, actor, write_id, take=take))


def close(  # noqa: PLR0913 -- the parts of an act
    lead_id: str,
    outcome: ClosedAs,
    *,
    reason: str = "",
    version: int,
    actor: Actor,
    write_id: str,
) -> Lead:
    """Close a lead as ``outcome``, perhaps for a ``reason``; return the lead as it then is.

    12 WRU for 1 KB. Raises :class:`LeadNotFoundError` and :class:`StaleLeadError` as
    :func:`move` does. A lead that is closed like that already stays as it is.
    """
    return _act_once(lead_id, version, write_id, closing(outcome, reason, actor, write_id))


def assign(
    lead_id: str, owner_id: str | None, *, version: int, actor: Actor, write_id: str
) -> Lead:
    """Give a lead to an owner, or to nobody, and return the lead as it then is.

    13 WRU for 1 KB. Raises :class:`LeadNotFoundError` and :class:`StaleLeadError` as
    :func:`move` does. A lead that is theirs already stays as it is.
    """
    return _act_once(lead_id, version, write_id, assigning(owner_id, actor, write_id))


def follow_up(  # noqa: PLR0913 -- the parts of an act
    lead_id: str,
    due: str,
    text: str | None = None,
    *,
    version: int,
    actor: Actor,
    write_id: str,
) -> Lead:
    """Set when to get back to a lead, and what for; an empty ``due`` is done with it.

    Without a ``text`` the present one stays. 16 WRU for 1 KB. Raises
    :class:`LeadNotFoundError` and :class:`StaleLeadError` as :func:`move` does. A lead that is
    due then already stays as it is, and so does a closed one.
    """
    return _act_once(lead_id, version, write_id, following_up(due, text, actor, write_id))


def edit(
    lead_id: str,
    fields: Mapping[str, str | None],
    *,
    version: int,
    actor: Actor,
    write_id: str,
) -> Lead:
    """Write the ``fields`` (names as in ``editable``, or of custom fields) that differ.

    Empty optional ones are removed; a subject or message stays, empty, as others expect it.
    10 WRU for 1 KB, and 2 for each search token that changes.

    Raises :class:`LeadNotFoundError` and :class:`StaleLeadError` as :func:`move` does,
    pydantic's ``ValidationError`` for what :class:`LeadFields` does not allow, and
    ``ItemTooLargeError``.
    """
    custom = registry.with_names(fields).rows if any(map(slug_of, fields)) else ()

    def change(lead: Lead, unchanged: Condition) -> Lead:
        asked = {
            name: value or "" for name, value in fields.items() if (value or "") != lead.text(name)
        }
        changed = {
            name: value
            for name, value in cleaned_fields(asked, custom, lead.custom).items()
            if value != lead.text(name)
        }
        if not changed:
            return lead
        edited = changed_lead(lead, changed, write_id)
        changes = field_changes(lead, edited)
        event = event_item(edited, EventType.EDITED, actor, write_id, changes)
        store_change(lead, edited, event, unchanged)
        return edited

    return apply_once(lead_id, version, write_id, change)


def delete(lead_id: str, *, version: int, actor: Actor, write_id: str) -> str:
    """Delete a lead, and return the act by which it can come back; its timeline stays.

    Its conversation ends with the act. Deleting it again with the same act is no error, and
    no act if the lead came back since. 10 WRU for 1 KB, and 2 for each search token and for
    each KB of the conversation.

    Raises :class:`LeadNotFoundError` and :class:`StaleLeadError`.
    """

    def change(item: Item) -> Lead:
        lead = Lead.from_item(item)
        gone = changed_lead(lead, {}, write_id)
        event = deletion_event(lead, gone, actor)
        act = act_item(event, [deletion(item, gone)])
        notes = conversation.end_updates(item, expiry(gone.updated_at))
        writes = deletion_writes(lead, [event, act], unchanged_condition(item), notes)
        transact(writes.all, f"{write_id}{gone.updated_at}")
        return gone

    try:
        lead = _apply_to_item_once(lead_id, version, write_id, change)
        at = lead.updated_at
        if lead.write_id != write_id:
            return ""  # Deleted by this very act before, and brought back since.
    except LeadNotFoundError:
        if not is_id(lead_id) or not (event := stored_event(lead_id, write_id)):
            raise
        at = str(event["at"])
    conversation.expire(lead_id, expiry(at))
    return act_id(at, write_id)


def _act_once(lead_id: str, version: int, write_id: str, action: Action) -> Lead:
    def change(lead: Lead, unchanged: Condition) -> Lead:
        done = action(lead, "")
        if done is None:
            return lead
        after, event = done
        store_change(lead, after, event, unchanged)
        return after

    return apply_once(lead_id, version, write_id, change)


def apply_once(
    lead_id: str, version: int, write_id: str, change: Callable[[Lead, Condition], Lead]
) -> Lead:
    """Apply ``change`` to the lead at ``version``, unless the act ``write_id`` was stored.

    Returns the lead as it then is. Raises :class:`LeadNotFoundError` and
    :class:`StaleLeadError`.
    """

    def change_item(item: Item) -> Lead:
        return change(Lead.from_item(item), unchanged_condition(item))

    return _apply_to_item_once(lead_id, version, write_id, change_item)


def _apply_to_item_once(
    lead_id: str, version: int, write_id: str, change: Callable[[Item], Lead]
) -> Lead:
    item = stored_item(lead_id)
    lead = Lead.from_item(item)
    if lead.version == version:
        try:
            return change(item)
        except TransactionRefusedError:
            lead = get(lead_id, consistent=True)
    if lead.write_id == write_id or was_written(lead_id, write_id):
        return lead
    raise StaleLeadError(lead)


def store_change(  # noqa: PLR0913 -- the parts of a change
    before: Lead,
    after: Lead,
    event: Item,
    unchanged: Condition,
    *,
    line: Item | None = None,
    mail: str = "",
    beside: Sequence[Write] = (),
) -> None:
    """Store a change of a lead with what tells of it, and what else is written ``beside``.

    ``line`` is what the card is to show of the conversation, ``mail`` the sort key of an entry
    of it that the act sends. Raises ``TransactionRefusedError`` and ``ItemTooLargeError``.
    """
    check_size(after.model_dump(exclude_none=True))
    told = [event, act_item(event, [lead_change(before, after)], mail=mail)]
    attributes = changed_attributes(before, after) | (line or {})
    writes = change_writes(before, after, attributes, told, unchanged)
    transact([*writes.all, *beside], f"{after.write_id}{after.updated_at}")
