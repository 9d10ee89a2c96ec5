"""``manage.py demo``: everything to try Leadbook on this machine; ``make run`` ends here."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from typing import override

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from crm import paths
from crm.accounts.errors import DuplicateEmailError
from crm.accounts.models import Role, User
from crm.demo import (
    DemoError,
    check_loopback,
    check_port,
    open_data_folder,
    use_demo_environment,
)
from crm.dynamodb.creation import create_tables
from crm.dynamodb.engine import Engine, EngineError
from crm.dynamodb.errors import DynamoDBError
from crm.dynamodb.index_creation import add_indexes
from crm.env import SettingError
from crm.public_url import clean_public_url
from crm.runlock import RunLock
from crm.tables import TABLES

START_SECONDS = 60.0
# gunicorn gives requests in flight 30 seconds.
STOP_SECONDS = 35.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SERVER = ["-m", "gunicorn", "--config", "python:crm.server", "crm.wsgi:application"]


class Command(BaseCommand):
    """Start the engine and the server, filled with demo data, until Ctrl-C."""

    help = "Runs everything on this machine: engine, tables, demo account, demo leads, server."
    requires_system_checks: list[str] = []

    @override
    def handle(self, *_args: object, **_options: object) -> None:
        """Run until a signal; exit status 2 and one line if something is in the way."""
        for number in SIGNALS:
            signal.signal(number, stop_once)
        try:
            with ExitStack() as stack:
                self._run(stack)
        except KeyboardInterrupt:
            self._say("Stopped.")
        except (DemoError, EngineError, CommandError) as error:
            if isinstance(error.__cause__, KeyboardInterrupt):
                # Seeding was interrupted: Ctrl-C is an orderly end here, too.
                self._say("Stopped.")
                return
            self.stderr.write(str(error))
            sys.exit(2)
        except DynamoDBError as error:
            endpoint = os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
            self.stderr.write(f"The DynamoDB engine at {endpoint} cannot be used: {error}")
            sys.exit(2)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _run(self, stack: ExitStack) -> None:
        var = settings.BASE_DIR / "var"
        lock = open_data_folder(var)
        check_port(settings.HOST, settings.PORT)
        use_demo_environment(var)
        os.environ["PUBLIC_URL"] = address_in_mails()
        engine = self._engine(stack, var, lock)
        self._fill()
        server = stack.enter_context(running_server(lock))
        wait_until_ready(server)
        self._welcome()
        wait_for_end(server, engine)

    def _engine(self, stack: ExitStack, var: Path, lock: RunLock) -> Engine | None:
        if endpoint := os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"):
            check_loopback(endpoint)
            return None
        engine = Engine(var / "leadbook.db", log=var / "engine.log", inherit=(lock.fd,))
        stack.enter_context(engine)
        lock.add(engine.pid)
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = engine.url
        self._say(f"Engine: {engine.url}, data in {engine.db_path}")
        return engine

    def _fill(self) -> None:
        added = add_indexes(TABLES, self._say)
        for line in create_tables(TABLES):
            self._say(line)
        try:
            User.objects.create_user(
                settings.DEMO_EMAIL,
                settings.DEMO_PASSWORD,
                name="Demo Person",
                role=Role.ADMIN,
            )
        except DuplicateEmailError:
            self._say("The demo account is there.")
        else:
            self._say("Demo account made.")
        call_command("seed_leads", count=500, seed=1, stdout=self.stdout, stderr=self.stderr)
        if added:
            self._recount()

    def _recount(self) -> None:
        """File what the release before stored; until that is done it is read as it was then."""
        try:
            call_command("recount", stdout=self.stdout, stderr=self.stderr)
        except CommandError as error:
            if isinstance(error.__cause__, KeyboardInterrupt):
                raise
            self._say(f"{error} That is `manage.py recount`; Leadbook works without it, too.")

    def _welcome(self) -> None:
        # The sign-in is what people look for: it stays the last thing on the terminal.
        self._say(
            f"\nCtrl-C stops Leadbook; the data stays in var/.\n"
            f"  contact form     {address()}{paths.FORM}\n"
            f"  mails sent       {address()}/demo/mail/\n"
            f"\nLeadbook is ready: {address()}/\n"
            f"  sign in as       {settings.DEMO_EMAIL}\n"
            f"  with password    {settings.DEMO_PASSWORD}"
        )


def address() -> str:
    """Where the server listens, for a browser."""
    host = settings.HOST.strip("[]")
    return f"http://[{host}]:{settings.PORT}" if ":" in host else f"http://{host}:{settings.PORT}"


def address_in_mails() -> str:
    """Return the same for links in mails that no request asked for; "" if it is a network's."""
    try:
        return clean_public_url(address())
    except SettingError:
        return ""


@contextmanager
def running_server(lock: RunLock) -> Iterator[subprocess.Popen[bytes]]:
    """Start the server of production as a child; end it gracefully on the way out."""
    server = subprocess.Popen(
        [sys.executable, *SERVER],
        cwd=settings.BASE_DIR,
        # Ctrl-C must reach it through us, after which the engine follows.
        start_new_session=True,
        pass_fds=(lock.fd,),
    )
    lock.add(server.pid)
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def stop_once(_number: int, _frame: FrameType | None) -> None:
    """Leave through every ``finally``, which a second Ctrl-C must not cut short."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def wait_until_ready(server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers; raises ``DemoError``."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            connection = HTTPConnection(settings.HOST.strip("[]"), settings.PORT, timeout=2)
            connection.request("GET", paths.HEALTH)
            connection.getresponse()
        except (HTTPException, OSError):
            time.sleep(0.05)
        else:
            connection.close()
            return
    message = "The server did not start: its own lines above say why."
    raise DemoError(message)


def wait_for_end(server: subprocess.Popen[bytes], engine: Engine | None) -> None:
    """Wait for a signal; raises ``DemoError`` if the server or the engine ends by itself."""
    while server.poll() is None:
        if engine and engine.poll() is not None:
            message = f"The engine ended by itself (see {engine.log}): run this again."
            raise DemoError(message)
        time.sleep(0.2)
    message = "The server ended by itself: its own lines above say why."
    raise DemoError(message)
