"""The page on which each person sees their own sessions and ends them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from crm.accounts import keys, live_sessions, sessions
from crm.accounts.live_sessions import sessions_of
from crm.accounts.models import User
from crm.dynamodb.capacity import Usage
from tests.conftest import PASSWORD
from tests.crm.accounts.conftest import signed_in

LIST = "/accounts/sessions/"
OTHERS = "/accounts/sessions/end-others/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


def at_login(user: User, agent: str = FIREFOX, address: str = "203.0.113.7") -> Client:
    """Return a browser in which somebody has signed in by the form."""
    web = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    response = web.post("/accounts/login/", {"username": user.email, "password": PASSWORD})
    assert response.status_code == 302
    return web


def digest(web: Client) -> str:
    return keys.session_digest(web.cookies["sessionid"].value)


def end_url(web: Client) -> str:
    return f"{LIST}{digest(web)}/end/"


def is_in(web: Client) -> bool:
    return web.get("/board/").status_code == 200


@pytest.fixture
def here(sales: User) -> Client:
    """Return the browser from which somebody looks."""
    return at_login(sales)


@pytest.fixture
def phone(sales: User) -> Client:
    """Return another browser of theirs."""
    return at_login(sales, IPHONE, "2001:db8:1:2:3::4")


def test_it_tells_browser_system_network_and_which_is_this_one(
    here: Client, phone: Client, viewer: User
) -> None:
    other = signed_in(viewer)
    page = here.get(LIST)
    text = page.content.decode()
    shown = [(one["browser"], one["network"], one["is_own"]) for one in page.context["sessions"]]
    assert shown == [
        ("Firefox on Linux", "203.0.113.0/24", True),
        ("Safari on iOS", "2001:db8:1:2::/64", False),
    ]
    assert text.count("this one") == 1
    assert digest(phone) in text
    assert digest(other) not in text


def test_ending_sessions_is_told_in_the_security_log(
    here: Client, phone: Client, sales: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "crm.security")
    here.post(end_url(phone))
    here.post(OTHERS)
    (told,) = [one.fields for one in caplog.records if one.name == "crm.security"]  # type: ignore[attr-defined]
    assert (told["event"], told["who"], told["whom"]) == ("signed-out", sales.id, sales.id)
    assert told["details"] == {"elsewhere": 1}


def test_no_page_holds_what_opens_a_session(here: Client, phone: Client) -> None:
    for path in (LIST, OTHERS):
        text = here.get(path).content.decode()
        for web in (here, phone):
            assert web.cookies["sessionid"].value.partition(".")[0] not in text


def test_times_are_told_to_the_hour(
    here: Client, phone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    later = now + timedelta(hours=3)
    monkeypatch.setattr(sessions, "time", later.timestamp)
    assert is_in(phone)
    (_, other) = here.get(LIST).context["sessions"]
    assert abs(other["began"] - now) < timedelta(minutes=1)
    assert other["used"] == later.replace(minute=0, second=0, microsecond=0)


def test_none_was_last_used_before_its_sign_in(here: Client, phone: Client) -> None:
    (_, other) = here.get(LIST).context["sessions"]
    assert other["used"] == other["began"]


def test_ending_one(here: Client, phone: Client) -> None:
    response = here.post(end_url(phone), follow=True)
    assert response.redirect_chain == [(LIST, 302)]
    assert "The session was ended." in response.content.decode()
    assert digest(phone) not in response.content.decode()
    assert not is_in(phone)
    assert is_in(here)


def test_a_second_click_is_no_error(here: Client, phone: Client) -> None:
    for _ in range(2):
        assert here.post(end_url(phone))["Location"] == LIST


def test_ending_this_one_leads_to_the_sign_in(here: Client, phone: Client) -> None:
    response = here.post(end_url(here), follow=True)
    assert response.request["PATH_INFO"] == "/accounts/login/"
    assert not is_in(here)
    assert is_in(phone)


def test_ending_all_others(here: Client, phone: Client, sales: User, viewer: User) -> None:
    third, other = signed_in(sales), signed_in(viewer)
    asked = here.get(OTHERS).content.decode()
    assert "2 sessions" in asked
    assert all(map(is_in, (here, phone, third, other)))
    response = here.post(OTHERS, follow=True)
    assert "2 other sessions were ended." in response.content.decode()
    assert [is_in(web) for web in (here, phone, third, other)] == [True, False, False, True]
    assert len(response.context["sessions"]) == 1
    assert OTHERS not in response.content.decode()


def test_ending_others_without_any(here: Client) -> None:
    page = here.get(OTHERS).content.decode()
    assert "There are none" in page
    assert "Yes, end them" not in page
    response = here.post(OTHERS, follow=True)
    assert "0 other sessions were ended." in response.content.decode()
    assert is_in(here)


def test_those_that_have_ended_are_not_shown(
    here: Client, phone: Client, sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_out, idle = signed_in(sales), at_login(sales)
    signed_out.post("/accounts/logout/")
    later = timezone.now() + timedelta(hours=11)
    monkeypatch.setattr(sessions, "time", later.timestamp)
    assert is_in(here)
    assert is_in(phone)
    monkeypatch.setattr(sessions, "time", (later + timedelta(hours=2)).timestamp)
    found = {one.digest for one in sessions_of(sales)}
    assert found == {digest(here), digest(phone)}
    assert digest(idle) not in found


def test_a_new_password_leaves_this_one(here: Client, phone: Client, sales: User) -> None:
    new = {"new_password1": "another battery horse", "new_password2": "another battery horse"}
    here.post("/accounts/password-change/", {"old_password": PASSWORD} | new)
    assert not is_in(phone)
    (one,) = here.get(LIST).context["sessions"]
    assert one["digest"] == digest(here)
    assert one["browser"] == "Firefox on Linux"


@pytest.mark.parametrize("role", ["viewer", "sales", "admin"])
def test_everybody_sees_their_own(role: str, request: pytest.FixtureRequest) -> None:
    web = signed_in(request.getfixturevalue(role))
    assert len(web.get(LIST).context["sessions"]) == 1


def test_who_is_not_signed_in_signs_in_first(phone: Client) -> None:
    for path in (LIST, OTHERS):
        assert Client().get(path)["Location"] == f"/accounts/login/?next={path}"
    for path in (end_url(phone), OTHERS):
        assert Client().post(path).status_code == 302
    assert is_in(phone)


def test_sessions_of_others_are_not_found(here: Client, viewer: User, admin: User) -> None:
    other = signed_in(viewer)
    for web in (here, signed_in(admin)):
        assert web.post(end_url(other)).status_code == 404
    assert is_in(other)


@pytest.mark.parametrize("bad", ["0" * 64, "1", "x" * 3000, "%3Cscript%3E", "é"])
def test_missing_and_bad_ids(here: Client, bad: str) -> None:
    assert here.post(f"{LIST}{bad}/end/").status_code == 404


def test_the_cookies_value_is_no_id(here: Client, phone: Client) -> None:
    assert here.post(f"{LIST}{phone.cookies['sessionid'].value}/end/").status_code == 404
    assert is_in(phone)


def test_wrong_methods(here: Client, phone: Client) -> None:
    assert here.get(end_url(phone)).status_code == 405
    assert here.post(LIST).status_code == 405
    assert here.put(OTHERS).status_code == 405
    assert is_in(phone)


def test_nothing_ends_without_a_token(here: Client, phone: Client) -> None:
    forger = Client(enforce_csrf_checks=True)
    forger.cookies["sessionid"] = here.cookies["sessionid"].value
    for path in (end_url(phone), OTHERS):
        assert forger.post(path).status_code == 403
    assert is_in(phone)


@pytest.mark.parametrize(
    "agent", ["", "<script>alert(1)</script>", "x" * 5000, "Firefox/\x00", "é" * 400]
)
def test_strange_browsers(sales: User, agent: str) -> None:
    page = at_login(sales, agent).get(LIST)
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()
    assert page.context["sessions"][0]["browser"] == "Unknown browser"


def test_an_unknown_network(sales: User) -> None:
    page = signed_in(sales).get(LIST)
    assert page.context["sessions"][0]["network"] == "Unknown"


def test_more_than_one_request_takes(
    here: Client, phone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_sessions, "_BATCH", 1)
    assert len(here.get(LIST).context["sessions"]) == 2


def test_what_the_page_costs(here: Client, phone: Client, usage: Usage) -> None:
    here.get(LIST)
    before = (usage.requests, usage.rru, usage.wru)
    here.get(LIST)
    # Session and user; eight lists; each session.
    now = (usage.requests, usage.rru, usage.wru)
    assert now == (before[0] + 4, before[1] + 1.5 + 8 + 2, before[2])


def test_the_menu_leads_there(here: Client) -> None:
    assert f'href="{escape(LIST)}"' in here.get(LIST).content.decode()
