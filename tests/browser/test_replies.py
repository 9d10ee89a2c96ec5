"""Answering by people in front of a browser."""

from collections.abc import Callable

from playwright.sync_api import expect

from crm.accounts.models import User
from leads import repository
from leads.models import Status
from leads.repository import conversation, reply_templates
from leads.repository.reply_templates import Template
from tests.board.leads import add
from tests.browser.board import link
from tests.browser.conftest import PHONE, Visit
from tests.browser.test_accessibility import Check, axe, look

__all__ = ["axe", "look"]
TYPED = "Dear Ada,\n\nThursday suits us."


def test_answering_by_keyboard_moves_the_card_and_u_takes_all_of_it_back(
    visit: Visit, sales: User
) -> None:
    lead = add()
    page = visit("/board/", sales)
    link(page, lead).focus()
    page.keyboard.press("r")
    text = page.locator("#reply-body")
    expect(text).to_be_focused()
    page.keyboard.type("Dear Ada")
    page.keyboard.press("Control+Enter")
    card = page.locator(f"#column-contacted [data-lead-id='{lead.lead_id}']")
    expect(card).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("leaves in ten seconds")
    assert page.locator(".toast").evaluate("toast => toast.scrollHeight <= toast.clientHeight")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(page.locator(f"#column-new [data-lead-id='{lead.lead_id}']")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("is not sent")
    (item,) = conversation.newest_entries(lead.lead_id, 9, consistent=True).items
    assert item["outState"] == "withdrawn"


def test_what_was_typed_is_there_after_a_reload_and_gone_once_it_is_sent(
    visit: Visit, sales: User
) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/", sales)
    page.get_by_text("Reply", exact=True).click()
    text = page.locator("#reply-body")
    text.fill(TYPED)
    page.reload()
    expect(text).to_be_visible()
    expect(text).to_have_value(TYPED)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".remark .written")).to_have_text(TYPED)
    expect(page.locator(".messages")).to_contain_text("leaves in ten seconds")
    expect(text).to_have_value("")


def test_what_a_colleague_did_meanwhile_is_shown_and_it_is_sent_anyway(
    visit: Visit, sales: User, admin: User, expects: Callable[..., None]
) -> None:
    lead = add()
    page = visit("about:blank", sales)
    expects("409")
    page.add_init_script("window.setInterval = () => 0")  # no poll brings the news before
    page.goto(f"/board/?lead={lead.lead_id}")
    page.get_by_text("Reply", exact=True).click()
    page.locator("#reply-body").fill(TYPED)
    other = visit(f"/leads/{lead.lead_id}/", admin)
    other.get_by_text("Reply", exact=True).click()
    other.locator("#reply-body").fill("We call you at noon.")
    other.get_by_role("button", name="Send").click()
    expect(other.locator(".messages")).to_contain_text("leaves in ten seconds")
    page.get_by_role("button", name="Send").click()
    reply = page.locator("#reply")
    expect(reply).to_contain_text("We call you at noon.")
    expect(page.locator("#reply-body")).to_have_value(TYPED)
    page.get_by_role("button", name="Send anyway").click()
    expect(page.locator("#toasts")).to_contain_text("leaves in ten seconds")
    assert len(conversation.newest_entries(lead.lead_id, 9, consistent=True).items) == 2


def test_without_javascript(visit: Visit, sales: User, expects: Callable[..., None]) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/", sales, java_script_enabled=False)
    expects("422")
    page.get_by_text("Reply", exact=True).click()
    page.locator("#reply-body").fill("")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#reply")).to_contain_text("Write something first.")
    page.locator("#reply-body").fill(TYPED)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".remark .written")).to_have_text(TYPED)
    assert repository.get(lead.lead_id, consistent=True).status is Status.CONTACTED


def test_it_is_accessible(
    visit: Visit, sales: User, look: Check, expects: Callable[..., None]
) -> None:
    lead = add()
    for scheme in ("light", "dark"):
        page = visit(f"/leads/{lead.lead_id}/", sales, color_scheme=scheme, viewport=PHONE)
        expects("422")
        page.get_by_text("Reply", exact=True).click()
        page.locator("#reply-body").fill(TYPED)
        look(page)
        page.locator("#reply-body").fill("")
        page.get_by_role("button", name="Send").click()
        expect(page.locator("#reply .errorlist")).to_be_visible()
        look(page)


def test_enter_in_a_field_sends_and_inserts_no_template(visit: Visit, sales: User) -> None:
    reply_templates.save(sales.id, Template("0" * 32, "Thanks", "", "Dear {name}, thank you."))
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/", sales)
    page.get_by_text("Reply", exact=True).click()
    expect(page.get_by_role("button", name="Insert")).to_be_visible()
    page.locator("#reply-body").fill(TYPED)
    page.locator("#reply-due").fill("thu")
    page.locator("#reply-due").press("Enter")
    expect(page.locator(".messages")).to_contain_text("leaves in ten seconds")
    expect(page.locator(".remark .written")).to_have_text(TYPED)


def test_a_template_is_inserted_where_one_writes(visit: Visit, sales: User) -> None:
    template = Template("0" * 32, "Thanks", "", "Dear {name}, thank you.")
    reply_templates.save(sales.id, template)
    lead = add()
    page = visit(f"/board/?lead={lead.lead_id}", sales)
    page.get_by_text("Reply", exact=True).click()
    page.locator("#reply-body").fill("Hello.")
    page.get_by_label("Template", exact=True).select_option("Thanks")
    page.get_by_role("button", name="Insert").click()
    expect(page.locator("#reply-body")).to_have_value(f"Hello.\n\nDear {lead.name}, thank you.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#toasts")).to_contain_text("leaves in ten seconds")
