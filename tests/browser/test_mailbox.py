"""The tour of a newcomer: answer, look into the mailbox, and answer as the visitor."""

from pathlib import Path

from playwright.sync_api import expect

from crm.accounts.models import User
from crm.jobs.running import run_due
from tests.board.leads import add
from tests.browser.conftest import PHONE, Visit
from tests.browser.test_accessibility import Check, axe, look
from tests.receiving.test_mailbox import MAILBOX, folder
from tests.repository.test_replies import let_ten_seconds_pass

__all__ = ["axe", "folder", "look"]


def test_a_newcomer_answers_and_is_answered(
    visit: Visit, sales: User, look: Check, folder: Path
) -> None:
    lead = add()
    page = visit(f"/board/?lead={lead.lead_id}", sales, viewport=PHONE, has_touch=True)
    page.get_by_text("Reply", exact=True).tap()
    page.locator("#reply-body").fill("Thursday at ten?")
    page.get_by_role("button", name="Send").tap()
    expect(page.locator("#toasts")).to_contain_text("leaves in ten seconds")
    let_ten_seconds_pass(lead)
    run_due()
    page.goto(MAILBOX)
    expect(page.get_by_text("Thursday at ten?")).to_be_visible()
    page.get_by_text("Answer as the visitor").tap()
    look(page)
    page.get_by_label("The visitor's answer").fill("Yes, at ten.")
    page.get_by_role("button", name="Send").tap()
    expect(page.locator(".messages")).to_contain_text("The visitor's answer came in.")
    expect(page.locator(".remark").first).to_contain_text("Yes, at ten.")
    page.goto("/board/")
    expect(page.locator(".card-note.wrote")).to_contain_text("Yes, at ten.")
