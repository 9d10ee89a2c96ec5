"""What people did, each act with the values before and after it, kept for thirty days.

An act is stored in the transaction of the change, one item for each lead or for up to 25
leads that were changed together. What follows from it is in :mod:`leads.repository.undo`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby
from typing import NamedTuple, cast

from crm.dynamodb.calls import Item, Value, delete, query, query_all, update
from crm.dynamodb.cursor import InvalidCursorError, decode, encode
from crm.dynamodb.errors import ConditionFailedError
from crm.tables import RECORDS
from leads import keys
from leads.models import Actor, EventType, Lead, moment
from leads.repository.errors import ActNotFoundError
from leads.repository.lead_changes import LeadChange, packed, unpacked

KEPT = timedelta(days=30)
PAGE_SIZE = 20
# A page asks so often, each time for acts of one day; with a filter it looks at so many at once.
QUERIES = 3
FILTERED_READ = 100
# Where an engine expires nothing, somebody sweeps at least as often.
SWEPT = timedelta(days=60)
# Of a time as it is stored, with which the name of an act begins.
TIME_LENGTH = 24
_ID = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)-([\w~-]{1,64})", re.ASCII)
_AFTER_ALL = "~"
_SEEN = "#changes = :seen"


class Kept(NamedTuple):
    """What an undo left as it is: a field, or the whole lead where ``field`` is empty.

    ``who`` changed it ``at`` a time since; both are empty if no timeline tells.
    """

    lead_id: str
    title: str
    field: str
    who: str
    at: str


class Undoing(NamedTuple):
    """By which act something was undone, and by whom."""

    act_id: str
    write_id: str
    actor: Actor


@dataclass(frozen=True)
class Portion:
    """The leads that one transaction changed; ``number`` is ``None`` where there is one alone."""

    number: int | None
    changes: list[LeadChange]
    undone: Undoing | None


@dataclass(frozen=True)
class Act:
    """What somebody did at once, to one lead or to many.

    ``steps`` is the record of one that is done in steps, as stored: its portions stand apart.
    ``mail`` is the sort key of the entry of the conversation that it sent.
    """

    at: str
    write_id: str
    kind: EventType
    actor: Actor
    portions: list[Portion]
    steps: str = ""
    mail: str = ""

    @property
    def id(self) -> str:
        """The name of the act in addresses and in ``X-Act``."""
        return act_id(self.at, self.write_id)

    @property
    def changes(self) -> list[LeadChange]:
        """What it changed, lead by lead."""
        return [change for portion in self.portions for change in portion.changes]

    @property
    def undone(self) -> Undoing | None:
        """By whom the act was undone, as far as it could be."""
        undone = [portion.undone for portion in self.portions]
        return undone[0] if all(undone) else None

    @property
    def happened(self) -> datetime | None:
        """When it was done."""
        return moment(self.at)


class Wanted(NamedTuple):
    """Which acts are asked for: of a person, of a kind; all if empty."""

    person: str = ""
    kind: str = ""


class ActPage(NamedTuple):
    """Acts, newest first, and the cursor of older ones; empty if there are none."""

    acts: list[Act]
    cursor: str


def act_id(at: str, write_id: str) -> str:
    """Return the name of an act, from which its key follows."""
    return f"{at}-{write_id}"


def expiry(at: str) -> datetime:
    """Return until when an act of that time can be undone."""
    return datetime.fromisoformat(at) + KEPT


def act_of(lead: Lead, write_id: str) -> str:
    """Return the act ``write_id`` that a lead is the result of; empty if it is another's."""
    return act_id(lead.updated_at, write_id) if lead.write_id == write_id else ""


def act_item(
    event: Item,
    changes: Sequence[LeadChange],
    *,
    kind: str = "",
    portion: int | None = None,
    mail: str = "",
) -> Item:
    """Return the item of the act that an ``event`` tells of: 2 WRU in the transaction.

    Texts are compressed: an act fits wherever the lead did.
    """
    at = str(event["at"])
    return {
        **keys.act(at, str(event["writeId"]), portion),
        "at": at,
        "kind": kind or event["type"],
        "actorId": event["actorId"],
        "actorName": event["actorName"],
        "changes": packed(changes),
        "expiresAt": int(expiry(at).timestamp()),
        **({"mail": mail} if mail else {}),
    }


def find(name: str) -> Act:
    """Read an act with all of its portions: one Query. Raises :class:`ActNotFoundError`."""
    found = _ID.fullmatch(name)
    if not found:
        raise ActNotFoundError(name)
    key = keys.act(found[1], found[2])
    items = query_all(
        RECORDS,
        "#PK = :pk AND begins_with(#SK, :sk)",
        {"pk": key["PK"], "sk": key["SK"]},
        consistent=True,
    )
    # The write id of another act may begin like this one.
    items = [item for item in items if _name_of(item) == (found[1], found[2])]
    if not items or _number(items[0], "expiresAt") <= datetime.now(UTC).timestamp():
        raise ActNotFoundError(name)
    return _act(items)


def page(wanted: Wanted, cursor: str = "") -> ActPage:
    """Read acts, newest first: 2.5 RRU for 20 of 1 KB, at most three Queries of a day each.

    With a filter each Query looks at up to 100 acts.

    A page may have fewer acts, even none, and go on. Raises ``InvalidCursorError``.
    """
    before = _position(cursor, wanted) if cursor else f"{_today()}{_AFTER_ALL}"
    items: list[Item] = []
    for _ in range(QUERIES):
        found = _of_a_day(wanted, before, PAGE_SIZE - len(items))
        items += found.items
        before = found.last if found.is_cut else _day_before(before)
        if not before or len(items) == PAGE_SIZE:
            break
    acts = [_act(list(group)[::-1]) for _, group in groupby(items, _name_of)]
    if acts and before == str(items[-1]["SK"]) and acts[-1].portions[0].number is not None:
        # The page ended among the portions of an act: it is shown whole.
        acts[-1] = find(acts[-1].id)
        before = keys.act(acts[-1].at, acts[-1].write_id)["SK"]
    return ActPage(acts, encode({"before": before}, _scope(wanted)) if before else "")


def forget(lead_id: str, at: str) -> int:
    """Take what acts of a time tell of a lead out of them; return how many told of it.

    An act of this lead alone is deleted. One Query, another one for all that an act in steps
    did, and 1 WRU for each KB of what tells of it.
    """
    begin = keys.act(at, "")
    found = query_all(
        RECORDS,
        "#PK = :pk AND begins_with(#SK, :begin)",
        {"pk": begin["PK"], "begin": begin["SK"]},
        consistent=True,
    )
    of_steps = [_steps(_name_of(item)[1]) for item in found if "steps" in item]
    return sum(_forget(item, lead_id) for item in chain(found, *of_steps))


def changes_of(item: Item) -> list[LeadChange]:
    """Return what an item of an act tells of each lead."""
    return unpacked(item["changes"]) if "changes" in item else []


def _forget(item: Item | None, lead_id: str) -> bool:
    while item:
        told = changes_of(item)
        left = [change for change in told if change.lead_id != lead_id]
        if len(left) == len(told):
            return False
        key, seen = RECORDS.key_of(item), {"seen": item["changes"]}
        try:
            if left:
                values = seen | {"changes": packed(left)}
                update(RECORDS, key, "SET #changes = :changes", values=values, condition=_SEEN)
            else:
                delete(RECORDS, key, values=seen, condition=_SEEN)
        except ConditionFailedError as error:
            item = error.item  # Another lead of it was taken out at the same moment.
        else:
            return True
    return False


def expired() -> Iterator[tuple[str, Item]]:
    """Yield the items of acts that have expired, and that the engine has not removed.

    Each comes with the write id of its act; what the steps of one did comes before it. One
    Query for each day from thirty to sixty days ago, and one for each act in steps.
    """
    today = datetime.now(UTC).date()
    now = int(datetime.now(UTC).timestamp())
    for days in range(KEPT.days, SWEPT.days):
        day = (today - timedelta(days=days)).isoformat()
        items = query_all(RECORDS, "#PK = :pk", {"pk": keys.acts_of(day)})
        for item in items:
            if _number(item, "expiresAt") <= now:
                write_id = _name_of(item)[1]
                yield from ((write_id, one) for one in (*_beside(write_id, item), item))


def _beside(write_id: str, act: Item) -> list[Item]:
    listed: Item = {**keys.large_act(write_id)}
    return [*_steps(write_id), listed] if "steps" in act else []


def _steps(write_id: str) -> list[Item]:
    return query_all(RECORDS, "#PK = :pk", {"pk": keys.steps_of(write_id)}, consistent=True)


class _Found(NamedTuple):
    items: list[Item]
    last: str
    is_cut: bool


def _of_a_day(wanted: Wanted, before: str, number: int) -> _Found:
    """Read up to ``number`` acts of the day of a position that come before it."""
    where, values = _condition(wanted)
    found = query(
        RECORDS,
        "#PK = :pk AND #SK < :before",
        {"pk": keys.acts_of(before[:10]), "before": before, **values},
        newest_first=True,
        limit=FILTERED_READ if any(wanted) else number,
        where=where,
    )
    items = found.items[:number]
    if len(items) < len(found.items):
        return _Found(items, str(items[-1]["SK"]), is_cut=True)
    return _Found(items, str((found.last_key or {}).get("SK", "")), bool(found.last_key))


def _condition(wanted: Wanted) -> tuple[str, dict[str, Value]]:
    # DynamoDB removes late what has expired.
    conditions = ["#expiresAt > :now"]
    values: dict[str, Value] = {"now": int(datetime.now(UTC).timestamp())}
    if wanted.person:
        conditions.append("#actorId = :person")
        values["person"] = wanted.person
    if wanted.kind:
        conditions.append("#kind = :kind")
        values["kind"] = wanted.kind
    return " AND ".join(conditions), values


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _day_before(position: str) -> str:
    """Return the position after all acts of the day before; empty if those have expired."""
    day = datetime.fromisoformat(position[:10]).date() - timedelta(days=1)
    oldest = (datetime.now(UTC) - KEPT).date()
    return f"{day.isoformat()}{_AFTER_ALL}" if day >= oldest else ""


def _position(cursor: str, wanted: Wanted) -> str:
    position: object = decode(cursor, _scope(wanted))
    before = position.get("before") if isinstance(position, dict) else None
    if not isinstance(before, str) or not re.match(r"\d{4}-\d\d-\d\d", before):
        raise InvalidCursorError("The page address is of another list.")
    return before


def _scope(wanted: Wanted) -> str:
    return f"acts:{wanted.person}:{wanted.kind}"


def _act(items: Sequence[Item]) -> Act:
    """Read the items of an act, in the order of their portions."""
    first = items[0]
    at, write_id = _name_of(first)
    return Act(
        at=at,
        write_id=write_id,
        kind=EventType(str(first["kind"])),
        actor=Actor(str(first["actorId"]), str(first["actorName"])),
        portions=[_portion(item) for item in items],
        steps=str(first.get("steps", "")),
        mail=str(first.get("mail", "")),
    )


def _portion(item: Item) -> Portion:
    number = str(item["SK"]).split("#")[2:]
    undone = cast("dict[str, str] | None", item.get("undone"))
    return Portion(
        number=int(number[0]) if number else None,
        changes=changes_of(item),
        undone=Undoing(undone["act"], undone["writeId"], Actor(undone["id"], undone["name"]))
        if undone
        else None,
    )


def _name_of(item: Item) -> tuple[str, str]:
    at, write_id, *_ = str(item["SK"]).split("#")
    return at, write_id


def _number(item: Item, name: str) -> int:
    return int(str(item[name]))
