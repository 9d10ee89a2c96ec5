"""Moving a card by its "Move to" list, with and without JavaScript."""

from collections.abc import Callable

from playwright.sync_api import expect

from crm.accounts.models import User
from leads.models import Status
from tests.board.leads import add
from tests.browser.board import add_many, card, hold, moved_by_somebody, taken
from tests.browser.conftest import Visit


def test_choosing_moves_the_card(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    page.get_by_label("Move Person 1 to").select_option("Converted")
    expect(card(page, lead, Status.CONVERTED, version=2)).to_have_count(1)
    # The list now offers the other three.
    expect(page.get_by_label("Move Person 1 to").locator("option")).to_have_text(
        ["Move to…", "New", "Contacted", "Qualified"]
    )


def test_a_card_on_its_way_says_so_in_the_words_of_the_page(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    move = hold(page, "**/move/")
    page.get_by_label("Move Person 1 to").select_option("Converted")
    said = "node => getComputedStyle(node, '::after').content"
    assert card(page, lead).locator(".card-meta").evaluate(said) == '"Saving…"'
    taken(page, move).continue_()
    expect(card(page, lead, Status.CONVERTED, version=2)).to_have_count(1)
    expect(page.locator(".pending")).to_have_count(0)
    assert card(page, lead).locator(".card-meta").evaluate(said) == "none"


def test_browsing_the_list_with_keys_waits_for_enter(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    choice = page.get_by_label("Move Person 1 to")
    choice.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(choice).to_have_value("qualified")
    expect(card(page, lead).get_by_role("button", name="Move")).to_be_visible()
    expect(card(page, lead, Status.NEW, version=1)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(card(page, lead, Status.QUALIFIED, version=2)).to_have_count(1)


def test_on_a_page_of_one_column(visit: Visit, sales: User) -> None:
    leads = add_many(27)
    page = visit("/board/", sales)
    address = page.locator("#column-new .more").get_attribute("href")
    assert address
    page.goto(address)
    page.get_by_label("Move Person 1 to").select_option("Qualified")
    expect(page.get_by_role("status")).to_have_text("“Person 1” is now in Qualified, and yours.")
    # Back where one was, in the column that the card has left.
    expect(page.locator("#column-new")).to_be_visible()
    expect(card(page, leads[0])).to_have_count(0)
    page.goto("/board/")
    expect(card(page, leads[0], Status.QUALIFIED, version=2)).to_have_count(1)


def test_a_plain_form_moves_the_card(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales, java_script_enabled=False)
    page.get_by_label("Move Person 1 to").select_option("Qualified")
    card(page, lead).get_by_role("button", name="Move").click()
    expect(page.get_by_role("status")).to_have_text("“Person 1” is now in Qualified, and yours.")
    expect(card(page, lead, Status.QUALIFIED, version=2)).to_have_count(1)
    expect(page.get_by_role("button", name="Shortcuts")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("status")).to_have_count(0)


def test_a_conflict_shows_the_card_as_it_is(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add()
    page = visit("/board/", sales, java_script_enabled=False)
    expects("409")
    moved_by_somebody(lead, Status.CONVERTED)
    page.get_by_label("Move Person 1 to").select_option("Qualified")
    card(page, lead).get_by_role("button", name="Move").click()
    expect(page.get_by_role("alert")).to_contain_text("is in Converted now")
    expect(page.get_by_role("alert")).to_contain_text("Your move was not made.")
    # From here it can be moved after all.
    page.get_by_label("Move Person 1 to").select_option("Qualified")
    card(page, lead).get_by_role("button", name="Move").click()
    expect(card(page, lead, Status.QUALIFIED, version=3)).to_have_count(1)


def test_further_cards_are_a_link_away(visit: Visit, sales: User) -> None:
    add_many(27)
    page = visit("/board/", sales, java_script_enabled=False)
    page.get_by_role("link", name="Show more").click()
    expect(page.locator(".card")).to_have_count(2)
    page.get_by_role("link", name="Whole board").click()
    expect(page.locator(".column")).to_have_count(4)
