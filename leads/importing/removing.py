"""Removing the leads that an import made, with all that belongs to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from crm.dynamodb.calls import Item, Key, batch_delete, batch_get, delete
from crm.dynamodb.errors import ConditionFailedError
from crm.dynamodb.parallel import settle
from crm.dynamodb.schema import LEADS, RECORDS
from leads import keys
from leads.importing.chunks import Planned
from leads.importing.creating import act, created, note_act
from leads.importing.mapping import Candidate
from leads.importing.planning import Work
from leads.importing.records import Outcome, Run
from leads.importing.restoring import CHANGED, DELETED, is_ours
from leads.models import EventType, Lead, Status
from leads.repository.events import newest_events
from leads.repository.tokens import token_items


@dataclass(frozen=True)
class Made:
    """A lead that the row at position ``at`` of its chunk made, counted in ``status``."""

    at: int
    number: int
    lead_id: str
    status: Status
    events: list[Key]
    tokens: list[Item]


def made(run: Run, chunk: Sequence[Work], planned: Sequence[Planned]) -> list[Made]:
    """Give the leads that a chunk made.

    What the plan says counts: a later version of the mapping may read the rows otherwise.
    """
    tokens = {one.number: one.tokens for one in created(run, chunk, planned)}
    return [
        Made(
            at=at,
            number=work.number,
            lead_id=one.lead_id,
            status=one.status,
            events=_events(run, one, work.number, chunk, planned),
            tokens=tokens.get(work.number, []),
        )
        for at, (work, one) in enumerate(zip(chunk, planned, strict=True))
        if one.outcome is Outcome.CREATED
    ]


def remove_all(run: Run, new: Sequence[Made]) -> dict[int, str]:
    """Remove leads, and give by position in the chunk why some were left alone."""
    found = batch_get(LEADS, [keys.lead(one.lead_id) for one in new], consistent=True)
    stored = {str(item["leadId"]): item for item in found}
    reasons = settle(partial(_remove, run, one, stored.get(one.lead_id)) for one in new)
    kept = {one.at: reason for one, reason in zip(new, reasons, strict=True) if reason}
    remove_parts((one for one in new if one.at not in kept), stored)
    return kept


def remove_parts(new: Iterable[Made], stored: Mapping[str, Item] | None = None) -> None:
    """Remove events and search tokens of leads; ``stored`` are the leads as they were."""
    gone: list[Key] = []
    for one in new:
        item = (stored or {}).get(one.lead_id)
        tokens = token_items(Lead.from_item(item)) if item else one.tokens
        gone += one.events
        gone += [{"PK": str(token["PK"]), "SK": str(token["SK"])} for token in tokens]
    batch_delete(RECORDS, gone)


def is_deleted(lead_id: str) -> bool:
    """Tell whether it was somebody who deleted a lead: an undo leaves no event of it."""
    newest = newest_events(lead_id, 1, consistent=True)
    return any(event["type"] == EventType.DELETED for event in newest.items)


def _events(
    run: Run, one: Planned, number: int, chunk: Sequence[Work], planned: Sequence[Planned]
) -> list[Key]:
    """Give the keys of all events that may be there."""
    noted = [
        note_act(run, work.number)
        for work, other in zip(chunk, planned, strict=True)
        if number in {work.number, other.into}
        and not (isinstance(work.asked, Candidate) and not work.asked.notes)
    ]
    acts = [act(run, number), *noted]
    return [keys.event(one.lead_id, run.started_at, write_id) for write_id in acts]


def _remove(run: Run, one: Made, item: Item | None) -> str:
    """Remove a lead unless somebody changed it since; then say so."""
    if item is not None and not is_ours(run, one.number, item, run.started_at):
        return CHANGED
    if item is not None:
        try:
            delete(
                LEADS,
                keys.lead(one.lead_id),
                condition="#writeId = :seen",
                values={"seen": item["writeId"]},
            )
        except ConditionFailedError as error:
            if error.item is not None:
                return CHANGED
        else:
            return ""
    return DELETED if is_deleted(one.lead_id) else ""
