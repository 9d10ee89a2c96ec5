"""Leads as tests need them, and the truth about them straight from the tables."""

from collections import Counter
from uuid import uuid4

from crm.dynamodb import calls
from crm.dynamodb.items import Item, Value
from crm.dynamodb.scan import scan
from crm.tables import LEADS, RECORDS
from leads import keys, repository
from leads.attribution import Attribution
from leads.held import store as held
from leads.models import STANDINGS, Actor, Event, Lead, LeadFields, Standing, Status
from leads.repository import steps
from leads.repository.changes import lead_item
from leads.repository.intake import new_lead
from leads.repository.large_act import LargeAct
from tests.plugins.parts import aside

ANN = Actor(id="u-ann", name="Ann")
BOB = Actor(id="u-bob", name="Bob")
SOMEBODY = Actor(id="somebody", name="Somebody Else")
SINCE = "2026-01-01T00:00:00.000Z"


def act() -> str:
    """Name a new act of a user."""
    return uuid4().hex


def fields(**given: str) -> LeadFields:
    texts = {"name": "Ada", "email": "ada@example.com", "subject": "Hi", "message": "Hello"}
    return LeadFields.model_validate(texts | given)


@aside()
def add(
    status: Status = Status.NEW,
    owner_id: str | None = None,
    *,
    actor: Actor = ANN,
    source: str = "test",
    **given: str,
) -> Lead:
    """Take in a lead."""
    intake = repository.create(
        fields(**given),
        submission=act(),
        actor=actor,
        source=source,
        status=status,
        owner_id=owner_id,
    )
    return repository.get(intake.lead_id, consistent=True)


@aside()
def add_from(attribution: Attribution, *, source: str = "contact-form", **given: str) -> Lead:
    """Take in a message that tells where it came from."""
    intake = repository.create(
        fields(**given), submission=act(), actor=ANN, source=source, attribution=attribution
    )
    return repository.get(intake.lead_id, consistent=True)


@aside()
def add_released(**given: str) -> Lead:
    """Take in a message that was held, and release it."""
    kept = held.hold(fields(**given), submission=act(), source="test", address="203.0.113.1")
    held.release(kept.lead_id, ANN)
    return repository.get(kept.lead_id, consistent=True)


def published(lead_id: str, **more: Value) -> Item:
    """Return a lead of another program: the nine published attributes, and ``more``."""
    return {
        "leadId": lead_id,
        "name": "Grace",
        "email": "grace@example.com",
        "company": "Navy",
        "subject": "Compilers",
        "message": "Dear all",
        "status": "contacted",
        "createdAt": SINCE,
        "updatedAt": SINCE,
        **more,
    }


@aside()
def write(item: Item) -> Lead:
    """Store an item as another program does, and read it."""
    calls.put(LEADS, item)
    return repository.get(str(item["leadId"]), consistent=True)


def stored(lead_id: str) -> Item:
    item = calls.get(LEADS, keys.lead(lead_id), consistent=True)
    assert item is not None
    return item


def events(lead_id: str) -> list[Event]:
    """Return what happened to a lead, oldest first."""
    return repository.timeline(lead_id).events[::-1]


def totals() -> dict[Standing, int]:
    return repository.counts(consistent=True).totals


def recount() -> dict[Standing, int]:
    """Count the leads of Leadbook by reading the whole table."""
    items = scan(LEADS, where="#version >= :one", values={"one": 1})
    found = Counter(str(item.get("outcome", item["status"])) for item in items)
    return {standing: found[standing.value] for standing in STANDINGS}


def recount_of(owner_id: str) -> dict[Standing, int]:
    """Count the leads of an owner, or of nobody, in the same way."""
    items = scan(LEADS, where="#version >= :one", values={"one": 1})
    owned = [item for item in items if item.get("ownerId", "") == owner_id]
    found = Counter(str(item.get("outcome", item["status"])) for item in owned)
    return {standing: found[standing.value] for standing in STANDINGS}


def revisions() -> int:
    """Return how often the counters were written."""
    shards = calls.query_all(RECORDS, "#PK = :pk", {"pk": keys.COUNTERS}, consistent=True)
    return sum(int(str(shard["rev"])) for shard in shards)


def only(**numbers: int) -> dict[Standing, int]:
    return {standing: numbers.get(standing.value, 0) for standing in STANDINGS}


def lead_item_of(  # noqa: PLR0913 -- the parts of a new lead
    lead_id: str,
    fields: LeadFields,
    *,
    source: str,
    status: Status,
    owner_id: str | None,
    at: str,
) -> Item:
    """Return the item of a new lead."""
    made = new_lead(lead_id, fields, source=source, status=status, owner_id=owner_id, at=at)
    return lead_item(made)


def finished(large: LargeAct) -> LargeAct:
    """Do all steps of an act on a whole list."""
    while large.is_working:
        large = steps.step(large.id)
    return large
