"""Exact totals by status: 16 shard items, changed in the same transaction as the lead."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from crm.dynamodb.calls import Update, Value, query
from crm.dynamodb.schema import RECORDS
from leads import keys
from leads.models import Status


@dataclass(frozen=True)
class Counts:
    """The leads in each status; ``revision`` changes whenever any lead does."""

    totals: dict[Status, int]
    revision: str


def counts(*, consistent: bool = False) -> Counts:
    """Read the totals: one Query of 16 small items, 0.5 RRU (1 if consistent)."""
    page = query(RECORDS, "#PK = :pk", {"pk": keys.COUNTERS}, consistent=consistent)
    totals = {status: sum(number(item.get(status)) for item in page.items) for status in Status}
    revisions = ",".join(f"{item['SK']!s}={number(item.get('rev'))}" for item in page.items)
    return Counts(totals, sha256(revisions.encode()).hexdigest()[:16])


def number(value: Value) -> int:
    """Read a stored whole number; what is missing counts as 0."""
    return int(value) if isinstance(value, int | Decimal) else 0


def counted(lead_id: str, *, leaves: Status | None = None, enters: Status | None = None) -> Update:
    """Give the write that counts a lead out of one status and into another."""
    numbers: Counter[Status] = Counter()
    if leaves:
        numbers[leaves] -= 1
    if enters:
        numbers[enters] += 1
    return added(keys.shard(lead_id), numbers)


def added(shard: int, numbers: Mapping[Status, int]) -> Update:
    """Give the write that adds to the totals of a shard: how bulk writes settle them."""
    values: dict[str, Value] = {"rev": 1}
    values |= {status.value: number for status, number in numbers.items()}
    return Update(
        table=RECORDS,
        key=keys.counter(shard),
        change="ADD " + ", ".join(f"#{name} :{name}" for name in values),
        values=values,
    )


def settled(leads: Iterable[tuple[str, Status]], *, each: int = 1) -> list[Update]:
    """Give the writes that count many leads, by id and status, at once: one for each shard."""
    totals: defaultdict[int, Counter[Status]] = defaultdict(Counter)
    for lead_id, status in leads:
        totals[keys.shard(lead_id)][status] += each
    return [added(shard, numbers) for shard, numbers in sorted(totals.items())]
