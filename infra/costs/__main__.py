"""``make cost``: what a month on AWS costs, by part. It asks nobody and needs no account.

Every refusal is one line and exit status 2.
"""

import re
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from decimal import Decimal
from typing import NoReturn, override

from django.core.management.base import CommandError

from crm.cli import refusal, whole_number
from infra.costs.consumption import Load
from infra.costs.hosting import Host
from infra.costs.regional import HOME
from infra.costs.statement import statement

MOST = 10**9
MOST_STAFF = 100_000
MOST_GB = 10**6


class _Parser(ArgumentParser):
    """Raises ``CommandError`` for what it does not know."""

    @override
    def error(self, message: str) -> NoReturn:
        raise refusal(f"{message[0].upper()}{message[1:]}.")


def main(words: Sequence[str]) -> int:
    """Print a bill and return the exit status."""
    parser = _Parser(
        prog="make cost",
        usage='make cost ARGS="--leads 1000 --reads 10000 --staff 5"',
        description="What a month on AWS costs, by part, at the prices that docs/cost.md names.",
        allow_abbrev=False,
    )
    parser.add_argument("--leads", default="1000", help="new leads in the month (1000)")
    parser.add_argument(
        "--reads", default="0", help="pages read beyond the staff's day and the form (0)"
    )
    parser.add_argument("--staff", default="5", help="people at work, 21 days of 8 hours (5)")
    parser.add_argument(
        "--stored-gb", help="GB in tables and indexes (default: the leads of 12 months)"
    )
    parser.add_argument("--host", default=Host.LAMBDA.value, help=f"{', '.join(Host)} (lambda)")
    parser.add_argument("--region", default=HOME, help=f"AWS region ({HOME})")
    try:
        given = parser.parse_args(words)
        load = Load(
            staff=whole_number("--staff", given.staff, most=MOST_STAFF),
            leads=whole_number("--leads", given.leads, most=MOST),
            reads=whole_number("--reads", given.reads, most=MOST),
        )
        stored = None if given.stored_gb is None else _gigabytes("--stored-gb", given.stored_gb)
        lines = statement(load, _host(given.host), stored, _region(given.region))
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join([*lines, ""]))
    return 0


def _gigabytes(name: str, text: str) -> float:
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) and Decimal(text) <= MOST_GB:
        return float(text)
    raise refusal(f"{name} must be a number of GB from 0 to {MOST_GB:,}, not {text[:40]!r}.")


def _region(text: str) -> str:
    if re.fullmatch(r"[a-z]{2}(-[a-z]{1,20}){1,3}-[1-9]", text):
        return text
    raise refusal(f"--region must be an AWS region such as {HOME}, not {text[:40]!r}.")


def _host(text: str) -> Host:
    try:
        return Host(text)
    except ValueError:
        message = f"--host must be one of {', '.join(Host)}, not {text[:40]!r}."
        raise refusal(message) from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
