"""Closing leads: by mouse and touch, by keys, in the panel, on the list, and without script."""

import re
from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Page, expect

from crm.accounts.models import User
from leads.desk_settings.forms import MOST_REASONS
from leads.models import ClosedAs, Lead, Status
from leads.repository import desk_settings
from tests.board.leads import add
from tests.browser.board import (
    add_many,
    card,
    centre,
    drag,
    link,
    moved_by_somebody,
    stored,
    total,
)
from tests.browser.conftest import Visit
from tests.browser.test_board_drag import held_by_touch, touch


def how(lead: Lead) -> tuple[ClosedAs | None, str]:
    now = stored(lead)
    return now.outcome, now.reason


def target(page: Page, name: str) -> str:
    return f"#closing-bar b[data-outcome={name}]"


def test_a_card_is_dropped_on_an_outcome_and_comes_back(visit: Visit, sales: User) -> None:
    leads = add_many(2)
    page = visit("/board/", sales)
    bar = page.locator("#closing-bar")
    expect(bar).to_be_hidden()
    drag(page, card(page, leads[0]).locator(".card-about"), page.locator(target(page, "spam")))
    expect(bar).to_be_visible()
    expect(page.locator(target(page, "spam"))).to_have_class("drop")
    page.mouse.up()
    expect(card(page, leads[0])).to_have_count(0)
    expect(bar).to_be_hidden()
    expect(total(page, Status.NEW)).to_contain_text("1")
    expect(page.locator(".toast")).to_contain_text("is closed as spam")
    assert how(leads[0]) == (ClosedAs.SPAM, "")
    page.keyboard.press("u")
    expect(card(page, leads[0], Status.NEW)).to_have_count(1)
    expect(total(page, Status.NEW)).to_contain_text("2")


def test_a_reason_is_picked_in_the_same_gesture(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    drag(page, card(page, lead).locator(".card-about"), page.locator(target(page, "lost")))
    reason = page.locator("#closing-bar [data-reason='No budget']")
    expect(reason).to_be_visible()
    page.mouse.move(*centre(reason), steps=4)
    expect(reason).to_have_class("drop")
    page.mouse.up()
    expect(card(page, lead)).to_have_count(0)
    assert how(lead) == (ClosedAs.LOST, "No budget")


def test_as_many_reasons_as_there_may_be_are_in_reach(visit: Visit, sales: User) -> None:
    names = tuple(f"Reason {number} of a length that is odd" for number in range(MOST_REASONS))
    before = desk_settings.read()
    desk_settings.save(replace(before, reasons={**before.reasons, ClosedAs.LOST: names}))
    lead = add()
    page = visit("/board/", sales, viewport={"width": 1024, "height": 640})
    drag(page, card(page, lead).locator(".card-about"), page.locator(target(page, "lost")))
    reason = page.locator(f"#closing-bar [data-reason='{names[0]}']")
    expect(reason).to_be_in_viewport(ratio=1)
    page.mouse.move(*centre(reason), steps=4)
    page.mouse.up()
    expect(card(page, lead)).to_have_count(0)
    assert how(lead) == (ClosedAs.LOST, names[0])


def test_by_touch(visit: Visit, sales: User) -> None:
    lead = add()
    page, session, x, y = held_by_touch(visit, sales, lead)
    touch(session, "touchMove", x + 10, y + 40)
    expect(page.locator("#closing-bar")).to_be_visible()
    end = centre(page.locator(target(page, "duplicate")))
    touch(session, "touchMove", *end)
    expect(page.locator(target(page, "duplicate"))).to_have_class("drop")
    touch(session, "touchEnd")
    expect(card(page, lead)).to_have_count(0)
    assert how(lead) == (ClosedAs.DUPLICATE, "")


def test_x_and_enter_close_as_lost_and_a_chip_says_why(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    page = visit("/board/", sales)
    link(page, leads[2]).focus()
    page.keyboard.press("x")
    expect(page.locator("#closing")).to_be_visible()
    page.keyboard.press("Enter")
    expect(card(page, leads[2])).to_have_count(0)
    expect(link(page, leads[1])).to_be_focused()
    page.keyboard.press("x")
    page.locator("#closing").get_by_role("button", name="Lost: No budget").click()
    expect(card(page, leads[1])).to_have_count(0)
    link(page, leads[0]).focus()
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    expect(page.locator("#closing")).to_be_hidden()
    assert [how(lead) for lead in leads] == [
        (None, ""),
        (ClosedAs.LOST, "No budget"),
        (ClosedAs.LOST, ""),
    ]


def test_what_somebody_else_changed_stays(
    visit: Visit, sales: User, expects: Callable[..., None]
) -> None:
    lead = add()
    page = visit("/board/", sales)
    expects("409")
    moved_by_somebody(lead, Status.QUALIFIED)
    link(page, lead).focus()
    page.keyboard.press("x")
    page.locator("#closing").get_by_role("button", name="Spam", exact=True).click()
    expect(card(page, lead, Status.QUALIFIED, version=2)).to_have_count(1)
    expect(page.locator(".toast")).to_contain_text("You did not close it.")


def test_in_the_panel_the_next_lead_shows(visit: Visit, sales: User) -> None:
    leads = add_many(2)
    page = visit(f"/board/?lead={leads[1].lead_id}", sales)
    expect(page.locator("#lead-title")).to_have_text("Person 2")
    page.keyboard.press("x")
    expect(page.locator(".closing button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#lead-title")).to_have_text("Person 1")
    expect(card(page, leads[1])).to_have_count(0)
    assert how(leads[1]) == (ClosedAs.LOST, "")
    page.keyboard.press("u")
    expect(page.locator("#lead-title")).to_have_text("Person 2")


def test_many_on_the_list(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    page = visit("/leads/", sales)
    page.locator(f"tr[data-lead-id='{leads[0].lead_id}'] th a").focus()
    page.keyboard.press("x")
    expect(page.locator(".bulk [name=outcome]")).to_be_focused()
    page.locator(f"tr[data-lead-id='{leads[1].lead_id}'] [name=lead]").check()
    page.locator(".bulk [name=outcome]").select_option("spam")
    page.locator(".bulk [name=reason]").press("Enter")
    expect(page.locator("body")).to_contain_text("2 leads were closed: Spam.")
    page.get_by_role("link", name=re.compile("^Closed")).click()
    page.get_by_role("link", name=re.compile("^Spam 2")).click()
    expect(page).to_have_url("/leads/?status=closed&outcome=spam")
    expect(page.locator(".leads tbody tr")).to_have_count(2)
    expect(page.locator(".closed-as").first).to_contain_text("Spam, by")


def test_without_script(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales, java_script_enabled=False)
    page.get_by_role("link", name=f"Close… {lead.name}").click()
    page.get_by_text("Close lead…").click()
    page.get_by_label("Another reason, if you like").fill("Moved away")
    page.get_by_role("button", name="Lost", exact=True).click()
    expect(page.locator("body")).to_contain_text("is closed as lost.")
    expect(page.locator(".lead-closed")).to_contain_text("Lost · Moved away, by")
    page.get_by_role("button", name="Contacted").click()
    expect(page.locator("body")).to_contain_text("is now in Contacted")
    assert stored(lead).outcome is None
