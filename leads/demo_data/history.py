"""A lead's past: how it came in, who took it, and how far it got by the time of the run.

Everything about lead ``number`` follows from the seed, its number, and the :class:`Run`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from crm.dynamodb.calls import Put
from leads import keys
from leads.demo_data.people import chance, phone, visitor
from leads.models import STAGES, VISITOR, Actor, Change, EventType, Lead, Status, timestamp
from leads.repository.changes import (
    LeadWrites,
    changed_lead,
    creation_writes,
    field_changes,
    stage_change,
)
from leads.repository.events import event_item
from leads.repository.intake import new_lead

# Nobody wrote these: what tells people of new leads knows them by it.
SOURCE = "seed"
DAYS = 90
# Out of a hundred leads; the later the stage, the fewer got there and the older they are.
WEIGHTS = (46, 26, 17, 11)
YOUNGEST_DAYS = (0.0, 0.5, 3.0, 8.0)
# Worked leads without accounts to work them: names alone.
TEAM = [Actor(id="", name=name) for name in ("Maya Lindqvist", "Tomás Rivera", "Aisha Bello")]


@dataclass(frozen=True)
class Run:
    """What every lead of a seed has in common: the moment it ends at, and who works."""

    seed: int
    at: datetime
    team: list[Actor]


@dataclass(frozen=True)
class DemoLead:
    """A lead at the end of its past, and what stores it with all of that."""

    lead: Lead
    writes: LeadWrites[Put]


def seeded_lead(run: Run, number: int) -> DemoLead:
    """Make lead ``number`` of a run, with its timeline."""
    dice = Random(f"{run.seed}/{number}")  # noqa: S311 -- the same again is what is wanted
    fields = visitor(dice)
    stage = dice.choices(range(len(STAGES)), WEIGHTS)[0]
    at = _moments(dice, run.at, stage)
    past = _Past(
        new_lead(
            keys.lead_id_of(f"seed:{run.seed}:{number}"),
            fields,
            source=SOURCE,
            status=Status.NEW,
            owner_id=None,
            at=timestamp(at[0]),
        )
    )
    worker = dice.choice(run.team)
    if stage and chance(dice, 0.5):
        past.edit(
            _noted_changes(dice, worker), worker, at[1] - timedelta(minutes=dice.uniform(1, 9))
        )
    for step in range(1, stage + 1):
        actor = worker if chance(dice, 0.8) else dice.choice(run.team)
        past.move(STAGES[step], actor, at[step])
    return DemoLead(past.lead, creation_writes(past.lead, past.events))


class _Past:
    """Changes of a lead one after another, each with its event."""

    def __init__(self, lead: Lead) -> None:
        self.lead = lead
        self.events = [event_item(lead, EventType.CREATED, VISITOR, lead.lead_id)]

    def edit(self, fields: dict[str, str], actor: Actor, at: datetime) -> None:
        before = self._change(fields, at)
        self._add_event(EventType.EDITED, actor, field_changes(before, self.lead))

    def move(self, to: Status, actor: Actor, at: datetime) -> None:
        before = self._change({"status": to}, at)
        self._add_event(EventType.MOVED, actor, stage_change(before, self.lead))

    def _change(self, fields: Mapping[str, str | Status], at: datetime) -> Lead:
        before = self.lead
        write_id = f"{before.lead_id}-{before.version + 1}"
        self.lead = changed_lead(before, fields, write_id, timestamp(at))
        return before

    def _add_event(self, event: EventType, actor: Actor, changes: dict[str, Change]) -> None:
        write_id = self.lead.write_id or ""
        self.events.append(event_item(self.lead, event, actor, write_id, changes))


def _noted_changes(dice: Random, worker: Actor) -> dict[str, str]:
    """Return what a worker writes down on taking a lead: whose it is, or a number to call."""
    if not worker.id:
        return {"phone": phone(dice)}
    owned = {"owner_id": worker.id}
    return owned | {"phone": phone(dice)} if chance(dice, 0.3) else owned


def _moments(dice: Random, end: datetime, stage: int) -> list[datetime]:
    """Throw the dice for when the lead came in and entered each stage, all before ``end``."""
    youngest = YOUNGEST_DAYS[stage]
    age = timedelta(days=youngest + (DAYS - youngest) * dice.random() ** 1.5)
    parts = [(step + dice.uniform(0.2, 0.9)) / stage * 0.95 for step in range(stage)]
    return [end - age, *(end - age * (1 - part) for part in parts)]
