"""Taking back what an act did, field by field, while people work.

An undo is an act itself, so it can be undone; its write id contains
``~``, by which the workflow that mails news knows it. An act is undone once: its own item
says by whom, in the transaction of the undo.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from crm.dynamodb.calls import Item, Key, Update, Write, set_expression, transact
from crm.dynamodb.errors import ConflictError, TransactionRefusedError
from crm.dynamodb.parallel import settle
from crm.outbox.models import State
from crm.tables import RECORDS
from leads import keys
from leads.models import Actor, EventType, Lead, timestamp
from leads.repository import conversation
from leads.repository.acts import Act, Kept, Portion, Undoing, act_id, act_item, expiry, find
from leads.repository.changes import together
from leads.repository.events import event_put
from leads.repository.giving_back import ANSWERED, Back, Way, plan_back, stored_leads
from leads.repository.replies import withdraw

ATTEMPTS = 8
UNDONE = "~"


@dataclass
class Undone:
    """What an undo came to.

    ``act_id`` names it as an act of its own, empty if there was nothing to give back.
    ``leads`` are those that it changed or brought back, as they then are; ``deleted`` the ids
    of those that it deleted again. ``before`` tells who had undone the act already, ``mail``
    where the mail is that the act sent.
    """

    act_id: str = ""
    leads: list[Lead] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    before: Undoing | None = None
    is_repeat: bool = False
    mail: State | None = None

    @property
    def is_done(self) -> bool:
        """Whether it changed anything, now or the first time."""
        is_ours = self.before is None or self.is_repeat
        return bool(self.act_id) or (is_ours and self.mail is State.WITHDRAWN)


def undo(name: str, *, actor: Actor, write_id: str) -> Undone:
    """Take back what the act with this name did, as far as nobody changed it since.

    The same ``write_id`` again is answered like the first time. As many WRU as the act, and 2
    for each KB of it. Raises :class:`ActNotFoundError` and ``ItemTooLargeError``.
    """
    act = find(name)
    if act.steps:
        raise ValueError("An act that is done in steps is undone in steps.")
    write_id = f"{write_id}{UNDONE}"
    # An undo that was cut off goes on as the act that it was.
    earlier = [one.undone for one in act.portions if one.undone]
    mine = [one.act_id for one in earlier if one.write_id == write_id]
    at = mine[0].removesuffix(f"-{write_id}") if mine else timestamp(datetime.now(UTC))
    way = Way(act.write_id, actor, write_id, at)
    outcome = Undone()
    if act.mail:
        # By itself and first: an undo that is cut off after it goes on from there.
        outcome.mail = withdraw(act.changes[0].lead_id, act.mail)
        if outcome.mail is not State.WITHDRAWN:
            way = replace(way, keeps=ANSWERED)
    settle(partial(_undo_portion, act, way, portion, outcome) for portion in act.portions)
    if outcome.act_id:
        _mark_conversations(act, outcome, at)
    return outcome


def _mark_conversations(act: Act, outcome: Undone, at: str) -> None:
    """Let conversations stay with the leads that came back, and end with those that went again.

    Marking twice is once: a repeat finishes what a process left that died in between.
    """
    back = {change.lead_id for change in act.changes if change.after is None}
    kept = [lead.lead_id for lead in outcome.leads if lead.lead_id in back]
    settle(partial(conversation.keep, lead_id) for lead_id in kept)
    settle(partial(conversation.expire, lead_id, expiry(at)) for lead_id in outcome.deleted)


def _undo_portion(act: Act, way: Way, portion: Portion, outcome: Undone) -> None:
    for _ in range(ATTEMPTS):
        if portion.undone:
            _tell_repeat(way, portion, outcome)
            return
        backs, kept = plan_back(way, portion.changes)
        if not backs:
            portion = _again(act, portion)
            if portion.undone:
                continue  # By somebody else meanwhile: that is why nothing is as it was.
            outcome.kept += kept
            if outcome.mail is State.WITHDRAWN:
                _mark_alone(way, act)
            return
        try:
            transact(_writes(act, way, portion, backs), uuid4().hex)
        except TransactionRefusedError:
            portion = _again(act, portion)
        else:
            outcome.act_id = act_id(way.at, way.write_id)
            outcome.leads += [back.lead for back in backs if back.lead]
            outcome.deleted += [back.change.lead_id for back in backs if not back.lead]
            outcome.kept += kept
            return
    raise ConflictError("Others kept changing the leads of the act.")


def _again(act: Act, portion: Portion) -> Portion:
    portions = find(act.id).portions
    return next(one for one in portions if one.number == portion.number)


def _tell_repeat(way: Way, portion: Portion, outcome: Undone) -> None:
    undone = portion.undone
    outcome.before = undone
    if undone and undone.write_id == way.write_id:
        outcome.is_repeat = True
        outcome.act_id = undone.act_id
        stored = stored_leads(portion.changes)
        outcome.leads += map(Lead.from_item, stored.values())
        again = [change.lead_id for change in portion.changes if change.before is None]
        outcome.deleted += [lead_id for lead_id in again if lead_id not in stored]


def _writes(act: Act, way: Way, portion: Portion, backs: Sequence[Back]) -> list[Write]:
    """Return all of it as one transaction, with the mark that the act was undone."""
    event = backs[0].writes.events[0].item
    changes = [back.change for back in backs]
    item = act_item(event, changes, kind=EventType.UNDONE, portion=portion.number)
    mark = _mark(way, keys.act(act.at, act.write_id, portion.number))
    return [mark, event_put(item), *together([back.writes for back in backs])]


def _mark_alone(way: Way, act: Act) -> None:
    """Mark an act as undone that changed nothing but what was taken back already."""
    try:
        transact([_mark(way, keys.act(act.at, act.write_id))], uuid4().hex)
    except TransactionRefusedError:
        return  # Somebody else has, meanwhile.


def _mark(way: Way, key: Key) -> Update:
    """Return the write that marks an act, or a portion of one, as undone: once."""
    undone = undone_by(way)
    return Update(
        table=RECORDS,
        key=key,
        change=set_expression(undone),
        values=undone,
        condition="attribute_exists(#PK) AND attribute_not_exists(#undone)",
    )


def undone_by(way: Way) -> Item:
    """Return the attribute that tells by whom an act was undone."""
    undone: Item = {
        "act": act_id(way.at, way.write_id),
        "at": way.at,
        "writeId": way.write_id,
        "id": way.actor.id,
        "name": way.actor.name,
    }
    return {"undone": undone}
