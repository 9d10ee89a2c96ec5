"""What pages ask for by themselves does not keep a session alive; what people do does."""

from collections.abc import Callable
from time import time

import pytest
from django.test import Client
from django.urls import resolve

from crm.accounts.models import User
from crm.dynamodb.capacity import Usage
from crm.traits import Trait, declaration_at
from tests.web.pages import HTMX


@pytest.fixture
def old(
    client_for: Callable[[User], Client], sales: User, monkeypatch: pytest.MonkeyPatch
) -> Client:
    """Return the browser of somebody who did something two hours ago."""
    web = client_for(sales)
    now = time() + 2 * 3600
    monkeypatch.setattr("crm.accounts.sessions.time", lambda: now)
    return web


@pytest.mark.parametrize(
    ("path", "headers", "written"),
    [
        ("/board/?show=25,25,25,25", HTMX, 0),
        ("/board/", {}, 1),
        ("/board/", HTMX | {"HX-History-Restore-Request": "true"}, 1),
        ("/board/column/new/", HTMX, 1),
        ("/leads/search/?q=ada", HTMX, 1),
        ("/leads/", {}, 1),
        ("/leads/nobody/news/?seen=", HTMX, 0),
    ],
)
def test_what_keeps_a_session_alive(
    path: str, headers: dict[str, str], written: int, old: Client, usage: Usage
) -> None:
    for _ in range(2):
        assert old.get(path, headers=headers).status_code == 200
    assert usage.wru == written


def test_an_unchanged_board_keeps_none_alive(old: Client, usage: Usage) -> None:
    tag = old.get("/board/?show=25", headers=HTMX)["ETag"]
    unchanged = old.get("/board/?show=25", headers=HTMX | {"If-None-Match": tag})
    assert unchanged.status_code == 304
    assert usage.wru == 0


def test_an_import_works_on_by_itself() -> None:
    step = resolve("/leads/import/1/step/")
    assert Trait.POLLED in declaration_at(step, "traits", frozenset[Trait]())
