"""``manage.py export_leads``: leads as CSV or JSON lines, or whole tables for DynamoDB."""

import os
import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import override
from urllib.parse import urlencode

from django.core.management.base import BaseCommand
from django.http import QueryDict

from crm.accounts import security_log
from crm.accounts.models import User
from crm.accounts.security_events import Kind
from crm.cli import Progress, one_line_refusals, refusal
from crm.dynamodb.export import export_tables
from crm.tables import LEADS, RECORDS
from leads.exports import files
from leads.exports.files import Format
from leads.models import Lead
from leads.repository import registry
from leads.web.filters import OTHERS, FilterForm

TABLES = "dynamodb-json"
FORMATS = (*Format, TABLES)
FILTERS = ("status", "outcome", "reason", "owner", "since", "until", "email", "form", "source", "q")
SIGPIPE = 128 + 13  # the exit status of a program that nobody reads any more


class Command(BaseCommand):
    """Every refusal is one line on standard error and exit status 2."""

    help = "Writes leads as CSV or JSON lines, or the tables as DynamoDB JSON."
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", default="csv", help=f"{', '.join(FORMATS)} (default: csv)")
        parser.add_argument("--status", help="only leads of this stage, or closed")
        parser.add_argument("--outcome", help="only leads closed as lost, spam or duplicate")
        parser.add_argument("--reason", help="only leads closed for this reason")
        parser.add_argument("--owner", help="only leads of the account with this e-mail address")
        parser.add_argument(
            "--since", help="only leads received on this day (YYYY-MM-DD, UTC) or later"
        )
        parser.add_argument("--until", help="only leads received on this day (UTC) or earlier")
        parser.add_argument("--email", help="only leads with exactly this e-mail address")
        parser.add_argument("--form", help="only leads that came by the form of this name")
        parser.add_argument(
            "--source",
            help=f"only leads from this source of /settings/, or from no listed one: {OTHERS}",
        )
        parser.add_argument("--q", help="only leads that a search for these words finds")
        parser.add_argument(
            "--output",
            help=f"the file, or the new directory of {TABLES} (default: standard output)",
        )

    @override
    def handle(self, *_args: object, **options: str | None) -> None:
        try:
            with one_line_refusals("nothing complete was written"):
                if options["format"] == TABLES:
                    self._export_tables(options)
                else:
                    self._export_leads(options)
        except BrokenPipeError as error:
            # Python would complain once more when it closes standard output.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(SIGPIPE) from error
        except OSError as error:
            raise refusal(
                f"Cannot write {error.filename or 'the file'}: {error.strerror}"
            ) from error

    def _export_leads(self, options: dict[str, str | None]) -> None:
        if options["format"] not in list(Format):
            raise refusal(f"--format must be one of {', '.join(FORMATS)}.")
        owners = {user.id: user.email for user in User.objects.everyone()}
        form = _filters(options, owners)
        security_log.record(Kind.EXPORTED, format=str(options["format"]))
        leads = self._count_pages(files.pages(form.asked_filter(), form.query().get("q", "")))
        chunks = files.chunks(Format(options["format"]), leads, owners, registry.current().rows)
        if not options["output"]:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            return
        path = Path(options["output"])
        partial = path.with_name(f"{path.name}.partial")
        try:
            _write(partial, chunks)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def _export_tables(self, options: dict[str, str | None]) -> None:
        given = [f"--{name}" for name in FILTERS if options[name] is not None]
        if given:
            raise refusal(f"{TABLES} is of whole tables: leave out {' and '.join(given)}.")
        if not options["output"]:
            raise refusal(f"{TABLES} needs --output with the name of a new directory.")
        path = Path(options["output"])
        if path.exists():
            raise refusal(f"{path} exists: name a new directory.")
        security_log.record(Kind.EXPORTED, format=TABLES)
        partial = path.with_name(f"{path.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(mode=0o700)
            progress = Progress(self.stderr, "items")
            number = 0
            for number in export_tables(partial, (LEADS, RECORDS)):
                self._show(progress, number)
            self._end(progress, number, "items")
            partial.rename(path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _count_pages(self, pages: Iterable[list[Lead]]) -> Iterator[list[Lead]]:
        progress = Progress(self.stderr, "leads")
        number = 0
        for page in pages:
            number += len(page)
            self._show(progress, number)
            yield page
        self._end(progress, number, "leads")

    def _show(self, progress: Progress, number: int) -> None:
        # Where the leads go to the terminal themselves, nothing may come between them.
        if self.stderr.isatty() and not sys.stdout.isatty():
            progress.show(number)

    def _end(self, progress: Progress, number: int, what: str) -> None:
        progress.clear()
        self.stderr.write(f"{number:,} {what} exported in {progress.seconds:.1f} s.")


def _filters(options: dict[str, str | None], owners: dict[str, str]) -> FilterForm:
    """Read the filters as the list's page does."""
    given = {name: options[name] or "" for name in FILTERS}
    address = given["owner"].strip().lower()
    account = next((key for key, email in owners.items() if email == address), "")
    data = QueryDict(urlencode(given | {"owner": account or given["owner"]}))
    form = FilterForm(data)
    if not form.is_valid():
        name, texts = next(iter(form.errors.items()))
        raise refusal(f"--{name}: {' '.join(map(str, texts))}")
    return form


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
