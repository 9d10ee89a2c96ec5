"""Moving a card: by mouse, touch, keyboard, list and without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, expect

from crm.accounts.models import User
from leads import repository
from leads.models import EventType, Status
from tests.browser.board import (
    add,
    add_many,
    card,
    centre,
    column,
    drag,
    link,
    moved_by_somebody,
    stored,
    total,
)
from tests.browser.conftest import PHONE, Visit


def test_drag_with_the_mouse(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    page = visit("/board/", sales)
    drag(page, card(page, leads[1]).locator(".card-about"), column(page, Status.QUALIFIED))
    expect(page.locator(".card.dragging")).to_have_count(1)
    expect(page.locator(".column.drop")).to_have_id("column-qualified")
    page.mouse.up()
    expect(card(page, leads[1], Status.QUALIFIED, version=2)).to_have_count(1)
    expect(page.locator(".card.dragging, .column.drop, .lifted")).to_have_count(0)
    expect(total(page, Status.NEW)).to_contain_text("2")
    expect(total(page, Status.QUALIFIED)).to_contain_text("1")
    expect(page).to_have_url("/board/")
    assert stored(leads[1]).status is Status.QUALIFIED


def test_a_drag_that_ends_nowhere_moves_nothing(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    for how in ("Escape", "let go beside the columns"):
        drag(page, card(page, lead).locator(".card-about"), column(page, Status.QUALIFIED))
        expect(page.locator(".card.dragging")).to_have_count(1)
        if how == "Escape":
            page.keyboard.press(how)
        else:
            page.mouse.move(700, 5)
        page.mouse.up()
        expect(page.locator(".card.dragging, .column.drop, .lifted, .pending")).to_have_count(0)
        expect(card(page, lead, Status.NEW, version=1)).to_have_count(1)
    assert stored(lead).version == 1


def touch(session: CDPSession, kind: str, *point: float) -> None:
    points = [{"x": point[0], "y": point[1]}] if point else []
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_drag_by_touch_on_the_handle(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales, viewport=PHONE, has_touch=True, is_mobile=True)
    session = page.context.new_cdp_session(page)
    x, y = centre(card(page, lead).locator(".handle"))
    touch(session, "touchStart", x, y)
    touch(session, "touchMove", x - 10, y + 20)
    expect(page.locator(".card.dragging")).to_have_count(1)
    # At the edge the board scrolls sideways, until the next column is under the finger.
    touch(session, "touchMove", PHONE["width"] - 10, y + 60)
    expect(page.locator("#column-contacted.drop")).to_have_count(1)
    touch(session, "touchEnd")
    expect(card(page, lead, version=2)).to_have_count(1)
    assert stored(lead).status is not Status.NEW


def test_a_dropped_card_is_in_sight(visit: Visit, sales: User) -> None:
    """Columns are sorted by date: an old card lands far below where it was dropped."""
    oldest = add()
    add_many(20, Status.QUALIFIED, start=2)
    page = visit("/board/", sales, viewport=PHONE, has_touch=True, is_mobile=True)
    page.get_by_label("Move Person 1 to").select_option("Qualified")
    moved = card(page, oldest, Status.QUALIFIED, version=2)
    expect(moved).to_have_count(1)
    # The board stays where it is; turning to the column, one sees the card.
    expect(column(page, Status.NEW)).to_be_in_viewport()
    page.locator("#columns").evaluate("board => board.scrollTo(10000, 0)")
    expect(moved).to_be_in_viewport()


def test_a_touch_beside_the_handle_scrolls(visit: Visit, sales: User) -> None:
    leads = add_many(20)
    page = visit("/board/", sales, viewport=PHONE, has_touch=True, is_mobile=True)
    session = page.context.new_cdp_session(page)
    x, y = centre(card(page, leads[16]).locator(".card-about"))
    touch(session, "touchStart", x, y)
    for step in range(1, 9):
        touch(session, "touchMove", x, y - 40 * step)
    touch(session, "touchEnd")
    expect(page.locator(".card.dragging")).to_have_count(0)
    expect(card(page, leads[-1])).not_to_be_in_viewport()
    assert {stored(lead).version for lead in leads} == {1}


class TestKeyboard:
    def test_arrow_keys_go_from_card_to_card(self, visit: Visit, sales: User) -> None:
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

    def test_one_card_of_each_column_is_in_the_tab_order(self, visit: Visit, sales: User) -> None:
        leads = add_many(3)
        other = add(4, Status.CONTACTED)
        page = visit("/board/", sales)
        link(page, leads[1]).focus()
        page.keyboard.press("Tab")
        expect(card(page, leads[1]).locator("select")).to_be_focused()
        page.keyboard.press("Tab")  # its button shows only while a choice waits
        expect(link(page, other)).to_be_focused()

    def test_shift_and_arrow_move_the_card_and_keep_it_chosen(
        self, visit: Visit, sales: User
    ) -> None:
        lead = add_many(3)[1]
        page = visit("/board/", sales)
        link(page, lead).focus()
        page.keyboard.press("Shift+ArrowRight")
        expect(card(page, lead, Status.CONTACTED, version=2)).to_have_count(1)
        expect(link(page, lead)).to_be_focused()
        expect(page.locator("#announcer")).to_have_text("Person 2 moved to Contacted.")
        page.keyboard.press("Shift+ArrowLeft")
        expect(card(page, lead, Status.NEW, version=3)).to_have_count(1)
        expect(link(page, lead)).to_be_focused()
        page.keyboard.press("Shift+ArrowLeft")  # there is nothing further left
        expect(card(page, lead, Status.NEW, version=3)).to_have_count(1)

    def test_two_quick_presses_move_two_columns(self, visit: Visit, sales: User) -> None:
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

    def test_enter_opens_the_lead(self, visit: Visit, sales: User) -> None:
        lead = add()
        page = visit("/board/", sales)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"/leads/{lead.lead_id}/")

    def test_a_question_mark_lists_the_shortcuts(self, visit: Visit, sales: User) -> None:
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

    def test_a_viewer_moves_nothing(self, visit: Visit, viewer: User) -> None:
        lead = add()
        page = visit("/board/", viewer)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Shift+ArrowRight")
        drag(page, card(page, lead).locator(".card-about"), column(page, Status.QUALIFIED))
        page.mouse.up()
        expect(card(page, lead, Status.NEW, version=1)).to_have_count(1)
        assert stored(lead).version == 1


class TestMoveTo:
    def test_choosing_moves_the_card(self, visit: Visit, sales: User) -> None:
        lead = add()
        page = visit("/board/", sales)
        page.get_by_label("Move Person 1 to").select_option("Converted")
        expect(card(page, lead, Status.CONVERTED, version=2)).to_have_count(1)
        # The list now offers the other three.
        expect(page.get_by_label("Move Person 1 to").locator("option")).to_have_text(
            ["Move to…", "New", "Contacted", "Qualified"]
        )

    def test_browsing_the_list_with_keys_waits_for_enter(self, visit: Visit, sales: User) -> None:
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

    def test_on_a_page_of_one_column(self, visit: Visit, sales: User) -> None:
        leads = add_many(27)
        page = visit("/board/", sales)
        address = page.locator("#column-new .more").get_attribute("href")
        assert address
        page.goto(address)
        page.get_by_label("Move Person 1 to").select_option("Qualified")
        expect(page.get_by_role("status")).to_have_text("“Person 1” is now in Qualified.")
        expect(card(page, leads[0], Status.QUALIFIED, version=2)).to_have_count(1)


class TestWithoutJavaScript:
    def test_a_plain_form_moves_the_card(self, visit: Visit, sales: User) -> None:
        lead = add()
        page = visit("/board/", sales, java_script_enabled=False)
        page.get_by_label("Move Person 1 to").select_option("Qualified")
        card(page, lead).get_by_role("button", name="Move").click()
        expect(page.get_by_role("status")).to_have_text("“Person 1” is now in Qualified.")
        expect(card(page, lead, Status.QUALIFIED, version=2)).to_have_count(1)
        expect(page.get_by_role("button", name="Shortcuts")).to_be_hidden()
        page.reload()
        expect(page.get_by_role("status")).to_have_count(0)

    def test_a_conflict_shows_the_card_as_it_is(
        self, visit: Visit, expects: Callable[..., None], sales: User
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

    def test_further_cards_are_a_link_away(self, visit: Visit, sales: User) -> None:
        add_many(27)
        page = visit("/board/", sales, java_script_enabled=False)
        page.get_by_role("link", name="Show more").click()
        expect(page.locator(".card")).to_have_count(2)
        page.get_by_role("link", name="Whole board").click()
        expect(page.locator(".column")).to_have_count(4)


class TestUndo:
    @pytest.mark.parametrize("how", ["button", "key"])
    def test_moves_it_back_and_says_so_in_the_timeline(
        self, visit: Visit, sales: User, how: str
    ) -> None:
        lead = add()
        page = visit("/board/", sales)
        page.get_by_label("Move Person 1 to").select_option("Converted")
        undo = page.get_by_role("button", name="Undo")
        expect(page.get_by_role("status")).to_contain_text("Person 1 moved to Converted")
        if how == "button":
            undo.click()
        else:
            page.keyboard.press("u")
        expect(card(page, lead, Status.NEW, version=3)).to_have_count(1)
        moves = repository.timeline(lead.lead_id).events[:2]
        assert [event.type for event in moves] == [EventType.MOVED] * 2
        assert [event.changes["status"].new for event in moves] == ["new", "converted"]
        assert {event.actor.id for event in moves} == {sales.id}
        assert repository.counts().totals[Status.NEW] == 1

    def test_is_offered_for_ten_seconds(self, visit: Visit, sales: User) -> None:
        lead = add()
        page = visit("about:blank", sales)
        page.clock.install()
        page.goto("/board/")
        page.get_by_label("Move Person 1 to").select_option("Converted")
        undo = page.get_by_role("button", name="Undo")
        expect(undo).to_be_visible()
        page.mouse.move(5, 5)
        page.clock.fast_forward(5_000)
        expect(undo).to_be_visible()
        page.clock.fast_forward(6_000)
        expect(undo).to_have_count(0)
        page.keyboard.press("u")
        expect(card(page, lead, Status.CONVERTED, version=2)).to_have_count(1)
        expect(page.locator(".pending, .toast")).to_have_count(0)

    def test_never_over_the_changes_of_others(
        self, visit: Visit, expects: Callable[..., None], sales: User
    ) -> None:
        lead = add()
        page = visit("/board/", sales)
        expects("409")
        page.get_by_label("Move Person 1 to").select_option("Converted")
        undo = page.get_by_role("button", name="Undo")
        expect(undo).to_be_visible()
        moved_by_somebody(stored(lead), Status.QUALIFIED)
        undo.click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(card(page, lead, Status.QUALIFIED, version=3)).to_have_count(1)
        assert stored(lead).version == 3
