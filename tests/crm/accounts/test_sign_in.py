"""Signing in and out."""

from time import time

import pytest
from django.conf import LazySettings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from crm.accounts import throttle
from crm.accounts.models import Role, User
from crm.dynamodb.capacity import Usage
from tests.conftest import PASSWORD
from tests.crm.accounts.conftest import reread, signed_in

URL = "/accounts/login/"
MALICIOUS = "<script>alert(1)</script>"


def sign_in(web: Client, email: str, password: str = PASSWORD, **extra: str) -> int:
    """Post the form and return the status."""
    return web.post(URL, {"username": email, "password": password}, **extra).status_code  # type: ignore[arg-type]


def is_signed_in(web: Client) -> bool:
    """Tell whether a page behind sign-in is shown."""
    return web.get("/board/").status_code == 200


@pytest.mark.parametrize("email", ["sales@example.com", " SALES@example.com "])
def test_signing_in_leads_to_the_board(sales: User, email: str) -> None:
    web = Client()
    response = web.post(URL, {"username": email, "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/board/")
    assert web.get("/board/").content.decode() == sales.email
    cookie = web.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_signing_in_leads_back(sales: User) -> None:
    web = Client()
    page = web.get(URL + "?next=/leads/%3Fstatus%3Dnew")
    assert 'name="next" value="/leads/?status=new"' in page.content.decode()
    data = {"username": sales.email, "password": PASSWORD, "next": "/leads/?status=new"}
    assert web.post(URL, data)["Location"] == "/leads/?status=new"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"],
)
def test_signing_in_leads_to_no_other_host(sales: User, target: str) -> None:
    page = Client().get(URL, {"next": target})
    assert "evil" not in page.content.decode()
    data = {"username": sales.email, "password": PASSWORD, "next": target}
    assert Client().post(URL, data)["Location"] == "/board/"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("sales@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        (MALICIOUS, MALICIOUS),
        ("x" * 100_000, "y" * 100_000),
        ("sales@example.com\x00", PASSWORD),
        ("", ""),
        ("sales@example.com", ""),
        ("李@例え.jp", "пароль"),
    ],
)
def test_wrong_ones_are_refused_alike(sales: User, email: str, password: str) -> None:
    web = Client()
    response = web.post(URL, {"username": email, "password": password})
    assert response.status_code == 200
    assert MALICIOUS not in response.content.decode()
    assert not is_signed_in(web)
    assert sales.is_active


def test_unknown_and_wrong_get_the_same_words(sales: User) -> None:
    texts = set()
    for email in (sales.email, "nobody@example.com"):
        response = Client().post(URL, {"username": email, "password": "wrong"})
        texts.add(str(response.context["form"].non_field_errors()))
    assert len(texts) == 1


def test_the_inactive_cannot_sign_in(sales: User) -> None:
    sales.is_active = False
    sales.save()
    web = Client()
    assert sign_in(web, sales.email) == 200
    assert not is_signed_in(web)


def test_without_a_password_nobody_signs_in() -> None:
    user = User.objects.create_user("new@example.com", name="New", role=Role.SALES)
    web = Client()
    for password in (user.password, "None", "!"):
        assert sign_in(web, user.email, password) == 200
    assert not is_signed_in(web)


def test_sessions_of_the_deactivated_end(sales: User) -> None:
    web = signed_in(sales)
    assert is_signed_in(web)
    sales.is_active = False
    sales.save()
    assert not is_signed_in(web)


def test_sessions_of_before_a_deactivation_stay_dead(sales: User, admin: User) -> None:
    webs = [signed_in(sales), signed_in(sales)]
    for is_active in (False, True):
        page = f"/accounts/users/{sales.id}/"
        version = reread(sales).version
        data = {"name": sales.name, "role": "sales", "version": str(version)}
        data |= {"is_active": "on"} if is_active else {}
        assert signed_in(admin).post(page, data).status_code == 302
    assert reread(sales).is_active
    # Neither the one that was used meanwhile nor the one that was not.
    assert not any(map(is_signed_in, webs))
    web = Client()
    assert sign_in(web, sales.email) == 302
    assert is_signed_in(web)
    assert not any(map(is_signed_in, webs))


def test_another_role_ends_no_session(sales: User) -> None:
    web = signed_in(sales)
    sales.role = Role.VIEWER
    sales.save()
    assert is_signed_in(web)


def test_the_session_key_changes_at_sign_in(sales: User, admin: User) -> None:
    web = Client()
    keys = []
    for user in (sales, admin):
        web.cookies.pop("sessionid", None)
        sign_in(web, user.email)
        keys.append(web.cookies["sessionid"].value)
    assert keys[0] != keys[1]


def test_a_planted_session_key_is_not_used(sales: User) -> None:
    web = Client()
    web.cookies["sessionid"] = "a" * 32
    sign_in(web, sales.email)
    assert web.cookies["sessionid"].value != "a" * 32
    thief = Client()
    thief.cookies["sessionid"] = "a" * 32
    assert not is_signed_in(thief)


def test_signing_in_as_another_starts_an_empty_session(sales: User, admin: User) -> None:
    web = signed_in(sales)
    session = web.session
    session["secret"] = "of sales"
    session.save()
    web.force_login(admin)
    assert "secret" not in web.session
    assert web.session[SESSION_KEY] == admin.id


def test_who_is_signed_in_goes_on(sales: User) -> None:
    assert signed_in(sales).get(URL)["Location"] == "/board/"
    assert signed_in(sales).get(URL + "?next=/leads/")["Location"] == "/leads/"


def test_the_form_needs_its_token(sales: User) -> None:
    assert sign_in(Client(enforce_csrf_checks=True), sales.email) == 403


def test_the_page_is_kept_by_nobody() -> None:
    assert "no-store" in Client().get(URL)["Cache-Control"]


@pytest.mark.parametrize("method", ["delete", "patch"])
def test_wrong_method(method: str) -> None:
    assert getattr(Client(), method)(URL).status_code == 405


def test_the_demo_account_is_shown_in_the_demo_alone(settings: LazySettings) -> None:
    settings.DEMO_EMAIL, settings.DEMO_PASSWORD = "demo@example.com", "show-me"
    assert "show-me" not in Client().get(URL).content.decode()
    settings.DEMO = True
    page = Client().get(URL).content.decode()
    assert "demo@example.com" in page
    assert "show-me" in page


def test_after_ten_failures_the_account_waits_where_no_mail_is_sent(
    sales: User, admin: User, settings: LazySettings
) -> None:
    settings.PASSWORD_RESET_BY_MAIL = False
    for number in range(10):
        assert (
            sign_in(Client(), sales.email.upper(), "wrong", REMOTE_ADDR=f"192.0.2.{number}") == 200
        )
    web = Client()
    data = {"username": sales.email, "password": PASSWORD}
    response = web.post(URL, data, REMOTE_ADDR="198.51.100.1")
    assert response.status_code == 429
    assert 890 <= int(response["Retry-After"]) <= 900
    assert "please wait 15 minutes" in response.content.decode()
    assert not is_signed_in(web)
    assert sign_in(Client(), admin.email, REMOTE_ADDR="198.51.100.1") == 302


def test_an_address_with_something_behind_it_is_not_the_account(sales: User) -> None:
    # It would have a count of its own, and the account as many attempts as one likes.
    data = {"username": sales.email + " " * 1010 + "x", "password": PASSWORD}
    assert Client().post(URL, data).status_code == 200


def test_another_charset_does_not_break_it() -> None:
    body = encode_multipart(BOUNDARY, {"username": r"\ud800@example.com", "password": "-"})
    kind = f"{MULTIPART_CONTENT}; charset=unicode_escape"
    assert Client().generic("POST", URL, body, content_type=kind).status_code == 200


def test_an_unknown_account_waits_just_the_same(settings: LazySettings) -> None:
    settings.PASSWORD_RESET_BY_MAIL = False
    statuses = [
        sign_in(Client(), "nobody@example.com", REMOTE_ADDR=f"192.0.2.{number}")
        for number in range(11)
    ]
    assert statuses == [200] * 10 + [429]


def test_after_ten_failures_the_address_waits(sales: User) -> None:
    for number in range(10):
        assert sign_in(Client(), f"u{number}@example.com", REMOTE_ADDR=f"2001:db8::{number}") == 200
    assert sign_in(Client(), sales.email, REMOTE_ADDR="2001:db8::ffff") == 429
    assert sign_in(Client(), sales.email, REMOTE_ADDR="2001:db8:0:1::1") == 302


def test_a_quarter_of_an_hour_later_the_account_may_try_again(
    sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(throttle.SIGN_IN_LIMIT):
        sign_in(Client(), sales.email, "wrong")
    assert sign_in(Client(), sales.email) == 429
    later = time() + throttle.WINDOW
    monkeypatch.setattr(throttle, "time", lambda: later)
    assert sign_in(Client(), sales.email, "wrong") == 200
    assert sign_in(Client(), sales.email) == 302


def test_success_forgets_the_failures_of_the_account(sales: User) -> None:
    for _ in range(3):
        for number in range(9):
            sign_in(Client(), sales.email, "wrong", REMOTE_ADDR=f"192.0.2.{number}")
        assert sign_in(Client(), sales.email, REMOTE_ADDR="198.51.100.1") == 302


def test_success_does_not_forget_the_failures_of_the_address(sales: User) -> None:
    statuses = []
    for number in range(11):
        assert sign_in(Client(), sales.email) in {302, 429}
        statuses.append(sign_in(Client(), f"u{number}@example.com", "wrong"))
    assert statuses == [200] * 10 + [429]


def test_incomplete_forms_are_no_attempts(usage: Usage) -> None:
    for _ in range(12):
        assert sign_in(Client(), "sales@example.com", "") == 200
    assert usage.requests == 0


def test_the_password_is_not_looked_at_when_blocked(
    sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        throttle.reserve(throttle.sign_in(sales.email, "127.0.0.1"))
    monkeypatch.delattr(AbstractBaseUser, "check_password")
    assert sign_in(Client(), sales.email) == 429


def test_signing_out_ends_the_session(sales: User) -> None:
    web = signed_in(sales)
    replayed = Client()
    replayed.cookies["sessionid"] = web.cookies["sessionid"].value
    response = web.post("/accounts/logout/", follow=True)
    assert response.redirect_chain == [("/accounts/login/", 302)]
    assert "You are signed out." in response.content.decode()
    assert not is_signed_in(web)
    assert not is_signed_in(replayed)


def test_signing_out_twice_is_no_error() -> None:
    assert Client().post("/accounts/logout/")["Location"] == "/accounts/login/"


def test_signing_out_needs_a_post_and_its_token(sales: User) -> None:
    web = signed_in(sales)
    assert web.get("/accounts/logout/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sales)
    assert strict.post("/accounts/logout/").status_code == 403
    assert is_signed_in(web)
