"""The board without a mouse."""

from playwright.sync_api import expect

from crm.accounts.models import User
from leads.models import Status
from tests.board.leads import add
from tests.browser.board import add_many, card, column, drag, link, stored
from tests.browser.conftest import Visit


def test_arrow_keys_go_from_card_to_card(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    other = add(4, Status.QUALIFIED)
    page = visit("/board/", sales)
    press = page.keyboard.press
    press("ArrowDown")
    expect(link(page, leads[2])).to_be_focused()
    press("ArrowDown")
    expect(link(page, leads[1])).to_be_focused()
    press("ArrowUp")
    expect(link(page, leads[2])).to_be_focused()
    press("ArrowRight")  # past the empty column
    expect(link(page, other)).to_be_focused()
    press("ArrowLeft")
    expect(link(page, leads[2])).to_be_focused()


def test_one_card_of_each_column_is_in_the_tab_order(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    other = add(4, Status.CONTACTED)
    page = visit("/board/", sales)
    link(page, leads[1]).focus()
    # The button of the choice shows only while one waits.
    for control in (".take button", "select", ".card-follow", ".card-close"):
        page.keyboard.press("Tab")
        expect(card(page, leads[1]).locator(control)).to_be_focused()
    page.keyboard.press("Tab")
    expect(link(page, other)).to_be_focused()


def test_shift_and_arrow_move_the_card_and_keep_it_chosen(visit: Visit, sales: User) -> None:
    lead = add_many(3)[1]
    page = visit("/board/", sales)
    link(page, lead).focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(card(page, lead, Status.CONTACTED, version=2)).to_have_count(1)
    expect(link(page, lead)).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("“Person 2” is now in Contacted, and yours.")
    page.keyboard.press("Shift+ArrowLeft")
    expect(card(page, lead, Status.NEW, version=3)).to_have_count(1)
    expect(link(page, lead)).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")  # there is nothing further left
    expect(card(page, lead, Status.NEW, version=3)).to_have_count(1)


def test_two_quick_presses_move_two_columns(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    link(page, lead).focus()
    page.evaluate(
        """() => { for (let i = 0; i < 2; i++) document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", { key: "ArrowRight", shiftKey: true, bubbles: true })) }"""
    )
    expect(card(page, lead, Status.QUALIFIED, version=3)).to_have_count(1)
    expect(link(page, lead)).to_be_focused()
    assert stored(lead).status is Status.QUALIFIED


def test_enter_opens_the_lead(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"/board/?lead={lead.lead_id}")
    expect(page.locator("#panel").get_by_role("heading", name="Person 1")).to_be_focused()


def test_a_question_mark_lists_the_shortcuts(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("?")
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Shortcuts").click()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    assert stored(lead).version == 1


def test_a_viewer_moves_nothing(visit: Visit, viewer: User) -> None:
    lead = add()
    page = visit("/board/", viewer)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    drag(page, card(page, lead).locator(".card-about"), column(page, Status.QUALIFIED))
    page.mouse.up()
    expect(card(page, lead, Status.NEW, version=1)).to_have_count(1)
    assert stored(lead).version == 1
