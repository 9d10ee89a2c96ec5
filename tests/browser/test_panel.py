"""A lead in the panel over the board and the list."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from crm.accounts.models import User
from leads import repository
from leads.entries import Said
from leads.models import STAGES, Actor, Lead, Status
from leads.repository import conversation
from tests.browser.board import (
    add_many,
    ask,
    card,
    centre,
    column,
    drag,
    link,
    moved_by_somebody,
    refresh,
    stored,
)
from tests.browser.conftest import DESK, PHONE, Visit
from tests.make import ANN, BOB, SOMEBODY

TABLET = ViewportSize(width=768, height=1000)
# A desk at 200 %.
ENLARGED = ViewportSize(width=720, height=450)


def panel(page: Page) -> Locator:
    """Find the open panel."""
    return page.locator("#panel[open]")


def shows(page: Page, lead: Lead) -> None:
    """Wait until the panel shows a lead, and the address says so."""
    expect(panel(page).get_by_role("heading", name=lead.name)).to_be_focused()
    expect(page).to_have_url(re.compile(f"lead={lead.lead_id}$"))


def is_closed(page: Page, address: str = "/board/") -> None:
    """Wait until there is no panel."""
    expect(panel(page)).to_have_count(0)
    expect(page).to_have_url(address)


def test_a_card_opens_over_the_board_and_comes_back(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    page = visit("/board/", sales)
    link(page, leads[1]).click()
    shows(page, leads[1])
    page.reload()
    shows(page, leads[1])
    page.go_back()
    is_closed(page)
    page.go_forward()
    shows(page, leads[1])
    page.keyboard.press("Escape")
    is_closed(page)
    expect(link(page, leads[1])).to_be_focused()
    page.keyboard.press("Enter")
    shows(page, leads[1])
    panel(page).get_by_role("link", name="Close").click()
    is_closed(page)
    with page.context.expect_page() as other:
        link(page, leads[1]).click(modifiers=["ControlOrMeta"])
    expect(other.value).to_have_url(f"/leads/{leads[1].lead_id}/")
    is_closed(page)


def test_every_column_stays_in_sight_and_takes_cards(visit: Visit, sales: User) -> None:
    leads = add_many(2)
    page = visit(f"/board/?lead={leads[0].lead_id}", sales, viewport={"width": 1100, "height": 800})
    edge = panel(page).evaluate("panel => panel.getBoundingClientRect().left")
    for status in STAGES:
        box = column(page, status).bounding_box()
        assert box
        assert box["x"] + box["width"] <= edge
    drag(page, card(page, leads[1]).locator(".card-about"), column(page, Status.CONVERTED))
    bar = page.locator(".closing-target").last.bounding_box()
    assert bar
    assert bar["x"] + bar["width"] <= edge
    page.mouse.up()
    expect(card(page, leads[1], Status.CONVERTED, version=2)).to_have_count(1)
    expect(panel(page)).to_be_visible()


def test_j_and_k_follow_the_column(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    add_many(2, Status.CONTACTED, start=4)
    page = visit("/board/", sales)
    page.keyboard.press("j")
    expect(link(page, leads[2])).to_be_focused()
    page.keyboard.press("Enter")
    for key, lead in (("j", leads[1]), ("j", leads[0]), ("j", leads[0]), ("k", leads[1])):
        page.keyboard.press(key)
        shows(page, lead)
    page.go_back()  # one step, however many were looked at
    is_closed(page)


def is_in_sight(page: Page, lead: Lead) -> None:
    """Wait until the column shows a lead's card."""
    expect(card(page, lead)).to_be_in_viewport(ratio=1)


def test_the_column_follows_and_comes_back_with_the_lead(visit: Visit, sales: User) -> None:
    leads = add_many(30)[::-1]
    page = visit("/board/", sales)
    link(page, leads[22]).click()
    for lead in leads[23:25]:
        page.keyboard.press("j")
        shows(page, lead)
    expect(page.locator(".card")).to_have_count(30)  # the end of a column brings more
    for lead in leads[25:29]:
        page.keyboard.press("j")
        shows(page, lead)
    is_in_sight(page, leads[28])
    page.reload()
    is_in_sight(page, leads[28])
    page.keyboard.press("j")
    shows(page, leads[29])
    panel(page).get_by_role("link", name="Edit").click()
    page.get_by_role("link", name="Cancel").click()
    is_in_sight(page, leads[29])
    panel(page).get_by_role("link", name="Open page").click()
    page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link", name="Board").click()
    is_in_sight(page, leads[29])
    page.keyboard.press("k")
    expect(panel(page).get_by_role("heading", name=leads[28].name)).to_be_focused()


def test_what_cannot_be_loaded_leaves_the_lead_that_is_shown(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    leads = add_many(3)[::-1]
    page = visit("/board/", sales)
    expects("ERR_FAILED", "503", "htmx:")
    link(page, leads[0]).click()
    shows(page, leads[0])
    refusals: list[Callable[[Route], None]] = [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=503),
        lambda route: route.continue_(),
    ]

    # One rule for all: Chromium may let through what comes as a rule is made anew.
    def refuse(route: Route) -> None:
        refusals[0](route)

    page.route("**/panel/", refuse)
    while len(refusals) > 1:
        with page.expect_request("**/panel/"):
            page.keyboard.press("j")
        expect(page.get_by_role("alert").last).to_be_visible()
        shows(page, leads[0])
        del refusals[0]
    refresh(page)
    page.keyboard.press("n")
    page.keyboard.type("Of the first")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(card(page, leads[0])).to_contain_text("Of the first")
    page.get_by_role("button", name="Next").click()
    shows(page, leads[1])


def test_a_move_shows_the_next_lead(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    page = visit("about:blank", sales)
    page.add_init_script("window.setInterval = () => 0")  # no poll lends a hand
    page.goto("/board/")
    link(page, leads[2]).click()
    for lead, after in zip(leads[:0:-1], leads[1::-1], strict=True):
        panel(page).get_by_role("button", name="Qualified").click()
        expect(card(page, lead, Status.QUALIFIED, version=2)).to_have_count(1)
        shows(page, after)
    told = page.get_by_role("status").last
    expect(told).to_contain_text("“Person 2” is now in Qualified, and yours.")
    expect(page.locator("#total-new")).to_contain_text("1")
    expect(page.locator("#total-qualified")).to_contain_text("2")
    refresh(page)
    expect(page.locator(".card")).to_have_count(3)
    # What has just been done can be undone from where one is.
    page.keyboard.press("u")
    expect(card(page, leads[1], Status.NEW, version=3)).to_have_count(1)
    shows(page, leads[1])


def test_anothers_change_shows_while_somebody_types(visit: Visit, sales: User) -> None:
    lead = add_many(1)[0]
    page = visit(f"/board/?lead={lead.lead_id}", sales)
    shows(page, lead)
    page.keyboard.press("n")
    page.keyboard.type("half a sent")
    repository.edit(
        lead.lead_id, {"subject": "Chairs"}, version=1, actor=SOMEBODY, write_id="edited-it"
    )
    refresh(page)
    expect(panel(page).get_by_role("heading", name="Chairs")).to_be_visible()
    page.keyboard.type("ence")
    expect(panel(page).locator("#composer-text")).to_have_value("half a sentence")
    repository.delete(lead.lead_id, version=2, actor=SOMEBODY, write_id="deleted-it")
    refresh(page)
    expect(panel(page).get_by_role("heading", level=2).first).to_have_text(
        "This lead is no longer there"
    )
    expect(panel(page).locator("#composer-text")).to_have_value("half a sentence")


def test_an_edit_in_place_outlives_anothers_note_which_comes_after_it(
    visit: Visit, sales: User
) -> None:
    lead = add_many(1)[0]
    me = Actor(id=str(sales.id), name=sales.name)
    conversation.add(lead.lead_id, Said(text="Mine"), entry_id="0" * 32, actor=me)
    page = visit(f"/board/?lead={lead.lead_id}", sales)
    remarks = panel(page).locator(".remark")
    remarks.get_by_label("Change or delete this note").click()
    remarks.get_by_role("link", name="Edit").click()
    remarks.get_by_role("textbox").fill("Mine, half edi")
    conversation.add(lead.lead_id, Said(text="Theirs"), entry_id="1" * 32, actor=ANN)
    refresh(page)
    expect(card(page, lead)).to_contain_text("Theirs")
    expect(remarks.get_by_role("textbox")).to_have_value("Mine, half edi")
    remarks.get_by_role("link", name="Cancel").click()
    expect(remarks.get_by_role("textbox")).to_have_count(0)
    refresh(page)
    expect(remarks).to_have_count(2)
    expect(remarks.first).to_contain_text("Theirs")


def test_anothers_note_disturbs_nothing(visit: Visit, sales: User) -> None:
    lead = add_many(1)[0]
    page = visit(f"/board/?lead={lead.lead_id}", sales)
    shows(page, lead)
    page.keyboard.press("x")
    reason = panel(page).get_by_label("Another reason")
    reason.fill("No mon")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#lead-message'))")
    marked = page.evaluate("String(getSelection())")
    assert marked
    conversation.add(lead.lead_id, Said(text="Theirs"), entry_id="0" * 32, actor=ANN)
    refresh(page)
    expect(panel(page).locator(".remark")).to_contain_text("Theirs")
    assert page.evaluate("String(getSelection())") == marked
    expect(reason).to_have_value("No mon")
    moved_by_somebody(lead, Status.QUALIFIED)
    refresh(page)
    expect(reason).to_have_value("No mon")
    page.keyboard.press("Escape")
    refresh(page)
    qualified = panel(page).get_by_role("button", name="Qualified")
    expect(qualified).to_have_attribute("aria-pressed", "true")
    expect(panel(page).locator("#lead-title")).to_be_focused()  # what had the focus is another one
    page.evaluate("document.activeElement.blur()")
    moved_by_somebody(stored(lead), Status.CONVERTED)
    refresh(page)
    expect(qualified).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("document.activeElement === document.body")


def test_a_conflict_says_who_and_when_in_place(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add_many(2)[0]
    page = visit(f"/board/?lead={lead.lead_id}", sales)
    shows(page, lead)
    expects("409")
    moved_by_somebody(lead, Status.CONVERTED)
    panel(page).get_by_role("button", name="Contacted").click()
    told = panel(page).get_by_role("alert")
    expect(told).to_contain_text(re.compile(r"Somebody Else changed “Person 1” \d+ s ago"))
    expect(told).to_contain_text("it is in Converted now. Your move was not made.")
    expect(card(page, lead, Status.CONVERTED, version=2)).to_have_count(1)
    expect(page.locator(".toast")).to_have_count(0)  # once is enough
    assert stored(lead).version == 2
    panel(page).get_by_role("button", name="Contacted").click()
    expect(card(page, lead, Status.CONTACTED, version=3)).to_have_count(1)


@pytest.mark.parametrize("viewport", [PHONE, TABLET], ids=["phone", "tablet"])
def test_by_touch(visit: Visit, sales: User, viewport: dict[str, int]) -> None:
    leads = add_many(2)
    page = visit("/board/", sales, viewport=viewport, has_touch=True, is_mobile=True)
    link(page, leads[1]).tap()
    shows(page, leads[1])
    is_modal = viewport == PHONE
    assert panel(page).evaluate("panel => panel.matches(':modal')") == is_modal
    box = panel(page).bounding_box()
    assert box
    assert (box["width"] == viewport["width"]) == is_modal
    panel(page).locator("#composer-text").fill("Called")
    panel(page).get_by_role("button", name="Save note").tap()
    expect(page.locator(".card-note")).to_contain_text("Called")  # what is asked for has come
    panel(page).locator(".remark-menu summary").tap()
    targets = "a[href^=mailto], .stage-bar button, .side-bar :is(a, button), .remark-menu > *"
    for target in panel(page).locator(targets).all():
        size = target.bounding_box()
        assert size
        assert size["height"] >= 44
    panel(page).get_by_role("button", name="Contacted").tap()
    shows(page, leads[0])
    page.go_back()
    is_closed(page)
    expect(card(page, leads[1], Status.CONTACTED, version=2)).to_have_count(1)


def test_over_the_list(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    page = visit("/leads/?status=new", sales)
    page.get_by_role("link", name="Person 3").click()
    shows(page, leads[2])
    panel(page).get_by_role("button", name="Contacted").click()
    shows(page, leads[1])
    # It is none of the new ones any more.
    expect(page.locator("tr[data-lead-id]")).to_have_count(2)
    page.keyboard.press("j")
    shows(page, leads[0])
    page.keyboard.press("Escape")
    is_closed(page, "/leads/?status=new")
    page.set_viewport_size({"width": 1000, "height": 800})
    page.get_by_role("link", name="Person 2").click()
    expect(page).to_have_url(f"/leads/{leads[1].lead_id}/")
    expect(page.get_by_role("link", name="Leads").last).to_have_attribute(
        "href", f"/leads/?status=new#lead-{leads[1].lead_id}"
    )


@pytest.mark.parametrize("address", ["/leads/?status=new", "/leads/?q=person"])
def test_over_a_list_anothers_change_shows_in_panel_and_row(
    visit: Visit, expects: Callable[..., None], sales: User, address: str
) -> None:
    leads = add_many(2)
    page = visit(address, sales)
    page.get_by_role("link", name="Person 2").click()
    shows(page, leads[1])
    page.keyboard.press("n")
    page.keyboard.type("half a sentence")
    moved_by_somebody(leads[1], Status.CONTACTED)
    with page.expect_response(re.compile(r"/news/\?")):
        ask(page)
    expect(panel(page).get_by_role("button", name="Contacted")).to_have_attribute(
        "aria-pressed", "true"
    )
    row = page.locator(f'tr[data-lead-id="{leads[1].lead_id}"]')
    expect(row).to_contain_text("Contacted")
    expect(row.get_by_role("link")).to_have_attribute("aria-current", "true")
    expect(panel(page).locator("#composer-text")).to_have_value("half a sentence")
    expect(panel(page).locator("#composer-text")).to_be_focused()
    # Whoever was faster than the poll is told where they are.
    moved_by_somebody(stored(leads[1]), Status.QUALIFIED)
    expects("409")
    panel(page).get_by_role("button", name="Converted").click()
    expect(panel(page).get_by_role("alert")).to_contain_text("it is in Qualified now")
    repository.delete(leads[1].lead_id, version=3, actor=SOMEBODY, write_id="deleted-it")
    with page.expect_response(re.compile(r"/news/\?")):
        ask(page)
    expect(panel(page).get_by_role("heading", level=2).first).to_have_text(
        "This lead is no longer there"
    )
    expect(row).to_have_count(0)


def test_a_list_asks_only_while_a_lead_is_open_and_its_tab_is_shown(
    visit: Visit, sales: User
) -> None:
    lead = add_many(1)[0]
    page = visit("about:blank", sales)
    page.clock.install()
    page.goto("/leads/")
    news = re.compile(rf"/leads/{lead.lead_id}/news/")
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if news.search(request.url) else None
    )
    page.clock.run_for(20_000)
    assert not asked
    page.get_by_role("link", name="Person 1").click()
    shows(page, lead)
    for _ in range(2):
        with page.expect_response(news) as answer:
            page.clock.run_for(5_000)
    assert answer.value.status == 204
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    asked.clear()
    page.clock.run_for(20_000)
    assert not asked


def test_keys_of_a_row(visit: Visit, expects: Callable[..., None], sales: User) -> None:
    leads = add_many(2)
    page = visit("/leads/?owner=none", sales)
    page.keyboard.press("j")
    page.keyboard.press("m")
    toasts = page.locator("#toasts")
    expect(toasts).to_contain_text("“Person 2” is yours now.")
    # It is unassigned no more; where one was, one goes on.
    expect(page.locator("tr[data-lead-id]")).to_have_count(1)
    expect(page.get_by_role("link", name="Person 1")).to_be_focused()
    page.keyboard.press("u")
    expect(page.locator("tr[data-lead-id]")).to_have_count(2)
    expect(toasts).to_contain_text("“Person 2” is as it was before.")
    page.wait_for_load_state("networkidle")
    expect(page.locator("[class*=htmx-]")).to_have_count(0)
    page.get_by_role("link", name="Person 1").focus()
    repository.assign(leads[0].lead_id, "u-bob", version=1, actor=BOB, write_id="taken-it")
    expects("409")
    page.keyboard.press("m")
    expect(toasts).to_contain_text("Bob")
    expect(page.locator("tr[data-lead-id]")).to_have_count(1)
    expect(page.get_by_role("link", name="Person 2")).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_label("Close selected leads as")).to_be_focused()
    page.get_by_role("link", name="Person 2").focus()
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile(f"/leads/{leads[1].lead_id}/edit/"))
    page.go_back()
    page.set_viewport_size(TABLET)
    page.get_by_role("link", name="Person 2").focus()
    page.keyboard.press("n")  # there is no room for a panel
    expect(page).to_have_url(re.compile(rf"/leads/{leads[1].lead_id}/#composer-text$"))
    expect(page.locator("#composer-text")).to_be_focused()


def test_a_found_lead_opens_over_the_board(visit: Visit, sales: User) -> None:
    leads = add_many(2)
    page = visit("/board/", sales)
    page.keyboard.press("/")
    page.keyboard.type("person")
    page.locator(f'#found [data-lead-id="{leads[0].lead_id}"]').click()
    shows(page, leads[0])


def test_edit_and_delete_come_back_to_the_panel(visit: Visit, sales: User) -> None:
    leads = add_many(2)
    page = visit("/board/", sales)
    link(page, leads[1]).click()
    shows(page, leads[1])
    page.keyboard.press("e")
    page.get_by_label("Company").fill("Northwind")
    page.get_by_role("button", name="Save", exact=True).click()
    shows(page, leads[1])
    expect(panel(page)).to_contain_text("Northwind")
    panel(page).get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Yes, delete").click()
    shows(page, leads[0])
    expect(card(page, leads[1])).to_have_count(0)


def test_without_javascript(visit: Visit, sales: User) -> None:
    lead = add_many(1)[0]
    page = visit("/board/", sales, java_script_enabled=False)
    link(page, lead).click()
    expect(page).to_have_url(f"/leads/{lead.lead_id}/")
    page.goto(f"/board/?lead={lead.lead_id}")
    panel(page).get_by_role("button", name="Contacted").click()
    expect(page).to_have_url(f"/board/?lead={lead.lead_id}")
    expect(page.get_by_role("status")).to_contain_text("is now in Contacted")
    panel(page).get_by_role("link", name="Close").click()
    is_closed(page)


def test_a_lead_that_is_gone_says_so(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add_many(1)[0]
    page = visit("/board/?lead=nobody", sales)
    expects("404")
    gone = panel(page).get_by_role("heading", name="This lead is no longer there")
    expect(gone).to_be_focused()
    page.keyboard.press("Escape")
    is_closed(page)
    repository.delete(lead.lead_id, version=1, actor=SOMEBODY, write_id="deleted-it")
    link(page, lead).click()
    expect(gone).to_be_focused()


def test_a_lead_that_comes_back_is_whole(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add_many(1)[0]
    act = repository.delete(lead.lead_id, version=1, actor=SOMEBODY, write_id="deleted-it")
    page = visit(f"/board/?lead={lead.lead_id}", sales)
    expect(panel(page).get_by_text("This lead is no longer there")).to_be_visible()
    repository.undo(act, actor=SOMEBODY, write_id="restored~it")
    refresh(page)
    expect(panel(page).get_by_role("heading", name=lead.name)).to_be_visible()
    expect(panel(page).locator("#composer-text")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESK, ENLARGED], ids=["desk", "enlarged"])
def test_escape_ends_what_is_open_first(visit: Visit, sales: User, viewport: ViewportSize) -> None:
    """Keys are the same where the panel is a modal dialog."""
    lead = add_many(1)[0]
    me = Actor(id=str(sales.id), name=sales.name)
    conversation.add(lead.lead_id, Said(text="Mine"), entry_id="0" * 32, actor=me)
    page = visit(f"/board/?lead={lead.lead_id}", sales, viewport=viewport)
    shows(page, lead)
    page.keyboard.press("u")
    expect(page.locator(".toast")).to_contain_text("There is nothing more to undo")
    page.keyboard.press("x")
    expect(panel(page).get_by_role("button", name="Lost", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel(page).get_by_text("Close lead…")).to_be_focused()
    panel(page).locator(".remark-menu summary").click()
    panel(page).locator(".remark").get_by_role("link", name="Edit").click()
    text = panel(page).locator(".remark textarea")
    text.fill("Mine, changed")
    text.dispatch_event("keydown", {"key": "Escape", "isComposing": True})
    expect(text).to_have_value("Mine, changed")
    text.press("Escape")
    expect(panel(page).locator(".remark .written")).to_have_text("Mine")
    expect(panel(page).locator(".remark-menu summary")).to_be_focused()
    page.keyboard.press("Escape")
    is_closed(page)


@pytest.mark.parametrize("address", ["/board/", "/leads/"])
def test_keys_are_listed_and_can_be_switched_off(visit: Visit, sales: User, address: str) -> None:
    lead = add_many(1)[0]
    page = visit(f"{address}?lead={lead.lead_id}", sales)
    shows(page, lead)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    expect(panel(page)).to_be_visible()
    page.evaluate("document.body.dataset.singleKeys = 'off'")
    for key in ("?", "/", "e", "j"):
        page.keyboard.press(key)
    expect(keys).to_be_hidden()
    expect(panel(page).locator("#lead-title")).to_be_focused()
    page.keyboard.press("Escape")
    is_closed(page, address)


def test_what_is_copied(visit: Visit, sales: User) -> None:
    lead = add_many(1)[0]
    page = visit(f"/board/?lead={lead.lead_id}", sales, viewport=DESK)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for name, text in (("Copy link", f"/leads/{lead.lead_id}/"), ("Copy E-mail", lead.email)):
        panel(page).get_by_role("button", name=name).click()
        expect(page.get_by_role("status").last).to_contain_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()").endswith(text)


def test_another_lead_is_no_wider_than_its_window(visit: Visit, sales: User) -> None:
    lead = add_many(1)[0]
    for width in (320, 768, 1100):
        page = visit(
            f"/board/?lead={lead.lead_id}", sales, viewport={"width": width, "height": 700}
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert centre(panel(page))[0] <= width


def test_the_page_of_a_lead_has_the_keys_of_the_panel(visit: Visit, sales: User) -> None:
    (lead,) = add_many(1)
    page = visit(f"/leads/{lead.lead_id}/", sales)
    for key, field in (("n", "composer-text"), ("r", "reply-body"), ("f", "follow-up-due")):
        page.locator("h1").click()
        page.keyboard.press(key)
        expect(page.locator(f"#{field}")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.press("x")
    expect(page.locator(".closing[open] button").first).to_be_focused()
    page.locator("h1").click()
    with page.expect_navigation():
        page.keyboard.press("m")
    owner = page.locator("#lead-owner")
    expect(owner).to_have_value("me")
    with page.expect_navigation():
        page.keyboard.press("u")
    expect(owner).not_to_have_value("me")
    # What is found in the header has no panel to open in.
    page.keyboard.press("/")
    page.keyboard.type(lead.email)
    with page.expect_navigation():
        page.locator("#found a").first.click()
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile(rf"/leads/{lead.lead_id}/edit/"))
