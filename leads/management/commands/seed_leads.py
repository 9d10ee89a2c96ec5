"""``manage.py seed_leads``: demo leads, as many as wanted, the same for the same seed."""

import re
from argparse import ArgumentParser
from time import monotonic
from typing import override

from django.core.management.base import BaseCommand, CommandError

from crm.dynamodb.errors import DynamoDBError, NotFoundError
from leads.seed.run import BusyError, seed_leads

MOST = 100_000_000
MOST_SEED = 2**53
LINE_SECONDS = 5
BAR = 30


class Command(BaseCommand):
    """Stores demo leads; every refusal is one line and exit status 2."""

    help = "Stores demo leads in all four states with history; the same seed again adds nothing."
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", help="how many leads the seed shall have")
        parser.add_argument("--seed", default="1", help="a whole number (default: 1)")

    @override
    def handle(self, *, count: object, seed: object, **_options: object) -> None:
        wanted = _whole("--count", count, least=1, most=MOST)
        chosen = _whole("--seed", seed, least=0, most=MOST_SEED)
        try:
            self._seed(chosen, wanted)
        except BusyError as error:
            message = f"Another process is storing seed {chosen}: wait until it has ended."
            raise CommandError(message, returncode=2) from error
        except NotFoundError as error:
            message = "The tables are missing: run create_tables first."
            raise CommandError(message, returncode=2) from error
        except DynamoDBError as error:
            message = f"DynamoDB failed, run it again to go on: {error}"
            raise CommandError(" ".join(message.split()), returncode=2) from error
        except KeyboardInterrupt as error:
            message = "\nStopped. Run it again to go on."
            raise CommandError(message, returncode=130) from error

    def _seed(self, seed: int, count: int) -> None:
        numbers = seed_leads(seed, count)
        before = done = next(numbers)
        started = shown = monotonic()
        for done in numbers:
            now = monotonic()
            if self.stdout.isatty():
                self._bar(done, count, (done - before) / (now - started))
            elif now - shown >= LINE_SECONDS:
                shown = now
                self.stdout.write(f"{done:,} of {count:,} leads")
        if self.stdout.isatty() and done > before:
            self.stdout.write("")
        if done == before:
            self.stdout.write(f"The leads of seed {seed} are there ({done:,}): nothing to do.")
            return
        seconds = monotonic() - started
        rate = (done - before) / seconds
        self.stdout.write(f"{done - before:,} leads stored in {seconds:.1f} s ({rate:,.0f}/s).")

    def _bar(self, done: int, count: int, rate: float) -> None:
        full = min(BAR, BAR * done // count)
        bar = "█" * full + "·" * (BAR - full)
        left = max(0, count - done) / rate
        line = f"\r{bar} {done:,} of {count:,} leads, {rate:,.0f}/s, {left:.0f} s left "
        self.stdout.write(line, ending="")
        self.stdout.flush()


def _whole(name: str, value: object, *, least: int, most: int) -> int:
    """Read a whole number; raises ``CommandError`` that says which are taken."""
    text = "" if value is None else str(value)
    if re.fullmatch(r"[0-9]{1,18}", text) and least <= int(text) <= most:
        return int(text)
    given = f"not {text[:40]!r}" if text else "and is missing"
    message = f"{name} must be a whole number from {least} to {most:,}, {given}."
    raise CommandError(message, returncode=2)
