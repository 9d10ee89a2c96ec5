"""The totals compared with the leads themselves, while everybody works. See ADR 16.

A change writes the lead, its event and the counter at once. So what a shard's counter is
off by is the same before and after every change, and it is enough to know it at one
moment: the leads are read after it, and what their timelines tell to have happened since is
taken back.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from crm.dynamodb.calls import Item, update
from crm.dynamodb.errors import ConditionFailedError
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.maintenance.bulk_writers import Bulk, bulk
from leads.maintenance.recount.history import EVENT_FIELDS, Past, UnknownPastError, stage_before
from leads.maintenance.recount.moments import Moment, quiet_moments
from leads.maintenance.table_reader import Work
from leads.maintenance.token_sums import hash_of
from leads.models import Lead, Status
from leads.repository.counters import counter_repair

STAGES = list(Status)


@dataclass(frozen=True)
class Drift:
    """A shard whose counter tells something else than the leads: ``(told, real)`` by stage."""

    shard: int
    numbers: dict[Status, tuple[int, int]]
    repair: str


@dataclass(frozen=True)
class Pass:
    """What comparing came to: shards that are right, that are off, that nobody can tell."""

    right: set[int]
    drifts: list[Drift]
    unknown: set[int]


def compare(shards: set[int], work: Work, before: Bulk) -> Pass:
    """Compare the counters of shards with the leads; costs a read of both tables.

    Nothing can be told if a bulk writer is not where it was ``before``.
    """
    begins = quiet_moments(shards, work.pace, work.stop)
    if not begins:
        return Pass(set(), [], shards)
    seen = _SeenLeads()
    work.read(LEADS, seen.add, only=("leadId", "status", "version"))
    ends = quiet_moments(set(begins), work.pace, work.stop)
    past = Past()
    work.read(
        RECORDS,
        past.add,
        where="begins_with(#SK, :events) AND #at >= :since",
        values={
            "events": keys.EVENT_PREFIX,
            "since": min(moment.at for moment in begins.values()),
        },
        only=EVENT_FIELDS,
    )
    drifts: list[Drift] = []
    right: set[int] = set()
    if bulk() == before:
        for shard, end in ends.items():
            real = _true_totals(shard, begins[shard], end, seen, past)
            if real == begins[shard].totals:
                right.add(shard)
            elif real is not None:
                drifts.append(_drift(shard, begins[shard], real))
    return Pass(right, drifts, shards - right - {drift.shard for drift in drifts})


def repair(drift: Drift, name: str) -> bool:
    """Put a counter right; ``False`` if another recount did, or another repair came between.

    ``name`` is of this very run: done once, however often it is sent.
    """
    corrections = {status: real - told for status, (told, real) in drift.numbers.items()}
    write = counter_repair(drift.shard, corrections, name, drift.repair)
    try:
        update(write.table, write.key, write.change, values=write.values, condition=write.condition)
    except ConditionFailedError as error:
        return (error.item or {}).get("repair") == name
    return True


class _SeenLeads:
    """The leads that were read and count, in nine bytes each."""

    def __init__(self) -> None:
        self.totals: Counter[tuple[int, Status]] = Counter()
        self._ids = array("Q")
        self._stages = array("B")
        self._lock = Lock()

    def add(self, items: Iterable[Item]) -> None:
        leads = [lead for lead in map(Lead.from_item, items) if lead.version]
        with self._lock:
            for lead in leads:
                self.totals[keys.shard(lead.lead_id), lead.status] += 1
                self._ids.append(hash_of(lead.lead_id))
                self._stages.append(STAGES.index(lead.status))

    def stages(self, lead_ids: Iterable[str]) -> dict[str, Status]:
        wanted = {hash_of(lead_id): lead_id for lead_id in lead_ids}
        return {
            wanted[number]: STAGES[stage]
            for number, stage in zip(self._ids, self._stages, strict=True)
            if number in wanted
        }


def _true_totals(
    shard: int, begin: Moment, end: Moment, seen: _SeenLeads, past: Past
) -> dict[Status, int] | None:
    """Return how many leads a shard had at its first moment, or ``None`` if nobody can tell."""
    happened = past.events_since(shard, begin.at, end.at)
    acts = {(lead_id, one.write_id) for lead_id, found in happened.items() for one in found}
    if len(acts) != end.rev - begin.rev:
        return None  # something changed the counter, or a lead, and left no event
    real = Counter({status: seen.totals[shard, status] for status in Status})
    stages = seen.stages(happened)
    try:
        for lead_id, happenings in happened.items():
            now = stages.get(lead_id)
            if now:
                real[now] -= 1
            if stage := stage_before(happenings, now):
                real[stage] += 1
    except UnknownPastError:
        return None
    return {status: real[status] for status in Status}


def _drift(shard: int, moment: Moment, real: dict[Status, int]) -> Drift:
    numbers = {
        status: (told, real[status])
        for status, told in moment.totals.items()
        if told != real[status]
    }
    return Drift(shard, numbers, moment.repair)
