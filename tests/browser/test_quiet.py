"""What a board and a list show at rest, and what they do under a hand."""

import pytest
from playwright.sync_api import Locator, Page, expect

from crm.accounts.models import User
from leads.models import STAGES, Status
from tests.board.leads import add
from tests.browser.board import add_many, card, column, drag
from tests.browser.conftest import PHONE, Visit

MOST_CONTROLS = 31

# What one could click or choose without doing anything before.
AT_REST = """() => {
  const isSeen = (one) => one.getClientRects().length && !one.matches(".skip, [type=hidden]")
    && one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  return [...document.querySelectorAll("main :is(a, button, input, select, summary, .handle)")]
    .filter(isSeen).length;
}"""

# Lets a page believe that hours have passed.
LATER = """hours => {
  const { now } = Date;
  Date.now = () => now() + hours * 3600000;
  refreshAges();
  Date.now = now;
}"""
TOAST = """leadbook.toast("“A name that is long” is now in Contacted.", { onUndo() {} })"""


def opacity(shown: Locator) -> float:
    return float(shown.evaluate("node => getComputedStyle(node).opacity"))


def test_controls_show_under_a_pointer_and_with_the_focus(visit: Visit, sales: User) -> None:
    for number, status in enumerate(STAGES):
        add_many(6, status, start=1 + 6 * number)
    page = visit("/board/", sales)
    assert page.evaluate(AT_REST) <= MOST_CONTROLS
    first, second = (page.locator("#column-new .card").nth(at) for at in (0, 1))
    first.hover()
    assert opacity(first.locator(".move")) == opacity(first.locator(".handle")) == 1
    second.locator(".card-name a").focus()
    page.mouse.move(0, 0)
    assert [opacity(one.locator(".move")) for one in (first, second)] == [0, 1]


def test_they_are_always_there_without_a_script(visit: Visit, sales: User) -> None:
    add()
    page = visit("/board/", sales, java_script_enabled=False)
    move = page.locator(".card .move")
    box, age = move.bounding_box(), page.locator(".card-times").bounding_box()
    assert box
    assert age
    assert box["x"] > age["x"] + age["width"] - 1
    expect(move.get_by_role("button")).to_be_visible()


def test_an_age_turns_while_one_looks(visit: Visit, sales: User) -> None:
    add()
    page = visit("/board/", sales)
    age, late = page.locator(".card time"), column(page, Status.NEW).locator(".late")
    expect(late).to_be_hidden()
    page.evaluate(LATER, 5)
    expect(age).to_have_attribute("data-tone", "warning")
    expect(page.locator(".card-times")).to_contain_text("Late")
    expect(late).to_have_text("1 late")
    page.evaluate(LATER, 9)
    expect(age).to_have_attribute("data-tone", "danger")
    expect(page.locator(".card-times")).to_contain_text("Very late")


def test_a_gap_shows_where_a_card_will_land(visit: Visit, sales: User) -> None:
    oldest = add(1, Status.CONTACTED)
    moved = add(2)
    newest = add(3, Status.CONTACTED)
    page = visit("/board/", sales)
    drag(page, card(page, moved).locator(".card-about"), column(page, Status.CONTACTED))
    order = "list => [...list.children].map(one => one.dataset.leadId ?? one.className)"
    cards = page.locator("#cards-contacted")
    expect(cards.locator(".gap")).to_have_count(1)
    assert cards.evaluate(order)[1:] == [newest.lead_id, "gap", oldest.lead_id]
    page.mouse.up()
    expect(card(page, moved, Status.CONTACTED, version=2)).to_have_count(1)
    assert cards.evaluate(order)[1:] == [newest.lead_id, moved.lead_id, oldest.lead_id]


def test_a_toast_covers_no_card(visit: Visit, sales: User) -> None:
    add_many(25)
    for viewport in (PHONE, {"width": 1440, "height": 900}):
        page = visit("/board/", sales, viewport=viewport)
        page.evaluate(TOAST)
        toast, cards = (
            page.locator(".toast").bounding_box(),
            page.locator("#cards-new").bounding_box(),
        )
        assert toast
        assert cards
        assert toast["y"] >= cards["y"] + cards["height"]
        assert toast["y"] + toast["height"] <= viewport["height"]


def current(page: Page) -> Locator:
    return page.locator(".stages [aria-current=true]")


def test_a_phone_shows_one_stage_and_remembers_which(visit: Visit, sales: User) -> None:
    add()
    lead = add(2, Status.QUALIFIED)
    page = visit("/board/", sales, viewport=PHONE, has_touch=True, is_mobile=True)
    expect(current(page)).to_have_text("New 1")
    page.get_by_role("link", name="Qualified 1").click()
    expect(card(page, lead)).to_be_in_viewport()
    expect(column(page, Status.NEW)).not_to_be_in_viewport()
    expect(current(page)).to_have_text("Qualified 1")
    page.reload()
    expect(card(page, lead)).to_be_in_viewport()
    page.get_by_label("Move Person 2 to").select_option("Converted")
    expect(page.get_by_role("link", name="Converted 1")).to_be_visible()


def test_the_stages_are_anchors_without_a_script(visit: Visit, sales: User) -> None:
    lead = add(1, Status.CONVERTED)
    page = visit("/board/", sales, viewport=PHONE, java_script_enabled=False)
    page.get_by_role("link", name="Converted 1").click()
    expect(card(page, lead)).to_be_in_viewport()


def test_a_whole_row_is_a_link(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/leads/", sales)
    page.get_by_role("cell", name="p1@example.com").click()
    expect(page).to_have_url(f"/leads/?lead={lead.lead_id}")


def test_shift_selects_a_range(visit: Visit, sales: User) -> None:
    add_many(5)
    page = visit("/leads/", sales)
    expect(page.get_by_role("button", name="Delete…")).to_be_hidden()
    page.get_by_label("Select Person 4").click()
    page.get_by_label("Select Person 2").click(modifiers=["Shift"])
    expect(page.locator("tbody :checked")).to_have_count(3)
    expect(page.locator("[data-checked-count]")).to_have_text("3 selected:")
    expect(page.get_by_role("button", name="Delete…")).to_be_visible()


def test_a_phone_has_rows_of_two_lines_and_filters_behind_a_button(
    visit: Visit, sales: User
) -> None:
    add_many(3)
    add(4, owner=sales)
    page = visit("/leads/", sales, viewport=PHONE, has_touch=True, is_mobile=True)
    rows = page.locator("tr[data-lead-id]")
    heights = rows.evaluate_all("rows => rows.map(row => row.getBoundingClientRect().height)")
    assert len(heights) == 4
    assert max(heights) <= 76
    owner = page.get_by_label("Owner")
    expect(owner).to_be_hidden()
    page.locator("summary", has_text="Filters").click()
    owner.select_option(sales.name)
    # Chosen is asked for, and the next filter stays at hand.
    expect(rows).to_have_count(1)
    expect(owner).to_be_visible()


@pytest.mark.parametrize("is_open", [False, True], ids=["board", "panel"])
def test_controls_never_lie_over_the_age(visit: Visit, sales: User, *, is_open: bool) -> None:
    leads = add_many(2)
    page = visit(f"/board/?lead={leads[0].lead_id}" if is_open else "/board/", sales)
    page.evaluate(LATER, 90)
    card = page.locator(".card").nth(1)
    height = card.evaluate("card => card.offsetHeight")
    card.hover()
    expect(card.locator(".card-close")).to_have_css("opacity", "1")
    age, close, move = (
        card.locator(part).evaluate("part => part.getBoundingClientRect().toJSON()")
        for part in (".card-times", ".card-close", ".move")
    )
    is_shown = card.locator(".card-times").evaluate("age => getComputedStyle(age).opacity") == "1"
    assert is_shown is not is_open
    assert not is_shown or age["left"] + age["width"] <= close["left"]
    assert close["right"] <= move["left"]
    assert card.evaluate("card => card.offsetHeight") == height
