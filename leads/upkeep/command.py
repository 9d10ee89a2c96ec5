"""What commands that read whole tables have in common: options, errors, a progress bar."""

import re
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic
from typing import cast

from django.core.management.base import BaseCommand, CommandError

from crm.dynamodb.creation import describe
from crm.dynamodb.errors import DynamoDBError, NotFoundError
from crm.dynamodb.pace import Pace
from crm.dynamodb.schema import Table

SEGMENTS = 4
# Each has a thread, and a connection of the client's.
MOST_SEGMENTS = 64
MOST_UNITS = 10**9
LINE_SECONDS = 5
BAR_SECONDS = 0.1
BAR = 30


class UpkeepCommand(BaseCommand):
    """A command that reads whole tables beside people at work."""

    requires_system_checks: list[str] = []
    again = "Run it again to go on."

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
    def refusing(self, stop: Event) -> Iterator[None]:
        """Turn what can go wrong inside into one line and exit status 2, or 130.

        In the end ``stop`` is set, so that no thread works on.
        """
        try:
            yield
        except NotFoundError as error:
            raise refusal("The tables are missing: run create_tables first.") from error
        except DynamoDBError as error:
            raise refusal(f"DynamoDB failed: {error} {self.again}") from error
        except KeyboardInterrupt as error:
            raise CommandError(f"\nStopped. {self.again}", returncode=130) from error
        finally:
            stop.set()

    def pace(self, options: dict[str, object], stop: Event) -> Pace:
        """Read the limits; nobody waits any longer once ``stop`` is set."""
        limits = [
            whole(name, given, least=1, most=MOST_UNITS) if given is not None else None
            for name, given in (
                ("--max-rru", options["max_rru"]),
                ("--max-wru", options.get("max_wru")),
            )
        ]
        return Pace(*limits, wait=stop.wait)

    def followed(self, scanned: Iterable[int], table: Table, what: str) -> None:
        """Run through pages that had so many items each, and show how far it is.

        DynamoDB knows the number of a table's items to within six hours.
        """
        total = cast("int", (describe(table) or {}).get("ItemCount") or 0)
        done = 0
        started = shown = monotonic()
        for number in scanned:
            done += number
            now = monotonic()
            if self.stdout.isatty():
                if now - shown >= BAR_SECONDS:
                    shown = now
                    self._bar(done, max(total, done), what, done / (now - started))
            elif now - shown >= LINE_SECONDS:
                shown = now
                self.stdout.write(f"{done:,} of about {max(total, done):,} {what}")
        if self.stdout.isatty():
            self._clear()

    def tell(self, line: str) -> None:
        """Write a line, above the bar if there is one."""
        if self.stdout.isatty():
            self._clear()
        self.stdout.write(line)

    def _bar(self, done: int, total: int, what: str, rate: float) -> None:
        full = BAR * done // (total or 1)
        bar = "█" * full + "·" * (BAR - full)
        line = f"\r{bar} {done:,} of about {total:,} {what}, {rate:,.0f}/s "
        self.stdout.write(line, ending="")
        self.stdout.flush()

    def _clear(self) -> None:
        self.stdout.write("\r\x1b[K", ending="")


def refusal(message: str) -> CommandError:
    """Give the error of one line that ends a command with status 2."""
    return CommandError(" ".join(message.split()), returncode=2)


def used(pace: Pace) -> str:
    """Say what was consumed."""
    return f"{pace.used.rru:,.0f} RRU, {pace.used.wru:,.0f} WRU"


def whole(name: str, value: object, *, least: int, most: int) -> int:
    """Read a whole number; raises ``CommandError`` that says which are taken."""
    text = str(value)
    if re.fullmatch(r"[0-9]{1,18}", text) and least <= int(text) <= most:
        return int(text)
    raise refusal(f"{name} must be a whole number from {least} to {most:,}, not {text[:40]!r}.")
