"""The page on which people set what is theirs, with and without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from crm.accounts.models import User
from tests import make
from tests.browser.conftest import Visit

EVENING = "2026-03-02T23:30:00.000Z"


@pytest.mark.parametrize("java_script", [True, False])
def test_setting_zone_and_keys(
    visit: Visit,
    expects: Callable[..., None],
    viewer: User,
    java_script: bool,  # noqa: FBT001
) -> None:
    make.write(make.published("lead", status="new", createdAt=EVENING, updatedAt=EVENING))
    options = {"java_script_enabled": java_script, "timezone_id": "Europe/Berlin"}
    page = visit("/board/", viewer, **options)
    page.locator(".user-menu summary").click()
    page.get_by_role("link", name="Your account").click()
    expects("422")
    page.get_by_label("Time zone").fill("Nowhere")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no such zone")
    page.get_by_label("Time zone").fill("Asia/Tokyo")
    page.get_by_label("Keys of a single letter").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Your account was changed.")
    expect(page.locator("body")).to_have_attribute("data-single-keys", "off")
    page.goto("/leads/lead/")
    expect(page.locator(".facts").get_by_text("3 Mar 2026, 08:30 Asia/Tokyo")).to_have_count(2)


def test_keys_that_are_off_are_not_offered(visit: Visit, sales: User) -> None:
    page = visit("/board/", sales)
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    page.get_by_role("button", name="Shortcuts ?").click()
    expect(keys.get_by_text("Write a note")).to_be_visible()
    page.goto("/accounts/me/")
    page.get_by_label("Keys of a single letter").uncheck()
    page.get_by_role("button", name="Save").click()
    page.goto("/board/")
    expect(page.locator("kbd:visible")).to_have_count(0)
    page.get_by_role("button", name="Shortcuts").click()
    expect(keys.get_by_text("Open the lead")).to_be_visible()
    expect(keys.get_by_text("Write a note")).to_have_count(0)
    keys.get_by_role("link", name="Your account").click()
    expect(page.get_by_label("Keys of a single letter")).not_to_be_checked()
