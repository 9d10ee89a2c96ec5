"""Importing a file in a browser: by keyboard, without JavaScript, interrupted, undone."""

import re
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from playwright.sync_api import FilePayload, Page, Route, expect

from crm.accounts.models import User
from leads import repository
from leads.imports import views
from leads.imports.run import staging
from leads.imports.run.models import ImportState
from leads.models import Standing, Status
from tests.browser.conftest import PHONE, Visit
from tests.browser.test_accessibility import axe, look
from tests.make import SOMEBODY

__all__ = ["axe", "look"]
type Expects = Callable[..., None]
HEADER = "Full Name,Email,Company,Lead Status,Created at,Notes"
STEP = re.compile(r"/step/$")


def file_of(rows: int, *, name: str = "hubspot.csv", extra: str = "") -> FilePayload:
    lines = [f"Person {n},p{n}@example.com,Acme,Working,2/1/2026,Call" for n in range(rows)]
    content = "\n".join([HEADER, *lines, extra]).encode()
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def upload(page: Page, file: FilePayload) -> None:
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(file["name"])


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=2).first).to_contain_text(text)


def press(page: Page, button: str) -> None:
    """Go to a button or link with the Tab key, and press it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and button in (focused.text_content() or ""):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"Tab does not get to {button!r}.")


def totals() -> dict[Standing, int]:
    counted = repository.counts(consistent=True).totals
    return {status: number for status, number in counted.items() if number}


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every request do one step only."""
    monkeypatch.setattr(views, "STEP_SECONDS", 0)


def test_the_whole_way_by_keyboard(visit: Visit, sales: User) -> None:
    page = visit("/leads/", sales)
    press(page, "Import")
    expect(page.get_by_role("heading", level=1)).to_have_text("Import leads")
    page.get_by_label("File").set_input_files(file_of(100, extra="Nobody,,,,,"))
    page.get_by_label("File").focus()
    press(page, "Upload")
    expect(page.get_by_label("Lead Status")).to_have_value("status")
    expect(page.get_by_label("Created at")).to_have_value("created_at")
    page.get_by_label("Notes").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Notes")).to_have_value("closed_at")
    page.keyboard.press("ArrowDown")
    press(page, "Check the file")
    heading(page, "What would happen")
    expect(page.locator("#announcer")).to_have_text("hubspot.csv: checked.")
    expect(page.locator(".reasons")).to_contain_text("It has no e-mail address.")
    assert not totals()
    press(page, "Import 100 leads")
    heading(page, "Imported")
    assert totals() == {Status.CONTACTED: 100}
    with page.expect_download() as download:
        press(page, "Download the rejected rows")
    rejected = download.value.path().read_text("utf-8-sig")
    assert '"102","It has no e-mail address.","Nobody"' in rejected
    press(page, "Undo this import")
    expect(page.get_by_role("heading", level=1)).to_have_text("Undo this import?")
    press(page, "Yes, undo")
    heading(page, "Undone")
    assert not totals()
    expect(page.locator(".counts")).to_contain_text("100")
    press(page, "Import it again")
    expect(page.get_by_label("Lead Status")).to_have_value("status")


def test_without_java_script(visit: Visit, slow: None, sales: User) -> None:
    page = visit("/leads/import/", sales, java_script_enabled=False)
    upload(page, file_of(200))
    page.get_by_role("button", name="Check the file").click()
    presses = proceed(page)
    page.get_by_role("button", name="Import 200 leads").click()
    assert proceed(page) == presses > 1
    heading(page, "Imported")
    assert totals() == {Status.CONTACTED: 200}
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Yes, undo").click()
    proceed(page)
    heading(page, "Undone")
    assert not totals()


def proceed(page: Page) -> int:
    """Press "Continue" until there is none; returns how often."""
    times = 0
    while page.get_by_role("button", name="Continue").count():
        page.get_by_role("button", name="Continue").click()
        times += 1
        assert times < 50
    return times


def test_a_closed_page_pauses_and_a_colleague_goes_on(
    visit: Visit, expects: Expects, slow: None, sales: User, admin: User
) -> None:
    page = visit("/leads/import/", sales)
    expects("htmx:", "Failed to load")
    upload(page, file_of(400))
    page.get_by_role("button", name="Check the file").click()
    heading(page, "What would happen")
    asked = 0

    def twice(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked <= 2:
            route.continue_()
        else:
            route.abort()

    page.route(STEP, twice)
    page.get_by_role("button", name="Import 400 leads").click()
    heading(page, "Importing")
    expect(page.locator("progress")).not_to_have_attribute("value", "0")
    expect(page.get_by_text("of 400 rows")).to_have_text(re.compile(r"^96 of"))
    address = page.url
    page.close()
    [run] = staging.recent()
    assert (run.state, run.rows_done) == (ImportState.IMPORTING, sum(totals().values()))
    assert 0 < run.rows_done < 400

    other = visit("/leads/import/", admin)
    expect(other.locator("[data-state=importing]")).to_contain_text("being imported")
    other.goto(address)
    heading(other, "Imported")
    assert totals() == {Status.CONTACTED: 400}


def test_two_pages_at_once_do_it_once(visit: Visit, slow: None, sales: User, admin: User) -> None:
    page = visit("/leads/import/", sales)
    upload(page, file_of(400))
    page.get_by_role("button", name="Check the file").click()
    heading(page, "What would happen")
    other = visit(page.url, admin)
    heading(other, "What would happen")
    for one in (page, other):
        one.get_by_role("button", name="Import 400 leads").click(no_wait_after=True)
    for one in (page, other):
        heading(one, "Imported")
    assert totals() == {Status.CONTACTED: 400}
    assert len(repository.timeline(repository.by_email("p7@example.com")[0].lead_id).events) <= 2


def test_a_lost_connection_is_tried_again(visit: Visit, expects: Expects, sales: User) -> None:
    page = visit("/leads/import/", sales)
    expects("htmx:", "Failed to load")
    upload(page, file_of(3))
    asked = 0

    def once_lost(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            route.abort()
        else:
            route.continue_()

    page.route(STEP, once_lost)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    heading(page, "What would happen")


def test_what_somebody_changed_stays_after_an_undo(visit: Visit, sales: User) -> None:
    page = visit("/leads/import/", sales)
    upload(page, file_of(3))
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Import 3 leads").click()
    heading(page, "Imported")
    change_one()
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Yes, undo").click()
    heading(page, "Undone")
    page.get_by_role("link", name=re.compile("Person 1")).click()
    expect(page.get_by_role("main")).to_contain_text("Changed")
    assert totals() == {Status.CONTACTED: 1}


def test_a_bad_file_is_refused_at_the_field(visit: Visit, expects: Expects, sales: User) -> None:
    page = visit("/leads/import/", sales)
    expects("422")
    file: FilePayload = {"name": "x.xlsx", "mimeType": "", "buffer": b"PK\x03\x04" + bytes(50)}
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_contain_text("save it as CSV")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("File")).to_have_attribute("aria-invalid", "true")


def test_a_file_that_is_too_large_is_not_sent(
    visit: Visit, settings: LazySettings, sales: User
) -> None:
    settings.MAX_UPLOAD_MB = 0.001
    page = visit("/leads/import/", sales)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.locator("input[type=file]").set_input_files(file_of(50))
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#toasts [role=alert]")).to_contain_text("import_leads")
    assert "POST" not in sent
    upload(page, file_of(2))


def test_every_state_is_accessible(
    request: pytest.FixtureRequest, visit: Visit, expects: Expects, sales: User
) -> None:
    check = request.getfixturevalue("look")
    page = visit("/leads/import/", sales)
    expects("422", "htmx:", "Failed to load")
    check(page)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator("summary", has_text="Separator and encoding").click()
    check(page)
    upload(page, file_of(120, extra="Nobody,,,Hot,,\nPerson,x@example.com,,Hot,,"))
    address = page.url
    check(page)
    page.get_by_label("Company").select_option("name")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page)
    page.goto(address)
    page.route(STEP, lambda route: route.abort())
    page.get_by_role("button", name="Check the file").click()
    heading(page, "Checking")
    check(page)
    page.unroute(STEP)
    heading(page, "What would happen")
    check(page)
    page.get_by_role("button", name="Import 121 leads").click()
    heading(page, "Imported")
    check(page)
    page.goto("/leads/import/")
    check(page)
    page.goto(f"{address}undo/")
    check(page)
    change_one()
    page.get_by_role("button", name="Yes, undo").click()
    heading(page, "Undone")
    expect(page.get_by_role("heading", name="Kept")).to_be_visible()
    check(page)


def test_an_unsure_encoding_is_asked_and_a_header_is_changed(
    request: pytest.FixtureRequest, visit: Visit, expects: Expects, sales: User
) -> None:
    check = request.getfixturevalue("look")
    page = visit("/leads/import/", sales)
    expects("422")
    content = "Exported today\nName;E-mail\nCan Doğan;cd@example.com\nEda Ağa;ea@example.com\n"
    upload(page, {"name": "tr.csv", "mimeType": "", "buffer": content.encode("cp1254")})
    expect(page.get_by_role("group", name="Which is right?")).to_be_visible()
    check(page)
    page.get_by_label("Can Doğan · Eda Ağa").check()
    page.get_by_role("button", name="Read it so").click()
    expect(page.get_by_text("The columns are named in line 2")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("email")
    page.locator("summary", has_text="Read the file otherwise").click()
    check(page)
    page.get_by_label("Line with the names").fill("77")
    page.get_by_role("button", name="Read it again").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 77")
    check(page)
    page.get_by_label("Line with the names").fill("0")
    page.get_by_role("button", name="Read it again").click()
    expect(page.get_by_text("No line of the file names its columns")).to_be_visible()
    check(page)


def change_one() -> None:
    [lead] = repository.by_email("p1@example.com")
    version = repository.get(lead.lead_id, consistent=True).version
    change = {"company": "Changed"}
    repository.edit(lead.lead_id, change, version=version, actor=SOMEBODY, write_id="changed-it")


def test_many_columns_with_long_names_stay_on_the_page(visit: Visit, sales: User) -> None:
    page = visit("/leads/import/", sales, viewport=PHONE)
    names = ["email", *(f"{'Donaudampfschifffahrt' * 4} {number}" for number in range(40))]
    content = f"{','.join(names)}\na@example.com{(',' + 'x' * 300) * 40}\n".encode()
    name = f"{'long' * 60}.csv"
    page.get_by_label("File").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("table.columns select")).to_have_count(41)
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
