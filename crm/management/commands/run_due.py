"""``manage.py run_due``: does what is due, once, and says what it did."""

from typing import override

from django.core.management.base import BaseCommand

from crm.cli import one_line_refusals
from crm.jobs.running import run_due


class Command(BaseCommand):
    """Does the jobs that are due; refusals are one line and exit status 2."""

    help = (
        "Does what is due now: imports and acts on whole lists whose page was closed. Safe"
        " beside the server, which does the same by itself. Ends when nothing is due."
    )
    requires_system_checks: list[str] = []

    @override
    def handle(self, *_args: object, **_options: object) -> None:
        with one_line_refusals():
            outcomes = run_due(seconds=float("inf")).outcomes
        told = ", ".join(f"{number:,} {outcome}" for outcome, number in outcomes.items())
        self.stdout.write(f"{told}." if told else "Nothing is due.")
