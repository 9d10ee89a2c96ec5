"""When sessions end by themselves: twelve hours after the last use, seven days after sign-in."""

from collections.abc import Callable
from time import time

import pytest
from django.conf import LazySettings
from django.contrib.auth import SESSION_KEY
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from crm.accounts import keys, session_lists, sessions
from crm.accounts.models import User
from crm.accounts.sessions import SessionStore
from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage
from crm.dynamodb.errors import ThrottledError
from crm.tables import EPHEMERAL
from crm.traits import Trait, declares
from tests.conftest import PASSWORD
from tests.crm.accounts import site
from tests.crm.accounts.conftest import signed_in

HOUR = 3600
DAY = 24 * HOUR
PAGE = "/board/"
POLLED = "/polled/"
PART = {"HX-Request": "true"}

type Wait = Callable[[int], None]


@declares(Trait.POLLED)
def polled(request: object) -> HttpResponse:
    """Answer a page that polls."""
    del request
    return HttpResponse("polled")


urlpatterns = [*site.urlpatterns, path("polled/", polled)]
handler403, handler404 = site.handler403, site.handler404


@pytest.fixture(autouse=True)
def _polled_site(_site: None, settings: LazySettings) -> None:
    settings.ROOT_URLCONF = "tests.crm.accounts.test_session_ends"


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Wait:
    """Return a function that lets seconds pass for sessions."""
    now = time()

    def later(seconds: int) -> None:
        nonlocal now
        now += seconds

    for module in (sessions, session_lists):
        monkeypatch.setattr(module, "time", lambda: now)
    return later


@pytest.fixture
def web(wait: Wait, sales: User) -> Client:
    """Return a browser in which somebody has just signed in."""
    return signed_in(sales)


def is_in(web: Client) -> bool:
    return web.get(PAGE).status_code == 200


def test_it_ends_twelve_hours_after_the_sign_in(web: Client, wait: Wait) -> None:
    wait(12 * HOUR - 1)
    key = web.cookies["sessionid"].value
    assert SessionStore(key).get(SESSION_KEY)
    wait(1)
    assert not SessionStore(key).get(SESSION_KEY)
    assert not is_in(web)


def test_the_sign_in_page_says_so_where_somebody_was_signed_in(web: Client, wait: Wait) -> None:
    says = "You are not signed in any more."
    assert is_in(web)
    wait(12 * HOUR)
    assert says in web.get(PAGE, follow=True).text
    assert says not in web.get("/accounts/login/").text
    assert says not in Client().get(PAGE, follow=True).text


def test_use_puts_the_end_off(web: Client, wait: Wait) -> None:
    for _ in range(4):
        wait(11 * HOUR)
        assert is_in(web)
    wait(12 * HOUR)
    assert not is_in(web)


def test_polls_do_not_put_it_off(web: Client, wait: Wait, usage: Usage) -> None:
    before = usage.wru
    for _ in range(11):
        wait(HOUR)
        assert web.get(POLLED, headers=PART).content == b"polled"
    assert usage.wru == before
    wait(HOUR)
    assert "HX-Redirect" in web.get(POLLED, headers=PART)


@pytest.mark.parametrize("headers", [{}, PART | {"HX-History-Restore-Request": "true"}])
def test_whoever_loads_the_whole_page_is_there(
    web: Client, wait: Wait, headers: dict[str, str]
) -> None:
    for _ in range(2):
        wait(11 * HOUR)
        assert web.get(POLLED, headers=headers).status_code == 200


def test_a_part_that_is_not_polled_counts(web: Client, wait: Wait) -> None:
    for _ in range(2):
        wait(11 * HOUR)
        assert web.get(PAGE, headers=PART).status_code == 200


def test_one_write_an_hour_at_most(web: Client, wait: Wait, usage: Usage) -> None:
    before = usage.wru
    for _ in range(3):
        assert is_in(web)
    assert usage.wru == before
    wait(HOUR)
    for _ in range(3):
        assert is_in(web)
    assert usage.wru == before + 1


def test_requests_at_one_moment_write_it_once(web: Client, wait: Wait) -> None:
    wait(2 * HOUR)
    first, second = (SessionStore(web.cookies["sessionid"].value) for _ in range(2))
    for session in (first, second):
        assert session.get(SESSION_KEY)
    first.renew()
    key = keys.session(web.cookies["sessionid"].value)
    written = calls.get(EPHEMERAL, key)
    wait(1)
    second.renew()
    assert calls.get(EPHEMERAL, key) == written


def test_it_never_lasts_longer_than_seven_days(web: Client, wait: Wait) -> None:
    for _ in range(6):
        for _ in range(4):
            wait(6 * HOUR)
            assert is_in(web)
    for _ in range(3):
        wait(6 * HOUR)
        assert is_in(web)
    wait(6 * HOUR - 1)
    assert is_in(web)
    wait(1)
    assert not is_in(web)


def test_a_changed_password_gives_no_longer_life(web: Client, wait: Wait) -> None:
    for _ in range(12):
        wait(12 * HOUR - 1)
        assert is_in(web)
    form = {
        "old_password": PASSWORD,
        "new_password1": "another battery horse",
        "new_password2": "another battery horse",
    }
    response = web.post("/accounts/password-change/", form)
    assert response.status_code == 302
    assert 0 < int(response.cookies["sessionid"]["max-age"]) <= DAY + HOUR
    for _ in range(2):
        wait(12 * HOUR - 1)
        assert is_in(web)
    wait(HOUR)
    assert not is_in(web)


def test_signing_in_anew_begins_anew(web: Client, wait: Wait, sales: User) -> None:
    wait(11 * HOUR)
    web.force_login(sales)
    wait(11 * HOUR)
    assert is_in(web)


def test_a_session_that_ends_meanwhile_is_not_renewed_to_life(web: Client, wait: Wait) -> None:
    wait(2 * HOUR)
    session = SessionStore(web.cookies["sessionid"].value)
    assert session.get(SESSION_KEY)
    calls.delete(EPHEMERAL, keys.session(web.cookies["sessionid"].value))
    session.renew()
    assert not is_in(web)


def test_nobody_is_refused_because_the_renewal_failed(
    web: Client, wait: Wait, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wait(2 * HOUR)

    def busy(*_arguments: object, **_options: object) -> None:
        raise ThrottledError("no capacity")

    with monkeypatch.context() as patch:
        patch.setattr(calls, "update", busy)
        assert is_in(web)
    assert "not renewed: ThrottledError" in caplog.text
    wait(9 * HOUR)
    assert is_in(web)
    wait(11 * HOUR)
    assert is_in(web)


def test_who_was_deactivated_renews_nothing(
    web: Client, wait: Wait, sales: User, usage: Usage
) -> None:
    sales.is_active = False
    sales.save()
    before = usage.wru
    wait(2 * HOUR)
    assert not is_in(web)
    assert usage.wru == before


def test_a_post_after_the_end_is_kept_over_the_sign_in(
    web: Client, wait: Wait, sales: User
) -> None:
    web.get(PAGE)
    wait(12 * HOUR)
    form = {"name": "Ada", "email": "ada@example.com", "role": "viewer"}
    response = web.post("/accounts/users/add/", form)
    assert response.status_code == 200
    draft = response.context["draft"]
    assert draft
    signing_in = {"username": sales.email, "password": PASSWORD, "draft": draft}
    response = web.post("/accounts/login/", signing_in)
    assert b'value="ada@example.com"' in response.content


def test_clearsessions_removes_what_has_idled_out(web: Client, wait: Wait) -> None:
    key = keys.session(web.cookies["sessionid"].value)
    call_command("clearsessions")
    assert calls.get(EPHEMERAL, key)
    wait(12 * HOUR + 1)
    call_command("clearsessions")
    assert not calls.get(EPHEMERAL, key)
