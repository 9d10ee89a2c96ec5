"""A lead's past: how it came in, who took it, and how far it got by the time of the run.

Everything about lead ``number`` follows from the seed, its number, and the :class:`Run`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from crm.dynamodb.calls import Item
from leads import keys
from leads.acts import VISITOR
from leads.models import EDITABLE, Actor, Change, EventType, Lead, Status, timestamp
from leads.repository.events import event_item
from leads.repository.intake import LeadItems, new_lead
from leads.repository.tokens import token_items
from leads.seed.people import chance, phone, visitor

# Nobody wrote these: what tells people of new leads knows them by it.
SOURCE = "seed"
DAYS = 90
STAGES = list(Status)
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


def seeded(run: Run, number: int) -> LeadItems:
    """Make lead ``number`` of a run, with its timeline."""
    dice = Random(f"{run.seed}/{number}")  # noqa: S311 -- the same again is what is wanted
    fields = visitor(dice)
    stage = dice.choices(range(len(STAGES)), WEIGHTS)[0]
    at = _moments(dice, run.at, stage)
    item = new_lead(
        keys.lead_id_of(f"seed:{run.seed}:{number}"),
        fields,
        source=SOURCE,
        status=Status.NEW,
        owner_id=None,
        at=timestamp(at[0]),
    )
    past = _Past(item)
    past.add(EventType.CREATED, VISITOR, at[0])
    worker = dice.choice(run.team)
    if stage and chance(dice, 0.5):
        past.edit(_noted(dice, worker), worker, at[1] - timedelta(minutes=dice.uniform(1, 9)))
    for step in range(1, stage + 1):
        actor = worker if chance(dice, 0.8) else dice.choice(run.team)
        past.move(STAGES[step], actor, at[step])
    tokens = token_items(Lead.from_item(past.item))
    return LeadItems(STAGES[stage], past.item, past.events, tokens)


class _Past:
    """Changes of an item one after another, as the repository would have written them."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.events: list[Item] = []

    def add(
        self, event: EventType, actor: Actor, at: datetime, changes: dict[str, Change] | None = None
    ) -> None:
        lead_id, version = str(self.item["leadId"]), len(self.events) + 1
        write_id = f"{lead_id}-{version}" if self.events else lead_id
        self.item |= {"version": version, "updatedAt": timestamp(at), "writeId": write_id}
        lead = Lead.model_construct(lead_id=lead_id, updated_at=timestamp(at), version=version)
        self.events.append(event_item(lead, event, actor, write_id, changes))

    def edit(self, fields: dict[str, str], actor: Actor, at: datetime) -> None:
        self.item |= {EDITABLE[name]: value for name, value in fields.items()}
        changes = {name: Change(new=value) for name, value in fields.items()}
        self.add(EventType.EDITED, actor, at, changes)

    def move(self, to: Status, actor: Actor, at: datetime) -> None:
        change = Change(old=str(self.item["status"]), new=to.value)
        self.item |= {"status": to.value, "stageEnteredAt": timestamp(at)}
        self.add(EventType.MOVED, actor, at, {"status": change})


def _noted(dice: Random, worker: Actor) -> dict[str, str]:
    """Give what a worker writes down on taking a lead: whose it is, or a number to call."""
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
