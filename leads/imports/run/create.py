"""New leads of a chunk: the lead as imported, with its past and its search tokens."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crm.dynamodb.calls import Item, Put
from leads.fields import EMAIL, NAME
from leads.imports.columns.mapping import Candidate
from leads.imports.run.chunks import RowPlan
from leads.imports.run.models import Outcome, Run
from leads.imports.run.plan import Work, lead_id_of
from leads.models import Change, EventType, Lead, LeadFields, Status, moment, timestamp
from leads.repository.changes import LeadWrites, creation_writes
from leads.repository.events import event_item
from leads.repository.intake import new_lead

SOURCE = "import"

type Rows = list[tuple[int, Candidate]]
"""The rows that one lead is made of, each with its number."""


@dataclass(frozen=True)
class NewLead:
    """A new lead, the number of the row that it comes from, and what stores it."""

    number: int
    lead: Lead
    writes: LeadWrites[Put]


def act(run: Run, number: int) -> str:
    """Name what a row does to its lead: the lead's ``writeId`` afterwards."""
    return f"import-{run.import_id}-{run.attempt}-{number}"


def note_act(run: Run, number: int) -> str:
    """Name the event that keeps a row's notes."""
    return f"{act(run, number)}-note"


def create_leads(run: Run, chunk: Sequence[Work], planned: Sequence[RowPlan]) -> list[NewLead]:
    """Make the new leads of a chunk, rows that complete them included.

    The same rows make the same items at every attempt.
    """
    rows_of_leads = _rows_of_leads(chunk, planned).values()
    return [_new_lead_of_rows(run, rows) for rows in rows_of_leads]


def standings_of_new_leads(
    chunk: Sequence[Work], planned: Sequence[RowPlan]
) -> dict[int, dict[str, object]]:
    """Return where each new lead of a chunk is counted, by the number of its row."""
    return {
        number: {
            "status": _standing(rows)["status"],
            "closed_as": _standing(rows)["outcome"],
            "owner_id": _owner_id(rows),
        }
        for number, rows in _rows_of_leads(chunk, planned).items()
    }


def filled_fields(asked: Candidate) -> dict[str, str]:
    """Return the fields that a row tells, without its e-mail: empty cells tell nothing."""
    fields = {name: text for name, text in asked.fields.texts.items() if text}
    address = fields.pop(EMAIL.name)
    # Without a name of its own a row has the beginning of its address for one.
    if fields.get(NAME.name) == address.partition("@")[0]:
        del fields[NAME.name]
    return fields


def note_event(run: Run, lead: Lead, number: int, notes: str) -> Item:
    """Return the event that keeps what the notes column says, whole."""
    changes = {"notes": Change(new=notes)}
    return event_item(lead, EventType.NOTED, run.by, note_act(run, number), changes)


def _rows_of_leads(chunk: Sequence[Work], planned: Sequence[RowPlan]) -> dict[int, Rows]:
    found: dict[int, Rows] = {}
    for work, one in zip(chunk, planned, strict=True):
        if isinstance(work.asked, Candidate) and one.outcome is Outcome.CREATED:
            found[work.number] = [(work.number, work.asked)]
        elif isinstance(work.asked, Candidate) and one.into in found:
            found[one.into].append((work.number, work.asked))
    return found


def _standing(rows: Rows) -> dict[str, Any]:
    """Return where a lead stands by the last row that tells, and of a closed one why."""
    told = _last_value(asked if asked.status else None for _, asked in rows)
    if told is None:
        return {"status": Status.NEW, "outcome": None, "reason": ""}
    return {"status": told.status, "outcome": told.outcome, "reason": told.reason}


def _owner_id(rows: Rows) -> str | None:
    return _last_value(asked.owner_id for _, asked in rows)


def _new_lead_of_rows(run: Run, rows: Rows) -> NewLead:
    (number, first), *others = rows
    more = {name: text for _, asked in others for name, text in filled_fields(asked).items()}
    fields = LeadFields.from_texts(first.fields.texts | more)
    standing = _standing(rows)
    closed_at = _last_value(asked.closed_at for _, asked in rows)
    came_in = _last_value(asked.created_at for _, asked in rows)
    lead = new_lead(
        lead_id_of(run, number),
        fields,
        source=SOURCE,
        status=standing["status"],
        owner_id=_owner_id(rows),
        at=came_in or _arrival(run, number),
    )
    lead = lead.model_copy(
        update={
            **standing,
            "stage_entered_at": closed_at or lead.stage_entered_at,
            "updated_at": run.started_at,
            "write_id": act(run, number),
        }
    )
    notes = [note_event(run, lead, row, asked.notes) for row, asked in rows if asked.notes]
    arrived = event_item(lead, EventType.CREATED, run.by, act(run, number))
    return NewLead(number, lead, creation_writes(lead, [arrived, *notes]))


def _last_value[T](values: Iterable[T | None]) -> T | None:
    """Return the last that is told."""
    return next((one for one in reversed([*values]) if one is not None), None)


def _arrival(run: Run, number: int) -> str:
    """Return when a lead without a date came in: at the import, in the order of the file."""
    started = moment(run.started_at)
    return timestamp(started - timedelta(milliseconds=number)) if started else run.started_at
