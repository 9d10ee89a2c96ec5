"""The totals compared with the leads themselves, while everybody works. See ADR 16.

A change writes the lead, its event and the counters at once. So what a counter is off by is
the same before and after every change, and it is enough to know it at one moment: the leads
are read after it, and what their timelines tell to have happened since is taken back.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

from crm.dynamodb.calls import Item, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.attribution import ORIGIN_ATTRIBUTES
from leads.maintenance.bulk_writers import Bulk, bulk
from leads.maintenance.recount.history import (
    EVENT_FIELDS,
    Past,
    Position,
    State,
    Step,
    UnknownPastError,
    steps,
)
from leads.maintenance.recount.moments import Moment, quiet_moments
from leads.maintenance.table_reader import Work
from leads.maintenance.token_sums import hash_of
from leads.models import STANDINGS, Lead
from leads.repository.counters import Cell, counter_repair, origin_cells


@dataclass(frozen=True)
class Drift:
    """A counter that tells something else than the leads: ``(told, real)`` by what it counts."""

    counter: str
    numbers: dict[Cell, tuple[int, int]]
    repair: str

    @property
    def corrections(self) -> dict[Cell, int]:
        """What is to be added."""
        return {one: real - told for one, (told, real) in self.numbers.items()}


@dataclass(frozen=True)
class Pass:
    """What comparing came to: counters that are right, that are off, that nobody can tell."""

    right: set[str]
    drifts: list[Drift]
    unknown: set[str]


def compare(names: Collection[str] | None, work: Work, before: Bulk) -> Pass | None:
    """Compare all counters with the leads, or those with these ``names``.

    Costs a read of both tables. Nothing can be told if a bulk writer is not where it was
    ``before``; ``None`` if it was stopped.
    """
    begins = quiet_moments(names, work.pace, work.stop)
    if begins is None:
        return None
    seen = _SeenLeads()
    only = ("leadId", "status", "outcome", "ownerId", "version", *ORIGIN_ATTRIBUTES)
    work.read(LEADS, seen.add, only=only)
    ends = quiet_moments(names, work.pace, work.stop)
    if ends is None:
        return None
    past = Past()
    since = min([begins.absent_at, *(moment.at for moment in begins.values())])
    work.read(
        RECORDS,
        past.add,
        where="begins_with(#SK, :events) AND #at >= :since",
        values={"events": keys.EVENT_PREFIX, "since": since},
        only=EVENT_FIELDS,
    )
    compared = {*(seen.counters | begins.keys() | ends.keys() if names is None else names)}
    if bulk() != before:
        return Pass(set(), [], compared)
    try:
        history = _history(past, seen)
    except UnknownPastError:
        return Pass(set(), [], compared)
    result = Pass(set(), [], set())
    for name in sorted(compared):
        begin, end = begins.of(name), ends.of(name)
        real = _true_totals(name, begin, end, seen, history) if begin and end else None
        if begin is None or real is None:
            result.unknown.add(name)
        elif real == begin.totals:
            result.right.add(name)
        else:
            result.drifts.append(_drift(name, begin, real))
    return result


def repair(drifts: Sequence[Drift], act: str) -> bool:
    """Put counters right, all at once; ``False`` if another recount repaired one meanwhile.

    At once, since what one has too much another may have too little. ``act`` is of this very
    run: done once, however often it is sent. At most ``MAX_WRITES`` of them.
    """
    writes = [counter_repair(one.counter, one.corrections, act, one.repair) for one in drifts]
    try:
        transact([*writes], act)
    except TransactionRefusedError as refusal:
        stored = (item or {} for item in refusal.failed.values())
        return all(item.get("repair") == act for item in stored)
    return True


class _SeenLeads:
    """The leads that were read, in thirteen bytes each."""

    def __init__(self) -> None:
        self.totals: defaultdict[str, Counter[Cell]] = defaultdict(Counter)
        self._counters: dict[str, int] = {}
        self._origins: dict[str, int] = {}
        self._ids = array("Q")
        self._counter_numbers = array("H")
        self._standings = array("B")
        self._origin_numbers = array("H")
        self._lock = Lock()

    @property
    def counters(self) -> set[str]:
        """The counters that count them."""
        return {*self.totals}

    def add(self, items: Iterable[Item]) -> None:
        for lead in map(Lead.from_item, items):
            name = keys.counter_name(lead.lead_id, lead.owner_id)
            standing, origin = STANDINGS.index(lead.standing), lead.attribution.origin
            with self._lock:
                if lead.version:
                    self.totals[name].update((lead.standing, *origin_cells(origin)))
                self._ids.append(hash_of(lead.lead_id))
                self._counter_numbers.append(self._counters.setdefault(name, len(self._counters)))
                self._standings.append(standing if lead.version else standing + len(STANDINGS))
                self._origin_numbers.append(self._origins.setdefault(origin, len(self._origins)))

    def states(self, lead_ids: Iterable[str]) -> dict[str, State]:
        """Return how leads were read."""
        wanted = {hash_of(lead_id): lead_id for lead_id in lead_ids}
        names, origins = [*self._counters], [*self._origins]
        numbers = (self._counter_numbers, self._standings, self._origin_numbers)
        return {
            wanted[number]: _state(names[counter], standing, origins[origin])
            for number, counter, standing, origin in zip(self._ids, *numbers, strict=True)
            if number in wanted
        }


def _state(counter: str, number: int, origin: str) -> State:
    uncounted, at = divmod(number, len(STANDINGS))
    owner_id = keys.owner_of_counter(counter)
    return State.of(owner_id, STANDINGS[at], origin, is_counted=not uncounted)


def _history(past: Past, seen: _SeenLeads) -> dict[str, list[tuple[str, Step]]]:
    """Return what happened to leads, by each counter that tells of it, the oldest first."""
    happened = past.of_leads()
    states = seen.states(happened)
    found: dict[str, list[tuple[str, Step]]] = defaultdict(list)
    for lead_id, happenings in happened.items():
        for step in steps(lead_id, happenings, states.get(lead_id)):
            for name in step.touched:
                found[name].append((lead_id, step))
    return found


def _true_totals(
    name: str,
    begin: Moment,
    end: Moment,
    seen: _SeenLeads,
    history: dict[str, list[tuple[str, Step]]],
) -> Counter[Cell] | None:
    """Return what a counter had to tell at its first moment, or ``None`` if nobody can tell."""
    happened = [
        (lead_id, step)
        for lead_id, step in history.get(name, [])
        if begin.at < step.happening.at <= end.at
    ]
    acts = {(lead_id, step.happening.write_id) for lead_id, step in happened}
    if len(acts) != end.rev - begin.rev:
        return None  # something changed the counter, or a lead, and left no event
    firsts: dict[str, Step] = {}
    for lead_id, step in happened:
        firsts.setdefault(lead_id, step)
    real: Counter[Cell] = Counter(seen.totals[name])
    states = seen.states(firsts)
    for lead_id, step in firsts.items():
        state = states.get(lead_id)
        real.update(_on(name, state.position(lead_id) if state and state.is_counted else None, -1))
        real.update(_on(name, step.before, 1))
    return Counter({cell: count for cell, count in real.items() if count})


def _on(name: str, position: Position | None, number: int) -> dict[Cell, int]:
    is_counted_there = position and position.counter == name
    return dict.fromkeys(position.cells, number) if position and is_counted_there else {}


def _drift(name: str, moment: Moment, real: Counter[Cell]) -> Drift:
    told = moment.totals
    cells = [cell for cell in sorted({*told, *real}, key=_place) if told[cell] != real[cell]]
    return Drift(name, {cell: (told[cell], real[cell]) for cell in cells}, moment.repair)


def _place(cell: Cell) -> tuple[int, str]:
    known = [*map(str, STANDINGS)]
    return (known.index(cell) if cell in known else len(known), cell)
