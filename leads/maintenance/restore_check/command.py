"""``manage.py verify_restore``: restored tables compared with the live ones."""

import re
from argparse import ArgumentParser
from collections import Counter
from datetime import UTC, datetime
from threading import Event
from typing import override

from django.core.management.base import CommandError

from crm.cli import refusal, whole_number
from crm.dynamodb.creation import describe, key_schema
from leads.maintenance.command import MOST_SEGMENTS, MaintenanceCommand
from leads.maintenance.record_kinds import Kind
from leads.maintenance.restore_check.comparing import Comparison, Difference
from leads.maintenance.restore_check.explaining import Explainer
from leads.maintenance.restore_check.orphans import Orphans
from leads.maintenance.restore_check.reading import LIVE, Pair, Reader, named_pair
from leads.models import timestamp

TABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
LISTED = 20
SHOWN = 200
# DynamoDB is no older, and neither is a restore.
EARLIEST = datetime(2012, 1, 18, tzinfo=UTC)


class Command(MaintenanceCommand):
    """Reads and writes nothing; every refusal is one line."""

    help = (
        "Compares restored tables with the live ones, item by item, and looks for what the"
        " restored ones lack in themselves. Changes nothing. Exit status 0 if they are the"
        " same but for what was written since --at, 1 if not, 2 if it could not compare."
    )

    hint = "nothing was changed, run it again"

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--restored-leads", help="the table restored from TABLE_NAME")
        parser.add_argument("--restored-records", help="the one from RECORDS_TABLE_NAME")
        parser.add_argument(
            "--at",
            help="the moment that was restored, such as 2026-11-21T12:00:00Z: what was written"
            " since is no fault (default: the tables must be the same)",
        )
        self.add_reading_arguments(parser)

    @override
    def handle(self, *_args: object, **options: object) -> None:
        segments = whole_number("--segments", options["segments"], least=1, most=MOST_SEGMENTS)
        restored = _pair(options["restored_leads"], options["restored_records"])
        at = _moment(options["at"])
        stop = Event()
        self._listed: Counter[str] = Counter()
        with self.refusals(stop):
            for live, other in zip(LIVE.tables, restored.tables, strict=True):
                _check(other.name, key_schema(live.partition_key, live.sort_key))
            reader = Reader(segments, self.pace(options, stop), stop, self.follow)
            explainer = Explainer(reader, at) if at else None
            comparison, orphans = Comparison(reader, restored), Orphans(reader, restored)
            comparison.add_up(orphans.see)
            self._say_sums(comparison)
            found = self._compare(comparison, explainer, restored)
            faults = self._look_inside(orphans)
            self.stdout.write(f"Consumed {reader.pace.used.rru:,.0f} RRU.")
        _conclude(found, faults, restored)
        self.stdout.write(
            f"The restored tables hold what the live ones held at {timestamp(at)}."
            if at
            else "The restored tables are the same as the live ones."
        )

    def _say_sums(self, comparison: Comparison) -> None:
        live, restored = comparison.live_sums, comparison.restored_sums
        self.stdout.write(f"{'':18}{'live':>14}{'restored':>14}  checksums")
        for kind in Kind:
            if live.counts[kind] or restored.counts[kind]:
                sums = [one.checksums.get(kind, 0) for one in (live, restored)]
                words = [f"{number:032x}"[:12] for number in sums]
                same = f"same {words[0]}" if sums[0] == sums[1] else f"differ {' '.join(words)}"
                numbers = f"{live.counts[kind]:>14,}{restored.counts[kind]:>14,}"
                self.stdout.write(f"{kind.value:18}{numbers}  {same}")

    def _compare(self, comparison: Comparison, explainer: Explainer | None, restored: Pair) -> int:
        """List what differs, and return how much of it nothing explains."""
        later: Counter[str] = Counter()
        unexplained = 0

        def tell(difference: Difference) -> None:
            nonlocal unexplained
            kind, key = difference.kind, " ".join(difference.key.values())
            if explainer and explainer.is_later(difference):
                later[f"{kind.value} {_conclusion(difference)}"] += 1
                if kind is Kind.LEADS:
                    self._list("later", f"lead {_shorten(key)} {_conclusion(difference)}")
                return
            unexplained += 1
            self._list(
                f"differs: {kind.value}", f"{_shorten(key)} {_place_text(difference, restored)}"
            )

        comparison.find(tell)
        self._say_more()
        if explainer and later:
            listed = ", ".join(f"{number:,} {what}" for what, number in sorted(later.items()))
            self.stdout.write(f"Written since {timestamp(explainer.since)}: {listed}.")
        return unexplained

    def _look_inside(self, orphans: Orphans) -> int:
        faults = 0

        def tell(fault: str, which: str) -> None:
            nonlocal faults
            faults += 1
            self._list(f"restored, {fault}", which)

        orphans.find(tell)
        self._say_more()
        if not faults:
            self.stdout.write(
                "Restored tables: totals, timelines, search tokens and accounts fit together."
            )
        return faults

    def _list(self, what: str, text: str) -> None:
        self._listed[what] += 1
        if self._listed[what] <= LISTED:
            self.tell(f"{what}: {text}")

    def _say_more(self) -> None:
        for what, number in self._listed.items():
            if number > LISTED:
                self.stdout.write(f"{what}: and {number - LISTED:,} more")
        self._listed.clear()


def _pair(leads: object, records: object) -> Pair:
    for name, value, live in (
        ("--restored-leads", leads, LIVE.leads),
        ("--restored-records", records, LIVE.records),
    ):
        if not value:
            raise refusal(f"{name} is missing: name the table restored from {live.name}.")
        if not TABLE_NAME.fullmatch(str(value)):
            raise refusal(f"{name} must be a table's name, not {str(value)[:SHOWN]!r}.")
        if str(value) in {table.name for table in LIVE.tables}:
            raise refusal(f"{name} is {str(value)[:SHOWN]}, a live table: name the restored one.")
    return named_pair(str(leads), str(records))


def _moment(text: object) -> datetime | None:
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(str(text))
        at = read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):
        at = None
    if at is None or at < EARLIEST:
        raise refusal(f"--at must be a time such as 2026-11-21T12:00:00Z, not {str(text)[:40]!r}.")
    if at > datetime.now(UTC):
        raise refusal(f"--at {timestamp(at)} is still to come.")
    return at


def _check(name: str, keys: list[dict[str, str]]) -> None:
    described = describe(named_pair(name, name).leads)
    if described is None:
        raise refusal(f"There is no table {name[:SHOWN]} in this region.")
    if described.get("KeySchema") != keys:
        wanted = ", ".join(part["AttributeName"] for part in keys)
        raise refusal(f"The key of {name[:SHOWN]} is not ({wanted}): it was restored from another.")


def _conclude(found: int, faults: int, restored: Pair) -> None:
    texts: list[str] = []
    if found:
        texts.append(f"{found:,} differences are not explained.")
    if faults:
        texts.append(
            f"{faults:,} faults in the restored tables themselves: run recount on them"
            f" (TABLE_NAME={restored.leads.name} RECORDS_TABLE_NAME={restored.records.name}),"
            " which repairs totals and search tokens."
        )
    if texts:
        raise CommandError(" ".join(texts), returncode=1)


def _conclusion(difference: Difference) -> str:
    if difference.restored is None:
        return "added"
    return "removed" if difference.live is None else "changed"


def _place_text(difference: Difference, restored: Pair) -> str:
    at = 0 if difference.kind is Kind.LEADS else 1
    live, other = LIVE.tables[at].name, restored.tables[at].name
    if difference.restored is None:
        return f"only in {live}"
    return f"only in {other}" if difference.live is None else "is not the same"


def _shorten(text: str) -> str:
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")
