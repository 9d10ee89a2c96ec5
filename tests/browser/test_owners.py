"""Taking leads, giving them away, and looking at those of one person."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from crm.accounts.models import User
from leads import repository
from leads.models import Lead, Status
from tests.board.leads import add
from tests.browser.board import add_many, card, column, link, refresh, stored, total
from tests.browser.conftest import PHONE, Visit


def circle(page: Page, lead: Lead) -> Locator:
    """Find the empty circle of a card."""
    return card(page, lead).get_by_role("button", name=f"Take {lead.name}")


def is_owned(page: Page, lead: Lead, owner: User) -> None:
    """Wait until a card shows its owner."""
    expect(card(page, lead).locator(".card-owner")).to_contain_text(f"Owner: {owner.name}")


def click(page: Page, lead: Lead) -> None:
    circle(page, lead).click()


def tap(page: Page, lead: Lead) -> None:
    circle(page, lead).tap()


def press(page: Page, lead: Lead) -> None:
    link(page, lead).focus()
    page.keyboard.press("m")


@pytest.mark.parametrize("take", [click, tap, press])
def test_the_empty_circle_takes_and_u_gives_back(
    visit: Visit, sales: User, take: Callable[[Page, Lead], None]
) -> None:
    lead, _ = add_many(2)
    page = visit("/board/", sales, viewport=PHONE, has_touch=True)
    take(page, lead)
    is_owned(page, lead, sales)
    expect(page.locator("#toasts")).to_contain_text(f"“{lead.name}” is yours now.")
    assert stored(lead).owner_id == sales.id
    page.keyboard.press("u")
    expect(circle(page, lead)).to_be_visible()
    assert stored(lead).owner_id is None


def test_whoever_moves_an_unowned_lead_out_of_new_is_told_that_it_is_theirs(
    visit: Visit, sales: User
) -> None:
    (lead,) = add_many(1)
    page = visit("/board/", sales)
    link(page, lead).focus()
    # What is asked for meanwhile is done after it.
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(card(page, lead, Status.QUALIFIED, version=3)).to_be_visible()
    is_owned(page, lead, sales)
    expect(page.locator("#toasts")).to_contain_text(f"“{lead.name}” is now in Qualified")
    expect(link(page, lead)).to_be_focused()
    add(7)
    refresh(page)
    other = column(page, Status.NEW).locator(".card-name a")
    other.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#toasts")).to_contain_text("“Person 7” is now in Contacted, and yours.")


def test_of_two_who_take_a_lead_one_is_told_who_has_it(
    visit: Visit, sales: User, admin: User, expects: Callable[..., None]
) -> None:
    (lead,) = add_many(1)
    ann, ben = visit("/board/", sales), visit("/board/", admin)
    click(ann, lead)
    is_owned(ann, lead, sales)
    click(ben, lead)
    expects("409")
    expect(ben.locator("#toasts")).to_contain_text(
        re.compile(f"{sales.name} took “Person 1” .* ago")
    )
    is_owned(ben, lead, sales)
    assert stored(lead).owner_id == sales.id


def test_from_unassigned_a_taken_lead_leaves_and_comes_back(visit: Visit, sales: User) -> None:
    older, newer = add_many(2)
    page = visit("/board/", sales)
    page.get_by_role("link", name="Unassigned").click()
    page.wait_for_url(re.compile(r"/board/\?owner=none$"))
    expect(total(page, Status.NEW)).to_have_text(re.compile("^2"))
    press(page, newer)
    expect(card(page, newer)).to_have_count(0)
    expect(total(page, Status.NEW)).to_have_text(re.compile("^1"))
    expect(link(page, older)).to_be_focused()
    page.keyboard.press("u")
    expect(card(page, newer)).to_be_visible()
    expect(total(page, Status.NEW)).to_have_text(re.compile("^2"))
    # A poll asks for the same leads.
    add(5, owner=sales)
    refresh(page)
    expect(column(page, Status.NEW).locator(".card")).to_have_count(2)


def test_a_colleague_is_chosen_and_given_a_lead_in_the_panel(
    visit: Visit, sales: User, admin: User
) -> None:
    lead, theirs = add(1, owner=sales), add(2, owner=admin)
    page = visit("/board/?owner=me", sales)
    link(page, lead).click()
    expect(page.locator("#panel:not([aria-busy])")).to_be_visible()
    page.locator("#lead-owner").select_option(admin.id)
    expect(page.locator("#toasts")).to_contain_text(f"“Person 1” belongs to {admin.name} now.")
    expect(card(page, lead)).to_have_count(0)
    expect(total(page, Status.NEW)).to_have_text(re.compile("^0"))
    page.keyboard.press("Escape")
    page.get_by_label("Leads of a colleague").select_option(admin.id)
    expect(page).to_have_url(re.compile(f"owner={admin.id}$"))
    for shown in (lead, theirs):
        expect(card(page, shown)).to_be_visible()
    expect(total(page, Status.NEW)).to_have_text(re.compile("^2"))


@pytest.mark.parametrize("way", ["mouse", "key"])
def test_a_card_that_somebody_has_is_given_to_another(
    visit: Visit, sales: User, admin: User, way: str
) -> None:
    lead = add(1, owner=admin)
    page = visit("/board/", sales)
    if way == "mouse":
        card(page, lead).locator(".card-owner a").click()
    else:
        link(page, lead).focus()
        page.keyboard.press("m")
    expect(page.locator("#lead-owner")).to_be_focused()
    page.locator("#lead-owner").select_option("me")
    is_owned(page, lead, sales)
    assert stored(lead).owner_id == sales.id
    page.locator("#lead-title").focus()
    page.keyboard.press("m")
    expect(page.locator("#lead-owner")).to_be_focused()


def test_without_script_leads_are_taken_and_shown_by_owner(visit: Visit, sales: User) -> None:
    (lead,) = add_many(1)
    page = visit("/board/?owner=none", sales, java_script_enabled=False)
    circle(page, lead).click()
    expect(page).to_have_url(re.compile(r"/board/\?owner=none"))
    expect(page.locator(".messages")).to_contain_text("“Person 1” is yours now.")
    page.get_by_role("link", name="Me", exact=True).click()
    expect(card(page, lead)).to_be_visible()
    link(page, lead).click()
    page.locator("#lead-owner").select_option("")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator(".messages")).to_contain_text("“Person 1” belongs to nobody now.")
    assert repository.get(lead.lead_id, consistent=True).owner_id is None


def test_a_row_that_somebody_has_is_given_to_another(visit: Visit, sales: User) -> None:
    add(1, owner=sales)
    page = visit("/leads/", sales)
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.locator("#panel #lead-owner")).to_be_focused()
