"""``manage.py cost``: what a month on AWS costs, by part. It asks nobody and needs no account."""

import re
from argparse import ArgumentParser
from decimal import Decimal
from itertools import groupby
from typing import override

from django.core.management.base import BaseCommand, CommandError

from leads.bill import Bill, bill, stream_reads
from leads.costs import Load
from leads.hosting import Host
from leads.prices import Line

MOST = 10**9
MOST_STAFF = 100_000
MOST_GB = 10**6
WIDTH = 78
_MILLION = 10**6
_BILLION = 10**9


class Command(BaseCommand):
    """Prints a bill; every refusal is one line and exit status 2."""

    help = "Prints what a month on AWS costs, by part, at the prices that docs/cost.md names."
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--leads", default="1000", help="new leads in the month (1000)")
        parser.add_argument(
            "--reads", default="0", help="pages read beyond the staff's day and the form (0)"
        )
        parser.add_argument("--staff", default="5", help="people at work, 21 days of 8 hours (5)")
        parser.add_argument(
            "--stored-gb", help="GB in tables and indexes (default: the leads of 12 months)"
        )
        hosts = ", ".join(Host)
        parser.add_argument("--host", default=Host.LAMBDA.value, help=f"{hosts} (lambda)")

    @override
    def handle(
        self,
        *,
        leads: object,
        reads: object,
        staff: object,
        stored_gb: object,
        host: object,
        **_options: object,
    ) -> None:
        load = Load(
            staff=_whole("--staff", staff, MOST_STAFF),
            leads=_whole("--leads", leads, MOST),
            reads=_whole("--reads", reads, MOST),
        )
        where = _host(host)
        stored = None if stored_gb is None else _gigabytes("--stored-gb", stored_gb)
        self.stdout.write("\n".join(statement(load, where, stored)))


def statement(load: Load, host: Host, stored_gb: float | None = None) -> list[str]:
    """Give the bill as lines of text, at most 80 characters each."""
    one = bill(load, host, stored_gb)
    idle = dollars(stream_reads().dollars)
    what = (
        _count(load.leads, "new lead"),
        _count(load.reads, "further page"),
        f"{_count(load.staff, 'person', 'people')} at work",
    )
    return [
        f"A month on {host.label} in us-east-1",
        ", ".join(what),
        "",
        _row("", "used", "list", "to pay"),
        *_parts(one),
        "-" * WIDTH,
        _row("Total", "", dollars(one.listed), dollars(one.dollars)),
        "",
        f"Free every month, once for each account: {dollars(one.listed - one.dollars)} of it.",
        f"Not in it: up to {idle}, if AWS bills that a pipe asks the stream day and night.",
        "docs/cost.md has the prices, where they are from, and what is counted.",
    ]


def _parts(one: Bill) -> list[str]:
    rows = []
    for part, lines in groupby(one.lines, key=lambda line: line.price.part):
        rows.append(part)
        rows += [_row(f"  {line.price.what}", _used(line), *_money(line)) for line in lines]
    return rows


def _row(what: str, used: str, listed: str, paid: str) -> str:
    return f"{what:<28}{used:>24}{listed:>13}{paid:>13}".rstrip()


def _used(line: Line) -> str:
    return f"{quantity(line.used)} {line.price.unit}".rstrip()


def _money(line: Line) -> tuple[str, str]:
    if not line.used:
        return "", ""
    free = line.listed and not line.dollars
    return dollars(line.listed), "free" if free else dollars(line.dollars)


def quantity(number: float) -> str:
    """Give a number to read: "1,200", "0.09", "1.2 million"."""
    if number >= _BILLION:
        return f"{number / _BILLION:,.1f} billion"
    if number >= _MILLION:
        return f"{number / _MILLION:,.1f} million"
    if number >= 100 or number == int(number):  # noqa: PLR2004 - three figures are enough
        return f"{number:,.0f}"
    return f"{number:.2f}" if number >= 0.01 else "<0.01"  # noqa: PLR2004 - two decimals


def dollars(amount: float) -> str:
    """Give an amount, told apart from nothing."""
    return "<$0.01" if 0 < amount < 0.005 else f"${amount:,.2f}"  # noqa: PLR2004 - half a cent


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _whole(name: str, value: object, most: int) -> int:
    """Read a whole number; raises ``CommandError`` that says which are taken."""
    text = str(value)
    if re.fullmatch(r"[0-9]{1,18}", text) and int(text) <= most:
        return int(text)
    message = f"{name} must be a whole number from 0 to {most:,}, not {text[:40]!r}."
    raise CommandError(message, returncode=2)


def _gigabytes(name: str, value: object) -> float:
    text = str(value)
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) and Decimal(text) <= MOST_GB:
        return float(text)
    message = f"{name} must be a number of GB from 0 to {MOST_GB:,}, not {text[:40]!r}."
    raise CommandError(message, returncode=2)


def _host(value: object) -> Host:
    try:
        return Host(str(value))
    except ValueError:
        message = f"--host must be one of {', '.join(Host)}, not {str(value)[:40]!r}."
        raise CommandError(message, returncode=2) from None
