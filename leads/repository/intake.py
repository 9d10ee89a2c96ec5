"""New leads: each submission becomes one lead, however often it is sent."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from crm.dynamodb.calls import Item, Put, Update, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.tables import EPHEMERAL
from leads import keys
from leads.attribution import NOWHERE, Attribution
from leads.models import Actor, EventType, Lead, LeadFields, Status, timestamp
from leads.repository.changes import creation_writes
from leads.repository.errors import SubmissionReusedError
from leads.repository.events import arrival_changes, event_item
from leads.repository.sources import key_of

type AsksForJob = Callable[[str, datetime], Put]

REMEMBERED = timedelta(hours=24)
ALIKE_FOR = timedelta(minutes=10)
"""For how long the same words are the same message, where nothing else names it."""


class Held(NamedTuple):
    """A message that waited: when it came in, and the write that says it waits no more."""

    since: str
    release: Update


class Intake(NamedTuple):
    """What became of a submission; ``repeated`` if it had been stored before."""

    lead_id: str
    repeated: bool


def create(  # noqa: PLR0913 -- the parts of a new lead
    fields: LeadFields,
    *,
    submission: str,
    actor: Actor,
    source: str,
    alike: str = "",
    status: Status = Status.NEW,
    owner_id: str | None = None,
    blind: bool = False,
    held: Held | None = None,
    attribution: Attribution = NOWHERE,
    jobs: Sequence[AsksForJob] = (),
) -> Intake:
    """Store a new lead in one transaction: 10 WRU for 1 KB without an owner, 2 a token.

    ``submission`` names the visitor's act (a form's hidden id, an Idempotency-Key): the
    same one with the same fields again is no second lead. ``alike`` names the message where a
    submission cannot, from which no id is made: its like within ten minutes is a repeat.
    ``blind`` asks for nothing that is stored, for a ``submission`` that cannot come with other
    fields. ``attribution`` goes with it, tells a repeat from nothing, and takes 0.5 RRU if it
    has a source. One that was ``held`` counts from when it came in, and is released by the same
    transaction. ``jobs`` return what asks for work that follows, given the lead's id and the
    present moment: 3 WRU each. Raises :class:`SubmissionReusedError` if it comes with other fields,
    ``ItemTooLargeError`` before any request, and ``TransactionRefusedError`` if it is not
    held any more.
    """
    now = datetime.now(UTC)
    lead_id = keys.lead_id_of(submission)
    contents = contents_of(fields)
    at = held.since if held else timestamp(now)
    lead = new_lead(
        lead_id, fields, source=source, status=status, owner_id=owner_id, at=at
    ).with_changes(
        {
            "updated_at": timestamp(now),
            "attribution": replace(attribution, source_key=key_of(attribution.utm_source)),
        }
    )
    first_time = first_time_put(submission, lead_id, contents, now, alike=alike)
    if held:
        # Whoever releases a message decides anew: a lead that was deleted meanwhile is none.
        first_time = replace(first_time, condition=None, values=None)
    kind = EventType.RELEASED if held else EventType.CREATED
    arrived = event_item(lead, kind, actor, lead_id, arrival_changes(lead))
    own = [*creation_writes(lead, [arrived], contents=contents).all, first_time]
    # What is sent twice within a millisecond is the same request.
    own += [job(lead_id, datetime.fromisoformat(timestamp(now))) for job in jobs]
    writes = [*own, held.release] if held else own
    try:
        transact(writes, f"{lead_id}{timestamp(now)}{contents}{lead.attribution!r}", blind=blind)
    except TransactionRefusedError as refusal:
        if refusal.failed.keys() == {len(own)}:
            raise
        return _answer_to_repeat(refusal, lead_id, contents)
    return Intake(lead_id, repeated=False)


def first_time_put(
    submission: str, lead_id: str, contents: str, now: datetime, *, alike: str = ""
) -> Put:
    """Return the write that a repeat of a submission, or of a message ``alike``, fails at."""
    record: Item = {
        **keys.idempotency(alike or submission),
        "leadId": lead_id,
        "contents": contents,
        "expiresAt": int((now + (ALIKE_FOR if alike else REMEMBERED)).timestamp()),
    }
    return Put(
        table=EPHEMERAL,
        item=record,
        condition="attribute_not_exists(#PK) OR #expiresAt < :now",
        values={"now": int(now.timestamp())},
    )


def contents_of(fields: LeadFields) -> str:
    """Return what tells the contents of a submission from others."""
    return sha256(fields.contents.encode()).hexdigest()[:32]


def new_lead(  # noqa: PLR0913 -- the parts of a new lead
    lead_id: str,
    fields: LeadFields,
    *,
    source: str,
    status: Status,
    owner_id: str | None,
    at: str,
) -> Lead:
    """Return the lead that a submission makes, in its first version."""
    return Lead(
        lead_id=lead_id,
        status=status,
        created_at=at,
        updated_at=at,
        version=1,
        owner_id=owner_id,
        source=source,
        stage_entered_at=at,
        write_id=lead_id,
    ).with_changes(fields.texts)


def _answer_to_repeat(refusal: TransactionRefusedError, lead_id: str, contents: str) -> Intake:
    known = (stored.get("contents") for stored in refusal.failed.values() if stored)
    # An event of the same millisecond is stored, too, and has no "contents".
    if any(before not in {None, contents} for before in known):
        raise SubmissionReusedError(lead_id) from refusal
    return Intake(lead_id, repeated=True)
