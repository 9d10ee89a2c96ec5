"""Browsers for the tests of views, and what their requests consume."""

from collections.abc import Callable

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb import capacity
from crm.dynamodb.capacity import Usage


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Give the browser of somebody who works leads."""
    return client_for(sales)


@pytest.fixture
def usage(monkeypatch: pytest.MonkeyPatch) -> Usage:
    """Count what a test consumes, web requests included."""
    counted = Usage()
    monkeypatch.setattr(capacity, "record", counted.add)
    return counted
