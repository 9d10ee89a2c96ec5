"""Which sessions each person has."""

from collections.abc import Callable
from time import time

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.management import call_command
from django.test import Client

from crm.accounts import keys, session_lists
from crm.accounts.identity import new_id
from crm.accounts.models import User
from crm.accounts.sessions import SessionStore
from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage
from crm.dynamodb.items import Item
from crm.dynamodb.scan import scan
from crm.tables import EPHEMERAL
from tests.conftest import PASSWORD
from tests.crm.accounts.conftest import signed_in

DAY = 24 * 3600


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that sets the clock of lists and of what sweeps them."""

    def set_clock(moment: float) -> None:
        for module in ("session_lists", "sessions"):
            monkeypatch.setattr(f"crm.accounts.{module}.time", lambda: moment)

    return set_clock


def digest(web: Client) -> str:
    return keys.session_digest(web.cookies["sessionid"].value)


def everything() -> list[Item]:
    return list(scan(EPHEMERAL, where="#expiresAt > :zero", values={"zero": 0}))


def test_whoever_signs_in_is_on_the_list(sales: User, viewer: User) -> None:
    webs = [signed_in(sales), signed_in(sales)]
    other = signed_in(viewer)
    assert session_lists.digests(sales.id) == set(map(digest, webs))
    assert session_lists.digests(viewer.id) == {digest(other)}
    assert session_lists.digests(new_id()) == set()


def test_a_new_key_is_on_the_list_before_it_opens_anything(web: Client, sales: User) -> None:
    old = digest(web)
    passwords = {"new_password1": "another battery horse", "new_password2": "another battery horse"}
    web.post("/accounts/password-change/", {"old_password": PASSWORD} | passwords)
    assert digest(web) != old
    assert session_lists.digests(sales.id) == {old, digest(web)}


@pytest.fixture
def web(sales: User) -> Client:
    """Return a browser in which somebody is signed in."""
    return signed_in(sales)


def test_no_list_names_what_opens_a_session(web: Client) -> None:
    key = web.cookies["sessionid"].value
    items = [repr(item) for item in everything()]
    assert any(digest(web) in item for item in items)
    assert not any(key.partition(".")[0] in item for item in items)


def test_the_list_costs_one_write(usage: Usage, sales: User) -> None:
    session = SessionStore()
    session.create()
    before = (usage.requests, usage.rru, usage.wru)
    session[SESSION_KEY] = sales.id
    session.save()
    # Its place on the list, and its data, as ever.
    assert (usage.requests, usage.rru, usage.wru) == (before[0] + 2, before[1], before[2] + 2)
    session.save()
    assert usage.wru == before[2] + 3


def test_a_session_without_an_account_is_on_no_list() -> None:
    session = SessionStore()
    session["colour"] = "blue"
    session.save()
    assert len(everything()) == 1


def test_sessions_of_a_week_are_found_and_the_list_goes_after_them(
    sales: User, at: Callable[[float], None]
) -> None:
    noon = time() // DAY * DAY + DAY / 2
    for age in (7.2, 6.9, 3, 0):
        at(noon - age * DAY)
        session_lists.add(sales.id, f"{age}")
    at(noon)
    found = session_lists.digests(sales.id)
    assert found >= {"6.9", "3", "0"}
    at(noon + 0.4 * DAY)
    call_command("clearsessions")
    assert session_lists.digests(sales.id) >= {"6.9", "3", "0"}
    at(noon + 9 * DAY)
    call_command("clearsessions")
    assert not everything()


def test_a_list_that_is_full_ends_its_sessions(
    sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_lists, "MOST", 2)
    first, second, third = (signed_in(sales) for _ in range(3))
    assert session_lists.digests(sales.id) == {digest(third)}
    assert [web.get("/board/").status_code for web in (first, second, third)] == [302, 302, 200]


def test_ending_ends(web: Client, sales: User) -> None:
    other = signed_in(sales)
    session_lists.end({digest(other), "gone"})
    session_lists.end(set())
    assert other.get("/board/").status_code == 302
    assert web.get("/board/").status_code == 200
    assert calls.get(EPHEMERAL, keys.session_of_digest(digest(other))) is None
