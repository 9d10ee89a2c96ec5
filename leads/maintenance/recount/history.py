"""What the timelines of all leads tell of a time: where each lead was counted in it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple, Self

from crm.dynamodb.calls import Item
from leads import keys
from leads.models import ClosedAs, EventType, Standing, Status
from leads.repository.counters import Cell, origin_cells

EVENT_FIELDS = ("PK", "SK", "type", "at", "version", "writeId", "changes")
# The first change of a lead counts it: before that, no total did.
_ARRIVALS = {
    EventType.CREATED.value,
    EventType.RELEASED.value,
    EventType.ADOPTED.value,
    EventType.RESTORED.value,
}


class UnknownPastError(Exception):
    """The timeline of a lead does not tell where it was counted."""


class Position(NamedTuple):
    """Where a lead is counted: by which counter, as standing where and coming from where."""

    counter: str
    standing: Standing
    origin: str = ""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All that the counter counts of it."""
        return (self.standing, *origin_cells(self.origin))


class State(NamedTuple):
    """What decides where a lead is counted, as stored; an empty owner is nobody."""

    owner_id: str = ""
    status: str = Status.NEW.value
    outcome: str = ""
    origin: str = ""
    is_counted: bool = True

    @classmethod
    def of(cls, owner_id: str, standing: Standing, origin: str = "", *, is_counted: bool) -> Self:
        """Return the state of a lead that stands somewhere."""
        if isinstance(standing, ClosedAs):
            return cls(owner_id, Status.CLOSED.value, standing.value, origin, is_counted)
        return cls(owner_id, standing.value, "", origin, is_counted)

    def position(self, lead_id: str) -> Position:
        """Return where it is counted, or would be."""
        status = Status.read(self.status)
        outcome = ClosedAs.read(self.outcome) if status is Status.CLOSED else None
        return Position(keys.counter_name(lead_id, self.owner_id), outcome or status, self.origin)


@dataclass(frozen=True)
class Happening:
    """A change of a lead, with the names of what it changed, each before and after."""

    at: str
    version: int
    write_id: str
    type: str
    changes: Mapping[str, tuple[str, str]]

    @property
    def is_arrival(self) -> bool:
        """Whether the lead was in no total before."""
        is_back = self.type == EventType.UNDONE and not self.changes.get("status", ("?", ""))[0]
        return self.type in _ARRIVALS or self.version == 1 or is_back


class Step(NamedTuple):
    """A change, and where it took a lead from and to; ``None`` where no counter counts it."""

    happening: Happening
    before: Position | None
    after: Position | None
    touched: frozenset[str]
    """The counters that tell of the change."""


class Past:
    """The changes of leads, gathered from events in any order."""

    def __init__(self) -> None:
        self._by_lead: defaultdict[str, list[Happening]] = defaultdict(list)
        self._lock = Lock()

    def add(self, items: Iterable[Item]) -> None:
        """Take in items of the timelines."""
        for item in items:
            if item.get("type") != EventType.NOTED:
                lead_id = str(item["PK"]).removeprefix(keys.timeline(""))
                with self._lock:
                    self._by_lead[lead_id].append(_happening_of(item))

    def of_leads(self) -> dict[str, list[Happening]]:
        """Return what happened to each lead, the oldest first."""
        return {
            lead_id: sorted(found, key=lambda one: (one.at, one.version))
            for lead_id, found in self._by_lead.items()
        }


def steps(lead_id: str, happenings: list[Happening], seen: State | None) -> Iterator[Step]:
    """Yield all changes of a lead, the oldest first; ``seen`` is how it was read meanwhile.

    Raises :class:`UnknownPastError`.
    """
    state = _first_state(happenings, seen)
    for one in happenings:
        if one.is_arrival:
            state = state._replace(is_counted=False)
        before = state.position(lead_id)
        was_counted = state.is_counted
        state = _state_after(one, state, seen, is_last=one is happenings[-1])
        after = state.position(lead_id)
        left, entered = before if was_counted else None, after if state.is_counted else None
        touched = {position.counter for position in (left, entered) if position}
        # A change of a lead that no counter counts is told by the one that would count it.
        yield Step(one, left, entered, frozenset(touched or {before.counter}))


def _first_state(happenings: list[Happening], seen: State | None) -> State:
    told: dict[str, str] = {}
    for one in happenings:
        for name, (old, _) in one.changes.items():
            told.setdefault(name, old)
    is_new = happenings[0].is_arrival
    if seen is None and not is_new and not told.get("status"):
        raise UnknownPastError
    state = (seen or State())._replace(**told, is_counted=not is_new)
    return state if state.status else state._replace(status=Status.NEW.value)


def _state_after(one: Happening, state: State, seen: State | None, *, is_last: bool) -> State:
    if one.type == EventType.DELETED:
        return state._replace(is_counted=False)
    new = {name: new for name, (_, new) in one.changes.items()}
    # An import that is undone leaves a lead to the other program that wrote it.
    is_left = one.type == EventType.UNDONE and is_last and not (seen and seen.is_counted)
    # One that is another program's again tells no stage.
    is_left = is_left or (one.type == EventType.RESTORED and "status" not in new)
    return state._replace(**new, is_counted=not is_left)


def _happening_of(item: Item) -> Happening:
    changes = item.get("changes")
    return Happening(
        at=str(item["at"]),
        version=int(str(item.get("version", 0))),
        write_id=str(item.get("writeId", "")),
        type=str(item.get("type", "")),
        changes=dict(_told(changes if isinstance(changes, dict) else {})),
    )


def _told(changes: Mapping[str, object]) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in ("status", "outcome", "owner_id", "origin"):
        change = changes.get(name)
        if isinstance(change, dict):
            yield name, (str(change.get("old") or ""), str(change.get("new") or ""))
