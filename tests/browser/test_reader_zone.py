"""Times in the zone of the browser, from the first page after the sign-in on."""

import pytest
from playwright.sync_api import ViewportSize, expect

from crm.accounts.models import User
from tests import make
from tests.browser.conftest import DESK, PHONE, Visit
from tests.conftest import PASSWORD

EVENING = "2026-03-02T23:30:00.000Z"


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_pages_are_in_the_zone_of_the_browser(
    visit: Visit, sales: User, viewport: ViewportSize
) -> None:
    make.write(make.published("lead", status="new", createdAt=EVENING, updatedAt=EVENING))
    make.write(make.published("date", status="new", createdAt="2026-03-02"))
    page = visit("/accounts/login/", viewport=viewport, timezone_id="Asia/Tokyo")
    page.get_by_label("E-mail").fill(sales.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator('.card[data-lead-id="lead"] time').first).to_have_attribute(
        "title", "3 Mar 2026, 08:30"
    )
    expect(page.locator('.card[data-lead-id="date"] time').first).to_have_attribute(
        "title", "2 Mar 2026"
    )
    page.goto("/leads/lead/")
    facts = page.locator(".facts")
    expect(facts.get_by_text("3 Mar 2026, 08:30 Asia/Tokyo")).to_have_count(2)
    page.goto("/leads/?since=2026-03-03&until=2026-03-03")
    expect(page.locator("tbody tr[data-lead-id]")).to_have_attribute("data-lead-id", "lead")
    filters = page.locator(".filter-box summary")
    if filters.is_visible():  # on a phone
        filters.click()
    expect(page.get_by_text("Days and times: Asia/Tokyo")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"]


def test_without_a_script_it_is_utc_and_says_so(visit: Visit, sales: User) -> None:
    make.write(make.published("lead", status="new", createdAt=EVENING, updatedAt=EVENING))
    page = visit("/leads/lead/", sales, timezone_id="Asia/Tokyo", java_script_enabled=False)
    expect(page.locator(".facts").get_by_text("2 Mar 2026, 23:30 UTC")).to_have_count(2)


def test_strangers_get_no_cookie(visit: Visit) -> None:
    page = visit("/contact/", timezone_id="Asia/Tokyo")
    assert page.context.cookies() == []
