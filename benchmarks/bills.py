"""``python -m benchmarks.bills``: print the tables of ``docs/cost.md``."""

import sys

from benchmarks.alternatives import INTAKE_CEILING, dyno, flood, month_at_ceiling
from benchmarks.capacity import table
from infra.costs import prices
from infra.costs.bill import Bill, bill
from infra.costs.consumption import Load
from infra.costs.hosting import Host
from infra.costs.regional import COMPARED, HOME, REGIONS, local_bill
from infra.costs.statement import dollars, quantity, statement

STAFF = (5, 50)
LEADS = (0, 1_000, 100_000)
LOADS = (Load(0, 0), *(Load(staff, leads) for staff in STAFF for leads in LEADS))
PARTS = (
    prices.DYNAMODB,
    prices.LAMBDA,
    prices.CLOUDFRONT,
    prices.EVENTS,
    prices.CLOUDWATCH,
    prices.KEYS,
)
_HOLDS = {
    prices.DYNAMODB: "four tables, their backup to any second of 35 days",
    prices.LAMBDA: "the web application and the public form",
    prices.CLOUDFRONT: "HTTPS, static files",
    prices.EVENTS: "pipe, workflow, topic, mail, dead letters",
    prices.CLOUDWATCH: "logs, metrics, alarms, two dashboards, a budget",
    prices.KEYS: "encryption, parameters",
}
POSTS = 10_000_000
# None of them, the limit of all together, and all of them.
ACCEPTED = (0, 300, INTAKE_CEILING)
TEAM = Load(staff=5, leads=1_000)
LARGE = Load(staff=50, leads=100_000)
EXAMPLE = Load(staff=5, leads=1_000, reads=10_000)


def example() -> str:
    """Return what ``make cost`` prints for the example."""
    return "\n".join(statement(EXAMPLE, Host.LAMBDA))


def hosts() -> str:
    """Return what each host costs, idle and at work."""
    head = (
        "staff",
        "new leads a month",
        "Lambda",
        "App Runner",
        "ECS Express",
        "dyno, small Postgres",
        "dyno, Postgres with rollback",
    )
    return table(head, [_host_row(load) for load in LOADS], words=0)


def _host_row(load: Load) -> tuple[str, ...]:
    bills = (
        bill(load, Host.LAMBDA),
        bill(load, Host.APP_RUNNER),
        bill(load, Host.EXPRESS),
        dyno(load, rollback=False),
        dyno(load, rollback=True),
    )
    return f"{load.staff:,}", f"{load.leads:,}", *(dollars(one.dollars) for one in bills)


def parts() -> str:
    """Return what each part costs on Lambda."""
    head = ("staff", "new leads a month", *PARTS, "without free tiers", "to pay")
    return table(head, [_part_row(load) for load in LOADS], words=0)


def _part_row(load: Load) -> tuple[str, ...]:
    one = bill(load, Host.LAMBDA)
    amounts = (dollars(one.of(part)) for part in PARTS)
    total = f"**{dollars(one.dollars)}**"
    return f"{load.staff:,}", f"{load.leads:,}", *amounts, dollars(one.list_price), total


def idle() -> str:
    """Return what each part costs idle and at work, for README."""
    nobody, team = (bill(load, Host.LAMBDA) for load in (LOADS[0], TEAM))
    rows = [
        (f"{part}: {_HOLDS[part]}", dollars(nobody.of(part)), dollars(team.of(part)))
        for part in PARTS
    ]
    total = f"**{dollars(nobody.dollars)}**", f"**{dollars(team.dollars)}**"
    return table(("part", "idle", "at work"), [*rows, ("in all", *total)], words=1, last_words=0)


def flood_report() -> str:
    """Return what ten million posts to the form cost."""
    one = flood(POSTS)
    rows = [
        (f"{line.price.part}: {line.price.what}", _quantities(line.used, line.price), dollars(paid))
        for line in one.lines
        if (paid := line.dollars) >= 1
    ]
    shown = sum(line.dollars for line in one.lines if line.dollars >= 1)
    rows.append(("all else", "", dollars(one.dollars - shown)))
    return table(("what", "used", "to pay"), [*rows, _total(one)], words=1, last_words=0)


def ceiling_report() -> str:
    """Return what a month of messages at the ceiling costs, by how many are accepted."""
    rows = [
        (f"{accepted:,}", f"{INTAKE_CEILING - accepted:,}", dollars(of_all / 30), dollars(of_all))
        for accepted in ACCEPTED
        if (of_all := month_at_ceiling(accepted).dollars)
    ]
    head = ("accepted an hour", "held an hour", "a day", "a month")
    return table(head, rows, words=0)


def _total(one: Bill) -> tuple[str, str, str]:
    return "**in all**", "", f"**{dollars(one.dollars)}**"


def regions() -> str:
    """Return what differs between the regions whose prices were read."""
    units = (f"{one.what}, {_quantities(one.per, one)}" for one in COMPARED)
    head = ("region", *units, f"{LARGE.staff} people, {LARGE.leads:,} leads", "read in")
    home = (HOME, *(f"{one.dollars:g}" for one in COMPARED), _large_bill(HOME), "see below")
    rows = [
        (
            name,
            *("?" if amount is None else f"{amount:g}" for amount in region.dollars),
            _large_bill(name),
            region.source,
        )
        for name, region in REGIONS.items()
    ]
    return table(head, [home, *rows], words=1)


def _large_bill(region: str) -> str:
    return dollars(local_bill(bill(LARGE, Host.LAMBDA), region).dollars)


def price_list() -> str:
    """Return every price, with what is free of it and where it was read."""
    head = ("part", "what", "dollars", "for", "free a month", "read in")
    rows = [
        (
            one.part,
            one.what,
            f"{one.dollars:.10f}".rstrip("0").rstrip(".") if one.dollars else "0",
            _quantities(one.per, one),
            _quantities(one.free, one) if one.free else "",
            one.source,
        )
        for one in prices.ALL
    ]
    return table(head, rows, words=2)


def _quantities(number: float, price: prices.Price) -> str:
    return f"{quantity(number)} {price.unit}".rstrip()


def main() -> int:
    """Print all tables."""
    tables = (example, hosts, parts, idle, flood_report, ceiling_report, regions, price_list)
    print("\n\n".join(one() for one in tables))
    return 0


if __name__ == "__main__":
    sys.exit(main())
