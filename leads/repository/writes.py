"""Changes of one lead: each is one transaction with its event, counter and search tokens.

Every change names the version that it starts from and carries a ``write_id`` that names
the user's act. A repeat of the same act finds its id in the lead or its timeline and is
answered like the first time; anything else that meets another version is stale.
"""

from collections.abc import Callable, Mapping

from crm.dynamodb.calls import Delete, Put, Value, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.schema import LEADS
from crm.dynamodb.size import check_size
from leads import keys
from leads.models import (
    EDITABLE,
    Actor,
    Change,
    EventType,
    Lead,
    Status,
    checked,
    logged,
)
from leads.repository.changes import lead_update, next_lead, still
from leads.repository.counters import counted
from leads.repository.errors import LeadNotFoundError, StaleLeadError
from leads.repository.events import event_put, was_written
from leads.repository.reads import get, is_id
from leads.repository.tokens import token_writes


def move(lead_id: str, to: Status, *, version: int, actor: Actor, write_id: str) -> Lead:
    """Move a lead to another status and give the lead as it then is: 9 WRU for 1 KB.

    Raises :class:`LeadNotFoundError`, and :class:`StaleLeadError` with the current lead
    unless this very act was stored before. Moving to the present status changes nothing.
    """

    def change(lead: Lead) -> Lead:
        if lead.status == to:
            return lead
        moved = next_lead(lead, {"status": to}, write_id)
        _change(lead, moved, {"status": to.value, "stageEnteredAt": moved.updated_at}, actor)
        return moved

    return _once(lead_id, version, write_id, change)


def edit(
    lead_id: str,
    fields: Mapping[str, str | None],
    *,
    version: int,
    actor: Actor,
    write_id: str,
) -> Lead:
    """Write the ``fields`` (names as in ``EDITABLE``) that differ.

    Empty optional ones are removed; a subject or message stays, empty, as others expect it.

    Raises :class:`LeadNotFoundError` and :class:`StaleLeadError` as :func:`move` does,
    pydantic's ``ValidationError`` for what :class:`LeadFields` does not allow, and
    ``ItemTooLargeError``.
    """

    def change(lead: Lead) -> Lead:
        asked = {
            name: value or ""
            for name, value in fields.items()
            if (value or "") != (getattr(lead, name) or "")
        }
        changed = {
            name: value or (None if name in OPTIONAL else "")
            for name, value in checked(asked).items()
            if value != (getattr(lead, name) or "")
        }
        if not changed:
            return lead
        edited = next_lead(lead, changed, write_id)
        _change(lead, edited, {EDITABLE[name]: value for name, value in changed.items()}, actor)
        return edited

    return _once(lead_id, version, write_id, change)


def delete(lead_id: str, *, version: int, actor: Actor, write_id: str) -> None:
    """Delete a lead; its timeline stays. Deleting it again with the same act is no error.

    Raises :class:`LeadNotFoundError` and :class:`StaleLeadError`.
    """

    def change(lead: Lead) -> Lead:
        gone = next_lead(lead, {}, write_id)
        condition, values = still(lead)
        counted_in = lead.status if lead.version else None
        left = {"status": Change(old=counted_in)} if counted_in else {}
        transact(
            [
                Delete(table=LEADS, key=keys.lead(lead_id), condition=condition, values=values),
                event_put(gone, EventType.DELETED, actor, write_id, left),
                counted(lead_id, leaves=counted_in),
                *token_writes(lead, None),
            ],
            f"{write_id}{gone.updated_at}",
        )
        return gone

    try:
        _once(lead_id, version, write_id, change)
    except LeadNotFoundError:
        if not (is_id(lead_id) and was_written(lead_id, write_id)):
            raise


OPTIONAL = {"company", "phone", "owner_id"}


def _once(lead_id: str, version: int, write_id: str, change: Callable[[Lead], Lead]) -> Lead:
    """Apply ``change`` to the lead at ``version``, unless the act ``write_id`` was stored."""
    lead = get(lead_id, consistent=True)
    if lead.version == version:
        try:
            return change(lead)
        except TransactionRefusedError:
            lead = get(lead_id, consistent=True)
    if lead.write_id == write_id or was_written(lead_id, write_id):
        return lead
    raise StaleLeadError(lead)


def _change(before: Lead, after: Lead, attributes: Mapping[str, Value], actor: Actor) -> None:
    check_size(after.model_dump(exclude_none=True))
    is_move = before.status != after.status
    event = EventType.MOVED if is_move else EventType.EDITED
    transact(
        [
            lead_update(before, after, attributes),
            _event(before, after, event, actor),
            counted(
                before.lead_id,
                leaves=before.status if before.version and is_move else None,
                enters=after.status if is_move or not before.version else None,
            ),
            *token_writes(before, after),
        ],
        f"{after.write_id}{after.updated_at}",
    )


def _event(before: Lead, after: Lead, event: EventType, actor: Actor) -> Put:
    fields = ["status"] if event is EventType.MOVED else list(EDITABLE)
    changes = {
        field: Change(old=logged(getattr(before, field)), new=logged(getattr(after, field)))
        for field in fields
        if (getattr(before, field) or "") != (getattr(after, field) or "")
    }
    return event_put(after, event, actor, after.write_id or "", changes)
