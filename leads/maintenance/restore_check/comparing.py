"""What differs between the live tables and the restored ones, in the same memory always.

Every item is a hash, and every key belongs to one of a million buckets. A bucket adds up the
hashes of the live items and takes off those of the restored ones: what is left of it is zero
where both hold the same. Only the items of other buckets are then looked at one by one.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

from crm.dynamodb.calls import Key
from crm.dynamodb.items import WireItem
from crm.dynamodb.schema import Table
from leads.maintenance.record_kinds import Kind, kind_of
from leads.maintenance.restore_check.canonical import digest
from leads.maintenance.restore_check.reading import LIVE, Pair, Reader, key_of
from leads.maintenance.token_sums import hash_of

BUCKETS = 2**20
MASK = 2**64 - 1
CHECKSUM = 2**128


@dataclass
class Sums:
    """How many items of each kind a pair of tables holds, and what their hashes come to."""

    counts: Counter[Kind] = field(default_factory=Counter)
    checksums: dict[Kind, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """An item that is not the same in both; ``None`` where it is missing."""

    kind: Kind
    key: Key
    live: WireItem | None
    restored: WireItem | None


class Buckets:
    """Numbers in a million buckets that shall come to zero: 8 MB."""

    def __init__(self) -> None:
        self._left = array("Q", bytes(8 * BUCKETS))
        self._lock = Lock()

    def add(self, numbers: Sequence[tuple[int, int]]) -> None:
        """Add to buckets: pairs of what the bucket is of, and the number; safe for threads."""
        with self._lock:
            for of, number in numbers:
                bucket = of % BUCKETS
                self._left[bucket] = (self._left[bucket] + number) & MASK

    def is_off(self, of: int) -> bool:
        """Tell whether a bucket is not zero."""
        return bool(self._left[of % BUCKETS])

    @property
    def are_zero(self) -> bool:
        """Whether all are."""
        return not any(self._left)


class Comparison:
    """Live and restored tables, read whole once and where they differ once more."""

    def __init__(self, reader: Reader, restored: Pair) -> None:
        self._reader = reader
        self._restored = restored
        # By table of either pair: the two that belong together share theirs.
        self._buckets: dict[str, Buckets] = {}
        for pair in zip(LIVE.tables, restored.tables, strict=True):
            self._buckets |= dict.fromkeys((table.name for table in pair), Buckets())
        self._lock = Lock()
        self.live_sums = Sums()
        self.restored_sums = Sums()

    def add_up(self, also: Callable[[Table, int, list[WireItem]], object]) -> None:
        """Read all four tables; ``also`` gets every page of the restored ones."""

        def use(table: Table, segment: int, items: list[WireItem]) -> None:
            self._add(self.restored_sums, -1, table, items)
            also(table, segment, items)

        for live, restored in zip(LIVE.tables, self._restored.tables, strict=True):
            self._reader.pages(live, partial(self._add_live, live))
            self._reader.pages(restored, partial(use, restored))

    def find(self, tell: Callable[[Difference], object]) -> None:
        """Run ``tell`` on every difference, one at a time; reads nothing if there is none."""
        for live, restored in zip(LIVE.tables, self._restored.tables, strict=True):
            if self._buckets[live.name].are_zero:
                continue
            self._reader.pages(live, partial(self._from_live, live, restored, tell))
            self._reader.pages(restored, partial(self._from_restored, live, restored, tell))

    def _add_live(self, table: Table, _segment: int, items: list[WireItem]) -> None:
        self._add(self.live_sums, 1, table, items)

    def _add(self, sums: Sums, sign: int, table: Table, items: list[WireItem]) -> None:
        numbers: list[tuple[int, int]] = []
        counts: Counter[Kind] = Counter()
        checksums: Counter[Kind] = Counter()
        for item in items:
            key = key_of(table, item)
            kind, number = kind_of(key), digest(item)
            numbers.append((_bucket(key), sign * (number & MASK)))
            counts[kind] += 1
            checksums[kind] += number
        self._buckets[table.name].add(numbers)
        with self._lock:
            sums.counts += counts
            for kind, number in checksums.items():
                sums.checksums[kind] = (sums.checksums.get(kind, 0) + number) % CHECKSUM

    def _from_live(
        self,
        live: Table,
        restored: Table,
        tell: Callable[[Difference], object],
        _segment: int,
        items: list[WireItem],
    ) -> None:
        """Find what the restored table lacks, or has otherwise."""
        for key, item, other in self._doubtful_items(live, restored, items):
            if other is None or digest(other) != digest(item):
                with self._lock:
                    tell(Difference(kind_of(key), key, item, other))

    def _from_restored(
        self,
        live: Table,
        restored: Table,
        tell: Callable[[Difference], object],
        _segment: int,
        items: list[WireItem],
    ) -> None:
        """Find what the live table does not have."""
        for key, item, other in self._doubtful_items(restored, live, items):
            if other is None:
                with self._lock:
                    tell(Difference(kind_of(key), key, None, item))

    def _doubtful_items(
        self, table: Table, other: Table, items: list[WireItem]
    ) -> list[tuple[Key, WireItem, WireItem | None]]:
        """Return the items of buckets that are off, and what the other table has there."""
        buckets = self._buckets[table.name]
        keyed = [(key_of(table, item), item) for item in items]
        doubtful = [(key, item) for key, item in keyed if buckets.is_off(_bucket(key))]
        found = self._reader.by_keys(other, [key for key, _ in doubtful])
        there = {_text(key_of(other, item)): item for item in found}
        return [(key, item, there.get(_text(key))) for key, item in doubtful]


def _text(key: Key) -> str:
    return "\n".join(key.values())


def _bucket(key: Key) -> int:
    return hash_of(_text(key))
