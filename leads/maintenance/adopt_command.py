"""``manage.py adopt_leads``: makes the leads of other programs Leadbook's own."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event
from time import monotonic
from typing import override

from django.core.management.base import CommandError

from crm.cli import whole_number
from crm.dynamodb.pace import Pace
from crm.tables import LEADS
from leads.maintenance.adopt import AdoptedPage, Segments, adopt_all, begin, plan_all
from leads.maintenance.command import MOST_SEGMENTS, MaintenanceCommand, consumption_text
from leads.models import Status
from leads.repository.adoption import Adoption

type Work = Callable[[Segments, Pace, Event], Iterator[AdoptedPage]]


class Command(MaintenanceCommand):
    """Adopts what it finds while the board is in use; every refusal is one line."""

    help = (
        "Gives the leads that other programs wrote a version, counts them in, and makes them"
        " found by search. Safe at any time and any number of times; a run that was cut off"
        " goes on where it was. Exit status 1 if a lead cannot be adopted."
    )

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_shared_arguments(parser)
        parser.add_argument(
            "--addresses",
            action="store_true",
            help="write their e-mail addresses in the normal form, and those of leads that are"
            " Leadbook's already; the timelines keep what was",
        )

    @override
    def handle(self, *_args: object, **options: object) -> None:
        wanted = whole_number("--segments", options["segments"], least=1, most=MOST_SEGMENTS)
        stop = Event()
        pace = self.pace(options, stop)
        addresses = bool(options["addresses"])
        plan, work = (partial(one, addresses=addresses) for one in (plan_all, adopt_all))
        self._statuses: Counter[Status] = Counter()
        self._changed: Counter[str] = Counter()
        self._problems = self._overtaken = self._rewritten = 0
        with self.refusals(stop):
            if options["dry_run"]:
                whole_table = Segments(wanted, dict.fromkeys(range(wanted)))
                self.follow(self._pages(plan, whole_table, pace, stop), LEADS, "leads")
                self._say_plan()
                return
            started = monotonic()
            segments = begin(wanted, addresses=addresses)
            if segments.since:
                self.stdout.write(
                    f"Going on where the run of {segments.since} stopped,"
                    f" {segments.count} segments."
                )
            self.follow(self._pages(work, segments, pace, stop), LEADS, "leads")
            self._say_done(segments, pace, monotonic() - started)
        if self._problems:
            raise CommandError(f"{self._problems:,} leads could not be adopted.", returncode=1)

    def _pages(self, work: Work, segments: Segments, pace: Pace, stop: Event) -> Iterator[int]:
        for page in work(segments, pace, stop):
            for adoption in page.adoptions:
                self._count(adoption)
            yield page.scanned

    def _count(self, adoption: Adoption) -> None:
        if adoption.problem:
            self._problems += 1
            self.tell(f"not adopted: {adoption.lead_id!r}: {adoption.problem}")
        elif adoption.status is not None:
            self._statuses[adoption.status] += 1
            self._changed.update(adoption.changed)
        elif adoption.changed:
            self._rewritten += 1
        else:
            self._overtaken += 1

    def _say_plan(self) -> None:
        number = self._statuses.total()
        if number:
            self.stdout.write(f"{number:,} leads would be adopted: {self._by_status()}.")
        else:
            self.stdout.write("No lead waits to be adopted.")
        self._say_changed("would be")

    def _say_done(self, segments: Segments, pace: Pace, seconds: float) -> None:
        number = self._statuses.total()
        if not number:
            self.stdout.write(f"No lead waited to be adopted ({consumption_text(pace)}).")
        else:
            rate = number / seconds
            self.stdout.write(
                f"{number:,} leads adopted: {self._by_status()};"
                f" {seconds:.1f} s ({rate:,.0f}/s), {consumption_text(pace)}."
            )
        self._say_changed("was")
        if self._overtaken:
            self.stdout.write(f"{self._overtaken:,} were changed or deleted by others meanwhile.")
        if segments.since:
            self.stdout.write(
                "Leads that came in since the first run began may wait still: run it once more."
            )

    def _by_status(self) -> str:
        return ", ".join(f"{self._statuses[status]:,} {status.value}" for status in Status)

    def _say_changed(self, was: str) -> None:
        for name, number in sorted(self._changed.items()):
            self.stdout.write(
                f"{name} {was} written anew in {number:,} of them; their timelines keep it."
            )
        if self._rewritten:
            self.stdout.write(
                f"email {was} written anew in {self._rewritten:,} leads that were Leadbook's"
                " already; their timelines keep it."
            )
