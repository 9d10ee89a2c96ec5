"""Reading tables whole, of whatever name, at the pace of the command."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Event

from crm.dynamodb.calls import Item, Key, batch_get, batch_get_wire, query
from crm.dynamodb.items import WireItem
from crm.dynamodb.pace import Pace
from crm.dynamodb.scan import WirePage, each_page, wire_page
from crm.dynamodb.schema import Table
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.maintenance.table_reader import Follow

BATCH_GET = 100


@dataclass(frozen=True)
class Pair:
    """The two tables that belong together."""

    leads: Table
    records: Table

    @property
    def tables(self) -> tuple[Table, Table]:
        """Both of them."""
        return self.leads, self.records


LIVE = Pair(LEADS, RECORDS)


def named_pair(leads: str, records: str) -> Pair:
    """Return two tables of our shape that have names of their own."""
    tables = zip(LIVE.tables, (leads, records), strict=True)
    # No setting has an empty name, so that the default is what counts.
    return Pair(*(replace(table, setting="", default=name) for table, name in tables))


@dataclass(frozen=True)
class Reader:
    """``follow`` runs through pages of so many items each, and shows how far it is."""

    segments: int
    pace: Pace
    stop: Event
    follow: Follow

    def pages(self, table: Table, use: Callable[[int, list[WireItem]], object]) -> None:
        """Run ``use`` on the segment and the items of each page, a thread for each segment.

        The pages of a segment come in order, and in it the items of one partition key stand
        together, by sort key.
        """

        def read(segment: int, start: Key | None) -> WirePage:
            with self.pace.hold():
                return wire_page(table, segment=segment, segments=self.segments, start=start)

        def work(segment: int, page: WirePage) -> int:
            use(segment, page.items)
            return len(page.items)

        def scan_counts() -> Iterator[int]:
            return each_page(dict.fromkeys(range(self.segments)), read, work, self.stop)

        self.follow(scan_counts(), table, f"items of {table.name}")

    def by_keys(self, table: Table, wanted: Sequence[Key]) -> Iterator[WireItem]:
        """Read single items as they are on the wire: 1 RRU for each 4 KB."""
        for start in range(0, len(wanted), BATCH_GET):
            part = wanted[start : start + BATCH_GET]
            with self.pace.hold():
                found = batch_get_wire(table, part, consistent=True)
            yield from found

    def leads(self, table: Table, lead_ids: Sequence[str]) -> dict[str, Item]:
        """Read leads by id; those that are missing are left out."""
        found: dict[str, Item] = {}
        for start in range(0, len(lead_ids), BATCH_GET):
            wanted = [keys.lead(lead_id) for lead_id in lead_ids[start : start + BATCH_GET]]
            with self.pace.hold():
                items = batch_get(table, wanted, consistent=True)
            found |= {str(item["leadId"]): item for item in items}
        return found

    def timeline(self, records: Table, lead_id: str, *, oldest: bool = False) -> Item | None:
        """Return the newest event of a lead, or the oldest."""
        with self.pace.hold():
            page = query(
                records,
                "#PK = :pk AND begins_with(#SK, :events)",
                {"pk": keys.timeline(lead_id), "events": keys.EVENT_PREFIX},
                newest_first=not oldest,
                limit=1,
                consistent=True,
            )
        return page.items[0] if page.items else None


def key_of(table: Table, item: WireItem) -> Key:
    """Return the key of an item."""
    return {name: str(item[name]["S"]) for name in table.key_attributes}
