"""``manage.py import_leads``: leads from a file, once each, and taken back if wanted."""

from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import BinaryIO, TypedDict, Unpack, override

from django.core.management.base import BaseCommand
from django.utils import timezone

from crm.cli import Progress, confirm, whole_number
from crm.dynamodb.pace import MOST_UNITS, Pace
from leads.csv_escaping import BYTE_ORDER_MARK, csv_text
from leads.imports.columns.mapping import Mapping
from leads.imports.columns.saved_mappings import remember
from leads.imports.columns.targets import CREATED_AT, targets
from leads.imports.options import (
    OptionError,
    check_writable,
    duplicates_of,
    header_line_of,
    mapping_of,
    one_line_import_refusals,
    open_seekable,
    zone_of,
)
from leads.imports.reading import label_of
from leads.imports.run import results, staging
from leads.imports.run.forget import forget, import_to_forget
from leads.imports.run.models import Duplicates, ImportState, Run, Tally
from leads.imports.run.steps import begin_work, step
from leads.models import Actor

IMPORTER = Actor(id="", name="import_leads")
SHOWN_REASONS = 15


class _Options(TypedDict):
    file: str | None
    map: list[str]
    delimiter: str | None
    encoding: str | None
    header_line: str | None
    sheet: str | None
    day_first: bool | None
    timezone: str
    duplicates: str | None
    dry_run: bool
    errors: str | None
    max_wru: str | None
    undo: str | None
    forget: str | None
    yes: bool


class Command(BaseCommand):
    """Imports, tries or undoes; every refusal is one line and exit status 2."""

    help = (
        "Imports leads from CSV, JSON lines or a workbook. The same file again goes on where it"
        " was cut off, and adds nothing once it is done."
    )
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="CSV, JSON lines, or a workbook")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADER=FIELD",
            help="what a column is, if its name does not tell; as often as needed;"
            f" fields: {', '.join(targets())}, or nothing to leave the column out",
        )
        parser.add_argument("--delimiter", help="what separates cells, such as ; or tab")
        parser.add_argument("--encoding", help="such as utf-8 or cp1252")
        parser.add_argument(
            "--header-line", metavar="N", help="the line that names the columns; 0: there is none"
        )
        parser.add_argument("--sheet", metavar="NAME", help="of a workbook: its name or number")
        parser.add_argument(
            "--day-first", action=BooleanOptionalAction, help="3/4/2026 is in April, or in March"
        )
        parser.add_argument(
            "--timezone", default="UTC", help="of times that say none, such as Europe/Berlin"
        )
        parser.add_argument(
            "--duplicates",
            help=f"rows whose e-mail a lead has: {', '.join(Duplicates)} (default: skip)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--errors", metavar="FILE", help="where rejected rows go, as CSV")
        parser.add_argument("--max-wru", help="write units a second at most (default: no limit)")
        parser.add_argument("--undo", metavar="ID", help="take a whole import back")
        parser.add_argument("--forget", metavar="ID", help="remove the rows kept of an import")
        parser.add_argument("--yes", action="store_true", help="forget without asking")

    @override
    def handle(self, *_args: object, **options: Unpack[_Options]) -> None:
        self._pace = Pace(max_wru=_units(options["max_wru"]))
        with one_line_import_refusals(), timezone.override(zone_of(options["timezone"])):
            if options["undo"] is not None:
                self._undo(options["undo"])
                return
            if options["forget"] is not None:
                self._forget(options["forget"], is_sure=options["yes"])
                return
            if not options["file"]:
                raise OptionError("Which file? Say import_leads FILE, --undo ID or --forget ID.")
            duplicates = duplicates_of(options["duplicates"])
            if options["errors"]:
                check_writable(Path(options["errors"]), Path(options["file"]))
            with open_seekable(Path(options["file"])) as file:
                run = self._stage(file, options)
            run = self._finish_run(run, duplicates, options)
            if options["errors"]:
                self._write_errors(run, Path(options["errors"]))

    def _stage(self, file: BinaryIO, options: _Options) -> Run:
        wanted = staging.ReadOptions(
            options["delimiter"],
            options["encoding"],
            header_line_of(options["header_line"]),
            options["sheet"] or "",
        )
        name = options["file"] or ""
        try:
            return staging.stage(name, file, IMPORTER, wanted, can_ask=False)
        except staging.UnsureError as error:
            self.stdout.write("The file may be read so:")
            for sight in error.sights:
                self.stdout.write(f"  --encoding {sight.encoding:<9}  {sight.text}")
            raise OptionError(
                f"The encoding of {name} is unsure: say which of these is right with --encoding,"
                f" such as --encoding {error.sights[0].encoding}."
            ) from error

    def _finish_run(self, run: Run, duplicates: Duplicates, options: _Options) -> Run:
        """Do what is left to do of the import."""
        match run.state:
            case ImportState.UNDOING:
                raise OptionError(f"It is being undone: --undo {run.import_id} goes on with it.")
            case ImportState.DONE:
                self.stdout.write(
                    f"{run.file_name} was imported at {run.ended_at}: nothing to do."
                    f" To take it back: import_leads --undo {run.import_id}"
                )
                return run
            case ImportState.IMPORTING if not options["dry_run"]:
                self.stdout.write(f"Going on as it was begun, duplicates: {run.duplicates}.")
            case ImportState.IMPORTING:
                raise OptionError("The import has begun: there is nothing to try out.")
            case _:
                mapping = mapping_of(run, options["map"], day_first=options["day_first"])
                run = staging.set_options(run.import_id, mapping, duplicates)
                remember(run.header, mapping)
                self._say_reading(run)
                self._say_columns(run, mapping)
        if options["dry_run"]:
            run = self._run_work(run.import_id, ImportState.CHECKING)
            self._report_run(run.check, "would be ")
            self._say_samples(run.check)
        else:
            run = self._run_work(run.import_id, ImportState.IMPORTING)
            self._report_run(run.tally, "")
            self.stdout.write(f"To take it back: import_leads --undo {run.import_id}")
        return run

    def _undo(self, import_id: str) -> None:
        run = staging.load(import_id)
        if run.state is ImportState.UNDONE:
            self.stdout.write(f"{run.file_name} was taken back at {run.ended_at}: nothing to do.")
            return
        run = self._run_work(import_id, ImportState.UNDOING)
        undone = run.undone
        self.stdout.write(
            f"{run.file_name} is taken back: {undone.removed:,} leads removed,"
            f" {undone.restored:,} given back what they were, {undone.kept:,} left alone."
        )
        for row in results.kept_rows(import_id):
            self.stdout.write(f"  line {row.line}, lead {row.lead_id}: {row.reason}")

    def _forget(self, import_id: str, *, is_sure: bool) -> None:
        run = import_to_forget(import_id)
        name = run.file_name if run else import_id
        if run and not is_sure:
            confirm(f"Forget the rows of {name}? The import cannot be undone afterwards.")
        number = forget(import_id)
        self.stdout.write(
            f"{name} is forgotten: {number:,} records were removed. The import"
            " cannot be undone any more; its leads stay."
        )

    def _run_work(self, import_id: str, work: ImportState) -> Run:
        """Begin the work, or go on with it, to its end."""
        run = begin_work(import_id, work, IMPORTER)
        progress = Progress(self.stdout, "rows", run.rows, before=run.progress)
        before = run.progress
        while run.state.is_working:
            with self._pace.hold():
                run = step(import_id)
            progress.show(run.progress)
        progress.clear()
        seconds, rate = progress.seconds, progress.rate
        self.stdout.write(f"{run.progress - before:,} rows in {seconds:.1f} s ({rate:,.0f}/s).")
        return run

    def _say_reading(self, run: Run) -> None:
        if run.sights:
            self.stdout.write(
                f"The encoding is a guess, {label_of(run.encoding)}: it reads"
                f" {run.sights[0].text}. If that is wrong, say --encoding."
            )
        if run.sheet:
            names = ", ".join(f"{number} {name}" for number, name in enumerate(run.sheets, 1))
            self.stdout.write(f"Sheet {run.sheet} is read. --sheet chooses among: {names}.")
        if run.unfilled:
            self.stdout.write(
                f"Formulas without a value: {run.unfilled:,}. Their cells are empty; open the"
                " workbook in the program that calculates it, save it, and import it again."
            )
        if run.format != "jsonl" and run.header_line == 0:
            self.stdout.write(
                "No line names the columns, so all are rows. If one does, say --header-line N."
            )
        elif run.format != "jsonl" and run.header_line > 1:
            self.stdout.write(
                f"The header is line {run.header_line}. If it is another one, say --header-line N,"
                " or --header-line 0 if there is none."
            )

    def _say_columns(self, run: Run, mapping: Mapping) -> None:
        taken = [f"{run.header[at]!r} is {target}" for at, target in mapping.columns.items()]
        left = [repr(name) for at, name in enumerate(run.header) if at not in mapping.columns]
        self.stdout.write(f"Columns: {', '.join(taken)}.")
        if CREATED_AT in mapping.columns.values():
            month = "April" if mapping.day_first else "March"
            self.stdout.write(
                f"Times that say no zone are in {mapping.zone}. 3/4/2026 is in {month}."
            )
        if left:
            self.stdout.write(f"Left out: {', '.join(left)}.")

    def _report_run(self, tally: Tally, would_be: str) -> None:
        self.stdout.write(
            f"{tally.created:,} {would_be}created, {tally.updated:,} {would_be}updated,"
            f" {tally.skipped:,} {would_be}skipped, {tally.rejected:,} {would_be}rejected."
        )
        found = [*tally.reasons.items(), *tally.notices.items()]
        for reason, number in sorted(found, key=lambda one: -one[1])[:SHOWN_REASONS]:
            self.stdout.write(f"  {number:,} rows: {reason}")

    def _say_samples(self, tally: Tally) -> None:
        for row in sorted(tally.samples, key=lambda row: row.line):
            why = f": {row.reason}" if row.reason else ""
            self.stdout.write(f"  line {row.line} {row.outcome} {row.title}".rstrip() + why)

    def _write_errors(self, run: Run, path: Path) -> None:
        number = -1  # the first line has the names of the columns
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(BYTE_ORDER_MARK)
            for line in results.rejected_lines(run):
                file.write(csv_text([line]))
                number += 1
        self.stdout.write(f"{number:,} rejected rows written to {path}.")


def _units(text: str | None) -> int | None:
    return None if text is None else whole_number("--max-wru", text, least=1, most=MOST_UNITS)
