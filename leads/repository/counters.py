"""Exact totals by owner, standing, form and source, changed in the transaction of the lead.

Each owner has a counter; leads without one are counted in sixteen. All leads are their sum,
which is exact at all times. Leads that were counted by a release before 12 stand in the
sixteen whoever owns them, and an owner's counter may be negative, until ``recount`` has
filed them: a counter that such a release wrote has ``filed`` fewer changes than its ``rev``.

A lead that came by a form is counted by the form and by its source as well, in the counter that
counts where it stands: 16 bytes more of a counter for the first of both, 8 for each source.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from hashlib import sha256

from crm.dynamodb.calls import Item, Update, Value, query, set_expression
from crm.tables import RECORDS
from leads import keys
from leads.models import STAGES, STANDINGS, ClosedAs, Lead, Standing, Status

type Totals = dict[Standing, int]
type Cell = str
"""What a counter counts: a standing, or a form or a source, as :func:`origin_cells` has them."""
type CountChange = dict[str, Counter[Cell]]
"""What a change of leads adds to counters, by name; zeros for a counter whose leads changed."""

# Owners may be many, and all are read with each board.
_SHORT_NAMES: dict[Cell, str] = {
    Status.NEW: "n",
    Status.CONTACTED: "c",
    Status.QUALIFIED: "q",
    Status.CONVERTED: "v",
    ClosedAs.LOST: "l",
    ClosedAs.SPAM: "s",
    ClosedAs.DUPLICATE: "d",
    Status.CLOSED: "x",
}
_FORM, _SOURCE = "form ", "source "
_SHORT_ORIGINS = {_FORM: "f_", _SOURCE: "s_"}
# So many changes of a counter for leads without an owner know that it is for these alone.
FILED = "filed"


class Counts:
    """The totals of all leads, and of each owner.

    ``revision`` changes whenever any lead does, ``pulse`` whenever a conversation does.
    """

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._items = {str(item["SK"]): item for item in items}

    @cached_property
    def totals(self) -> Totals:
        """How many leads stand where."""
        return _sum(totals_of(name, item) for name, item in self._items.items())

    @property
    def total(self) -> int:
        """How many leads there are."""
        return sum(self.totals.values())

    @property
    def closed(self) -> int:
        """How many leads are closed, however they were."""
        return sum(self.totals[one] for one in STANDINGS if one not in STAGES)

    @property
    def forms(self) -> dict[str, int]:
        """How many leads came by each form, by its slug."""
        return self._origins(_FORM)

    @property
    def sources(self) -> dict[str, int]:
        """How many of them came from each source that is listed, by its key; "": all others."""
        return self._origins(_SOURCE)

    def _origins(self, kind: str) -> dict[str, int]:
        found = Counter[str]()
        for name, item in self._items.items():
            found.update(cells_in(name, item))
        return {cell.removeprefix(kind): n for cell, n in found.items() if cell.startswith(kind)}

    @property
    def revision(self) -> str:
        """What differs as soon as a lead was changed."""
        return _stamp(self._items.values(), "rev")

    @property
    def pulse(self) -> str:
        """What differs as soon as somebody wrote something about a lead."""
        return _stamp(self._items.values(), "pulse")

    @property
    def is_filed(self) -> bool:
        """Whether owners are told apart: not before ``recount`` has filed older leads."""
        return not self.unfiled

    @property
    def unfiled(self) -> list[str]:
        """The counters that may count leads that have an owner."""
        return [
            name
            for name, item in self._items.items()
            if not keys.is_owners_counter(name)
            and number(item.get("rev")) != number(item.get(FILED))
        ]

    def of(self, owner_id: str) -> Totals:
        """Return where the leads of an owner stand, or with an empty id those of nobody."""
        if owner_id:
            name = keys.owners_counter(owner_id)
            return totals_of(name, self._items.get(name, {}))
        shared = {n: item for n, item in self._items.items() if not keys.is_owners_counter(n)}
        return _sum(totals_of(name, item) for name, item in shared.items())

    def shown(self, owner_id: str | None) -> Totals | None:
        """Return the totals of a page: of an owner or nobody (""), of all for ``None``.

        Nobody knows those of an owner while leads are not filed: then there are none.
        """
        if owner_id is None:
            return self.totals
        return self.of(owner_id) if self.is_filed else None


def counts(*, consistent: bool = False) -> Counts:
    """Read the totals: one Query, 0.5 RRU for 30 owners, 1.5 for 150 (twice if consistent)."""
    page = query(RECORDS, "#PK = :pk", {"pk": keys.COUNTERS}, consistent=consistent)
    return Counts(page.items)


def number(value: Value) -> int:
    """Read a stored whole number; what is missing counts as 0."""
    return int(value) if isinstance(value, int | Decimal) else 0


def counter_of(lead: Lead) -> str:
    """Name the counter that counts a lead."""
    return keys.counter_name(lead.lead_id, lead.owner_id)


def totals_of(name: str, item: Item) -> Totals:
    """Read what a counter tells."""
    return {one: number(item.get(_attribute(name, one))) for one in STANDINGS}


def cells_in(name: str, item: Item) -> Counter[Cell]:
    """Read all that a counter counts; what is none is left out."""
    cells: Counter[Cell] = Counter(totals_of(name, item))
    for attribute, value in item.items():
        for kind, short in _SHORT_ORIGINS.items():
            if attribute.startswith(short):
                slug = attribute.removeprefix(short).replace("_", "-")
                cells[kind + slug] = number(value)
    return Counter({cell: count for cell, count in cells.items() if count})


def origin_cells(origin: str) -> tuple[Cell, ...]:
    """Return what counts an origin, ``form#source_key``: nothing for an empty one."""
    form, _, source = origin.partition("#")
    return (f"{_FORM}{form}", f"{_SOURCE}{source}") if origin else ()


def count_change(before: Lead | None, after: Lead | None) -> CountChange:
    """Return what counts a lead out of where it stood and in where it stands, with its origin.

    ``None`` stands for one that no counter counts.
    """
    change: CountChange = {}
    for lead, step in ((before, -1), (after, 1)):
        if lead:
            counted = change.setdefault(counter_of(lead), Counter())
            for cell in (lead.standing, *origin_cells(lead.attribution.origin)):
                counted[cell] += step
    return change


def count_changes(changes: Iterable[CountChange]) -> CountChange:
    """Return what many changes come to: how bulk writers count."""
    total: CountChange = {}
    for change in changes:
        for name, numbers in change.items():
            total.setdefault(name, Counter()).update(numbers)
    return total


def counter_updates(change: CountChange, times: Mapping[str, int] | None = None) -> list[Update]:
    """Return the writes of a change of the totals, one for each counter.

    ``times`` tells how many changes of leads a counter is to tell of, where not of one.
    """
    rev = times or {}
    return [_update(name, numbers, rev.get(name, 1)) for name, numbers in sorted(change.items())]


def pulse_update(lead_id: str) -> Update:
    """Return the write that tells open boards of a change which no total and no recount counts."""
    return Update(
        table=RECORDS,
        key=keys.counter(keys.counter_name(lead_id, None)),
        change=_add_expression(["pulse"]),
        values={"pulse": 1},
    )


def counter_item(name: str, numbers: Mapping[Cell, int]) -> Item:
    """Return a counter that counts so many leads: how whole tables are made."""
    return {**keys.counter(name), **_changes(name, numbers, 1)}


def counter_repair(name: str, corrections: Mapping[Cell, int], act: str, seen: str) -> Update:
    """Return the write that adds ``corrections`` to a counter, once for an ``act``.

    Its condition is that the repair before was the one ``seen``; empty if there was none.
    """
    values = _changes(name, corrections, 1)
    return Update(
        table=RECORDS,
        key=keys.counter(name),
        change=f"{set_expression(['repair'])} {_add_expression(values)}",
        values={"repair": act, **values} | ({"seen": seen} if seen else {}),
        condition="#repair = :seen" if seen else "attribute_not_exists(#repair)",
    )


def filed_update(name: str) -> Update:
    """Return the write that tells that a counter counts by owner from now on."""
    return Update(
        table=RECORDS,
        key=keys.counter(name),
        change=f"SET #{FILED} = #rev",
    )


def _update(name: str, numbers: Mapping[Cell, int], rev: int) -> Update:
    values = _changes(name, numbers, rev)
    return Update(
        table=RECORDS, key=keys.counter(name), change=_add_expression(values), values=values
    )


def _changes(name: str, numbers: Mapping[Cell, int], rev: int) -> dict[str, Value]:
    filed = {} if keys.is_owners_counter(name) else {FILED: rev}
    return {"rev": rev, **filed, **_attributes(name, numbers)}


def _attributes(name: str, numbers: Mapping[Cell, int]) -> dict[str, Value]:
    return {_attribute(name, one): step for one, step in numbers.items() if step}


def _attribute(name: str, cell: Cell) -> str:
    for kind, short in _SHORT_ORIGINS.items():
        if cell.startswith(kind):
            # Names in expressions have no hyphen, and slugs no underscore.
            return short + cell.removeprefix(kind).replace("-", "_")
    return _SHORT_NAMES[cell] if keys.is_owners_counter(name) else str(cell)


def _sum(totals: Iterable[Totals]) -> Totals:
    total = dict.fromkeys(STANDINGS, 0)
    for one in totals:
        for standing, count in one.items():
            total[standing] += count
    return total


def _stamp(items: Iterable[Item], name: str) -> str:
    numbers = ",".join(f"{item['SK']!s}={number(item.get(name))}" for item in items)
    return sha256(numbers.encode()).hexdigest()[:16]


def _add_expression(added: Iterable[str]) -> str:
    return "ADD " + ", ".join(f"#{name} :{name}" for name in added)
