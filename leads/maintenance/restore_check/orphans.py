"""What restored tables lack in themselves: two tables are restored, each on its own.

Every lead has a timeline and its search tokens, every timeline a lead or an entry that says
that it was deleted. So in a bucket of leads, what these should be less what is there is
zero; only the leads, timelines and tokens of other buckets are looked at one by one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from threading import Lock

from crm.dynamodb.calls import Item
from crm.dynamodb.items import WireItem, plain_item
from crm.dynamodb.schema import Table
from leads.maintenance.record_kinds import Kind, kind_of, lead_id_of
from leads.maintenance.restore_check import reading
from leads.maintenance.restore_check.comparing import Buckets
from leads.maintenance.restore_check.reading import Pair, Reader
from leads.maintenance.token_sums import hash_of, sum_of
from leads.models import EventType, Lead
from leads.repository.counters import Cell, cells_in, count_change
from leads.repository.tokens import token_items

type Tell = Callable[[str, str], object]
"""Gets the kind of a fault, and which one it is."""


class Orphans:
    """What a pair of tables lacks; ``see`` has to get every page of both, in order."""

    def __init__(self, reader: Reader, pair: Pair) -> None:
        self._reader = reader
        self._pair = pair
        self._balance = Buckets()
        self._lock = Lock()
        self._open: dict[int, tuple[str, bool]] = {}
        self._real: Counter[tuple[str, Cell]] = Counter()
        self._told: Counter[tuple[str, Cell]] = Counter()
        self._accounts: dict[str, str] = {}
        self._addresses: dict[str, str] = {}

    def see(self, table: Table, segment: int, items: Sequence[WireItem]) -> None:
        """Take in a page of a segment."""
        if table == self._pair.leads:
            self._see_leads([Lead.from_item(plain_item(item)) for item in items])
            return
        numbers: list[tuple[int, int]] = []
        for item in items:
            key = reading.key_of(table, item)
            kind = kind_of(key)
            if kind is Kind.EVENTS:
                is_end = item.get("type") == {"S": EventType.DELETED.value}
                numbers += self._pass_event(segment, lead_id_of(kind, key), is_end=is_end)
            elif kind is Kind.TOKENS:
                numbers.append((hash_of(lead_id_of(kind, key)), -sum_of([plain_item(item)])))
            else:
                self._see_other(kind, plain_item(item))
        self._balance.add(numbers)

    def find(self, tell: Tell) -> None:
        """Tell every fault; reads both tables once more if there is a timeline or a token."""
        self._balance.add([one for open_ in self._open.values() for one in _timeline(*open_)])
        self._open.clear()
        self._find_totals(tell)
        self._find_accounts(tell)
        if not self._balance.are_zero:
            self._reader.pages(self._pair.leads, partial(self._find_leads, tell))
            self._reader.pages(self._pair.records, partial(self._find_records, tell))

    def _see_leads(self, leads: Iterable[Lead]) -> None:
        ours = [lead for lead in leads if lead.version]
        self._balance.add(
            [
                (of, -hash_of(lead.lead_id) + sum_of(token_items(lead)))
                for lead in ours
                for of in [hash_of(lead.lead_id)]
            ]
        )
        with self._lock:
            self._real.update(
                (name, cell)
                for lead in ours
                for name, cells in count_change(None, lead).items()
                for cell in cells
            )

    def _pass_event(self, segment: int, lead_id: str, *, is_end: bool) -> list[tuple[int, int]]:
        """Go on to an event; return what the timeline came to that ended before it."""
        before = self._open.get(segment)
        self._open[segment] = (lead_id, is_end)
        return _timeline(*before) if before and before[0] != lead_id else []

    def _see_other(self, kind: Kind, item: Item) -> None:
        with self._lock:
            if kind is Kind.TOTALS:
                name = str(item["SK"])
                for cell, count in cells_in(name, item).items():
                    self._told[name, cell] += count
            elif kind is Kind.ACCOUNTS:
                self._accounts[str(item["userId"])] = str(item["email"])
            elif kind is Kind.ADDRESSES:
                self._addresses[str(item["PK"]).partition("#")[2]] = str(item["userId"])

    def _find_totals(self, tell: Tell) -> None:
        for name, cell in sorted(self._told.keys() | self._real.keys()):
            told, real = self._told[name, cell], self._real[name, cell]
            if told != real:
                tell("totals", f"{name} tells {told:,} {cell.strip()}, and there are {real:,}")

    def _find_accounts(self, tell: Tell) -> None:
        for address, user_id in sorted(self._addresses.items()):
            if self._accounts.get(user_id) != address:
                tell("address of no account", repr(address))
        for user_id, address in sorted(self._accounts.items()):
            if self._addresses.get(address) != user_id:
                tell("account without its address", repr(address))

    def _find_leads(self, tell: Tell, _segment: int, items: Sequence[WireItem]) -> None:
        for lead in [Lead.from_item(plain_item(item)) for item in items]:
            if not lead.version or not self._is_off(lead.lead_id):
                continue
            if self._reader.timeline(self._pair.records, lead.lead_id) is None:
                self._report(tell, "lead without a timeline", repr(lead.lead_id))
            wanted = token_items(lead)
            records = self._pair.records
            found = self._reader.by_keys(records, [records.key_of(token) for token in wanted])
            stored = {(item["PK"], item["SK"]): item for item in map(plain_item, found)}
            lacking = [one for one in wanted if stored.get((one["PK"], one["SK"])) != one]
            if lacking:
                text = f"{lead.lead_id!r} lacks {len(lacking)} of {len(wanted)}"
                self._report(tell, "lead without its search tokens", text)

    def _find_records(self, tell: Tell, _segment: int, items: Sequence[WireItem]) -> None:
        keyed = [(reading.key_of(self._pair.records, item), item) for item in items]
        doubtful = [
            (kind, lead_id_of(kind, key), item)
            for key, item in keyed
            for kind in [kind_of(key)]
            if kind in {Kind.EVENTS, Kind.TOKENS} and self._is_off(lead_id_of(kind, key))
        ]
        ids = list(dict.fromkeys(lead_id for _, lead_id, _ in doubtful))
        leads = self._reader.leads(self._pair.leads, ids)
        ends = {
            lead_id: self._reader.timeline(self._pair.records, lead_id)
            for lead_id in ids
            if lead_id not in leads
        }
        for kind, lead_id, raw in doubtful:
            item = plain_item(raw)
            stored = leads.get(lead_id)
            if kind is Kind.TOKENS and not _is_rightful(item, stored):
                self._report(tell, "search token of no lead", f"{item['PK']!r} of {lead_id!r}")
            # Of a timeline only the newest entry is told.
            is_end = item.get("type") == EventType.DELETED
            if kind is Kind.EVENTS and not stored and not is_end and item == ends[lead_id]:
                self._report(tell, "timeline of no lead", repr(lead_id))

    def _is_off(self, lead_id: str) -> bool:
        return self._balance.is_off(hash_of(lead_id))

    def _report(self, tell: Tell, fault: str, which: str) -> None:
        with self._lock:
            tell(fault, which)


def _timeline(lead_id: str, is_end: bool) -> list[tuple[int, int]]:  # noqa: FBT001 -- a pair
    return [] if is_end else [(hash_of(lead_id), hash_of(lead_id))]


def _is_rightful(token: Item, stored: Item | None) -> bool:
    lead = Lead.from_item(stored) if stored else None
    return bool(lead and lead.version and token in token_items(lead))
