"""``python -m benchmarks.capacity``: print the tables of ``docs/capacity.md``."""

import sys
from collections.abc import Sequence

from benchmarks.ceilings import READS, WRITES, Ceiling
from infra.costs.consumption import Load, month
from infra.costs.prices import MILLION

STAFF = (5, 50, 500)
LEADS = (1_000, 100_000, 10_000_000)

COSTS_HEAD = (
    "staff",
    "new leads a month",
    "million RRU",
    "million WRU",
    "GB stored",
    "reads",
    "writes",
    "storage",
    "a month",
)
CEILINGS_HEAD = ("where", "what", "units", "a second", "and then")


def costs() -> str:
    """Return the table of what teams consume and pay."""
    rows = [_cost(Load(staff, leads)) for staff in STAFF for leads in LEADS]
    return table(COSTS_HEAD, rows, words=0)


def ceilings() -> str:
    """Return the table of what each partition and index carries."""
    rows = [_ceiling(one, "WRU") for one in WRITES] + [_ceiling(one, "RRU") for one in READS]
    return table(CEILINGS_HEAD, rows, words=2)


def _cost(load: Load) -> tuple[str, ...]:
    one = month(load)
    return (
        f"{load.staff:,}",
        f"{load.leads:,}",
        f"{one.rru / MILLION:,.1f}",
        f"{one.wru / MILLION:,.1f}",
        f"{one.table_gb + one.index_gb:,.1f}",
        f"${one.reads:,.2f}",
        f"${one.writes:,.2f}",
        f"${one.storage:,.2f}",
        f"**${one.dollars:,.2f}**",
    )


def _ceiling(one: Ceiling, kind: str) -> tuple[str, ...]:
    return (one.where, one.act, f"{one.units:g} {kind}", f"{one.per_second:,.0f}", one.then)


def table(
    head: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    *,
    words: int,
    last_words: int = 1,
) -> str:
    """Return a table as Markdown; the first columns and the last are words, others numbers.

    Without any words in front there are none behind.
    """
    numbers = range(words, len(head) - (last_words if words else 0))
    rules = tuple("---:" if at in numbers else "---" for at in range(len(head)))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rules, *rows))


def main() -> int:
    """Print both tables."""
    print(f"{costs()}\n\n{ceilings()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
