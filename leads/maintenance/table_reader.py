"""How a command reads whole tables: in how many parts, at which pace, who is told."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event

from crm.dynamodb.calls import Item, Key, Value
from crm.dynamodb.pace import Pace
from crm.dynamodb.scan import ScanPage, each_page, scan_page
from crm.dynamodb.schema import Table

type Follow = Callable[[Iterable[int], Table, str], None]

PAGE = 250


@dataclass(frozen=True)
class Work:
    """``follow`` runs through pages that have so many items each, and shows how far it is."""

    segments: int
    pace: Pace
    stop: Event
    follow: Follow

    def read(
        self,
        table: Table,
        use: Callable[[list[Item]], object],
        *,
        where: str | None = None,
        values: Mapping[str, Value] | None = None,
        only: Sequence[str] = (),
    ) -> None:
        """Run ``use`` on every page of a table, in a thread for each segment."""

        def read(segment: int, start: Key | None) -> ScanPage:
            with self.pace.hold():
                return scan_page(
                    table,
                    segment=segment,
                    segments=self.segments,
                    start=start,
                    where=where,
                    values=values,
                    only=only,
                    limit=PAGE if where is None else None,
                    consistent=True,
                )

        def work(_segment: int, page: ScanPage) -> int:
            use(page.items)
            return page.scanned

        def scan_counts() -> Iterator[int]:
            return each_page(dict.fromkeys(range(self.segments)), read, work, self.stop)

        self.follow(scan_counts(), table, "leads" if table.sort_key is None else "records")
