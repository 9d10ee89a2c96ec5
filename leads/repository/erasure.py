"""Erasing for good what is left of a lead: a command does it, no page. ADR 48 says why.

The timeline stays and leads to all else, so a run that was cut off is simply done again.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import cast
from uuid import uuid4

from crm.dynamodb.calls import Item, Value, delete, get, query_all, transact, update
from crm.dynamodb.errors import ConditionFailedError, ConflictError, TransactionRefusedError
from crm.dynamodb.parallel import settle
from crm.tables import HELD, LEADS, RECORDS
from leads import keys
from leads.models import Actor, Lead
from leads.repository import acts, conversation
from leads.repository.changes import changed_lead, deletion_writes, unchanged_condition
from leads.repository.errors import LeadNotFoundError
from leads.repository.events import deletion_event
from leads.repository.reads import check_id

ERASER = Actor(id="", name="erase_lead")
ATTEMPTS = 8
# A recount looks back by these; they are no words of a person.
_KEPT_VALUES = {"status", "owner_id", "outcome", "origin"}
_OF_IMPORT = re.compile(r"import-([0-9a-f]{24})-")


@dataclass(frozen=True)
class Remains:
    """What is left of a lead; ``title`` is empty if the lead itself is gone."""

    title: str
    events: int
    entries: int
    is_held: bool


@dataclass(frozen=True)
class Erased:
    """What was erased: the lead itself, its held message, and how many of the others.

    ``events`` are those of the timeline that held words. ``imports`` are the ids of those
    that once wrote the lead.
    """

    is_lead: bool
    is_held: bool
    entries: int
    acts: int
    events: int
    imports: list[str]


def remains(lead_id: str) -> Remains:
    """Say what is left of a lead: three reads and 1 RRU for each 4 KB.

    Raises :class:`LeadNotFoundError` if nothing is, nor ever was.
    """
    check_id(lead_id)
    item = _stored(lead_id)
    left = Remains(
        title=Lead.from_item(item).title if item else "",
        events=len(_partition(keys.timeline(lead_id))),
        entries=len(_partition(keys.conversation(lead_id))),
        is_held=_holds_words(lead_id),
    )
    if not (item or left.events or left.entries or left.is_held):
        raise LeadNotFoundError(lead_id)
    return left


def erase(lead_id: str) -> Erased:
    """Erase what is left of a lead, but who did what when to which field.

    2 WRU for each item of the lead and of its tokens, 1 for each KB of a conversation and of
    events with words, and a Query for each event. Raises ``ConflictError`` if others kept
    changing the lead, or bringing it back.
    """
    is_lead, erased_acts = False, 0
    for _ in range(ATTEMPTS):
        is_lead = _delete_lead(lead_id) or is_lead
        events = _partition(keys.timeline(lead_id))
        times = {str(event["at"]) for event in events}
        erased_acts += sum(settle(partial(acts.forget, lead_id, at) for at in sorted(times)))
        # Whoever undid its deletion at the same moment brought it back.
        if _stored(lead_id) is None:
            break
    else:
        raise ConflictError("Others kept bringing the lead back.")
    return Erased(
        is_lead=is_lead,
        is_held=_erase_held(lead_id),
        entries=conversation.erase(lead_id),
        acts=erased_acts,
        events=sum(settle(partial(_blank, event) for event in events)),
        imports=sorted({one for event in events for one in _imports_of(event)}),
    )


def blanked(changes: Value) -> Value:
    """Return what an event tells of changes without any words: names, and what is counted by."""
    told = cast("dict[str, Value]", changes or {})
    return {name: change if name in _KEPT_VALUES else {} for name, change in told.items()}


def _stored(lead_id: str) -> Item | None:
    return get(LEADS, keys.lead(lead_id), consistent=True)


def _partition(key: str) -> list[Item]:
    return query_all(RECORDS, "#PK = :pk", {"pk": key}, consistent=True)


def _delete_lead(lead_id: str) -> bool:
    """Delete the lead with all that follows, and without an act that it could come back by."""
    for _ in range(ATTEMPTS):
        item = _stored(lead_id)
        if item is None:
            return False
        lead, write_id = Lead.from_item(item), uuid4().hex
        event = deletion_event(lead, changed_lead(lead, {}, write_id), ERASER)
        writes = deletion_writes(lead, [event], unchanged_condition(item))
        try:
            transact(writes.all, write_id)
        except TransactionRefusedError:
            continue
        return True
    raise ConflictError("Others kept changing the lead.")


def _holds_words(lead_id: str) -> bool:
    """Tell whether a message of this id is held, or was discarded: a released one has none."""
    return "texts" in (get(HELD, keys.held(lead_id), consistent=True) or {})


def _erase_held(lead_id: str) -> bool:
    if not _holds_words(lead_id):
        return False
    try:
        delete(HELD, keys.held(lead_id), condition="attribute_exists(#texts)")
    except ConditionFailedError:
        return False  # Released or removed meanwhile.
    return True


def _blank(event: Item) -> bool:
    changes = blanked(event.get("changes"))
    if changes == (event.get("changes") or {}):
        return False
    # The role that does this may see and change nothing else of an event.
    update(
        RECORDS,
        RECORDS.key_of(event),
        "SET #changes = :changes",
        values={"changes": changes},
        condition="attribute_exists(#PK)",
        blind=True,
    )
    return True


def _imports_of(event: Item) -> list[str]:
    return _OF_IMPORT.findall(str(event.get("writeId", "")))
