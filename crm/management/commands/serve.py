"""``manage.py serve``: check that it can be the production server, then become it."""

import os
import socket
import sys
from pathlib import Path
from typing import override

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.core.management.base import BaseCommand

from crm import tables
from crm.accounts import repository
from crm.cli import refusal
from crm.dynamodb import calls
from crm.dynamodb.errors import DynamoDBError, NotFoundError
from crm.dynamodb.schema import Table


class Command(BaseCommand):
    """Refuse in one line and with exit status 2, or start gunicorn in this process."""

    help = "Starts the production server; settings come from the environment."

    @override
    def handle(self, *args: object, **options: object) -> None:
        """Run the checks, cheapest first."""
        _check_mode()
        _check_port()
        _check_store()
        self._tell_without_limits()
        _collect_static()
        self.stdout.write(f"Leadbook serves http://{settings.HOST}:{settings.PORT}")
        self.stdout.flush()
        os.chdir(settings.BASE_DIR)
        # Each of its threads would get a heap of its own of the C library: 13 MB more a process.
        os.environ.setdefault("MALLOC_ARENA_MAX", "2")
        # The process stays the same one, so that SIGTERM reaches gunicorn itself.
        command = ["-m", "gunicorn", "--config", "python:crm.server", "crm.wsgi:application"]
        os.execv(sys.executable, [sys.executable, *command])  # noqa: S606 - no shell wanted

    def _tell_without_limits(self) -> None:
        """Say it if messages cannot be held: a deployment of before that table starts as ever."""
        try:
            calls.ping(tables.HELD)
        except DynamoDBError as error:
            self.stdout.write(
                f"The public form has no limits: table {tables.HELD.name} cannot be used"
                f" ({error}). manage.py create_tables makes it."
            )


def _check_mode() -> None:
    for name in ("DEBUG", "DEMO"):
        if getattr(settings, name):
            message = f"{name} is set: the production server does not start with it."
            raise refusal(message)


def _check_port() -> None:
    host = settings.HOST.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, settings.PORT), family=family).close()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        message = f"Cannot listen on {host}:{settings.PORT} ({reason}): set HOST or PORT."
        raise refusal(message) from None


def _check_store() -> None:
    try:
        for table in tables.TABLES:
            if table is not tables.HELD:
                _check_table(table)
        if repository.get_by_email(settings.DEMO_EMAIL):
            message = (
                f"The demo account {settings.DEMO_EMAIL} is in {tables.RECORDS.name}, and its "
                "password is public: use other tables for production."
            )
            raise refusal(message)
    except DynamoDBError as error:
        message = f"DynamoDB does not answer: {error}"
        raise refusal(message) from None


def _check_table(table: Table) -> None:
    try:
        calls.ping(table)
    except NotFoundError:
        message = f"Table {table.name} does not exist: run manage.py create_tables first."
        raise refusal(message) from None


def _collect_static() -> None:
    """Collect and compress the static files, unless the image was built with these."""
    if not _is_collected():
        try:
            call_command("collectstatic", interactive=False, verbosity=0)
        except OSError as error:
            message = f"Cannot write static files to {settings.STATIC_ROOT}: {error.strerror}."
            raise refusal(message) from None


def _is_collected() -> bool:
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return False
    collected = manifest.stat().st_mtime
    return all(
        Path(storage.path(path)).stat().st_mtime <= collected
        for finder in finders.get_finders()
        for path, storage in finder.list(None)
    )
