"""What somebody typed where it cannot be saved: no server, a lead gone, a role lost."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, Route, ViewportSize, expect

from crm.accounts.models import User
from leads import repository
from leads.models import Status
from tests.board.leads import add
from tests.browser.board import stored
from tests.browser.conftest import DESK, PHONE, Visit
from tests.browser.test_accessibility import axe, look
from tests.browser.test_drafts import end_session, leave, save_without_session, sign_in
from tests.browser.test_importing import heading, upload
from tests.make import SOMEBODY

__all__ = ["axe", "look"]
TYPED = "First line\n\n<b>second</b> line"
ANYTHING = re.compile(r"/leads/|/contact/")
type Expects = Callable[..., None]
type Form = tuple[str, str, ViewportSize]
type Case = tuple[Form, Callable[[Route], None]]


def refuse_connection(route: Route) -> None:
    route.abort("connectionrefused")


def answer_as_a_proxy(route: Route) -> None:
    # With an icon of its own, so that the browser asks the site for none.
    body = "<link rel=icon href=data:,><h1>Bad gateway</h1>"
    route.fulfill(status=502, content_type="text/html", body=body)


# Where each form is, the button that sends it, and in what window: what is told on a phone
# lies over the page, and must not lie over the button.
FORMS: list[Form] = [("/leads/add/", "Save", DESK), ("/contact/", "Send message", PHONE)]


def fill(page: Page) -> None:
    page.get_by_label("Name").fill("Ada Li")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Subject").fill("A question")
    page.get_by_label("Message").fill(TYPED)


def sent_again(page: Page, button: str) -> None:
    """Send the form as it stands, and look at what arrived."""
    expect(page.get_by_label("Message")).to_have_value(TYPED)
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_label("Message")).to_have_count(0)
    (lead,) = repository.by_status(Status.NEW).leads
    assert (stored(lead).name, stored(lead).message) == ("Ada Li", TYPED)


@pytest.mark.parametrize("form", FORMS)
def test_without_a_network_the_form_stays(visit: Visit, sales: User, form: Form) -> None:
    address, button, viewport = form
    page = visit(address, sales, viewport=viewport)
    fill(page)
    page.context.set_offline(True)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("connection")
    page.context.set_offline(False)
    sent_again(page, button)


@pytest.mark.parametrize(
    "case", list(zip(FORMS, [refuse_connection, answer_as_a_proxy], strict=True))
)
def test_what_no_server_answered_stands_in_its_form_again(
    visit: Visit, expects: Expects, sales: User, case: Case
) -> None:
    (address, button, viewport), answer = case
    page = visit(address, sales, viewport=viewport)
    expects("502", "ERR_CONNECTION_REFUSED")
    fill(page)
    page.route(ANYTHING, answer)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_label("Message")).to_have_count(0)
    page.unroute(ANYTHING)
    page.goto(address)
    expect(page.locator(".toast")).to_contain_text("stands here again")
    sent_again(page, button)
    page.goto(address)
    expect(page.get_by_label("Message")).to_have_value("")


def test_what_was_saved_though_no_answer_came_is_saved_once(
    visit: Visit, expects: Expects, sales: User
) -> None:
    page = visit("/leads/add/", sales)
    expects("ERR_CONNECTION_REFUSED")
    fill(page)

    def lose_the_answer(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionrefused")

    page.route(ANYTHING, lose_the_answer)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Message")).to_have_count(0)
    page.unroute(ANYTHING)
    page.goto("/leads/add/")
    sent_again(page, "Save")


def test_no_password_is_kept(visit: Visit, expects: Expects, admin: User) -> None:
    page = visit("/accounts/users/add/", admin)
    expects("ERR_CONNECTION_REFUSED")
    page.get_by_label("E-mail address").fill("new@example.com")
    page.get_by_label("Name").fill("New Person")
    page.get_by_label("Password", exact=True).fill("a very long secret")
    page.route("**/users/add/", refuse_connection)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Name")).to_have_count(0)
    page.unroute("**/users/add/")
    page.goto("/accounts/users/add/")
    expect(page.get_by_label("E-mail address")).to_have_value("new@example.com")
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    assert "secret" not in page.evaluate("JSON.stringify(sessionStorage)")


def test_the_button_that_was_pressed_counts(visit: Visit, sales: User) -> None:
    page = visit("/leads/add/", sales)
    page.get_by_label("Name").fill("Ada Li")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Edit Ada Li")
    (lead,) = repository.by_status(Status.NEW).leads
    assert page.url.endswith(f"/leads/{lead.lead_id}/edit/")


def copied(page: Page) -> str:
    """Copy a message from its read-only field by keyboard, and return it."""
    box = page.get_by_label("Message")
    expect(box).not_to_be_editable()
    box.press("Control+a")
    return str(page.evaluate("getSelection().toString()"))


@pytest.mark.parametrize("java_script", [True, False])
def test_a_lead_that_is_gone_leaves_the_text_to_be_copied(
    visit: Visit,
    expects: Expects,
    look: Callable[[Page], None],
    sales: User,
    java_script: bool,  # noqa: FBT001
) -> None:
    lead = add()
    address = f"/leads/{lead.lead_id}/edit/"
    page = visit(address, sales, java_script_enabled=java_script)
    expects("404")
    page.get_by_label("Message").fill(TYPED)
    repository.delete(lead.lead_id, version=1, actor=SOMEBODY, write_id="gone")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It is no longer there")
    expect(page.get_by_text("was deleted meanwhile")).to_be_visible()
    expect(page.get_by_label("Message")).to_have_value(TYPED)
    expect(page.get_by_label("Name")).to_have_value(lead.name)
    if java_script:
        assert copied(page) == TYPED
        look(page)


def test_a_draft_whose_lead_is_gone_is_to_be_copied(
    visit: Visit, expects: Expects, sales: User
) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/edit/", sales)
    expects("404")
    save_without_session(page, TYPED)
    repository.delete(lead.lead_id, version=1, actor=SOMEBODY, write_id="gone")
    sign_in(page, sales)
    expect(page.get_by_label("Message")).to_have_value(TYPED)
    assert copied(page) == TYPED
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Go to the board").click()
    expect(page).to_have_url("/board/")


def test_a_draft_of_a_role_that_was_lost_is_to_be_copied(
    visit: Visit, expects: Expects, sales: User
) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/edit/", sales)
    expects("403")
    save_without_session(page, TYPED)
    sales.role = "viewer"
    sales.save()
    sign_in(page, sales)
    expect(page.get_by_role("heading", level=1)).to_have_text("You cannot open this page")
    assert copied(page) == TYPED
    assert stored(lead).message == ""


def test_a_draft_of_a_lead_that_others_changed_stands_on_top_of_it(
    visit: Visit, expects: Expects, sales: User
) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/edit/", sales)
    expects("409")
    save_without_session(page, TYPED)
    repository.edit(
        lead.lead_id, {"message": "Theirs"}, version=1, actor=SOMEBODY, write_id="theirs"
    )
    sign_in(page, sales)
    expect(page.get_by_role("alert")).to_contain_text("Somebody else changed this lead")
    expect(page.get_by_label("Message")).to_have_value(TYPED)
    expect(page.locator("[data-now=message]")).to_contain_text("Theirs")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(f"/leads/{lead.lead_id}/")
    assert stored(lead).message == TYPED


def test_what_a_browser_filled_in_again_is_dirty(
    visit: Visit, expects: Expects, sales: User
) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/edit/", sales)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("Message").fill(TYPED)
    page.goto("/board/")
    page.go_back()
    expect(page.get_by_label("Message")).to_have_value(TYPED)
    page.get_by_label("Message").press("End")
    assert leave(page) == ["beforeunload"]


def test_what_columns_become_survives_a_sign_in(visit: Visit, sales: User, admin: User) -> None:
    page = visit("/leads/import/", sales)
    content = b"Name,E-mail,Extra\nAda Li,ada@example.com,A question\n"
    upload(page, {"name": "a.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_label("Extra").select_option("subject")
    end_session(page)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("status")).to_contain_text("Your session has ended")
    sign_in(page, admin)
    expect(page.get_by_label("Extra")).to_have_value("subject")
    expect(page.get_by_role("status")).to_contain_text("Nothing was saved yet")
    end_session(page)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("status")).to_contain_text("Your session has ended")
    sign_in(page, admin)
    heading(page, "What would happen")
    page.get_by_role("button", name="Import 1 lead").click()
    heading(page, "Imported")
    (lead,) = repository.by_status(Status.NEW).leads
    assert stored(lead).subject == "A question"


def test_each_form_asks_only_while_it_is_dirty(visit: Visit, admin: User) -> None:
    page = visit("about:blank", admin)
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    for address, label in (
        ("/contact/", "Subject"),
        ("/leads/add/", "Subject"),
        ("/accounts/users/add/", "Name"),
    ):
        asked.clear()
        page.goto(address)
        page.get_by_label(label).fill("Something")
        page.get_by_label(label).fill("")
        page.goto("/contact/thanks/")
        assert asked == [], address
        page.goto(address)
        page.get_by_label(label).click()
        page.get_by_label(label).fill("Something")
        page.goto("/contact/thanks/")
        assert asked == ["beforeunload"], address
