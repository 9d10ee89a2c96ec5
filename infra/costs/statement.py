"""A bill as lines of text."""

from itertools import groupby
from textwrap import wrap

from infra.costs.bill import Bill, bill, stream_reads
from infra.costs.consumption import Load
from infra.costs.hosting import Host
from infra.costs.prices import Line
from infra.costs.regional import HOME, local_bill, reservation

WIDTH = 78
_MILLION = 10**6
_BILLION = 10**9


def statement(
    load: Load, host: Host, stored_gb: float | None = None, region: str = HOME
) -> list[str]:
    """Return the bill as lines of text, at most 80 characters each."""
    one = local_bill(bill(load, host, stored_gb), region)
    idle = dollars(stream_reads().dollars)
    what = (
        _count(load.leads, "new lead"),
        _count(load.reads, "further page"),
        f"{_count(load.staff, 'person', 'people')} at work",
    )
    return [
        f"A month on {host.label} in {region}",
        ", ".join(what),
        "",
        _row("", "used", "list", "to pay"),
        *_parts(one),
        "-" * WIDTH,
        _row("Total", "", dollars(one.list_price), dollars(one.dollars)),
        "",
        f"Free every month, once for each account: {dollars(one.list_price - one.dollars)} of it.",
        *wrap(reservation(region), WIDTH, break_on_hyphens=False),
        f"Not in it: up to {idle}, if AWS bills that a pipe asks the stream day and night.",
        "docs/cost.md has the prices, where they are from, and what is counted.",
    ]


def _parts(one: Bill) -> list[str]:
    rows = []
    for part, lines in groupby(one.lines, key=lambda line: line.price.part):
        rows.append(part)
        rows += [
            _row(f"  {line.price.what}", _quantity_text(line), *_money(line)) for line in lines
        ]
    return rows


def _row(what: str, used: str, listed: str, paid: str) -> str:
    return f"{what:<28}{used:>24}{listed:>13}{paid:>13}".rstrip()


def _quantity_text(line: Line) -> str:
    return f"{quantity(line.used)} {line.price.unit}".rstrip()


def _money(line: Line) -> tuple[str, str]:
    if not line.used:
        return "", ""
    free = line.list_price and not line.dollars
    return dollars(line.list_price), "free" if free else dollars(line.dollars)


def quantity(number: float) -> str:
    """Return a number to read: "1,200", "0.09", "1.2 million"."""
    if number >= _BILLION:
        return f"{number / _BILLION:,.1f} billion"
    if number >= _MILLION:
        return f"{number / _MILLION:,.1f} million"
    if number >= 100 or number == int(number):  # noqa: PLR2004 - three figures are enough
        return f"{number:,.0f}"
    return f"{number:.2f}" if number >= 0.01 else "<0.01"  # noqa: PLR2004 - two decimals


def dollars(amount: float) -> str:
    """Return an amount, told apart from nothing."""
    return "<$0.01" if 0 < amount < 0.005 else f"${amount:,.2f}"  # noqa: PLR2004 - half a cent


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
