"""A small site of its own: the accounts know nothing of leads."""

import pytest
from django.conf import LazySettings
from django.test import Client

from crm.accounts.models import User


@pytest.fixture(autouse=True)
def _site(tables: None, settings: LazySettings) -> None:
    settings.ROOT_URLCONF = "tests.crm.accounts.site"


@pytest.fixture
def admin_web(admin: User) -> Client:
    """Return a browser in which the admin is signed in."""
    return signed_in(admin)


def signed_in(user: User) -> Client:
    """Return a new browser in which ``user`` is signed in."""
    web = Client()
    web.force_login(user)
    return web


def reread(user: User) -> User:
    """Return the user as stored now."""
    found = User.objects.find(user.id)
    assert found is not None
    return found
