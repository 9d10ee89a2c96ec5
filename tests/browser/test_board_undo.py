"""Undo: offered for ten seconds, by key for longer, never over the changes of others."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from crm.accounts.models import User
from leads import repository
from leads.models import EventType, Status
from tests.board.leads import add
from tests.browser.board import card, link, moved_by_somebody, stored
from tests.browser.conftest import Visit


@pytest.mark.parametrize("how", ["button", "key"])
def test_moves_it_back_and_says_so_in_the_timeline(visit: Visit, sales: User, how: str) -> None:
    lead = add()
    page = visit("/board/", sales)
    page.get_by_label("Move Person 1 to").select_option("Converted")
    undo = page.get_by_role("button", name="Undo")
    expect(page.get_by_role("status")).to_contain_text("“Person 1” is now in Converted, and yours.")
    if how == "button":
        undo.click()
    else:
        page.keyboard.press("u")
    expect(card(page, lead, Status.NEW, version=3)).to_have_count(1)
    expect(link(page, lead)).to_be_focused()
    moves = repository.timeline(lead.lead_id).events[:2]
    assert [event.type for event in moves] == [EventType.UNDONE, EventType.MOVED]
    assert [event.changes["status"].new for event in moves] == ["new", "converted"]
    assert {event.actor.id for event in moves} == {sales.id}
    assert repository.counts().totals[Status.NEW] == 1


def test_is_offered_for_ten_seconds_and_there_by_key_for_longer(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("about:blank", sales)
    page.clock.install()
    page.goto("/board/")
    page.get_by_label("Move Person 1 to").select_option("Converted")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.fast_forward(5_000)
    expect(undo).to_be_visible()
    page.clock.fast_forward(6_000)
    expect(undo).to_have_count(0)
    expect(card(page, lead, Status.CONVERTED, version=2)).to_have_count(1)
    page.keyboard.press("u")
    expect(card(page, lead, Status.NEW, version=3)).to_have_count(1)
    page.keyboard.press("u")
    expect(page.get_by_text("There is nothing more to undo in this tab.").first).to_be_visible()
    assert stored(lead).version == 3


def test_goes_back_through_what_the_tab_did(visit: Visit, sales: User) -> None:
    """A move, an edit on another page and a deletion: each U takes back one."""
    first, second = add(1), add(2)
    page = visit("/board/", sales)
    page.get_by_label("Move Person 1 to").select_option("Converted")
    expect(card(page, first, Status.CONVERTED, version=2)).to_have_count(1)
    page.goto(f"/leads/{first.lead_id}/edit/")
    page.get_by_label("Company").fill("Navy")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"/leads/{first.lead_id}/")
    page.goto(f"/leads/{second.lead_id}/delete/")
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url("/leads/")
    expect(page.get_by_text("was deleted.")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("was deleted.")).to_have_count(0)
    page.goto("/board/")
    expect(card(page, second, version=3)).to_have_count(1)
    for lead, version in ((first, 4), (first, 5)):
        page.keyboard.press("u")
        expect(card(page, lead, version=version)).to_have_count(1)
    expect(card(page, first, Status.NEW)).to_have_count(1)
    assert stored(first).company == first.company


def test_the_page_of_a_lead_shows_what_was_given_back(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/edit/", sales)
    page.get_by_label("Company").fill("Navy")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"/leads/{lead.lead_id}/")
    expect(page.locator(".lead-company")).to_have_text("Navy")
    page.keyboard.press("u")
    expect(page.locator(".messages")).to_contain_text("“Person 1” is as it was before.")
    expect(page.get_by_text("Navy")).to_have_count(0)
    assert stored(lead).company == lead.company


def test_works_without_javascript(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/delete/", sales, java_script_enabled=False)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is as it was before.")).to_be_visible()
    assert stored(lead).version == 3


def test_never_over_the_changes_of_others(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add(owner=sales)
    page = visit("/board/", sales)
    expects("409")
    page.get_by_label("Move Person 1 to").select_option("Converted")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    moved_by_somebody(stored(lead), Status.QUALIFIED)
    undo.click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(card(page, lead, Status.QUALIFIED, version=3)).to_have_count(1)
    assert stored(lead).version == 3
