"""Changing one's password, and setting a new one by mail."""

import re
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.test import Client
from django.utils.http import urlsafe_base64_encode

from crm.accounts import throttle
from crm.accounts.models import User
from crm.accounts.views.passwords import link_tokens
from tests.conftest import PASSWORD
from tests.crm.accounts.conftest import reread, signed_in

CHANGE = "/accounts/password-change/"
RESET = "/accounts/password-reset/"
NEW = "quite another phrase"


def change(web: Client, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> int:
    """Post the form to change one's password and return the status."""
    data = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return web.post(CHANGE, data).status_code


def link(user: User) -> str:
    """Return the link that a mail to ``user`` has."""
    uid = urlsafe_base64_encode(user.id.encode())
    return f"{RESET}{uid}/{link_tokens.make_token(user)}/"


def test_a_change_keeps_the_own_session_and_ends_the_others(sales: User) -> None:
    web, other = signed_in(sales), signed_in(sales)
    before = web.cookies["sessionid"].value
    assert change(web) == 302
    assert web.get("/accounts/password-change/done/").status_code == 200
    assert other.get("/board/").status_code == 302
    assert web.cookies["sessionid"].value != before
    assert reread(sales).check_password(NEW)


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("wrong", NEW, NEW),
        (PASSWORD, NEW, "different phrase"),
        (PASSWORD, "short", "short"),
        (PASSWORD, "sales@example.com", "sales@example.com"),
        (PASSWORD, "1234567890123", "1234567890123"),
        (PASSWORD, "", ""),
        (PASSWORD, "with a zero\x00 byte", "with a zero\x00 byte"),
    ],
)
def test_bad_changes_are_refused(sales: User, old: str, new: str, again: str) -> None:
    web = signed_in(sales)
    assert change(web, old, new, again) == 200
    assert reread(sales).password == sales.password
    assert web.get("/board/").status_code == 200


@pytest.mark.parametrize("page", [CHANGE, CHANGE + "done/"])
def test_changing_needs_sign_in(page: str) -> None:
    assert Client().get(page)["Location"] == f"/accounts/login/?next={page}"


def test_a_link_comes_by_mail_and_works_once(sales: User, mailoutbox: list[EmailMessage]) -> None:
    elsewhere = signed_in(sales)
    web = Client()
    response = web.post(RESET, {"email": " SALES@example.com"})
    assert response["Location"] == RESET + "done/"
    assert web.get(response["Location"]).status_code == 200
    [mail] = mailoutbox
    assert mail.to == [sales.email]
    assert mail.subject == "Set a new password for testserver"
    found = re.search(r"http://testserver(/\S+)", str(mail.body))
    assert found
    form = web.get(found[1])
    assert form["Location"].endswith("/set-password/")
    assert "Set a new password" in web.get(form["Location"]).content.decode()
    bad = web.post(form["Location"], {"new_password1": NEW, "new_password2": "x"})
    assert bad.status_code == 200
    done = web.post(form["Location"], {"new_password1": NEW, "new_password2": NEW})
    assert done["Location"] == RESET + "complete/"
    assert web.get(done["Location"]).status_code == 200
    assert reread(sales).check_password(NEW)
    assert elsewhere.get("/board/").status_code == 302
    assert "no longer works" in web.get(found[1]).content.decode()
    assert "no longer works" in web.get(form["Location"]).content.decode()


def test_a_new_password_ends_the_wait_for_sign_in(sales: User) -> None:
    for _ in range(11):
        throttle.reserve(throttle.sign_in(sales.email, "192.0.2.1"))
    web = Client()
    form = web.get(link(sales))["Location"]
    web.post(form, {"new_password1": NEW, "new_password2": NEW})
    data = {"username": sales.email, "password": NEW}
    assert web.post("/accounts/login/", data)["Location"] == "/board/"


def test_the_answer_does_not_tell_who_has_an_account(
    sales: User, admin: User, mailoutbox: list[EmailMessage]
) -> None:
    admin.is_active = False
    admin.save()
    single = User.objects.create_user("sso@example.com", name="No Password")
    answers = set()
    for email in (sales.email, admin.email, single.email, "nobody@example.com"):
        response = Client().post(RESET, {"email": email})
        answers.add((response.status_code, response["Location"], response.content))
    assert len(answers) == 1
    assert [mail.to for mail in mailoutbox] == [[sales.email]]


@pytest.mark.parametrize("email", ["", "nobody", "x" * 100_000, "a\x00@example.com", "<script>"])
def test_no_address_no_mail(email: str, mailoutbox: list[EmailMessage]) -> None:
    response = Client().post(RESET, {"email": email})
    assert response.status_code == 200
    assert "<script>" not in response.content.decode().replace("<script src", "")
    assert mailoutbox == []


@pytest.mark.parametrize("varied", ["address", "account"])
def test_requests_for_mail_are_limited(
    varied: str, sales: User, mailoutbox: list[EmailMessage]
) -> None:
    statuses = []
    for number in range(7):
        email = sales.email if varied == "address" else f"u{number}@example.com"
        address = f"192.0.2.{number}" if varied == "address" else "192.0.2.1"
        response = Client().post(RESET, {"email": email}, REMOTE_ADDR=address)
        statuses.append(response.status_code)
    assert statuses == [302] * 5 + [429] * 2
    assert int(response["Retry-After"]) > 0
    assert len(mailoutbox) == (5 if varied == "address" else 0)


def test_where_no_mail_is_sent_people_are_sent_to_an_admin(
    settings: LazySettings, sales: User, mailoutbox: list[EmailMessage]
) -> None:
    settings.PASSWORD_RESET_BY_MAIL = False
    page = Client().get(RESET)
    assert "Ask an admin" in page.content.decode()
    assert "<form" not in page.content.decode()
    assert Client().post(RESET, {"email": sales.email}).status_code == 405
    assert mailoutbox == []


@pytest.mark.parametrize(
    "path", ["x/y/", "____/set-password/", "MQ/set-password/", "é/a-b/", "x" * 5000 + "/y/"]
)
def test_bad_links_say_so(path: str) -> None:
    response = Client().get(RESET + path)
    assert response.status_code == 200
    assert "no longer works" in response.content.decode()
    assert "sessionid" not in response.cookies


def test_a_zero_byte_is_no_link() -> None:
    assert Client().get(RESET + "%00/%00/").status_code in {200, 400}


def test_links_of_the_deactivated_do_not_work(sales: User) -> None:
    url = link(sales)
    sales.is_active = False
    sales.save()
    assert "no longer works" in Client().get(url).content.decode()
    sales.is_active = True
    sales.save()
    assert "no longer works" in Client().get(url).content.decode()
    assert "Set a new password" in Client().get(link(sales), follow=True).content.decode()


def test_old_links_do_not_work(settings: LazySettings, sales: User) -> None:
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "no longer works" in Client().get(link(sales)).content.decode()


def test_links_live_an_hour(
    settings: LazySettings, sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.PASSWORD_RESET_TIMEOUT == 3600
    url = link(sales)
    now = datetime.now()  # noqa: DTZ005 - as the generator of the links does
    for seconds, shown in ((3590, "Set a new password"), (3610, "no longer works")):
        later = now + timedelta(seconds=seconds)
        monkeypatch.setattr(link_tokens, "_now", lambda later=later: later)
        assert shown in Client().get(url, follow=True).content.decode()


def test_the_link_of_one_is_of_no_use_for_another(sales: User, admin: User) -> None:
    token = link(sales).split("/")[-2]
    uid = link(admin).split("/")[-3]
    assert "no longer works" in Client().get(f"{RESET}{uid}/{token}/").content.decode()
