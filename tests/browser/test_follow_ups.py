"""Follow-ups by keys and by mouse: from a card, in the panel, and under Today."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from crm.accounts.models import User
from leads import repository
from leads.models import Lead
from tests.browser.board import card, link, stored
from tests.browser.conftest import PHONE, Visit
from tests.make import SOMEBODY, act, add


def day(ahead: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=ahead)).isoformat()


def dated(owner: User, due: str, name: str) -> Lead:
    lead = add(name=name, owner_id=owner.id)
    return repository.follow_up(
        lead.lead_id, due, "Call", version=1, actor=SOMEBODY, write_id=act()
    )


def line(page: Page, lead: Lead) -> str:
    return f'tr[data-lead-id="{lead.lead_id}"]'


def test_a_key_on_a_card_leads_to_it_and_another_one_takes_it_back(
    visit: Visit, sales: User
) -> None:
    lead = add()
    page = visit("/board/", sales, timezone_id="UTC")
    link(page, lead).focus()
    page.keyboard.press("f")
    expect(page.locator("#follow-up-due")).to_be_focused()
    page.keyboard.type("in 2 weeks")
    page.keyboard.press("Tab")
    page.keyboard.type("Ask again")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Follow-up of")
    expect(card(page, lead).locator(".due")).to_be_visible()
    assert (stored(lead).follow_up_at, stored(lead).follow_up_text) == (day(14), "Ask again")
    page.locator("#lead-title").focus()
    page.keyboard.press("u")
    expect(card(page, lead).locator(".due")).to_have_count(0)
    assert stored(lead).follow_up_at == ""


def test_what_cannot_be_read_is_said_in_the_panel_and_stays(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add()
    page = visit(f"/board/?lead={lead.lead_id}", sales)
    expects("422")
    page.locator("#follow-up-due").fill("soon")
    page.locator("#follow-up-due").press("Enter")
    expect(page.locator(".follow-up .errorlist")).to_contain_text("no day or time")
    expect(page.locator("#follow-up-due")).to_have_value("soon")


def test_today_is_worked_through_by_keys(visit: Visit, sales: User) -> None:
    first, second, third = (dated(sales, day(0), name) for name in ("Ada", "Bea", "Cem"))
    leads = {lead.lead_id: lead for lead in (first, second, third)}
    page = visit("/today/", sales, timezone_id="UTC")
    expect(page.locator(".due-count .count")).to_contain_text("3")
    page.keyboard.press("j")
    focused = page.locator("tr:has(a:focus)").get_attribute("data-lead-id") or ""
    page.keyboard.press("d")
    expect(page.locator(line(page, leads[focused]))).to_have_count(0)
    expect(page.locator(".due-count .count")).to_contain_text("2")
    expect(page.locator(".toast")).to_contain_text("is done")
    assert stored(leads[focused]).follow_up_at == ""
    # The next one has the focus.
    expect(page.locator("tr a:focus")).to_have_count(1)
    after = page.locator("tr:has(a:focus)").get_attribute("data-lead-id") or ""
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Tomorrow")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Tomorrow")).to_be_hidden()
    page.locator(f"{line(page, leads[after])} th a").focus()
    page.keyboard.press("p")
    page.keyboard.press("Enter")
    expect(page.locator(line(page, leads[after]))).to_have_count(0)
    assert stored(leads[after]).follow_up_at == day(1)
    page.keyboard.press("u")
    expect(page.locator(line(page, leads[after]))).to_have_count(1)
    assert stored(leads[after]).follow_up_at == day(0)


def test_today_on_a_phone_and_without_script(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = dated(sales, day(-1), "Ada")
    page = visit("/today/", sales, viewport=PHONE, has_touch=True, is_mobile=True)
    expects("422")
    page.locator("summary", has_text="Put off").tap()
    page.get_by_label("Another day or time").fill("soon")
    page.get_by_label("Another day or time").press("Enter")
    expect(page.locator(".put-off .errorlist")).to_be_visible()
    expect(page.get_by_label("Another day or time")).to_have_value("soon")
    plain = visit("/today/", sales, java_script_enabled=False)
    plain.locator("summary", has_text="Put off").click()
    plain.get_by_role("button", name="Next week").click()
    expect(plain.locator(".messages")).to_contain_text("Follow-up of")
    assert stored(lead).follow_up_at > day(0)
