"""What comes in is given away while people look on, and the clock of a new card runs."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from playwright.sync_api import expect

from crm.accounts.models import User
from crm.jobs.running import run_due
from crm.working_hours import WorkingHours
from leads import repository
from leads.models import timestamp
from leads.repository import Filter, desk_settings
from tests import make
from tests.browser.conftest import PHONE, Visit


@pytest.mark.parametrize("java_script", [True, False])
def test_from_the_rules_to_a_card_with_its_owner(
    visit: Visit,
    admin: User,
    sales: User,
    java_script: bool,  # noqa: FBT001
) -> None:
    desk = visit("/settings/", admin, viewport=PHONE, java_script_enabled=java_script)
    desk.get_by_label("Give new leads to people in turn").check()
    desk.get_by_label("Sales Person").check()
    desk.get_by_label("Most open leads a person").fill("1")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("status")).to_contain_text("The settings were changed.")
    form = visit("/contact/", java_script_enabled=java_script)
    for name in ("Ada Lovelace", "Grace Hopper"):
        form.goto("/contact/")
        form.get_by_label("Name").fill(name)
        form.get_by_label("E-mail address").fill("ada@example.com")
        form.get_by_label("Subject").fill("A question")
        form.get_by_label("Message").fill("Hello")
        form.get_by_role("button").click()
        expect(form.get_by_role("heading", level=1)).to_contain_text("Thank you")
        run_due()
    board = visit("/board/", sales, java_script_enabled=java_script)
    cards = board.locator(".card")
    expect(cards.nth(1)).to_contain_text("Ada Lovelace")
    expect(cards.nth(1)).to_contain_text("Owner: Sales Person")
    board.get_by_role("link", name="Grace Hopper", exact=True).click()
    expect(board.locator("#timeline")).to_contain_text("as many open leads as a person may have")


def test_a_colleague_leaves_by_keyboard(visit: Visit, admin: User, sales: User) -> None:
    lead = make.add(owner_id=sales.id)
    page = visit(f"/accounts/users/{sales.id}/", admin, viewport=PHONE)
    page.get_by_label("Active").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    heir = page.get_by_label("Their open leads go to")
    heir.focus()
    page.keyboard.type("Admin")
    page.get_by_role("button", name="Deactivate").press("Enter")
    expect(page.get_by_text("go to Admin Person now")).to_be_visible()
    run_due()
    assert repository.get(lead.lead_id, consistent=True).owner_id == admin.id
    assert repository.listing(Filter(owner_id=sales.id)).leads == []


def test_a_clock_of_work_turns_while_one_looks(visit: Visit, sales: User) -> None:
    week = WorkingHours(frozenset(range(7)), time(0), time(23, 59, 59))
    desk_settings.save(replace(desk_settings.read(), hours=week))
    came = datetime.now(UTC) - timedelta(hours=3, minutes=57)
    make.write(make.published("lead", status="new", createdAt=timestamp(came)))
    page = visit("/board/", sales)
    age = page.locator(".card time")
    expect(age).to_have_text("3 h")
    expect(page.locator(".card")).to_contain_text("Without an answer, in working time:")
    page.clock.install(time=datetime.now(UTC) + timedelta(minutes=5))
    page.reload()
    page.clock.run_for(61_000)
    expect(age).to_have_text("4 h")
    expect(age).to_have_attribute("data-tone", "warning")
    expect(page.get_by_text("1 late")).to_be_visible()
