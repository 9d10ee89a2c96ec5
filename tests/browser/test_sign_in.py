"""Signing in and out, as people do it."""

import re

import pytest
from django.core.mail import EmailMessage
from playwright.sync_api import Page, expect

from crm.accounts import throttle
from crm.accounts.models import User
from tests.browser.conftest import Visit
from tests.conftest import PASSWORD


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def test_a_wrong_password_says_so_and_keeps_the_address(visit: Visit, sales: User) -> None:
    page = visit("/accounts/login/")
    sign_in(page, sales.email, "not the password")
    expect(page.get_by_role("alert")).to_contain_text(
        "The e-mail address or the password is wrong."
    )
    expect(page.get_by_label("E-mail")).to_have_value(sales.email)
    expect(page.get_by_label("Password")).to_have_value("")
    sign_in(page, f" {sales.email.upper()} ", PASSWORD)
    expect(page).to_have_url("/board/")


def test_leads_to_where_one_wanted_to_go(visit: Visit, sales: User) -> None:
    page = visit("/leads/?status=qualified")
    expect(page).to_have_url("/accounts/login/?next=/leads/%3Fstatus%3Dqualified")
    sign_in(page, sales.email, "wrong at first")
    sign_in(page, sales.email, PASSWORD)
    expect(page).to_have_url("/leads/?status=qualified")


def test_never_to_another_site(visit: Visit, sales: User) -> None:
    page = visit("/accounts/login/?next=https://evil.example/")
    sign_in(page, sales.email, PASSWORD)
    expect(page).to_have_url("/board/")


def test_without_javascript(visit: Visit, sales: User) -> None:
    page = visit("/board/", java_script_enabled=False)
    sign_in(page, sales.email, PASSWORD)
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    page.locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")


def test_signing_out_ends_it_in_every_tab(visit: Visit, sales: User) -> None:
    page = visit("/board/", sales)
    other = page.context.new_page()
    other.goto("/board/")
    page.locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url("/accounts/login/")
    other.reload()
    expect(other).to_have_url("/accounts/login/?next=/board/")
    # What the first tab showed is not shown again by going back.
    page.go_back()
    expect(page).to_have_url("/accounts/login/?next=/board/")


def test_the_menu_closes_with_escape(visit: Visit, sales: User) -> None:
    page = visit("/board/", sales)
    page.locator("summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(page.locator("summary")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False])
def test_who_is_kept_out_by_strangers_gets_in_by_a_link(
    visit: Visit, sales: User, mailoutbox: list[EmailMessage], *, scripts: bool
) -> None:
    for _ in range(throttle.SIGN_IN_LIMIT):
        throttle.reserve(throttle.sign_in(sales.email, "192.0.2.1")[1:])
    page = visit("/leads/?status=qualified", java_script_enabled=scripts)
    sign_in(page, sales.email, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("we have sent a link to its mailbox")
    expect(page.get_by_label("E-mail")).to_have_value(sales.email)
    found = re.search(r"http://[^/]+(/\S+)", str(mailoutbox[0].body))
    assert found
    # In another tab, as a mail program opens it: the first one still knows where to go.
    other = page.context.new_page()
    other.goto(found[1])
    expect(other).to_have_url("/accounts/login/")
    expect(other.get_by_role("status")).to_have_text(
        "You can sign in with this browser now. Enter your password."
    )
    page.get_by_label("Password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/leads/?status=qualified")
