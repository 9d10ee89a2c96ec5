"""Users that are read while their session still is: a guess, and never more than that."""

from collections.abc import Callable

import pytest
from django.test import Client

from crm.accounts import keys, prefetch, repository
from crm.accounts.models import User
from crm.accounts.sessions import new_key
from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage
from crm.tables import EPHEMERAL
from tests.crm.accounts.conftest import signed_in

PAGE = "/viewers/"


@pytest.fixture
def web(viewer: User) -> Client:
    """Return the browser of somebody whose session this process has seen."""
    browser = signed_in(viewer)
    assert browser.get(PAGE).status_code == 200
    return browser


def session_key(web: Client) -> str:
    return str(web.session.session_key)


def session_digest(web: Client) -> str:
    return keys.session_digest(session_key(web))


@pytest.fixture
def guessed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect whom a request begins to read before it knows who that is."""
    guesses: list[str] = []
    submit = calls.submit

    def remembered(call: Callable[[], object]) -> object:
        guesses.append("user")
        return submit(call)

    monkeypatch.setattr(prefetch, "submit", remembered)
    return guesses


def test_session_and_user_are_read_at_once(web: Client, usage: Usage, guessed: list[str]) -> None:
    assert web.get(PAGE).status_code == 200
    assert guessed == ["user"]
    assert (usage.requests, usage.rru) == (2, 1.5)


def test_a_session_that_was_ended_is_refused_at_once(web: Client) -> None:
    calls.delete(EPHEMERAL, keys.session(session_key(web)))
    assert web.get(PAGE).status_code == 302


def test_who_was_deactivated_is_refused_at_once(web: Client, viewer: User) -> None:
    repository.update(viewer.id, {"isActive": False})
    assert web.get(PAGE).status_code == 302


def test_a_changed_password_ends_sessions_at_once(web: Client, viewer: User) -> None:
    viewer.set_password("another battery horse")
    viewer.save()
    assert web.get(PAGE).status_code == 302


def test_a_changed_role_counts_at_once(web: Client, viewer: User) -> None:
    repository.update(viewer.id, {"role": "sales"})
    assert web.get("/sales/a/").status_code == 200


def test_a_wrong_guess_is_thrown_away(web: Client, viewer: User, admin: User) -> None:
    prefetch.remember_owner(session_digest(web), admin.id)
    assert web.get(PAGE).content.decode() == viewer.name
    assert web.get("/admins/").status_code == 403


def test_nobody_is_guessed_for_who_is_not_signed_in(usage: Usage, guessed: list[str]) -> None:
    web = Client()
    assert web.get(PAGE).status_code == 302
    assert usage.requests == 0
    for key in (new_key(), "x" * 32):
        web.cookies["sessionid"] = key
        assert web.get(PAGE).status_code == 302
    assert not guessed


def test_a_session_that_ended_is_guessed_once_more_at_most(web: Client, guessed: list[str]) -> None:
    key = session_key(web)
    calls.delete(EPHEMERAL, keys.session(key))
    for _ in range(3):
        web.cookies["sessionid"] = key
        assert web.get(PAGE).status_code == 302
    assert guessed == ["user"]


def test_what_opens_a_session_is_not_remembered(web: Client) -> None:
    remembered = prefetch._owners  # noqa: SLF001 - what is in memory
    assert session_digest(web) in remembered
    assert session_key(web) not in remembered


def test_public_pages_read_nobody(web: Client, usage: Usage) -> None:
    assert web.get("/public/").status_code == 200
    assert usage.requests == 0


def test_what_is_read_ahead_stays_within_its_request(viewer: User) -> None:
    prefetch.remember_owner("a" * 32, viewer.id)
    with prefetch.request():
        prefetch.start("a" * 32, repository.get)
    repository.update(viewer.id, {"name": "New Name"})
    with prefetch.request():
        item = prefetch.finish(viewer.id, repository.get)
    assert item is not None
    assert item["name"] == "New Name"


def test_only_so_many_sessions_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "REMEMBERED", 2)
    monkeypatch.setattr(prefetch, "_owners", type(prefetch._owners)())  # noqa: SLF001 - how many there are
    for name in ("a", "b", "c"):
        prefetch.remember_owner(name, name)
    assert list(prefetch._owners) == ["b", "c"]  # noqa: SLF001 - see above
