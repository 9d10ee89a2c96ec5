"""Engines, tables and people for every test.

``tables`` gives each test fresh, empty tables on the embedded engine, and ``store`` does it
on the embedded engine and on moto in turn, for contract tests that must hold on both. In
``make test-engines`` Amazon's DynamoDB Local takes the place of both.
"""

import signal
from collections.abc import Callable, Iterator
from functools import cache
from uuid import uuid4

import botocore.session
import pytest
from django.conf import LazySettings
from django.test import Client
from hypothesis import settings as hypothesis_settings
from moto import mock_aws

from crm import remember
from crm.accounts.models import Role, User
from crm.dynamodb import capacity, client
from crm.dynamodb.capacity import Usage
from crm.dynamodb.creation import table_request
from crm.dynamodb.engine import Engine
from crm.dynamodb.schema import Table
from crm.tables import TABLES
from leads.held import limits
from leads.repository import plans, steps
from leads.web import acts
from tests import dynamodb_local

pytest_plugins = ["tests.plugins.mail_server", "tests.plugins.strict"]
ENGINES = (
    ["dynamodb-local"]
    if dynamodb_local.IS_CHOSEN
    else ["dynoxide", pytest.param("moto", marks=pytest.mark.moto)]
)
PASSWORD = "correct horse battery"
# How long an example takes says nothing on a busy machine.
hypothesis_settings.register_profile("leadbook", deadline=None)
hypothesis_settings.load_profile("leadbook")
# A client takes 60 ms, 50 of them to read what botocore knows of AWS: the first reads it for all.
botocore.session.create_loader = cache(botocore.session.create_loader)


def pytest_configure() -> None:
    # Whoever starts the tests in the background has them ignore Ctrl-C, and their processes too.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Playwright leaves an event loop in its thread, in which Django refuses to block.
    items.sort(key=lambda item: "browser" in item.path.parts)
    for item in items:
        if "moto_tables" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.moto)


class AtOnce:
    """Does what threads are to do before it goes on."""

    def submit(self, call: Callable[..., None], *arguments: object) -> None:
        """Do it."""
        call(*arguments)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let mails be sent before the answer, and answers go out before their moment.

    Where nothing else runs, a recount needs no long quiet.
    """
    monkeypatch.setattr("crm.mail._pool", AtOnce())
    monkeypatch.setattr("crm.accounts.moments.sleep", lambda _seconds: None)
    monkeypatch.setattr("leads.maintenance.recount.moments.QUIET_SECONDS", 0.02)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One engine in memory for each process of the test run."""
    with dynamodb_local.running() if dynamodb_local.IS_CHOSEN else Engine() as running:
        yield running


def speak_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process ask the engine at an address.

    Making a client takes time: it is made anew only where it speaks to another one. On
    Lambda the transport is made without it, so that each may speak to one of its own.
    """
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
    if {client.client().meta.endpoint_url, client.dynamodb().url.rstrip("/")} != {url}:
        client.reset()


@pytest.fixture
def tables(
    engine: Engine, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fresh tables of this test's own on the embedded engine."""
    speak_to(engine.url, monkeypatch)
    for table in TABLES:
        setattr(settings, table.setting, f"{table.default}-{uuid4().hex}")
        make_table(table)
    remember.forget_all()
    limits.forget_all()
    # Held here, because a test may point the process elsewhere.
    dynamodb = client.dynamodb()
    names = [table.name for table in TABLES]
    yield
    remember.forget_all()
    limits.forget_all()
    for name in names:
        dynamodb.ask("delete_table", {"TableName": name})


def make_table(table: Table) -> None:
    """Make a table as ``create_tables`` does on these engines, without asking what they know."""
    request = table_request(table) | {"DeletionProtectionEnabled": False}
    request.pop("StreamSpecification", None)
    client.send("create_table", **request)


@pytest.fixture
def moto_tables(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fresh tables inside moto; nothing leaves the process."""
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    # moto loses writes of other threads during a transaction.
    monkeypatch.setattr("crm.dynamodb.batch.IN_FLIGHT", 1)
    monkeypatch.setattr("crm.dynamodb.parallel.BULK_THREADS", 1)
    monkeypatch.setattr("crm.jobs.running.AT_ONCE", 1)
    with mock_aws():
        client.reset()
        for table in TABLES:
            setattr(settings, table.setting, table.default)
            make_table(table)
        remember.forget_all()
        limits.forget_all()
        yield
        remember.forget_all()
        limits.forget_all()
    client.reset()


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest) -> str:
    """Fresh tables on each engine in turn; returns the engine's name."""
    name: str = request.param
    request.getfixturevalue("moto_tables" if name == "moto" else "tables")
    return name


@pytest.fixture
def transactional_db() -> None:
    """Nothing: ``live_server`` asks for it, and there is no relational database."""


def _person(role: Role) -> User:
    return User.objects.create_user(
        f"{role}@example.com", PASSWORD, name=f"{role.label} Person", role=role
    )


@pytest.fixture
def admin(tables: None) -> User:
    """Somebody who manages accounts."""
    return _person(Role.ADMIN)


@pytest.fixture
def sales(tables: None) -> User:
    """Somebody who works leads."""
    return _person(Role.SALES)


@pytest.fixture
def viewer(tables: None) -> User:
    """Somebody who may only look."""
    return _person(Role.VIEWER)


@pytest.fixture
def client_for() -> Callable[[User], Client]:
    """Return a browser in which a user is signed in."""

    def signed_in(user: User) -> Client:
        browser = Client()
        browser.force_login(user)
        return browser

    return signed_in


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


@pytest.fixture
def usage(monkeypatch: pytest.MonkeyPatch) -> Usage:
    """Count what a test consumes, web requests included."""
    counted = Usage()
    monkeypatch.setattr(capacity, "record", counted.add)
    return counted


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step of an act on a whole list do three leads."""
    for module in (plans, steps):
        monkeypatch.setattr(module, "LEADS_AT_ONCE", 3)


@pytest.fixture
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a request end before its first step of an act on a whole list."""
    monkeypatch.setattr(acts, "STEP_SECONDS", -1)
