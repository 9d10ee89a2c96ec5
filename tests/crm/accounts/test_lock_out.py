"""Strangers who guess passwords, and those who must get in meanwhile."""

import re
from collections.abc import Callable
from time import time

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.test import Client

from crm.accounts import devices, throttle
from crm.accounts.models import User
from tests.conftest import PASSWORD
from tests.crm.accounts.conftest import reread
from tests.crm.accounts.test_passwords import NEW, link

LOGIN = "/accounts/login/"
HOME, ELSEWHERE = "203.0.113.7", "198.51.100.1"
LINKED = "we have sent a link to its mailbox"


def post(web: Client, user: User, password: str = PASSWORD, address: str = ELSEWHERE) -> str:
    """Sign in, and return what comes of it: "in", "wait", "link" or "wrong"."""
    data = {"username": user.email, "password": password}
    response = web.post(LOGIN, data, REMOTE_ADDR=address)
    if response.status_code == 302:
        return "in"
    text = response.content.decode()
    known = {"Too many attempts": "wait", LINKED: "link", "or the password is wrong": "wrong"}
    return next(word for words, word in known.items() if words in text)


def sign_out(web: Client) -> None:
    web.post("/accounts/logout/")


def attack(user: User, count: int = 10) -> None:
    """Guess from so many networks."""
    for number in range(count):
        assert post(Client(), user, "wrong", f"192.0.{number}.1") == "wrong"


def path_in(mail: EmailMessage) -> str:
    """Return the path of the link in a mail."""
    found = re.search(r"http://testserver(/\S+)", str(mail.body))
    assert found
    return found[1]


def at_home(user: User) -> Client:
    """Return a browser that has signed in once, and out again."""
    web = Client()
    assert post(web, user, address=HOME) == "in"
    sign_out(web)
    return web


def test_a_known_browser_signs_in_wherever_strangers_guess(sales: User) -> None:
    web = at_home(sales)
    attack(sales)
    assert post(Client(), sales, address="192.0.2.99") == "link"
    assert post(web, sales, address=ELSEWHERE) == "in"


def test_a_known_browser_signs_in_though_its_address_is_used_up(sales: User) -> None:
    web = at_home(sales)
    for number in range(10):
        Client().post(LOGIN, {"username": f"{number}@x.example", "password": "-"}, REMOTE_ADDR=HOME)
    assert post(Client(), sales, address=HOME) == "wait"
    assert post(web, sales, address=HOME) == "in"


def test_a_known_network_signs_in_with_a_new_browser(sales: User) -> None:
    at_home(sales)
    attack(sales)
    assert post(Client(), sales, address="203.0.113.200") == "in"
    assert post(Client(), sales, address="203.0.114.7") == "link"


def test_a_known_browser_has_ten_guesses_of_its_own(sales: User) -> None:
    web = at_home(sales)
    outcomes = [post(web, sales, "wrong") for _ in range(11)]
    assert outcomes == ["wrong"] * 10 + ["wait"]
    assert post(web, sales) == "wait"
    # They are not counted for strangers, nor for another browser at home.
    assert post(Client(), sales) == "in"


def test_strangers_at_home_use_up_their_own_guesses(sales: User) -> None:
    web = at_home(sales)
    for number in range(10):
        assert post(Client(), sales, "wrong", f"203.0.113.{number + 50}") == "wrong"
    assert post(Client(), sales, address="203.0.113.60") == "link"
    assert post(web, sales, address="203.0.113.60") == "in"
    assert post(Client(), sales, address=ELSEWHERE) == "in"


def test_the_cookie_is_kept_from_scripts_and_other_sites(
    sales: User, settings: LazySettings
) -> None:
    cookie = at_home(sales).cookies["device"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert int(cookie["max-age"]) == devices.MAX_AGE
    settings.SESSION_COOKIE_SECURE = True
    cookie = at_home(sales).cookies["__Host-device"]
    assert cookie["secure"]
    assert not cookie["domain"]


def test_a_stranger_gets_no_cookie(sales: User) -> None:
    web = Client()
    post(web, sales, "wrong")
    assert "device" not in web.cookies


@pytest.mark.parametrize("change", [lambda text: text[:-1] + "-", lambda _: "x:y:z", lambda _: ""])
def test_a_forged_cookie_is_that_of_a_stranger(sales: User, change: Callable[[str], str]) -> None:
    web = at_home(sales)
    attack(sales)
    web.cookies["device"] = change(web.cookies["device"].value)
    assert post(web, sales) == "link"


def test_a_cookie_is_for_its_account_alone(sales: User, admin: User) -> None:
    web = at_home(sales)
    attack(admin)
    assert post(web, admin) == "link"


def test_a_browser_is_known_for_several_accounts(sales: User, admin: User) -> None:
    web = at_home(sales)
    assert post(web, admin) == "in"
    sign_out(web)
    attack(sales)
    attack(admin)
    assert post(web, sales) == "in"
    sign_out(web)
    assert post(web, admin) == "in"


def test_another_password_makes_browsers_strangers(sales: User) -> None:
    web, thief = at_home(sales), at_home(sales)
    post(web, sales)
    data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert web.post("/accounts/password-change/", data).status_code == 302
    sign_out(web)
    attack(sales)
    assert post(thief, sales, NEW, "192.0.99.1") == "link"
    # The one in which it was changed is known as before.
    assert post(web, sales, NEW) == "in"


def test_a_new_browser_under_attack_gets_in_by_a_link(
    sales: User, mailoutbox: list[EmailMessage]
) -> None:
    attack(sales)
    web = Client()
    assert post(web, sales) == "link"
    [mail] = mailoutbox
    assert mail.to == [sales.email]
    assert "Somebody is trying passwords" in mail.subject
    # It opens twice, as scanners of mails do, and lets nobody in by itself.
    Client().get(path_in(mail))
    page = web.get(path_in(mail), follow=True)
    assert page.redirect_chain == [(LOGIN, 302)]
    assert "You can sign in with this browser now" in page.content.decode()
    assert web.get("/board/").status_code == 302
    assert post(web, sales, "wrong") == "wrong"
    assert post(web, sales) == "in"
    assert post(Client(), sales, address="192.0.2.1") == "link"


def test_all_browsers_of_one_link_have_ten_guesses_together(
    sales: User, mailoutbox: list[EmailMessage]
) -> None:
    attack(sales)
    post(Client(), sales)
    outcomes = []
    for _ in range(11):
        web = Client()
        web.get(path_in(mailoutbox[0]))
        outcomes.append(post(web, sales, "wrong"))
    assert outcomes == ["wrong"] * 10 + ["wait"]


def test_who_has_signed_in_by_a_link_shares_no_guesses_with_others_who_open_it(
    sales: User, mailoutbox: list[EmailMessage]
) -> None:
    attack(sales)
    web, other = Client(), Client()
    post(web, sales)
    for browser in (web, other):
        browser.get(path_in(mailoutbox[0]))
    assert post(web, sales) == "in"
    sign_out(web)
    assert [post(other, sales, "wrong") for _ in range(11)] == ["wrong"] * 10 + ["wait"]
    assert post(web, sales) == "in"


def test_the_owner_is_told_once_a_window(
    sales: User, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    attack(sales)
    assert mailoutbox == []
    assert [post(Client(), sales, "wrong", f"192.1.{n}.1") for n in range(20)] == ["link"] * 20
    assert len(mailoutbox) == 1
    later = time() + throttle.WINDOW
    monkeypatch.setattr(throttle, "time", lambda: later)
    attack(sales)
    assert post(Client(), sales) == "link"
    assert len(mailoutbox) == 2


@pytest.mark.parametrize("kind", ["unknown", "inactive", "without a password"])
def test_who_cannot_sign_in_gets_no_mail(
    tables: None, kind: str, mailoutbox: list[EmailMessage]
) -> None:
    user = User(email="x@example.com", name="X")
    if kind != "unknown":
        password = PASSWORD if kind == "inactive" else None
        user = User.objects.create_user(
            user.email, password, name="X", is_active=kind != "inactive"
        )
    attack(user)
    assert post(Client(), user) == "link"
    assert mailoutbox == []


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "é", "x" * 3000])
def test_a_bad_link_says_so(tables: None, token: str) -> None:
    web = Client()
    response = web.get(f"{LOGIN}{token}/", follow=True)
    if response.status_code != 400:
        assert "This link no longer works" in response.content.decode()
    assert "device" not in web.cookies


def test_a_link_lives_an_hour(
    sales: User, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    attack(sales)
    post(Client(), sales)
    monkeypatch.setattr(devices, "LINK_AGE", -1)
    web = Client()
    assert "no longer works" in web.get(path_in(mailoutbox[0]), follow=True).content.decode()
    assert "device" not in web.cookies


def test_a_link_from_before_another_password_makes_nothing_known(
    sales: User, mailoutbox: list[EmailMessage]
) -> None:
    attack(sales)
    post(Client(), sales)
    sales.set_password(NEW)
    sales.save()
    web = Client()
    web.get(path_in(mailoutbox[0]))
    assert post(web, sales, NEW) == "link"


def test_the_link_is_for_get_alone_and_in_no_log(
    sales: User, caplog: pytest.LogCaptureFixture
) -> None:
    path = f"{LOGIN}{devices.link_token(sales)}"
    assert Client().post(f"{path}/").status_code == 405
    Client().get(path)
    Client().get(f"{path}/more")
    assert path not in caplog.text


def test_a_sign_in_from_somewhere_new_is_told_while_strangers_guess(
    sales: User, mailoutbox: list[EmailMessage]
) -> None:
    web = at_home(sales)
    attack(sales, 5)
    assert post(web, sales, address=HOME) == "in"
    assert mailoutbox == []
    assert post(Client(), sales, address="192.0.2.77") == "in"
    [mail] = mailoutbox
    assert mail.to == [sales.email]
    assert "A new sign-in" in mail.subject
    assert path_in(mail) == "/accounts/password-reset/"


def test_without_guesses_no_sign_in_is_told(sales: User, mailoutbox: list[EmailMessage]) -> None:
    attack(sales, 4)
    assert post(Client(), sales) == "in"
    assert mailoutbox == []


def test_a_new_password_by_mail_lets_in_under_attack(sales: User) -> None:
    attack(sales)
    web = Client()
    data = {"new_password1": NEW, "new_password2": NEW}
    web.post(web.get(link(sales))["Location"], data)
    attack(sales)
    assert post(web, sales, NEW) == "in"


def test_a_new_password_by_an_admin_ends_every_wait(sales: User, admin: User) -> None:
    at_home(sales)
    attack(sales)
    for number in range(10):
        post(Client(), sales, "wrong", f"203.0.113.{number}")
    of_admin = Client()
    of_admin.force_login(admin)
    data = {"new_password1": NEW, "new_password2": NEW}
    of_admin.post(f"/accounts/users/{sales.id}/password/", data)
    assert post(Client(), sales, NEW, HOME) == "in"


def test_five_networks_are_known(sales: User) -> None:
    for number in range(7):
        assert post(Client(), sales, address=f"192.0.{number}.1") == "in"
    stored = reread(sales).networks
    assert len(stored) == 5
    for _ in range(10):
        throttle.reserve([throttle.by_account("sign-in", sales.email, 10)])
    assert post(Client(), sales, address="192.0.0.9") == "link"
    assert post(Client(), sales, address="192.0.6.9") == "in"


def test_wrong_old_passwords_are_counted(sales: User) -> None:
    web, other = Client(), Client()
    web.force_login(sales)
    other.force_login(sales)
    data = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    page = "/accounts/password-change/"
    assert [web.post(page, data).status_code for _ in range(11)] == [200] * 10 + [429]
    data["old_password"] = PASSWORD
    response = web.post(page, data)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "please wait 15 minutes" in response.content.decode()
    assert reread(sales).check_password(PASSWORD)
    # The thief of one session does not keep its owner from changing it in another.
    assert other.post(page, data).status_code == 302


def test_the_right_old_password_starts_from_nothing(sales: User) -> None:
    web = Client()
    web.force_login(sales)
    page = "/accounts/password-change/"
    good = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    for _ in range(2):
        for _ in range(9):
            assert web.post(page, good | {"old_password": "wrong"}).status_code == 200
        assert web.post(page, good).status_code == 200
