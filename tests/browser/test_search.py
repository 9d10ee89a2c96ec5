"""The search box: by keyboard, mouse and touch, without JavaScript, and on a bad connection."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from crm.accounts.models import User
from leads.models import Lead, Status
from tests import make
from tests.board.leads import add
from tests.browser.board import add_many, hold, stored, taken
from tests.browser.conftest import PHONE, Visit

type Expects = Callable[..., None]
SEARCH = re.compile(r"/leads/search/")


def add_named(name: str, company: str = "Acme") -> Lead:
    return make.add(
        name=name, email="somebody@example.com", company=company, subject="", message=""
    )


def box(page: Page) -> Locator:
    return page.get_by_label("Search leads")


def options(page: Page) -> Locator:
    return page.locator("#found:not([hidden]) [role=option]")


def chosen(page: Page) -> Locator:
    return page.locator('[role=option][aria-selected="true"]')


def is_at(page: Page, option: Locator) -> None:
    """Check that screen readers and eyes are at the same option."""
    expect(chosen(page)).to_have_count(1)
    expect(option).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "-")
    expect(box(page)).to_be_focused()


@pytest.mark.parametrize("address", ["/board/", "/leads/", "/board/column/new/"])
def test_slash_goes_to_the_box_from_any_page(visit: Visit, sales: User, address: str) -> None:
    page = visit(address, sales)
    page.keyboard.press("Control+/")
    expect(box(page)).not_to_be_focused()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")
    page.keyboard.type("a/b")
    expect(box(page)).to_have_value("a/b")


def test_slash_is_a_letter_in_a_field(visit: Visit, sales: User) -> None:
    page = visit("/leads/add/", sales)
    page.get_by_label("Name").focus()
    page.keyboard.type("Ann / Bo")
    expect(page.get_by_label("Name")).to_have_value("Ann / Bo")
    page.get_by_label("Stage").focus()
    page.keyboard.press("/")
    expect(box(page)).not_to_be_focused()


def test_choosing_by_keyboard(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    page = visit("/board/", sales)
    page.keyboard.press("/")
    expect(box(page)).to_have_role("combobox")
    expect(box(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("pers")
    expect(options(page)).to_have_count(4)
    expect(box(page)).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#announcer")).to_have_text("3 leads found.")
    expect(options(page).first.locator("mark")).to_have_text("Pers")
    expect(chosen(page)).to_have_count(0)
    page.keyboard.press("ArrowDown")
    is_at(page, options(page).first)
    page.keyboard.press("ArrowDown")
    is_at(page, options(page).nth(1))
    page.keyboard.press("End")
    is_at(page, options(page).last)
    page.keyboard.press("ArrowDown")
    is_at(page, options(page).first)
    page.keyboard.press("ArrowUp")
    is_at(page, options(page).last)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"/board/?lead={leads[1].lead_id}")


def test_typing_on_takes_the_choice_back(visit: Visit, sales: User) -> None:
    add_many(2)
    page = visit("/board/", sales)
    box(page).fill("pers")
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(3)
    page.keyboard.press("ArrowDown")
    expect(chosen(page)).to_have_count(1)
    page.keyboard.type("on")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/leads/?q=person")


def test_two_words_and_enter_show_all_results(visit: Visit, sales: User) -> None:
    add_named("Maya Lindqvist", "Nordwind")
    add_named("Maya Berg", "Acme")
    page = visit("/board/", sales)
    page.keyboard.press("/")
    page.keyboard.type("MAY nor")
    expect(options(page)).to_have_count(2)
    expect(options(page).first).to_contain_text("Maya Lindqvist")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/leads/?q=MAY+nor")
    rows = page.locator("tr[data-lead-id]")
    expect(rows).to_have_count(1)
    expect(rows.locator("mark")).to_have_text(["May", "Nor"])
    expect(page.locator("#filter-q")).to_have_value("MAY nor")


def test_the_last_option_shows_all_results(visit: Visit, sales: User) -> None:
    add_many(30)
    page = visit("/leads/", sales)
    box(page).fill("person")
    expect(options(page)).to_have_count(9)
    page.keyboard.press("ArrowUp")
    expect(chosen(page)).to_have_text("All results for “person”")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/leads/?q=person")
    expect(page.locator("tr[data-lead-id]")).to_have_count(25)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tr[data-lead-id]")).to_have_count(5)


def test_escape_closes_then_clears_and_goes_back(visit: Visit, sales: User) -> None:
    add_many(2)
    page = visit("/board/", sales)
    card = page.locator(".card-name a").first
    card.focus()
    page.keyboard.press("/")
    page.keyboard.type("pers")
    expect(options(page)).to_have_count(3)
    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(box(page)).to_have_value("pers")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(3)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(box(page)).to_have_value("")
    expect(card).to_be_focused()


def test_escape_leaves_the_box_where_nothing_had_the_focus_before(
    visit: Visit, sales: User
) -> None:
    page = visit("/board/", sales)
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(box(page)).not_to_be_focused()


def test_choosing_with_the_mouse(visit: Visit, sales: User) -> None:
    leads = add_many(2)
    page = visit("/leads/", sales)
    box(page).click()
    page.keyboard.type("person 1")
    expect(options(page)).to_have_count(2)
    options(page).first.click()
    expect(page).to_have_url(f"/leads/?lead={leads[0].lead_id}")
    page.go_back()
    box(page).click()
    page.keyboard.type("person")
    expect(options(page)).to_have_count(3)
    page.get_by_role("heading", level=1).click()
    expect(options(page)).to_have_count(0)
    expect(box(page)).to_have_value("person")
    box(page).click()
    expect(options(page)).to_have_count(3)


def test_on_a_phone_it_opens_over_the_header(visit: Visit, sales: User) -> None:
    leads = add_many(2)
    page = visit("/board/", sales, viewport=PHONE, has_touch=True, is_mobile=True)
    header = page.locator(".site-header")
    before = header.bounding_box()
    box(page).tap()
    page.keyboard.type("person 2")
    expect(options(page)).to_have_count(2)
    size = box(page).bounding_box()
    assert size
    assert size["width"] > 340
    assert header.bounding_box() == before
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    options(page).first.tap()
    expect(page).to_have_url(f"/board/?lead={leads[1].lead_id}")


def test_the_page_does_not_move(visit: Visit, sales: User) -> None:
    add_many(9)
    page = visit("/leads/", sales)
    heading = page.get_by_role("heading", level=1)
    before = heading.bounding_box()
    box(page).fill("person")
    expect(options(page)).to_have_count(9)
    assert heading.bounding_box() == before


def test_without_javascript(visit: Visit, sales: User) -> None:
    lead = add_named("Zoë Ångström")
    add()
    page = visit("/board/", sales, java_script_enabled=False)
    box(page).fill("zoe")
    box(page).press("Enter")
    expect(page).to_have_url("/leads/?q=zoe")
    expect(page.locator("tr[data-lead-id]")).to_have_count(1)
    expect(page.locator("mark")).to_have_text("Zoë")
    page.get_by_role("link", name="Zoë").click()
    expect(page).to_have_url(f"/leads/{lead.lead_id}/")


def test_an_older_answer_never_replaces_a_newer_one(
    visit: Visit, expects: Expects, sales: User
) -> None:
    add_named("Maya Berg")
    add_named("Martin Berg")
    page = visit("/leads/", sales)
    expects("htmx:sendAbort", "htmx:afterRequest")  # how htmx says that it gave up the older one
    held = hold(page, re.compile(r"/leads/search/\?q=ma$"))
    box(page).press_sequentially("ma")
    late = taken(page, held)
    box(page).press_sequentially("rt")
    expect(options(page)).to_have_count(2)
    expect(options(page).first).to_contain_text("Martin Berg")
    late.fulfill(body='<a role="option">Late</a>', content_type="text/html")
    # What comes after it has been answered, too.
    box(page).press_sequentially("i")
    expect(options(page).first.locator("mark")).to_have_text("Marti")
    expect(options(page)).to_have_count(2)


def test_an_answer_that_nobody_waits_for_opens_nothing(visit: Visit, sales: User) -> None:
    add_named("Maya Berg")
    page = visit("/leads/", sales)
    held = hold(page, SEARCH)
    box(page).press_sequentially("maya")
    late = taken(page, held)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    late.fulfill(body='<a role="option">Late</a>', content_type="text/html")
    page.unroute(SEARCH)
    box(page).press_sequentially("b")
    expect(page.get_by_text("Keep typing…").first).to_be_visible()
    expect(options(page)).to_have_count(0)


def test_emptying_the_box_closes_it(visit: Visit, sales: User) -> None:
    add()
    page = visit("/leads/", sales)
    box(page).press_sequentially("per")
    expect(options(page)).to_have_count(2)
    for _ in range(3):
        page.keyboard.press("Backspace")
    expect(options(page)).to_have_count(0)
    expect(page.locator("#found")).to_be_hidden()


def test_nothing_found(visit: Visit, sales: User) -> None:
    page = visit("/board/", sales)
    box(page).fill("nobody")
    expect(page.locator("#found")).to_have_text("Nothing found.")
    expect(page.locator("#announcer")).to_have_text("Nothing found.")
    expect(box(page)).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("case", ["503", "network"])
def test_a_failure_is_told_where_one_looks(
    visit: Visit, expects: Expects, sales: User, case: str
) -> None:
    def fail(route: Route) -> None:
        if case == "503":
            route.fulfill(status=503)
        else:
            route.abort()

    add()
    page = visit("/board/", sales)
    expects("503", "ERR_FAILED", "htmx:sendError", "htmx:afterRequest")
    page.route(SEARCH, fail)
    box(page).press_sequentially("per")
    expect(page.locator("#found")).to_contain_text("Search does not answer just now")
    expect(page.locator(".toast")).to_have_count(0)
    page.unroute(SEARCH)
    box(page).press_sequentially("s")
    expect(options(page)).to_have_count(2)


def test_searching_signed_out_goes_to_sign_in(visit: Visit, sales: User) -> None:
    page = visit("/leads/", sales)
    page.context.clear_cookies()
    box(page).fill("person")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_results_stay_while_working(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    other = add_named("Maya Berg")
    page = visit("/leads/", sales)
    page.locator("#filter-q").fill("person")
    page.keyboard.press("Enter")
    rows = page.locator("tr[data-lead-id]")
    expect(rows).to_have_count(3)
    page.get_by_role("link", name="Contacted").click()
    expect(rows).to_have_count(0)
    page.get_by_role("link", name="All", exact=True).click()
    page.get_by_label("Select all on this page").check()
    page.get_by_label("Move selected leads to").select_option("Contacted")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_role("status")).to_contain_text("3 leads")
    expect(page).to_have_url(re.compile("q=person"))
    assert {stored(lead).status for lead in leads} == {Status.CONTACTED}
    assert stored(other).status is Status.NEW
