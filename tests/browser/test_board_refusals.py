"""A refused move goes back visibly and says why."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from crm.accounts.models import Role, User
from crm.dynamodb.errors import UnavailableError
from leads import repository
from leads.models import Lead, Status
from tests.board.leads import add
from tests.browser.board import (
    REFRESH,
    ask,
    card,
    hold,
    link,
    moved_by_somebody,
    refresh,
    stored,
    taken,
    total,
)
from tests.browser.conftest import Visit
from tests.conftest import PASSWORD
from tests.make import SOMEBODY

type Expects = Callable[..., None]


def choose(page: Page, to: str) -> None:
    page.get_by_label("Move Person 1 to").select_option(to)


def is_back(page: Page, lead: Lead, reason: str) -> None:
    """See the card where it was, marked, with the reason, ready for another try."""
    expect(page.get_by_role("alert")).to_contain_text(reason)
    expect(card(page, lead, Status.NEW, version=1)).to_have_class(re.compile("refused"))
    expect(page.locator(".pending")).to_have_count(0)
    expect(total(page, Status.NEW)).to_contain_text("1")
    expect(total(page, Status.QUALIFIED)).to_contain_text("0")
    expect(page.get_by_label("Move Person 1 to")).to_have_value("")
    expect(page.locator("#announcer")).to_have_text("Person 1 was not moved and is back in New.")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_two_browsers_and_one_lead(
    visit: Visit, expects: Expects, sales: User, admin: User
) -> None:
    lead = add()
    mine, theirs = visit("/board/", sales), visit("/board/", admin)
    expects("409", "ERR_FAILED")
    mine.route(REFRESH, lambda route: route.abort())
    choose(theirs, "converted")
    expect(card(theirs, lead, Status.CONVERTED, version=2)).to_have_count(1)
    link(mine, lead).focus()
    mine.keyboard.press("Shift+ArrowRight")
    # It is shown where the other one put it, with the reason, and keeps the focus.
    expect(mine.get_by_role("alert")).to_have_text(
        re.compile("Admin Person took “Person 1” .+ ago: it is in Converted now.")
    )
    expect(card(mine, lead, Status.CONVERTED, version=2)).to_have_class(re.compile("refused"))
    expect(link(mine, lead)).to_be_focused()
    expect(total(mine, Status.CONVERTED)).to_contain_text("1")
    expect(total(mine, Status.CONTACTED)).to_contain_text("0")
    expect(mine.get_by_role("button", name="Undo")).to_have_count(0)
    assert len(repository.timeline(lead.lead_id).events) == 2
    # From there it can be moved on.
    mine.keyboard.press("Shift+ArrowLeft")
    expect(card(mine, lead, Status.QUALIFIED, version=3)).to_have_count(1)
    totals = repository.counts().totals
    assert {stage for stage, number in totals.items() if number} == {Status.QUALIFIED}


def test_both_at_once(visit: Visit, expects: Expects, sales: User, admin: User) -> None:
    lead = add()
    mine, theirs = visit("/board/", sales), visit("/board/", admin)
    expects("409")
    press = """status => {
        const form = document.querySelector(".card form.move");
        form.elements.status.value = status;
        form.requestSubmit();
    }"""
    mine.evaluate(press, "contacted")
    theirs.evaluate(press, "qualified")
    expect(card(mine, lead, version=2)).to_have_count(1)
    expect(card(theirs, lead, version=2)).to_have_count(1)
    assert mine.get_by_role("alert").count() + theirs.get_by_role("alert").count() == 1
    assert stored(lead).version == 2


def test_the_network_is_gone(visit: Visit, expects: Expects, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    expects("ERR_INTERNET_DISCONNECTED", "htmx:")
    page.context.set_offline(True)
    choose(page, "qualified")
    is_back(page, lead, "No connection to Leadbook.")
    page.context.set_offline(False)
    choose(page, "qualified")
    expect(card(page, lead, Status.QUALIFIED, version=2)).to_have_count(1)


def test_the_server_fails(
    visit: Visit, expects: Expects, sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = add()
    page = visit("/board/", sales)
    expects("503", "500")

    def fail(*_: object, **__: object) -> Lead:
        raise UnavailableError("No answer.")

    with monkeypatch.context() as broken:
        broken.setattr(repository, "move", fail)
        choose(page, "qualified")
        is_back(page, lead, "Leadbook could not do that just now.")
    page.route("**/move/", lambda route: route.fulfill(status=500, body="<h1>Oh</h1>"))
    choose(page, "qualified")
    is_back(page, lead, "Leadbook could not do that just now.")
    assert stored(lead).version == 1


def test_an_answer_that_got_lost(visit: Visit, expects: Expects, sales: User) -> None:
    """The move was stored, the browser cannot know: a refresh tells."""
    lead = add()
    page = visit("/board/", sales)
    expects("ERR_FAILED", "htmx:")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/move/", lose)
    choose(page, "qualified")
    expect(page.get_by_role("alert")).to_contain_text("No connection to Leadbook.")
    refresh(page)
    expect(card(page, lead, Status.QUALIFIED, version=2)).to_have_count(1)
    assert stored(lead).version == 2


def test_one_who_may_no_longer_move(visit: Visit, expects: Expects, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    expects("403")
    sales.role = Role.VIEWER
    sales.save()
    choose(page, "qualified")
    is_back(page, lead, "You are not allowed to do that")
    assert stored(lead).version == 1


def test_a_lead_that_was_deleted(visit: Visit, expects: Expects, sales: User) -> None:
    lead, other = add(), add(2)
    page = visit("/board/", sales)
    expects("404", "ERR_FAILED")
    page.route(REFRESH, lambda route: route.abort())
    repository.delete(lead.lead_id, version=1, actor=SOMEBODY, write_id="deleted")
    link(page, lead).focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("alert")).to_contain_text("no longer there")
    expect(card(page, lead)).to_have_count(0)
    expect(card(page, other, Status.NEW)).to_have_count(1)
    expect(total(page, Status.NEW)).to_contain_text("1")
    expect(total(page, Status.CONTACTED)).to_contain_text("0")


def test_a_refused_first_step_takes_the_second_along(
    visit: Visit, expects: Expects, sales: User
) -> None:
    lead = add()
    page = visit("/board/", sales)
    expects("500")
    held = hold(page, "**/move/")
    link(page, lead).focus()
    with page.expect_request("**/move/"):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    taken(page, held).fulfill(status=500)
    is_back(page, lead, "Leadbook could not do that just now.")
    expect(link(page, lead)).to_be_focused()
    assert not held


def test_a_session_that_has_ended_leads_back_here(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit("/board/", sales)
    page.context.clear_cookies(name="sessionid")
    choose(page, "qualified")
    expect(page).to_have_url("/accounts/login/?next=/board/")
    page.get_by_label("E-mail").fill(sales.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("/board/")
    choose(page, "qualified")
    expect(card(page, lead, Status.QUALIFIED, version=2)).to_have_count(1)


def test_a_refresh_meets_an_ended_session(visit: Visit, sales: User) -> None:
    add()
    page = visit("/board/", sales)
    page.context.clear_cookies(name="sessionid")
    ask(page)
    expect(page).to_have_url("/accounts/login/?next=/board/")


def test_it_is_not_moved_twice_by_a_stale_refresh(visit: Visit, sales: User) -> None:
    """A refresh that was asked for before a move and answers after it changes nothing."""
    lead = add()
    page = visit("/board/", sales)
    held = hold(page, REFRESH)
    with page.expect_request(REFRESH):
        ask(page)
    stale = taken(page, held)
    old = stale.fetch()
    choose(page, "qualified")
    expect(card(page, lead, Status.QUALIFIED, version=2)).to_have_count(1)
    with page.expect_response(REFRESH):
        stale.fulfill(response=old)
    page.unroute(REFRESH)
    expect(card(page, lead, Status.QUALIFIED, version=2)).to_have_count(1)
    moved_by_somebody(stored(lead), Status.NEW)
    expect(card(page, lead, Status.NEW, version=3)).to_have_count(1)
