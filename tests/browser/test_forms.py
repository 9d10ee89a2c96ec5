"""The company's forms: admins write them, visitors read them in two more scripts."""

import re
from collections.abc import Callable

from playwright.sync_api import Dialog, Page, Route, expect

from crm.accounts.models import User
from leads.definitions import AskedField, Brand
from leads.fields import EMAIL, MESSAGE, NAME, PHONE, Kind, custom_field
from leads.repository import brand
from leads.repository import forms as store
from tests.browser.conftest import DESK, Visit
from tests.browser.conftest import PHONE as ON_A_PHONE
from tests.browser.test_accessibility import axe, look, look_at_each
from tests.custom import FIELDS, set_fields
from tests.forms.making import added, changed

__all__ = ["axe", "look", "look_at_each"]
type Expects = Callable[..., None]
type Check = Callable[..., None]
type CheckEach = Callable[[Page, tuple[str, ...]], None]
EDIT = "/forms/quote/"
LONG = custom_field("tried", "What you have already tried, in a few sentences", Kind.LONG)
ALL_KINDS = (*FIELDS, LONG)
ASKED = tuple(
    AskedField.of(field, label="", required=field in {NAME, EMAIL})
    for field in (NAME, EMAIL, PHONE, MESSAGE, *ALL_KINDS)
)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state()


def test_pages_on_which_forms_are_written(
    visit: Visit, expects: Expects, look: Check, look_at_each: CheckEach, admin: User
) -> None:
    set_fields(*ALL_KINDS)
    before = added(title="Offers", fields=ASKED, consent="I agree.")
    page = visit("about:blank", admin)
    expects("409", "422")
    filtered = "/leads/?form=quote"
    look_at_each(page, ("/forms/", "/forms/add/", "/forms/quote/preview/", filtered, EDIT))
    page.set_viewport_size(DESK)
    page.get_by_label("Introduction").fill("Mine")
    changed(before, title="Theirs")
    save(page)
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Introduction")).to_have_value("Mine")
    look(page)
    page.goto("/forms/brand/")
    brand.save(Brand(site_name="Theirs"), seen=0)
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("Theirs")
    page.get_by_label("Colour of buttons").fill("#fefefe")
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("contrast")
    look(page)


def test_visitors_of_other_scripts(
    visit: Visit, expects: Expects, look: Check, look_at_each: CheckEach
) -> None:
    site = "https://www.example.com"
    shown = {"origins": (site,), "thanks_url": f"{site}/thanks"}
    added("quote", title="طلب", language="ar", fields=ASKED, consent="أوافق", **shown)
    added("closed", title="受付終了", language="ja", contact="03-1234-5678", **shown)
    added("ask", title="お見積もり", language="ja", fields=ASKED, consent="同意します。")
    store.switch("closed", is_on=False)
    page = visit("about:blank")
    expects("404", "410", "422")
    framed = ("/contact/quote/?embed", "/contact/quote/thanks/?embed", "/contact/closed/?embed")
    look_at_each(page, (*framed, "/contact/closed/", "/contact/none/"))
    page.emulate_media(color_scheme="dark")
    for address, scheme in (("/contact/quote/?embed", "light"), ("/contact/quote/", "light dark")):
        page.goto(address)
        expect(page.locator("html")).to_have_css("color-scheme", scheme)
    for address in ("/contact/quote/", "/contact/ask/"):
        page.goto(address)
        page.locator("main button").click()
        expect(page.get_by_role("alert")).to_be_focused()
        look(page)
    page.get_by_role("alert").get_by_role("link").last.press("Enter")
    expect(page.locator("[name=consent]")).to_be_focused()


def test_what_is_asked_for_is_chosen_on_a_phone_and_outlives_an_outage(
    visit: Visit, expects: Expects, admin: User
) -> None:
    def refuse(route: Route) -> None:
        route.abort("connectionrefused")

    added()
    page = visit(EDIT, admin, viewport=ON_A_PHONE, has_touch=True, is_mobile=True)
    expects("ERR_CONNECTION_REFUSED")
    expect(page.get_by_label("Required: Phone")).to_be_hidden()
    page.get_by_label("Shown: Phone").tap()
    page.get_by_label("Required: Phone").tap()
    page.get_by_label("Shown: Company").tap()
    address = re.compile(EDIT + "$")
    page.route(address, refuse)
    page.get_by_role("button", name="Save", exact=True).tap()
    expect(page.locator("main.medium, .form-editor")).to_have_count(0)
    page.unroute(address)
    page.goto(EDIT)
    expect(page.locator(".toast")).to_contain_text("stands here again")
    expect(page.get_by_label("Required: Phone")).to_be_checked()
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).tap()
    expect(page.get_by_role("status").first).to_contain_text("The form was saved.")
    listed = store.index().find("quote")
    assert listed
    asked = {one.name: one.required for one in store.definition("quote", listed.version).fields}
    assert asked["phone"]
    assert "company" not in asked


def test_a_preview_is_not_sent_and_leaving_asks(visit: Visit, admin: User) -> None:
    added()
    page = visit(EDIT, admin)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.get_by_label("Title").fill("Offers")
    page.get_by_role("button", name="Preview").click()
    inside = page.frame_locator("iframe[name=preview]")
    expect(inside.get_by_role("heading", name="Offers")).to_be_visible()
    page.on("dialog", leave)
    page.goto("/forms/")
    assert asked == ["beforeunload"]
    page.goto(EDIT)
    expect(page.get_by_label("Title")).to_have_value("")
