"""Users of each role, and a small site of its own: the accounts know nothing of leads."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.test import Client

from crm.accounts.models import Role, User
from crm.dynamodb import capacity, client
from crm.dynamodb.capacity import Usage
from crm.dynamodb.creation import create_tables
from crm.dynamodb.engine import Engine

PASSWORD = "correct horse battery"  # noqa: S105 -- of accounts that live for one test


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Start an engine for all tests."""
    with Engine() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", running.url)
        client.reset()
        yield running


@pytest.fixture(autouse=True)
def _tables(engine: Engine, settings: LazySettings) -> None:  # noqa: ARG001
    for name in ("TABLE_NAME", "RECORDS_TABLE_NAME", "EPHEMERAL_TABLE_NAME"):
        setattr(settings, name, f"{name}-{uuid4().hex}")
    create_tables()


@pytest.fixture(autouse=True)
def _site(settings: LazySettings) -> None:
    settings.ROOT_URLCONF = "tests.accounts.site"


@pytest.fixture
def admin() -> User:
    """Make an admin."""
    return User.objects.create_user(
        "admin@example.com", PASSWORD, name="Ada Admin", role=Role.ADMIN
    )


@pytest.fixture
def sales() -> User:
    """Make somebody of the sales team."""
    return User.objects.create_user("sales@example.com", PASSWORD, name="Sal Li", role=Role.SALES)


@pytest.fixture
def viewer() -> User:
    """Make somebody who may only look."""
    return User.objects.create_user("viewer@example.com", PASSWORD, name="Vi", role=Role.VIEWER)


@pytest.fixture
def admin_web(admin: User) -> Client:
    """Give a browser in which the admin is signed in."""
    return signed_in(admin)


@pytest.fixture
def usage(monkeypatch: pytest.MonkeyPatch) -> Usage:
    """Count what a test consumes, web requests included."""
    counted = Usage()
    monkeypatch.setattr(capacity, "record", counted.add)
    return counted


def signed_in(user: User) -> Client:
    """Give a new browser in which ``user`` is signed in."""
    web = Client()
    web.force_login(user)
    return web


def reread(user: User) -> User:
    """Give the user as stored now."""
    found = User.objects.find(user.id)
    assert found is not None
    return found
