"""Undo: for ten seconds, as a move of its own, never over the changes of others."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from crm.accounts.models import User
from leads import repository
from leads.models import EventType, Status
from tests.board.leads import add
from tests.browser.board import card, moved_by_somebody, stored
from tests.browser.conftest import Visit


@pytest.mark.parametrize("how", ["button", "key"])
def test_moves_it_back_and_says_so_in_the_timeline(visit: Visit, sales: User, how: str) -> None:
    lead = add()
    page = visit("/board/", sales)
    page.get_by_label("Move Person 1 to").select_option("Converted")
    undo = page.get_by_role("button", name="Undo")
    expect(page.get_by_role("status")).to_contain_text("Person 1 moved to Converted")
    if how == "button":
        undo.click()
    else:
        page.keyboard.press("u")
    expect(card(page, lead, Status.NEW, version=3)).to_have_count(1)
    moves = repository.timeline(lead.lead_id).events[:2]
    assert [event.type for event in moves] == [EventType.MOVED] * 2
    assert [event.changes["status"].new for event in moves] == ["new", "converted"]
    assert {event.actor.id for event in moves} == {sales.id}
    assert repository.counts().totals[Status.NEW] == 1


def test_is_offered_for_ten_seconds(visit: Visit, sales: User) -> None:
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
    page.keyboard.press("u")
    expect(card(page, lead, Status.CONVERTED, version=2)).to_have_count(1)
    expect(page.locator(".pending, .toast")).to_have_count(0)


def test_never_over_the_changes_of_others(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add()
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
