"""Signing in and out, as people do it."""

from playwright.sync_api import Page, expect

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
