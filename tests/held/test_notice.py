"""The note in the navigation that something is held."""

from collections.abc import Callable

import pytest
from django.test import Client

from crm import remember
from crm.accounts.models import User
from crm.dynamodb.capacity import count_requests
from crm.dynamodb.errors import NotFoundError, ThrottledError
from leads.held import notice, store
from tests.held.messages import hold
from tests.web.pages import HTMX, text

NOTE = '>Held <span class="count">{}</span></a>'


def test_is_there_only_while_something_is_held(web: Client) -> None:
    assert ">Held <span" not in text(web.get("/leads/"))
    lead_id = hold()
    for page in ("/leads/", "/board/"):
        assert NOTE.format(1) in text(web.get(page))
    # Whoever decides on a message sees it at once.
    web.post(f"/held/{lead_id}/discard/")
    assert ">Held <span" not in text(web.get("/leads/"))


def test_viewers_see_it(client_for: Callable[[User], Client], viewer: User) -> None:
    hold()
    assert NOTE.format(1) in text(client_for(viewer).get("/board/"))


def test_more_than_fit_into_half_a_unit_are_not_counted(tables: None) -> None:
    for _ in range(9):
        hold()
    assert notice.waiting_text() == "9"
    for _ in range(4):
        hold()
    remember.forget_all()
    with count_requests() as counting:
        assert notice.waiting_text() == "9+"
    assert (counting.requests, counting.rru) == (1, 0.5)


def test_is_asked_for_once_a_minute(web: Client) -> None:
    hold()
    web.get("/leads/")
    with count_requests() as counting:
        assert notice.waiting_text() == "1"
    assert counting.requests == 0


def test_parts_of_pages_ask_nothing(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(store, "page", lambda **given: asked.append(given))
    for page in ("/board/", "/leads/"):
        assert web.get(page, headers=HTMX).status_code == 200
    assert asked == []


@pytest.mark.parametrize("error", [NotFoundError, ThrottledError])
def test_no_page_fails_for_it(
    web: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def failing(**given: object) -> None:
        raise error(given)

    monkeypatch.setattr(store, "page", failing)
    assert web.get("/leads/").status_code == 200
