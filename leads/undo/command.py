"""``manage.py run_acts``: goes on with acts on whole lists that nobody has open."""

from argparse import ArgumentParser
from typing import override

from django.core.management.base import BaseCommand

from crm.cli import Progress, one_line_refusals, whole_number
from crm.dynamodb.pace import MOST_UNITS, Pace
from leads import repository
from leads.repository.large_act import LargeAct
from leads.web.acts import done_text


class Command(BaseCommand):
    """Does what is left of acts on all leads of a list; refusals are one line and status 2."""

    help = (
        "Goes on with acts on all leads of a list (move, assign, close, delete, undo) whose page"
        " was closed, one after the other, to their end. Safe beside people who have it open."
    )
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--max-wru", help="write units a second at most (default: no limit)")

    @override
    def handle(self, *_args: object, **options: str | None) -> None:
        units = options["max_wru"]
        limit = units and whole_number("--max-wru", units, least=1, most=MOST_UNITS)
        pace = Pace(max_wru=limit or None)
        with one_line_refusals():
            acts = repository.steps.open_acts()
            for act in acts:
                self._finish(act, pace)
        if not acts:
            self.stdout.write("No act is waiting to go on.")

    def _finish(self, act: LargeAct, pace: Pace) -> None:
        progress = Progress(self.stdout, "leads", act.expected or None, is_estimate=True)
        while act.is_working:
            with pace.hold():
                act = repository.steps.step(act.id)
            progress.show(act.done + act.left)
        progress.clear()
        left = f" {act.left:,} were left as others had changed them." if act.left else ""
        self.stdout.write(f"{act.actor.name}, {act.at}: {done_text(act.task, act.done)}{left}")
