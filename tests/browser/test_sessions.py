"""The page of one's own sessions, with and without JavaScript."""

import pytest
from playwright.sync_api import expect

from crm.accounts.models import User
from tests.browser.conftest import Visit
from tests.browser.test_drafts import sign_in


@pytest.mark.parametrize("java_script", [True, False])
def test_ending_other_sessions(
    visit: Visit,
    sales: User,
    java_script: bool,  # noqa: FBT001
) -> None:
    lost, other = visit("/board/", sales), visit("/board/", sales)
    page = visit("/accounts/login/", java_script_enabled=java_script)
    sign_in(page, sales)
    page.locator(".user-menu summary").click()
    page.get_by_role("link", name="Where you are signed in").click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("on Linux")
    expect(rows.first).to_contain_text("this one")
    ends = page.get_by_role("button", name="End the session of Unknown browser")
    ends.first.click()
    expect(page.get_by_role("status")).to_contain_text("The session was ended.")
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="End all others…").click()
    page.get_by_role("button", name="Yes, end them").click()
    expect(rows).to_have_count(1)
    for ended in (lost, other):
        ended.goto("/leads/")
        expect(ended).to_have_url("/accounts/login/?next=/leads/")
    page.get_by_role("row").get_by_role("button", name="Sign out").click()
    expect(page).to_have_url("/accounts/login/")
