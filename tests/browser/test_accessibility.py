"""axe-core finds nothing on any page: light and dark, on a desk and on a phone."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from crm.accounts import throttle
from crm.accounts.models import User
from leads import repository
from leads.fields import custom_field
from leads.held import store
from leads.held.models import Reason, State
from leads.intake.taking import IntakeFullError
from leads.mails import Attachment, Mail
from leads.models import STAGES, Actor, Lead, Status
from leads.repository import desk_settings
from leads.repository.arrivals import tell_nobody_free
from leads.repository.incoming import Arrival, receive
from leads.web import acts
from tests import ROOT, make
from tests.board.leads import add
from tests.browser.board import add_many, moved_by_somebody
from tests.browser.conftest import DESK, PHONE, Visit
from tests.browser.test_contact import fill
from tests.browser.test_quiet import LATER
from tests.conftest import PASSWORD
from tests.custom import FIELDS, set_fields
from tests.held.messages import NETWORK, hold
from tests.make import SOMEBODY, act

type Expects = Callable[..., None]
type Check = Callable[..., None]
type CheckEach = Callable[[Page, tuple[str, ...]], None]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# All that dark changes, and so all that is asked of it again.
COLOURS = ["color-contrast", "link-in-text-block"]
# What axe-core returns in whole is large, and no page has a film or a sound to be preloaded.
RUN = """async ([within, runOnly]) => {
  const options = { runOnly, resultTypes: ["violations"], preload: false };
  const { violations } = await axe.run(within, options);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}"""


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the source of axe-core."""
    if not AXE.exists():
        pytest.fail("No axe-core: run `make test`, or `npm ci` in the project's folder.")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def lead(tables: None) -> Lead:
    """Store leads in every stage; one of them has a history, and two mails came in."""
    for number, status in enumerate(STAGES):
        add_many(2, status, start=10 * number + 10)
    lead = moved_by_somebody(add(), Status.CONTACTED)
    files = (Attachment(name="a-plan-of-the-house" * 8 + ".pdf", size=90_000),)
    mail = Mail(sender="mira@visitor.example", quoted="> When?", attachments=files, is_cut=True)
    for given in ({"automatic": "bounce", "is_verified": False}, {}):
        arrival = Arrival(act(), Actor("", "Mira"), "Thursday.", mail.model_copy(update=given))
        receive(lead.lead_id, arrival)
    return repository.edit(
        lead.lead_id,
        {"phone": "+49 40 123", "message": "One\n\ntwo"},
        version=2,
        actor=SOMEBODY,
        write_id="edited-once",
    )


@pytest.fixture
def look(axe: str) -> Check:
    """Return the check that finds nothing on a page, or in a part of it, in any of its looks."""

    def nothing_wrong(page: Page, within: str = "html") -> None:
        page.evaluate(axe)
        found: list[str] = []
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme="light", reduced_motion="reduce")
            found += page.evaluate(RUN, [within, ALL])
            page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            found += page.evaluate(RUN, [within, COLOURS])
            # No page is wider than its window.
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert not found, "\n".join([page.url, *found])

    return nothing_wrong


@pytest.fixture
def look_at_each(look: Check) -> CheckEach:
    """Return the check of several pages, one after the other in one window."""

    def nothing_wrong(page: Page, addresses: tuple[str, ...]) -> None:
        for address in addresses:
            page.set_viewport_size(DESK)
            page.goto(address)
            expect(page.locator("h1")).to_have_count(1)
            look(page)

    return nothing_wrong


@pytest.mark.parametrize(
    "addresses",
    [
        (
            "/board/",
            "/board/?lead={lead}",
            "/board/?lead=nobody",
            "/board/column/new/",
            "/settings/",
            "/settings/reset/",
        ),
        (
            "/leads/",
            "/leads/?lead={lead}",
            "/leads/?status=qualified&since=2026-01-01",
            "/leads/?email=nobody@example.com",
            "/leads/?q=person",
            "/leads/?q=nobody",
        ),
        (
            "/changes/",
            "/leads/add/",
            "/leads/{lead}/",
            "/leads/{lead}/edit/",
            "/leads/{lead}/delete/",
        ),
        (
            "/accounts/password-change/",
            "/accounts/me/",
            "/accounts/sessions/",
            "/accounts/sessions/end-others/",
            "/accounts/users/",
            "/accounts/users/add/",
            "/accounts/users/{user}/",
            "/accounts/log/",
            "/accounts/users/{user}/password/",
        ),
    ],
    ids=["board", "list", "lead", "accounts"],
)
def test_pages_of_an_admin(
    visit: Visit, look_at_each: CheckEach, admin: User, lead: Lead, addresses: tuple[str, ...]
) -> None:
    page = visit("about:blank", admin)
    look_at_each(page, tuple(one.format(lead=lead.lead_id, user=admin.id) for one in addresses))


def test_custom_fields(visit: Visit, look_at_each: CheckEach, admin: User, lead: Lead) -> None:
    retired = custom_field("old", "Old", is_retired=True)
    set_fields(*FIELDS, retired)
    values = {"x_trade": "Boats", "x_notes": "One\nTwo", "x_old": "Before", "x_start": "2027-01-31"}
    repository.edit(lead.lead_id, values, version=lead.version, actor=SOMEBODY, write_id=act())
    page = visit("about:blank", admin)
    own = f"/leads/{lead.lead_id}/"
    fields = "/settings/fields/"
    look_at_each(page, (fields, f"{fields}add/", f"{fields}x_size/", own, f"{own}edit/"))


def test_what_is_due(visit: Visit, look: Check, sales: User) -> None:
    today = datetime.now(UTC).date()
    for ahead in (-2, 0, 3):
        lead = make.add(owner_id=sales.id, name=f"Person {ahead}", company="Acme")
        due = (today + timedelta(days=ahead)).isoformat()
        repository.follow_up(
            lead.lead_id,
            due,
            "Call about the offer",
            version=1,
            actor=make.SOMEBODY,
            write_id=make.act(),
        )
    page = visit("/today/?whose=all", sales, timezone_id="UTC")
    look(page)
    page.locator("summary", has_text="Put off").first.click()
    look(page)
    page.goto("/board/")
    expect(page.locator(".card .overdue")).to_have_count(1)
    look(page)
    page.goto(f"/board/?lead={lead.lead_id}")
    expect(page.locator(".follow-up")).to_be_visible()
    look(page)


def test_pages_of_a_viewer(visit: Visit, look_at_each: CheckEach, viewer: User, lead: Lead) -> None:
    page = visit("about:blank", viewer)
    look_at_each(page, ("/board/", "/leads/", f"/leads/{lead.lead_id}/"))


def test_an_act_and_its_undo(visit: Visit, look: Check, sales: User, lead: Lead) -> None:
    page = visit(f"/changes/{repository.act_of(lead, 'edited-once')}/", sales)
    look(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is as it was before.")).to_be_visible()
    look(page)


def test_an_act_on_a_whole_list(
    visit: Visit, look: Check, sales: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_many(26)
    page = visit("/leads/?status=new", sales)
    page.locator("tbody input[type=checkbox]").first.check()
    page.get_by_label("All leads of this list").check()
    look(page)
    page.get_by_label("Move selected leads to").select_option("Contacted")
    with page.expect_navigation():
        page.get_by_role("button", name="Move").click()
    look(page)
    with monkeypatch.context() as patch:
        patch.setattr(acts, "STEP_SECONDS", -1)
        page.get_by_role("button", name="Yes, all of them").click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        look(page)
        repository.edit(
            oldest(), {"phone": "1"}, version=1, actor=SOMEBODY, write_id="edited-meanwhile"
        )
    expect(page.get_by_text("25 leads were moved to Contacted.")).to_be_visible()
    expect(page.locator("#kept li")).to_have_count(1)
    look(page)


def oldest() -> str:
    new = repository.Filter(status=Status.NEW)
    return repository.listing(new, size=100).leads[-1].lead_id


def test_leads_of_one_person(
    visit: Visit, look: Check, sales: User, admin: User, lead: Lead
) -> None:
    repository.assign(lead.lead_id, admin.id, version=3, actor=SOMEBODY, write_id="given-once")
    page = visit(f"/board/?owner={admin.id}", sales)
    look(page)
    page.get_by_role("link", name="Unassigned").click()
    page.locator("form.take button").first.focus()
    look(page, within="main")
    page.goto(f"/board/?owner=none&lead={lead.lead_id}")
    look(page)


def test_refused_owners(
    visit: Visit, look: Check, expects: Expects, sales: User, lead: Lead
) -> None:
    page = visit("/leads/", sales)
    expects("422")
    page.goto("/board/?owner=somebody")
    look(page)
    page.goto(f"/leads/{lead.lead_id}/")
    page.evaluate("document.querySelector('#lead-owner option').value = 'somebody'")
    page.locator("#lead-owner").select_option("somebody")
    expect(page.locator("#errors")).to_be_visible()
    look(page)


@pytest.fixture
def held(tables: None) -> str:
    """Hold messages, short and long ones, and discard one."""
    store.discard(hold("Gone", reason=Reason.TOTAL), SOMEBODY)
    for _ in range(3):
        hold(message="word " * 200, company="Acme")
    return hold("Grace", subject="", message="")


def test_held_messages(visit: Visit, look: Check, admin: User, held: str) -> None:
    page = visit("about:blank", admin)
    for query in ("", f"?network={NETWORK}", "?show=discarded", "?network=unknown"):
        page.set_viewport_size(DESK)
        page.goto(f"/held/{query}")
        expect(page.locator("h1")).to_have_count(1)
        for message in page.locator("article summary").all():
            message.click()
        look(page)


def test_decisions_on_held_messages(
    visit: Visit, expects: Expects, look: Check, sales: User, held: str
) -> None:
    page = visit(f"/held/?network={NETWORK}", sales)
    expects("409")
    page.get_by_role("button", name="Release the message of Grace").click()
    page.get_by_role("button", name="Discard the message of Ada Li").first.click()
    expect(page.get_by_role("link", name="Open the lead")).to_be_visible()
    expect(page.get_by_role("button", name="Take back")).to_be_visible()
    look(page)
    for button in ("Discard all…", "Yes, discard"):
        with page.expect_navigation():
            page.get_by_role("button", name=button).click()
        look(page)
    page.goto("/held/?show=discarded")
    for one in store.page(state=State.DISCARDED).messages:
        store.take_back(one.lead_id)
        store.release(one.lead_id, SOMEBODY)
    # As without htmx.
    with page.expect_navigation():
        page.locator("article form").first.evaluate("form => form.submit()")
    expect(page.get_by_role("alert")).to_contain_text("Somebody has released this message")
    look(page)


def test_pages_with_nothing_in_them(visit: Visit, look_at_each: CheckEach, admin: User) -> None:
    page = visit("about:blank", admin)
    look_at_each(page, ("/board/", "/today/", "/leads/", "/accounts/users/", "/held/"))


def test_public_pages(visit: Visit, look_at_each: CheckEach) -> None:
    look_at_each(
        visit("about:blank"),
        (
            "/accounts/login/",
            "/accounts/password-reset/",
            "/accounts/password-reset/done/",
            "/accounts/password-reset/complete/",
            "/accounts/password-reset/MQ/bad-token/",
            "/contact/",
            "/contact/thanks/",
        ),
    )


def test_pages_about_an_error(visit: Visit, expects: Expects, look: Check, sales: User) -> None:
    page = visit("about:blank", sales)
    expects("404", "403", "400", "422", "does not conform")
    for status, address in (
        (404, "/nowhere/"),
        (403, "/accounts/users/"),
        (400, "/board/column/new/?cursor=altered"),
        (422, "/leads/?since=soon"),
        (422, "/held/?hour=soon"),
    ):
        page.set_viewport_size(DESK)
        answer = page.goto(address)
        assert answer
        assert answer.status == status
        look(page)


@pytest.mark.parametrize(
    "case",
    [
        ("/contact/", "Send message"),
        ("/accounts/login/", "Sign in"),
        ("/leads/add/", "Save"),
        ("/accounts/password-change/", "Change my password"),
    ],
    ids=str,
)
def test_form_with_errors(
    visit: Visit, expects: Expects, look: Check, sales: User, case: tuple[str, str]
) -> None:
    address, button = case
    page = visit(address, None if button == "Sign in" else sales)
    expects("422")
    page.get_by_role("main").get_by_role("button", name=button).first.click()
    expect(page.get_by_role("alert").first).to_be_visible()
    look(page)


def test_board_with_all_it_can_say(
    visit: Visit, expects: Expects, look: Check, sales: User, lead: Lead
) -> None:
    page = visit("/board/", sales)
    expects("500")
    page.get_by_label("Move Person 1 to").select_option("Converted")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.route("**/move/", lambda route: route.fulfill(status=500))
    page.get_by_label("Move Person 10 to").select_option("Converted")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="Undo").hover()  # so that it stays
    look(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    look(page)


def test_late_cards_and_the_controls_of_one(
    visit: Visit, look: Check, sales: User, lead: Lead
) -> None:
    page = visit("/board/", sales)
    page.evaluate(LATER, 5)
    look(page, within="main")
    page.evaluate(LATER, 9)
    page.locator(".card a").first.focus()
    look(page, within="main")


def test_closing_and_what_is_closed(visit: Visit, look: Check, sales: User, lead: Lead) -> None:
    page = visit("/board/", sales)
    page.locator(".card a").first.focus()
    page.keyboard.press("x")
    look(page)
    page.locator("#closing").get_by_role("button", name="Lost: No budget").click()
    expect(page.locator(".toast")).to_contain_text("is closed as lost")
    page.goto(f"/board/?lead={lead.lead_id}")
    page.keyboard.press("x")
    expect(page.locator(".closing button").first).to_be_focused()
    look(page)
    page.goto("/leads/?status=closed&outcome=lost")
    look(page)
    page.locator(".leads th a").click()
    expect(page.locator(".lead-closed")).to_be_visible()
    look(page)


def test_each_state_of_the_panel(visit: Visit, look: Check, sales: User, lead: Lead) -> None:
    page = visit(f"/board/?lead={lead.lead_id}", sales)
    page.get_by_label("Call").check()
    page.get_by_label("Voicemail").check()
    page.locator("#composer-text").fill("Asked for a call back")
    look(page)
    page.get_by_role("button", name="Log call").click()
    menu = page.get_by_label("Change or delete this call")
    menu.click()
    look(page)
    page.locator(".remark").get_by_role("link", name="Edit").click()
    look(page)
    page.locator(".remark").get_by_role("link", name="Cancel").click()
    menu.click()
    page.locator(".remark").get_by_role("link", name="Delete").click()
    look(page)


def test_filters_of_a_phone(visit: Visit, look: Check, sales: User, lead: Lead) -> None:
    page = visit("/leads/", sales, viewport=PHONE)
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("Select Person 10").check()
    look(page, within="main")


def test_menu(visit: Visit, look: Check, sales: User) -> None:
    page = visit("/leads/", sales)
    page.locator(".site-header summary").click()
    look(page, within=".site-header")


@pytest.mark.parametrize("address", ["/board/", "/leads/", "/leads/{lead}/"])
def test_search(visit: Visit, look: Check, sales: User, lead: Lead, address: str) -> None:
    page = visit(address.format(lead=lead.lead_id), sales)
    page.keyboard.press("/")
    look(page)
    page.keyboard.type("per")
    expect(page.locator("#found [role=option]")).to_have_count(9)
    page.keyboard.press("ArrowDown")
    look(page)
    page.keyboard.type("zz")
    expect(page.locator("#found")).to_have_text("Nothing found.")
    look(page)


def test_conflicts_and_confirmations(
    visit: Visit, expects: Expects, look: Check, sales: User, lead: Lead
) -> None:
    page = visit("/board/column/contacted/", sales)
    expects("409")
    moved_by_somebody(lead, Status.QUALIFIED)
    page.get_by_label("Move Person 1 to").select_option("Converted")
    expect(page.get_by_role("alert")).to_contain_text("Your move was not made.")
    look(page)
    # Deleting several.
    page.goto("/leads/")
    page.get_by_label("Select Person 1", exact=True).check()
    page.get_by_label("Select Person 10", exact=True).check()
    look(page)
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete 2 leads?")
    look(page)
    # Somebody else is quicker.
    repository.delete(lead.lead_id, version=4, actor=SOMEBODY, write_id="quicker")
    expects("404")
    page.get_by_role("button", name="Yes, delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Some leads were left alone")
    look(page)


def test_overtaken_edit(
    visit: Visit, expects: Expects, look: Check, sales: User, lead: Lead
) -> None:
    page = visit(f"/leads/{lead.lead_id}/edit/", sales)
    expects("409")
    page.get_by_label("Subject").fill("Mine")
    change = {"subject": "Theirs"}
    repository.edit(lead.lead_id, change, version=3, actor=SOMEBODY, write_id="theirs")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page)


def test_settings_that_are_wrong_or_overtaken(
    visit: Visit, expects: Expects, look: Check, admin: User
) -> None:
    page = visit("/settings/", admin)
    expects("409", "422")
    new = page.get_by_role("group", name="New").get_by_label("Number")
    new.fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#errors")).to_be_visible()
    look(page)
    desk_settings.save(replace(desk_settings.read(), limits={}))
    new.fill("5")
    page.get_by_role("button", name="Save").click()
    expect(page.locator('[data-now="limit_new"]')).to_contain_text("(empty)")
    look(page)


def test_hours_and_rules_that_are_wrong(
    visit: Visit, expects: Expects, look: Check, admin: User, sales: User
) -> None:
    page = visit("/settings/", admin)
    expects("422")
    page.get_by_label("Monday").check()
    page.get_by_label("Give new leads to people in turn").check()
    page.locator("[name=hours_end]").fill("08:00")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#errors")).to_contain_text("Choose who gets new leads.")
    look(page)


def test_where_open_leads_go_and_why_nobody_got_one(
    visit: Visit, expects: Expects, look: Check, admin: User, sales: User
) -> None:
    lead = make.add(owner_id=sales.id)
    page = visit(f"/accounts/users/{sales.id}/", admin)
    expects("422")
    page.get_by_label("Active").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Deactivate").click()
    expect(page.locator("#errors")).to_be_visible()
    look(page)
    tell_nobody_free(make.stored(lead.lead_id), ["away"])
    page.goto(f"/leads/{lead.lead_id}/")
    expect(page.locator("#timeline")).to_contain_text("nobody was free")
    look(page)


def test_a_link_was_sent(visit: Visit, look: Check, sales: User) -> None:
    for _ in range(throttle.SIGN_IN_LIMIT):
        throttle.reserve(throttle.sign_in(sales.email, "192.0.2.1")[1:])
    page = visit("/accounts/login/")
    page.get_by_label("E-mail").fill(sales.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("sent a link")
    look(page)


def test_a_form_that_takes_no_more(
    visit: Visit, expects: Expects, look: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise IntakeFullError(1800)

    monkeypatch.setattr("leads.intake.views.take", full)
    page = visit("/contact/")
    expects("429")
    fill(page)
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing you wrote is lost")
    look(page)


def test_password_was_changed(visit: Visit, look: Check, sales: User) -> None:
    page = visit("/accounts/password-change/", sales)
    page.get_by_label("Old password").fill(PASSWORD)
    page.get_by_label(re.compile("^New password")).first.fill("another horse battery")
    page.get_by_label(re.compile("confirm", re.IGNORECASE)).fill("another horse battery")
    page.get_by_role("main").get_by_role("button").first.click()
    page.wait_for_url("/accounts/password-change/done/")
    look(page)
