"""``manage.py recount``: totals, search tokens and the agenda compared with the leads."""

from argparse import ArgumentParser
from collections.abc import Sequence
from itertools import batched
from threading import Event
from typing import override
from uuid import uuid4

from django.core.management.base import CommandError

from crm.cli import refusal, whole_number
from crm.tables import BOARD_INDEX, LEADS
from leads.maintenance.bulk_writers import Bulk, bulk
from leads.maintenance.command import MOST_SEGMENTS, MaintenanceCommand, consumption_text
from leads.maintenance.recount.agenda import check_agenda
from leads.maintenance.recount.filing import (
    declare_filed,
    file_boards,
    has_index,
    unfiled_counters,
)
from leads.maintenance.recount.origins import file_origins
from leads.maintenance.recount.tokens import file_leads, remove_orphans
from leads.maintenance.recount.totals import Drift, compare, repair
from leads.maintenance.table_reader import Work

PASSES = 3
# A transaction takes 100 writes. What one counter has too much, others have too little.
TOGETHER = 100


class Command(MaintenanceCommand):
    """Finds and repairs while the board is in use; every refusal is one line."""

    help = (
        "Compares the totals, the search tokens and the agenda with the leads, and repairs them."
        " Safe at any time. Exit status 0; 1 if --dry-run found differences or something could"
        " not be compared."
    )

    hint = "what was repaired stays so, run it again"

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_shared_arguments(parser)

    @override
    def handle(self, *_args: object, **options: object) -> None:
        segments = whole_number("--segments", options["segments"], least=1, most=MOST_SEGMENTS)
        stop = Event()
        pace = self.pace(options, stop)
        self._dry_run = bool(options["dry_run"])
        with self.refusals(stop):
            before = bulk()
            if before.open:
                raise refusal(f"{before.open[0]}, then run recount again.")
            work = Work(segments, pace, stop, self.follow)
            unfiled = unfiled_counters()
            filed = self._file_origins(work)
            found, unknown = self._count(work, before)
            found += filed
            found += self._file_boards(work, unfiled if not unknown else [])
            found += self._file(work, before)
            found += self._check_agenda(work)
            self.stdout.write(f"Consumed {consumption_text(pace)}.")
        if unknown:
            raise CommandError(
                f"The totals {', '.join(sorted(unknown))} changed too fast to be compared,"
                " or a seed or an import ran: run recount again in a quieter hour.",
                returncode=1,
            )
        if self._dry_run and found:
            raise CommandError("Nothing was changed: run recount to repair it.", returncode=1)

    def _count(self, work: Work, before: Bulk) -> tuple[int, set[str]]:
        """Compare the totals, again where it could not be told; return what is left unknown."""
        asked: set[str] | None = None
        right, drifts = 0, 0
        for _ in range(PASSES):
            result = compare(asked, work, before)
            if result is None:
                break
            right, drifts = right + len(result.right), drifts + len(result.drifts)
            for some in batched(result.drifts, TOGETHER):
                self._repair_totals(work, some)
            asked = result.unknown
            if not asked:
                break
        unknown = asked or set()
        every = right + drifts + len(unknown)
        text = "all are right." if right == every else f"{right} of {every} counters are right."
        self.stdout.write(f"Totals: {text}")
        return drifts, unknown

    def _repair_totals(self, work: Work, drifts: Sequence[Drift]) -> None:
        done = "to be repaired"
        if not self._dry_run:
            with work.pace.hold():
                is_done = repair(drifts, uuid4().hex)
            done = "repaired" if is_done else "another recount repaired it meanwhile"
        for drift in drifts:
            for cell, (told, real) in drift.numbers.items():
                self.tell(
                    f"Totals, {drift.counter}: {told:,} {cell.strip()},"
                    f" and there were {real:,}: {done}."
                )

    def _file_origins(self, work: Work) -> int:
        number = file_origins(work, dry_run=self._dry_run)
        done = "to be filed" if self._dry_run else "filed"
        if number:
            self.stdout.write(
                f"Forms and sources: {number:,} leads were not filed by them: {done}."
            )
        return number

    def _file_boards(self, work: Work, unfiled: Sequence[str]) -> int:
        if not has_index():
            self.stdout.write(
                f"Boards of owners: {LEADS.name} has no index {BOARD_INDEX.name} yet:"
                " create_tables --add-indexes adds it. Until then they are read as before."
            )
            return 0
        number = file_boards(work, dry_run=self._dry_run)
        done = "to be filed" if self._dry_run else "filed"
        text = f"{number:,} leads were not filed by owner: {done}." if number else "all are filed."
        self.stdout.write(f"Boards of owners: {text}")
        if not self._dry_run:
            declare_filed(unfiled)
        return number

    def _file(self, work: Work, before: Bulk) -> int:
        filed = file_leads(work, dry_run=self._dry_run)
        done = "to be written" if self._dry_run else "written"
        if filed.lacking:
            self.stdout.write(
                f"Search tokens: {filed.lacking:,} of {filed.leads:,} leads were missing or"
                f" wrong: {done}."
            )
        orphans = 0
        if bulk() == before:
            orphans = remove_orphans(work, filed, before.arriving, dry_run=self._dry_run)
        elif filed.orphans:
            self.stdout.write("An import or a seed ran: tokens of no lead were left alone.")
        if orphans:
            done = "to be removed" if self._dry_run else "removed"
            self.stdout.write(f"Search tokens: {orphans:,} were of no lead or no word: {done}.")
        if not filed.lacking and not orphans:
            self.stdout.write("Search tokens: all are right.")
        for lead_id in filed.unsteady:
            self.stdout.write(f"not compared: {lead_id!r}: others kept changing it.")
        return filed.lacking + orphans

    def _check_agenda(self, work: Work) -> int:
        found = check_agenda(work, dry_run=self._dry_run)
        done = "to be repaired" if self._dry_run else "repaired"
        text = (
            f"{found.lacking:,} entries were missing or wrong, {found.outdated:,} of nothing that"
            f" is due: {done}."
            if found.lacking or found.outdated
            else "all entries are right."
        )
        self.stdout.write(f"Agenda: {text}")
        for lead_id in found.unsteady:
            self.stdout.write(f"not compared: {lead_id!r}: others kept changing it.")
        return found.lacking + found.outdated
