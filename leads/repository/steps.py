"""Acts on all leads of a list, in steps of up to 25 leads, each one transaction.

A step moves the record of the act on in its own transaction, so whoever is cut off, or does
the same step at the same moment, does nothing twice. What it changed stands beside the record
as a portion, from which an undo, in steps as well, gives it back. Leads that came in or were
changed since the act was begun are left alone: whoever began it has not seen them like that.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import batched
from typing import NamedTuple
from uuid import uuid4

from django.tasks import task

from crm.dynamodb.calls import Item, Update, batch_get, query_all, transact
from crm.dynamodb.errors import (
    ConflictError,
    InvalidRequestError,
    ItemTooLargeError,
    TransactionRefusedError,
)
from crm.dynamodb.parallel import settle
from crm.jobs.models import Again
from crm.jobs.stepping import alone, go_on_with
from crm.jobs.store import asking
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.models import Actor, EventType, Lead, timestamp
from leads.repository import conversation
from leads.repository.actions import assigning, closing, moving
from leads.repository.acts import Act, Kept, Undoing, act_id, expiry, find
from leads.repository.errors import ActNotFoundError
from leads.repository.giving_back import Way, plan_back
from leads.repository.large_act import (
    Chosen,
    LargeAct,
    State,
    Task,
    creation,
    load,
    moved_on,
    named,
    portions,
    record_of,
    step_puts,
)
from leads.repository.listing import listing
from leads.repository.plans import (
    LEADS_AT_ONCE,
    LeadPlan,
    Plan,
    changing,
    chunks,
    deleting,
    writes_of,
)
from leads.repository.reads import last_change
from leads.repository.search import search
from leads.repository.undo import UNDONE, undone_by

ATTEMPTS = 8
_CANNOT_BE_WRITTEN = (ItemTooLargeError, InvalidRequestError)
# What these do decides how long a conversation is kept.
_END_LEADS = {EventType.DELETED, EventType.UNDONE}


def begin(
    task: Task, chosen: Chosen, *, expected: int = 0, actor: Actor, write_id: str
) -> LargeAct:
    """Begin an act on all leads that are chosen: 8 WRU. The same ``write_id`` is the same act."""
    act = LargeAct(
        at=timestamp(datetime.now(UTC)),
        write_id=write_id,
        actor=actor,
        task=task,
        chosen=chosen,
        expected=expected,
    )
    try:
        transact([*creation(act), _going_on(act)], uuid4().hex)
    except TransactionRefusedError:
        return named(write_id)
    return act


def begin_undo(name: str, *, actor: Actor, write_id: str) -> LargeAct | Undoing:
    """Begin to take back an act that was done in steps, and stop it if it still goes on.

    The same ``write_id`` again is the same undo. Of an act that was undone before, return by
    whom. Raises :class:`ActNotFoundError`, and ``ConflictError`` if others kept at the act.
    """
    write_id = f"{write_id}{UNDONE}"
    for _ in range(ATTEMPTS):
        act = find(name)
        if act.undone:
            return named(write_id) if act.undone.write_id == write_id else act.undone
        of = record_of(act)
        undo = LargeAct(
            at=timestamp(datetime.now(UTC)),
            write_id=write_id,
            actor=actor,
            task=Task(kind=EventType.UNDONE),
            undoes=name,
            to_undo=of.portions,
            expected=of.done,
        )
        stopped = of.ended(State.STOPPED if of.is_working else of.state)
        mark = moved_on(stopped, undone_by(_way(undo, act)))
        try:
            transact([mark, *creation(undo), _going_on(undo)], uuid4().hex)
        except TransactionRefusedError:
            continue  # It went on meanwhile, or was undone.
        return undo
    raise ConflictError("Others kept at the same act.")


@task
def go_on(act: str) -> Again:
    """Go on for a while with an act whose page was closed, and say when to do the rest."""
    try:
        return go_on_with(lambda: step(act).is_working, busy=ConflictError)
    except ActNotFoundError:
        return None  # Its thirty days are over.


def _going_on(act: LargeAct) -> Update:
    return asking(go_on, {"act": act.id}, name=f"act {act.write_id}", due=alone())


def step(name: str) -> LargeAct:
    """Do the next part of an act, up to 25 leads, and return how far it is.

    Nothing happens at its end: go on while it ``is_working``. Costs what the changes cost, and
    4 WRU for the record and 2 for each KB that is kept for an undo. Raises
    :class:`ActNotFoundError`, ``ConflictError`` if others kept changing the same leads, and the
    other errors of DynamoDB; whatever cuts a step off, doing it again completes it.
    """
    act = load(name)
    for _ in range(ATTEMPTS):
        if not act.is_working:
            return act
        if act.task.kind in _END_LEADS and act.portions:
            # Of the step before: whoever did it may not have come so far.
            _mark_conversations(act)
        try:
            return _do(act)
        except _CANNOT_BE_WRITTEN:
            return _do_one_by_one(act)
        except TransactionRefusedError:
            before, act = act, load(name)
            if act.revision != before.revision:
                return act  # Somebody else did it.
    raise ConflictError("Others kept changing the leads of the act.")


def open_acts() -> list[LargeAct]:
    """Read the acts that go on, oldest first: a Query for each begun in the last thirty days."""
    begun = query_all(RECORDS, "#PK = :pk", {"pk": keys.LARGE_ACTS}, consistent=True)
    names = (act_id(str(item["at"]), str(item["SK"])) for item in begun)
    acts = [act for name in names if (act := _if_kept(name)) and act.is_working]
    return sorted(acts, key=lambda act: act.at)


class _Todo(NamedTuple):
    """What the next step does and what it leaves, and how far the act is after all of it."""

    chunk: list[LeadPlan]
    rest: list[LeadPlan]
    kept: list[Kept]
    moved: dict[str, object]


def _do(act: LargeAct) -> LargeAct:
    if act.is_through:
        return _store(act.ended(State.DONE))
    todo = _todo(act)
    if todo.rest:  # It is the next step.
        return _store(act, todo.chunk)
    return _store(act.model_copy(update=todo.moved), todo.chunk, todo.kept)


def _do_one_by_one(act: LargeAct) -> LargeAct:
    """Do a step of which some lead cannot be written: each lead alone, and that one is left."""
    todo = _todo(act, alone=True)
    kept = list(todo.kept)
    for plan in (*todo.chunk, *todo.rest):
        try:
            act = _store(act, [plan])
        except _CANNOT_BE_WRITTEN:
            kept.append(Kept(plan.change.lead_id, "", "", "", ""))
    return _store(act.model_copy(update=todo.moved), [], kept)


def _store(act: LargeAct, plans: Sequence[LeadPlan] = (), kept: Sequence[Kept] = ()) -> LargeAct:
    """Store what a step does and that it was done, all at once."""
    count = {"done": act.done + len(plans), "left": act.left + len({one.lead_id for one in kept})}
    after = act.model_copy(update=count | {"portions": act.portions + bool(plans)})
    told = step_puts(after, [plan.change for plan in plans], kept)
    transact([moved_on(after), *told, *writes_of(plans)], uuid4().hex)
    return after.model_copy(update={"revision": after.revision + 1})


def _todo(act: LargeAct, *, alone: bool = False) -> _Todo:
    return _todo_undo(act, alone=alone) if act.undoes else _todo_act(act)


def _todo_act(act: LargeAct) -> _Todo:
    lead_ids, cursor = _page(act)
    due, later = _due(act, lead_ids)
    plan = _plan(act)
    planned = [(item, one) for item in due if (one := plan(item, act.at))]
    plans = [one for _item, one in planned]
    chunk = len(next(chunks(planned), []))
    moved: dict[str, object] = {"cursor": cursor, "is_through": not cursor}
    return _Todo(plans[:chunk], plans[chunk:], list(map(_kept, later)), moved)


def _todo_undo(act: LargeAct, *, alone: bool) -> _Todo:
    undone = _if_kept(act.undoes) if act.to_undo else None
    if undone is None:
        return _Todo([], [], [], {"is_through": True})
    way, changes = _way(act, undone), portions(undone, act.to_undo).changes
    plans: list[LeadPlan] = []
    kept: list[Kept] = []
    for group in batched(changes, 1 if alone else LEADS_AT_ONCE):
        try:
            backs, left = plan_back(way, group)
        except ItemTooLargeError:
            if not alone:
                raise
            backs, left = [], [Kept(group[0].lead_id, "", "", "", "")]
        plans += backs
        kept += left
    return _Todo(plans, [], kept, {"to_undo": act.to_undo - 1})


def _if_kept(name: str) -> LargeAct | None:
    """Return an act, unless its thirty days are over."""
    try:
        return load(name)
    except ActNotFoundError:
        return None


def _way(undo: LargeAct, undone: Act | LargeAct) -> Way:
    return Way(undone.write_id, undo.actor, undo.write_id, undo.at)


def _page(act: LargeAct) -> tuple[list[str], str]:
    """Return the ids of the next leads of the list, and where it goes on then."""
    wanted, text = act.chosen.wanted, act.chosen.text
    page = (
        search(text, wanted, cursor=act.cursor, size=LEADS_AT_ONCE)
        if text
        else listing(wanted, act.cursor, LEADS_AT_ONCE)
    )
    return [lead.lead_id for lead in page.leads], page.cursor


def _due(act: LargeAct, lead_ids: Iterable[str]) -> tuple[list[Item], list[Lead]]:
    """Return the leads that are still chosen, as stored, and those that others changed since."""
    due, later = [], []
    for item in batch_get(LEADS, list(map(keys.lead, lead_ids)), consistent=True):
        lead = Lead.from_item(item)
        if lead.write_id == act.write_id or not act.chosen.wanted.is_match(lead):
            continue
        changed = lead.updated or lead.created
        if changed and timestamp(changed) > act.at:
            later.append(lead)
        else:
            due.append(item)
    return due, later


def _kept(lead: Lead) -> Kept:
    event = last_change(lead)
    who = event.actor.name if event else ""
    return Kept(lead.lead_id, "", "", who, lead.updated_at or lead.created_at)


def _plan(act: LargeAct) -> Plan:
    task, who, name = act.task, act.actor, act.write_id
    match task.kind:
        case EventType.MOVED:
            return changing(moving(task.status, who, name))
        case EventType.ASSIGNED:
            return changing(assigning(task.owner_id, who, name))
        case EventType.CLOSED:
            return changing(closing(task.outcome, task.reason, who, name))
        case EventType.DELETED:
            return deleting(who, name)
    raise ValueError(f"No act in steps is {task.kind}.")


def _mark_conversations(act: LargeAct) -> None:
    """Let conversations end with the leads that went in the last step, and stay with others."""
    changes = portions(act, act.portions).changes
    gone = [change.lead_id for change in changes if change.after is None]
    back = [change.lead_id for change in changes if change.before is None]
    settle(
        [
            *(partial(conversation.expire, lead_id, expiry(act.at)) for lead_id in gone),
            *(partial(conversation.keep, lead_id) for lead_id in back),
        ]
    )
