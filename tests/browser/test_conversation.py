"""Notes and calls by people in front of a browser."""

from collections.abc import Callable

from playwright.sync_api import expect

from crm.accounts.models import User
from leads import repository
from leads.entries import Said
from leads.repository import conversation
from tests.board.leads import add
from tests.browser.conftest import PHONE, Visit
from tests.browser.test_accessibility import Check, axe, look
from tests.browser.test_drafts import end_session, sign_in
from tests.make import ANN, SOMEBODY

__all__ = ["axe", "look"]
TYPED = "First line\n\n<b>second</b> line"


def test_ctrl_enter_stores_and_writing_goes_on(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/", sales)
    text = page.locator("#composer-text")
    text.fill(TYPED)
    text.press("Control+Enter")
    expect(page.locator(".remark .written")).to_have_text(TYPED)
    expect(text).to_have_value("")
    expect(text).to_be_focused()
    page.get_by_text("Call", exact=True).click()
    page.get_by_text("No answer", exact=True).click()
    page.get_by_role("button", name="Log call").click()
    expect(page.locator(".remark").first).to_contain_text("Call: No answer")
    page.reload()
    expect(page.locator(".remark")).to_have_count(2)
    expect(text).to_have_value("")


def test_the_focus_stays_where_one_writes(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("about:blank", sales)
    page.add_init_script("window.setInterval = () => 0")  # no poll lends a hand
    page.goto(f"/board/?lead={lead.lead_id}")
    page.locator("#composer-text").fill("Called")
    page.get_by_role("button", name="Save note").press("Enter")
    expect(page.locator(".remark")).to_have_count(1)
    expect(page.get_by_role("button", name="Save note")).to_be_focused()
    expect(page.locator(".card-note")).to_contain_text("Called")
    page.get_by_text("Call", exact=True).click()
    page.get_by_label("Voicemail").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ControlOrMeta+Enter")  # not from the text alone
    expect(page.locator(".remark").first).to_contain_text("Call: Voicemail")
    expect(page.locator("#lead-title")).to_be_focused()  # the choice is hidden again
    page.locator(".remark-menu summary").first.click()
    page.get_by_role("link", name="Delete…").first.click()
    expect(page.locator(".remark form a")).to_be_focused()
    page.get_by_role("button", name="Yes, delete").press("Enter")
    expect(page.get_by_text("deleted a call")).to_be_visible()
    expect(page.locator("#lead-title")).to_be_focused()


def test_a_lead_that_is_gone_keeps_what_was_written(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/", sales)
    expects("404")
    page.locator("#composer-text").fill(TYPED)
    repository.delete(lead.lead_id, version=1, actor=SOMEBODY, write_id="delete-it")
    page.locator("#composer-text").press("ControlOrMeta+Enter")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("nothing was saved. What you wrote is kept in this tab.")
    expect(page.locator("#composer-text")).to_have_value(TYPED)


def test_what_is_refused_stays_and_is_stored_once(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/", sales)
    expects("422")
    page.get_by_text("Call", exact=True).click()
    page.locator("#composer-text").fill("Spoke")
    page.get_by_role("button", name="Log call").click()
    expect(page.get_by_text("Say what became of the call.")).to_be_visible()
    page.get_by_text("Reached").click()
    page.get_by_role("button", name="Log call").dblclick()
    expect(page.locator(".remark")).to_have_count(1)
    page.reload()
    expect(page.locator(".remark")).to_have_count(1)


def test_a_draft_survives_a_reload_and_a_sign_in(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/", sales)
    text = page.locator("#composer-text")
    text.fill(TYPED)
    page.reload()
    expect(text).to_have_value(TYPED)
    end_session(page)
    text.press("Control+Enter")
    expect(page.get_by_label("Password")).to_be_visible()
    sign_in(page, sales)
    expect(text).to_have_value(TYPED)
    text.press("Control+Enter")
    expect(page.locator(".remark .written")).to_have_text(TYPED)


def test_without_javascript(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/", sales, java_script_enabled=False)
    expect(page.get_by_text("Ctrl+Enter saves")).to_be_hidden()
    page.locator("#composer-text").fill(TYPED)
    end_session(page)
    page.get_by_role("button", name="Save note").click()
    sign_in(page, sales)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".remark .written")).to_have_text(TYPED)
    page.get_by_label("Change or delete this note").click()
    page.locator(".remark").get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Yes, delete").click()
    expect(page.locator(".remark")).to_contain_text("deleted a note")


def test_an_entry_is_changed_in_its_place(visit: Visit, sales: User, look: Check) -> None:
    lead = add()
    conversation.add(lead.lead_id, Said(text="Theirs"), entry_id="0" * 32, actor=ANN)
    page = visit(f"/leads/{lead.lead_id}/", sales, viewport=PHONE)
    page.locator("#composer-text").fill("Mine")
    page.get_by_role("button", name="Save note").click()
    menu = page.get_by_label("Change or delete this note")
    expect(menu).to_have_count(1)
    menu.click()
    look(page)
    page.locator(".remark").get_by_role("link", name="Edit").click()
    edited = page.locator(".remark textarea")
    expect(edited).to_be_focused()
    look(page)
    edited.fill("Mine, edited")
    edited.press("Control+Enter")
    expect(page.locator(".remark .written").first).to_have_text("Mine, edited")
    expect(menu).to_be_focused()
    page.get_by_text("edited", exact=True).click()
    expect(page.locator(".remark-history[open]")).to_contain_text("Mine")
    menu.click()
    page.locator(".remark").get_by_role("link", name="Delete…").click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator(".remark .written").first).to_have_text("Mine, edited")
