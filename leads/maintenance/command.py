"""What commands that read whole tables have in common: options, and how far they are."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import cast

from django.core.management.base import BaseCommand

from crm.cli import Progress, one_line_refusals, whole_number
from crm.dynamodb.creation import describe
from crm.dynamodb.pace import MOST_UNITS, Pace
from crm.dynamodb.schema import Table

SEGMENTS = 4
# Each has a thread, and a connection of the client's.
MOST_SEGMENTS = 64


class MaintenanceCommand(BaseCommand):
    """A command that reads whole tables beside people at work."""

    requires_system_checks: list[str] = []
    hint = "run it again to go on"
    """What to do after it was cut off."""

    progress: Progress | None = None

    def add_reading_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--segments`` and ``--max-rru``."""
        parser.add_argument(
            "--segments",
            default=str(SEGMENTS),
            help=f"how many parts of a table are read at once (default: {SEGMENTS})",
        )
        parser.add_argument("--max-rru", help="read units a second at most (default: no limit)")

    def add_shared_arguments(self, parser: ArgumentParser) -> None:
        """Add these, ``--max-wru`` and ``--dry-run``."""
        self.add_reading_arguments(parser)
        parser.add_argument("--max-wru", help="write units a second at most (default: no limit)")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    @contextmanager
    def refusals(self, stop: Event) -> Iterator[None]:
        """Turn what can go wrong inside into one line and exit status 2, or 130.

        In the end ``stop`` is set, so that no thread works on.
        """
        with one_line_refusals(self.hint):
            try:
                yield
            finally:
                stop.set()

    def pace(self, options: dict[str, object], stop: Event) -> Pace:
        """Read the limits; nobody waits any longer once ``stop`` is set."""
        limits = [
            whole_number(name, given, least=1, most=MOST_UNITS) if given is not None else None
            for name, given in (
                ("--max-rru", options["max_rru"]),
                ("--max-wru", options.get("max_wru")),
            )
        ]
        return Pace(*limits, wait=stop.wait)

    def follow(self, scanned: Iterable[int], table: Table, what: str) -> None:
        """Run through pages that had so many items each, and show how far it is.

        DynamoDB knows the number of a table's items to within six hours.
        """
        total = cast("int", (describe(table) or {}).get("ItemCount") or 0)
        self.progress = progress = Progress(self.stdout, what, total, is_estimate=True)
        done = 0
        for number in scanned:
            done += number
            progress.show(done)
        progress.clear()

    def tell(self, line: str) -> None:
        """Write a line, above the bar if there is one."""
        if self.progress:
            self.progress.clear()
        self.stdout.write(line)


def consumption_text(pace: Pace) -> str:
    """Say what was consumed."""
    return f"{pace.used.rru:,.0f} RRU, {pace.used.wru:,.0f} WRU"
