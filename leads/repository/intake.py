"""New leads: each submission becomes one lead, however often it is sent."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from crm.dynamodb.calls import Item, Put, Value, Write, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.schema import EPHEMERAL, LEADS
from leads import keys
from leads.models import Actor, EventType, Lead, LeadFields, Status, timestamp
from leads.repository.counters import counted
from leads.repository.errors import SubmissionReusedError
from leads.repository.events import event_put
from leads.repository.tokens import token_writes

REMEMBERED = timedelta(hours=24)


@dataclass(frozen=True)
class Intake:
    """What became of a submission; ``repeated`` if it had been stored before."""

    lead_id: str
    repeated: bool


@dataclass(frozen=True)
class LeadItems:
    """The items of one new lead, ready for a bulk writer to store."""

    status: Status
    lead: Item
    events: list[Item]
    tokens: list[Item]

    @property
    def lead_id(self) -> str:
        """The lead's id."""
        return str(self.lead["leadId"])


def create(  # noqa: PLR0913 -- the parts of a new lead
    fields: LeadFields,
    *,
    submission: str,
    actor: Actor,
    source: str,
    status: Status = Status.NEW,
    owner_id: str | None = None,
    blind: bool = False,
) -> Intake:
    """Store a new lead in one transaction: 10 WRU for 1 KB without an owner, 2 a token.

    ``submission`` names the visitor's act (a form's hidden id, an Idempotency-Key): the
    same one with the same fields again is no second lead. ``blind`` asks for nothing that
    is stored, for a ``submission`` that cannot come with other fields. Raises
    :class:`SubmissionReusedError` if it comes with other fields, and
    ``ItemTooLargeError`` before any request.
    """
    now = datetime.now(UTC)
    lead_id = keys.lead_id_of(submission)
    contents = sha256(fields.model_dump_json().encode()).hexdigest()[:32]
    lead = new_lead(
        lead_id, fields, source=source, status=status, owner_id=owner_id, at=timestamp(now)
    )
    record: Item = {
        **keys.idempotency(submission),
        "leadId": lead_id,
        "contents": contents,
        "expiresAt": int((now + REMEMBERED).timestamp()),
    }
    new = Lead.from_item(lead)
    writes: list[Write] = [
        Put(
            table=LEADS,
            item=lead | {"contents": contents},
            condition="attribute_not_exists(#leadId)",
        ),
        event_put(new, EventType.CREATED, actor, lead_id),
        counted(lead_id, enters=status),
        Put(
            table=EPHEMERAL,
            item=record,
            condition="attribute_not_exists(#PK) OR #expiresAt < :now",
            values={"now": int(now.timestamp())},
        ),
        *token_writes(None, new),
    ]
    try:
        transact(writes, f"{lead_id}{timestamp(now)}{contents}", blind=blind)
    except TransactionRefusedError as refusal:
        return _repeated(refusal, lead_id, contents)
    return Intake(lead_id, repeated=False)


def new_lead(  # noqa: PLR0913 -- the parts of a new lead
    lead_id: str,
    fields: LeadFields,
    *,
    source: str,
    status: Status,
    owner_id: str | None,
    at: str,
) -> Item:
    """Give the item of a new lead; optional attributes that are empty are left out."""
    optional: dict[str, Value] = {
        "company": fields.company,
        "phone": fields.phone,
        "ownerId": owner_id,
    }
    return {
        "leadId": lead_id,
        "name": fields.name,
        "email": fields.email,
        "subject": fields.subject,
        "message": fields.message,
        "status": status.value,
        "createdAt": at,
        "updatedAt": at,
        "stageEnteredAt": at,
        "version": 1,
        "source": source,
        "writeId": lead_id,
        "boardShard": keys.shard(lead_id),
        **{name: value for name, value in optional.items() if value},
    }


def _repeated(refusal: TransactionRefusedError, lead_id: str, contents: str) -> Intake:
    known = (stored.get("contents") for stored in refusal.failed.values() if stored)
    # An event of the same millisecond is stored, too, and has no "contents".
    if any(before not in {None, contents} for before in known):
        raise SubmissionReusedError(lead_id) from refusal
    return Intake(lead_id, repeated=True)
