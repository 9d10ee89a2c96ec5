"""Taking the leads of the list along as a file."""

import csv
from pathlib import Path

from playwright.sync_api import Page, expect

from crm.accounts.models import User
from leads.models import Status
from tests.browser.board import add_many
from tests.browser.conftest import PHONE, Visit


def names(page: Page, label: str) -> list[str]:
    """Export the list as it is now; returns the leads' names."""
    page.locator("#export summary").click()
    with page.expect_download() as started:
        page.get_by_role("link", name=label).click()
    download = started.value
    assert download.suggested_filename.startswith("leads-")
    path = Path(download.path())
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["name"] for row in csv.DictReader(file)]


def test_what_the_filters_show_is_exported(visit: Visit, sales: User) -> None:
    add_many(2)
    add_many(1, Status.QUALIFIED, start=4)
    page = visit("/leads/", sales)
    assert len(names(page, "CSV")) == 3
    # The filter changes the list alone; the button beside the heading has to follow.
    page.locator("#tab-qualified").click()
    expect(page).to_have_url("/leads/?status=qualified")
    expect(page.locator("#export")).not_to_have_attribute("open", "")
    assert names(page, "CSV") == ["Person 4"]
    page.locator("#tab-all").click()
    expect(page).to_have_url("/leads/")
    assert len(names(page, "CSV")) == 3


def test_the_menu_works_from_the_keyboard_and_fits_a_phone(visit: Visit, sales: User) -> None:
    add_many(1)
    page = visit("/leads/", sales, viewport=PHONE)
    summary = page.locator("#export summary")
    summary.focus()
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="JSON lines")
    expect(link).to_be_in_viewport(ratio=1)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(summary).to_be_focused()


def test_viewers_have_no_button(visit: Visit, viewer: User) -> None:
    add_many(1)
    page = visit("/leads/", viewer)
    expect(page.locator("tr[data-lead-id]")).to_have_count(1)
    expect(page.locator("#export")).to_have_count(0)
    page.locator("#tab-new").click()
    expect(page).to_have_url("/leads/?status=new")
    expect(page.locator("#export")).to_have_count(0)
