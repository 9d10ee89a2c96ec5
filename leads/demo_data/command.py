"""``manage.py seed_leads``: demo leads, as many as wanted, the same for the same seed."""

from argparse import ArgumentParser
from typing import override

from django.core.management.base import BaseCommand

from crm.cli import Progress, one_line_refusals, refusal, whole_number
from leads.demo_data.run import BusyError, seed_leads

MOST = 100_000_000
MOST_SEED = 2**53


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
        wanted = whole_number("--count", count, least=1, most=MOST)
        chosen = whole_number("--seed", seed, most=MOST_SEED)
        try:
            with one_line_refusals():
                self._seed(chosen, wanted)
        except BusyError as error:
            message = f"Another process is storing seed {chosen}: wait until it has ended."
            raise refusal(message) from error

    def _seed(self, seed: int, count: int) -> None:
        numbers = seed_leads(seed, count)
        before = done = next(numbers)
        progress = Progress(self.stdout, "leads", count, before=before)
        for done in numbers:
            progress.show(done)
        if done == before:
            self.stdout.write(f"The leads of seed {seed} are there ({done:,}): nothing to do.")
            return
        progress.clear()
        seconds, rate = progress.seconds, progress.rate
        self.stdout.write(f"{done - before:,} leads stored in {seconds:.1f} s ({rate:,.0f}/s).")
