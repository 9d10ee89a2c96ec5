"""The page of what admins set, with and without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crm.accounts.models import User
from leads.repository import desk_settings
from tests.browser.conftest import PHONE, Visit


def group(page: Page, name: str, field: str) -> str:
    value: str = page.get_by_role("group", name=name).get_by_label(field).input_value()
    return value


@pytest.mark.parametrize("java_script", [True, False])
def test_two_admins_set_reasons_and_limits(
    visit: Visit,
    expects: Callable[..., None],
    admin: User,
    java_script: bool,  # noqa: FBT001
) -> None:
    page = visit("/board/", admin, java_script_enabled=java_script)
    page.locator(".user-menu summary").click()
    page.get_by_role("link", name="Desk settings").click()
    other = visit("/settings/", admin, viewport=PHONE, java_script_enabled=java_script)
    expects("409")
    page.get_by_label("Spam").fill("Ads\nToo many links")
    page.get_by_role("group", name="New").get_by_label("Number").fill("2")
    page.get_by_role("group", name="New").get_by_label("Unit").select_option("days")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The settings were changed.")
    other.get_by_label("Spam").fill("Casinos")
    other.get_by_role("button", name="Save").click()
    expect(other.locator('[data-now="reasons_spam"]')).to_contain_text("Too many links")
    expect(other.get_by_label("Spam")).to_have_value("Casinos")
    assert (group(other, "New", "Number"), group(other, "New", "Unit")) == ("2", "days")
    assert other.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("status")).to_contain_text("The settings were changed.")
    assert desk_settings.read().reasons["spam"] == ("Casinos",)
    page.get_by_role("link", name="Reset to defaults…").click()
    page.get_by_role("button", name="Yes, reset them").click()
    expect(page.get_by_role("status")).to_contain_text("The settings are the defaults again.")
    expect(page.get_by_label("Spam")).to_have_value("")
