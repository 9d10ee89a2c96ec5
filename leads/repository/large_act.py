"""An act on all leads of a list, however many: what is done to each, and how far it is.

Its record stands where every act stands; what its steps did stands apart, in portions.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, cast

from crm.dynamodb.calls import Item, Put, Update, Value, query, query_all, set_expression
from crm.tables import RECORDS
from leads import keys
from leads.models import Actor, ClosedAs, EventType, FrozenModel, Status
from leads.repository.acts import Act, Kept, act_id, expiry, find
from leads.repository.errors import ActNotFoundError
from leads.repository.filters import EVERYTHING, Filter
from leads.repository.lead_changes import LeadChange, packed, unpacked


class State(StrEnum):
    """Whether an act in steps goes on; ``STOPPED`` is one that was undone before its end."""

    WORKING = "working"
    DONE = "done"
    STOPPED = "stopped"


class Task(FrozenModel):
    """What is done to each lead; an undo (``UNDONE``) gives back what its act changed."""

    kind: EventType
    status: Status = Status.NEW
    owner_id: str = ""
    outcome: ClosedAs = ClosedAs.LOST
    reason: str = ""


class Chosen(FrozenModel):
    """Which leads are meant: those of a list, and of them what ``text`` finds, if any.

    ``query`` is that of the list's address, for people. Both are empty once ``is_forgotten``.
    """

    wanted: Filter = EVERYTHING
    text: str = ""
    query: str = ""
    is_forgotten: bool = False

    def forgotten(self) -> "Chosen":
        """Return it without words, if it has any: no erasure would find a customer's here."""
        if not (self.text or self.wanted.email or self.wanted.reason):
            return self
        wanted = self.wanted._replace(email=None, reason="")
        return Chosen(wanted=wanted, is_forgotten=True)


class LargeAct(FrozenModel):
    """An act that is done in steps.

    The leads are ``chosen``, or those of the act that it ``undoes``, by its name. ``cursor`` is
    where the list goes on, ``to_undo`` how many portions of the other act are left; once it
    ``is_through`` there is nothing to look at. Of the leads that were looked at, ``done`` were
    changed, and ``left`` were left alone, for others had changed them. ``expected`` is how many
    there were in the beginning, 0 if nobody knows.
    """

    at: str
    write_id: str
    actor: Actor
    task: Task
    chosen: Chosen = Chosen()
    undoes: str = ""
    to_undo: int = 0
    expected: int = 0
    state: State = State.WORKING
    cursor: str = ""
    is_through: bool = False
    portions: int = 0
    done: int = 0
    left: int = 0
    revision: int = 0

    @property
    def id(self) -> str:
        """The name of the act in addresses and in ``X-Act``."""
        return act_id(self.at, self.write_id)

    @property
    def is_working(self) -> bool:
        """Whether another step has something to do."""
        return self.state is State.WORKING

    def ended(self, state: State) -> "LargeAct":
        """Return it as it stands once no step reads which leads were chosen."""
        return self.model_copy(
            update={"state": state, "chosen": self.chosen.forgotten(), "cursor": ""}
        )


def record_of(act: Act) -> LargeAct:
    """Return the record of an act that is done in steps; raises :class:`ActNotFoundError`."""
    if not act.steps:
        raise ActNotFoundError(act.id)
    return LargeAct.model_validate_json(act.steps)


def load(name: str) -> LargeAct:
    """Read an act that is done in steps: one Query. Raises :class:`ActNotFoundError`."""
    return record_of(find(name))


def named(write_id: str) -> LargeAct:
    """Read an act by its write id: two Queries. Raises :class:`ActNotFoundError`."""
    key = keys.large_act(write_id)
    found = query(
        RECORDS, "#PK = :pk AND #SK = :sk", {"pk": key["PK"], "sk": key["SK"]}, consistent=True
    )
    if not found.items:
        raise ActNotFoundError(write_id)
    return load(act_id(str(found.items[0]["at"]), write_id))


def creation(act: LargeAct) -> list[Put]:
    """Return what stores an act that begins: once for each write id."""
    expires = int(expiry(act.at).timestamp())
    listed: Item = {**keys.large_act(act.write_id), "at": act.at, "expiresAt": expires}
    record: Item = {
        **keys.act(act.at, act.write_id),
        "at": act.at,
        "kind": act.task.kind.value,
        "actorId": act.actor.id,
        "actorName": act.actor.name,
        "steps": act.model_dump_json(),
        "revision": act.revision,
        "expiresAt": expires,
    }
    return [
        Put(table=RECORDS, item=listed, condition="attribute_not_exists(#PK)"),
        Put(table=RECORDS, item=record),
    ]


def moved_on(act: LargeAct, more: Item | None = None) -> Update:
    """Return the write that takes a record on by one revision, if nobody else did."""
    after = act.model_copy(update={"revision": act.revision + 1})
    values: Item = {"steps": after.model_dump_json(), "revision": after.revision, **(more or {})}
    return Update(
        table=RECORDS,
        key=keys.act(act.at, act.write_id),
        change=set_expression(values),
        condition="#revision = :seen AND attribute_not_exists(#undone)",
        values={**values, "seen": act.revision},
    )


def step_puts(act: LargeAct, changes: Sequence[LeadChange], kept: Sequence[Kept]) -> list[Put]:
    """Return what stores what the last step of an act did, and what it left as it is."""
    expires: Item = {"expiresAt": int(expiry(act.at).timestamp())}
    done = keys.portion(act.write_id, act.portions)
    left = keys.left_alone(act.write_id, act.revision + 1)
    puts = []
    if changes:
        puts.append(Put(table=RECORDS, item={**done, "changes": packed(changes), **expires}))
    if kept:
        # No words of a person: an erasure could not find them here.
        told: list[Value] = [list(one._replace(title="")) for one in kept]
        puts.append(Put(table=RECORDS, item={**left, "kept": told, **expires}))
    return puts


class PortionPage(NamedTuple):
    """What some steps changed, and the number of the step to go on from; 0: no more."""

    changes: list[LeadChange]
    next: int


def portions(act: LargeAct, first: int, number: int = 1) -> PortionPage:
    """Read what ``number`` steps of an act did, from the ``first`` on: 0.5 RRU for each 4 KB."""
    last = first + number - 1
    found = query_all(
        RECORDS,
        "#PK = :pk AND #SK BETWEEN :first AND :last",
        {
            "pk": keys.steps_of(act.write_id),
            "first": keys.portion(act.write_id, first)["SK"],
            "last": keys.portion(act.write_id, last)["SK"],
        },
        consistent=True,
    )
    changes = [change for item in found for change in unpacked(item["changes"])]
    return PortionPage(changes, last + 1 if last < act.portions else 0)


class KeptPage(NamedTuple):
    """What some steps left as it is, and the number to go on from; 0: no more."""

    kept: list[Kept]
    next: int


def left_alone(act: LargeAct, first: int, number: int) -> KeptPage:
    """Read what steps of an act left as it is, ``number`` of them: one Query.

    Titles are empty: the leads have them.
    """
    found = query(
        RECORDS,
        "#PK = :pk AND #SK >= :first",
        {"pk": keys.steps_of(act.write_id), "first": keys.left_alone(act.write_id, first)["SK"]},
        limit=number,
    )
    told = [cast("list[list[str]]", item["kept"]) for item in found.items]
    last = (found.last_key or {}).get("SK", "").rpartition("#")[2]
    return KeptPage([Kept(*one) for of in told for one in of], int(last) + 1 if last else 0)
