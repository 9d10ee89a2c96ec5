"""Moving a card by mouse and by touch."""

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from crm.accounts.models import User
from leads.models import Lead, Status
from tests.board.leads import add
from tests.browser.board import add_many, card, centre, column, drag, stored, total
from tests.browser.conftest import PHONE, Visit

# Where the board is scrolled to, a few frames later.
STILL = """async () => {
  for (let n = 0; n < 5; n += 1) await new Promise(requestAnimationFrame);
  return document.getElementById("columns").scrollLeft;
}"""

# Whether the board arrives at its end.
TO_THE_END = """async () => {
  const board = document.getElementById("columns");
  const isThere = () => board.scrollLeft + board.clientWidth >= board.scrollWidth - 1;
  for (let n = 0; n < 2000 && !isThere(); n += 1) await new Promise(requestAnimationFrame);
  return isThere();
}"""


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


def press_long(session: CDPSession, pressed: Locator) -> None:
    """Hold a finger on a card until its controls show."""
    touch(session, "touchStart", *centre(pressed.locator(".card-about")))
    expect(pressed).to_have_class("card controls")
    touch(session, "touchEnd")


def held_by_touch(visit: Visit, sales: User, lead: Lead) -> tuple[Page, CDPSession, float, float]:
    """Return a phone's board on which a finger holds a card by its handle, and where."""
    page = visit("/board/", sales, viewport=PHONE, has_touch=True, is_mobile=True)
    session = page.context.new_cdp_session(page)
    press_long(session, card(page, lead))
    x, y = centre(card(page, lead).locator(".handle"))
    touch(session, "touchStart", x, y)
    return page, session, x, y


def test_drag_by_touch_on_the_handle(visit: Visit, sales: User) -> None:
    lead = add()
    page, session, x, y = held_by_touch(visit, sales, lead)
    touch(session, "touchMove", x - 10, y + 20)
    expect(page.locator(".card.dragging")).to_have_count(1)
    # At the edge the board scrolls sideways, until the next column is under the finger.
    touch(session, "touchMove", PHONE["width"] - 10, y + 60)
    expect(page.locator("#column-contacted.drop")).to_have_count(1)
    touch(session, "touchEnd")
    expect(card(page, lead, version=2)).to_have_count(1)
    assert stored(lead).status is not Status.NEW


def test_a_card_held_at_the_edge_takes_the_board_along(visit: Visit, sales: User) -> None:
    lead = add()
    page, session, _x, y = held_by_touch(visit, sales, lead)
    edge = PHONE["width"] - 10
    for status in (Status.CONTACTED, Status.QUALIFIED):
        touch(session, "touchMove", edge, y + 60)
        expect(page.locator(f"#column-{status}.drop")).to_have_count(1)
        # Away from the edge it stays where it is.
        touch(session, "touchMove", PHONE["width"] / 2, y + 60)
        at = page.evaluate(STILL)
        assert at == page.evaluate(STILL) > 0
    touch(session, "touchMove", edge, y + 60)
    # To the end, where the margin of the board is under the finger.
    assert page.evaluate(TO_THE_END)
    expect(page.locator("#column-converted.drop")).to_have_count(1)
    touch(session, "touchEnd")
    expect(card(page, lead, Status.CONVERTED, version=2)).to_have_count(1)


def test_the_board_follows_a_card_at_the_same_pace_at_any_frame_rate(
    visit: Visit, sales: User
) -> None:
    lead = add()
    page = visit("/board/", sales, viewport=PHONE)
    # A clock of the test's own: frames come when it says so.
    page.evaluate("window.requestAnimationFrame = (next) => { window.frame = next; }")
    far = []
    for frames in ((0, 40, 80, 120), (0, 20, 40, 60, 80, 100, 120)):
        page.locator("#columns").evaluate("board => { board.scrollLeft = 0; }")
        drag(page, card(page, lead).locator(".card-about"), page.locator(".board-head"))
        page.mouse.move(PHONE["width"] - 5, 300)
        page.evaluate("times => { for (const time of times) window.frame(time); }", frames)
        far.append(page.locator("#columns").evaluate("board => board.scrollLeft"))
        page.keyboard.press("Escape")
        page.mouse.up()
    assert far[0] == pytest.approx(far[1], abs=2)
    assert far[0] == pytest.approx(60, abs=2)


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
    page.get_by_role("link", name="Qualified").click()
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
