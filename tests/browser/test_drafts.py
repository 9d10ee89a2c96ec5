"""What somebody typed is never lost: over a sign-in, in another tab, on the way out."""

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Dialog, Page, expect

from crm.accounts.models import User
from leads import repository
from leads.models import Status
from tests.board.leads import add
from tests.browser.board import REFRESH, card, stored, total
from tests.browser.conftest import Visit
from tests.conftest import PASSWORD

TYPED = "First line\n\n<b>second</b> line"


def sign_in(page: Page, user: User) -> None:
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sign_in_elsewhere(page: Page, user: User) -> None:
    """Sign in anew in another tab of the same browser."""
    page.context.clear_cookies(name="sessionid")
    other = page.context.new_page()
    other.goto("/accounts/login/")
    sign_in(other, user)
    expect(other).to_have_url("/board/")
    other.close()


def end_session(page: Page) -> None:
    """Let the session end as the store does it: the browser still has its cookie."""
    web = Client()
    (key,) = (one["value"] for one in page.context.cookies() if one["name"] == "sessionid")
    web.cookies["sessionid"] = key
    web.session.delete(key)


def save_without_session(page: Page, message: str) -> None:
    """Save a message after the session has ended."""
    page.get_by_label("Message").fill(message)
    end_session(page)
    page.get_by_role("button", name="Save", exact=True).click()


@pytest.mark.parametrize("java_script", [True, False])
def test_the_same_account_has_it_sent_on(
    visit: Visit,
    sales: User,
    java_script: bool,  # noqa: FBT001
) -> None:
    lead = add()
    address = f"/leads/{lead.lead_id}/edit/"
    page = visit(address, sales, java_script_enabled=java_script)
    save_without_session(page, TYPED)
    expect(page.get_by_role("status")).to_contain_text("Your session has ended")
    sign_in(page, sales)
    if not java_script:
        page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(f"/leads/{lead.lead_id}/")
    assert stored(lead).message == TYPED


def test_another_account_sees_it_in_its_form(visit: Visit, sales: User, admin: User) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/edit/", sales)
    save_without_session(page, TYPED)
    sign_in(page, admin)
    expect(page.get_by_label("Message")).to_have_value(TYPED)
    expect(page.get_by_role("status")).to_contain_text("Nothing was saved yet")
    assert stored(lead).message == ""
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(f"/leads/{lead.lead_id}/")
    assert stored(lead).message == TYPED


def test_a_form_of_before_a_sign_in_elsewhere_keeps_its_text(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    page = visit("/leads/add/", sales)
    expects("403")
    page.get_by_label("Name").fill("Ada Li")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Message").fill(TYPED)
    sign_in_elsewhere(page, sales)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Nothing was saved yet")
    expect(page.get_by_label("Message")).to_have_value(TYPED)
    assert not repository.by_status(Status.NEW).leads
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Ada Li")).to_be_visible()
    (lead,) = repository.by_status(Status.NEW).leads
    assert stored(lead).message == TYPED


def leave(page: Page) -> list[str]:
    """Go elsewhere, and return what the browser asked on the way."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.get_by_role("link", name="Board").first.click()
    expect(page).to_have_url("/board/")
    return asked


def test_leaving_a_form_asks_only_while_it_is_dirty(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add()
    address = f"/leads/{lead.lead_id}/edit/"
    assert leave(visit(address, sales)) == []

    page = visit(address, sales)
    page.get_by_label("Subject").fill("Something else")
    page.get_by_label("Subject").fill(lead.subject)
    assert leave(page) == []

    page = visit(address, sales)
    page.get_by_label("Subject").fill("Something else")
    assert leave(page) == ["beforeunload"]

    page = visit(address, sales)
    expects("422")
    page.get_by_label("E-mail").fill("no address")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert leave(page) == ["beforeunload"]

    page = visit(address, sales)
    page.get_by_label("Subject").fill("Something else")
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(f"/leads/{lead.lead_id}/")
    assert asked == []


def test_a_move_after_a_sign_in_elsewhere_is_made(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add()
    page = visit("/board/", sales)
    expects("403")
    sign_in_elsewhere(page, sales)
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.url) if "/move/" in request.url else None
    )
    page.get_by_label("Move Person 1 to").select_option("qualified")
    expect(card(page, lead, Status.QUALIFIED, version=2)).to_have_count(1)
    expect(total(page, Status.QUALIFIED)).to_contain_text("1")
    expect(total(page, Status.NEW)).to_contain_text("0")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert len(sent) == 2
    page.get_by_role("button", name="Undo").click()
    expect(card(page, lead, Status.NEW, version=3)).to_have_count(1)


@pytest.mark.parametrize("is_reachable", [True, False])
def test_another_account_moves_nothing_unasked(
    visit: Visit,
    expects: Callable[..., None],
    sales: User,
    admin: User,
    is_reachable: bool,  # noqa: FBT001
) -> None:
    lead = add()
    page = visit("/board/", sales)
    expects("403", "ERR_FAILED")
    if not is_reachable:
        page.route(REFRESH, lambda route: route.abort())
    sign_in_elsewhere(page, admin if is_reachable else sales)
    page.get_by_label("Move Person 1 to").select_option("qualified")
    expect(page.get_by_role("alert")).to_contain_text("signed in anew")
    expect(card(page, lead, Status.NEW, version=1)).to_have_count(1)
    assert stored(lead).version == 1


def test_who_is_not_allowed_is_told_so(
    visit: Visit, expects: Callable[..., None], sales: User
) -> None:
    lead = add()
    page = visit("/board/", sales)
    expects("403")
    sales.role = "viewer"
    sales.save()
    page.get_by_label("Move Person 1 to").select_option("qualified")
    expect(page.get_by_role("alert")).to_contain_text("You are not allowed to do that.")
    expect(card(page, lead, Status.NEW, version=1)).to_have_count(1)
