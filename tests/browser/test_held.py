"""Messages over a limit, from the note in the navigation to the lead."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from crm.accounts.models import User
from leads import repository
from leads.held import bulk, store
from leads.held.models import State
from leads.models import Status
from tests.browser.conftest import PHONE, Visit
from tests.held.messages import NETWORK, OTHER_NETWORK, current, hold
from tests.make import SOMEBODY


def test_one_by_one(visit: Visit, sales: User) -> None:
    grace = hold("Grace", message="word " * 100 + "end")
    spam = hold("Spam")
    page = visit("/board/", sales)
    page.get_by_role("link", name="Held 2").click()
    page.wait_for_url("/held/")
    first = page.locator(f"#held-{grace}")
    expect(first.get_by_text("end", exact=False).last).to_be_hidden()
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(first.locator(".written")).to_be_visible()
    # The list stays, each message says what became of it, and the focus stays in its place.
    page.get_by_role("button", name="Discard the message of Spam").press("Enter")
    expect(page.get_by_role("link", name="Held 1")).to_have_count(2)  # the navigation, the tab
    taking_back = page.get_by_role("button", name="Take back the message of Spam")
    expect(taking_back).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("The message of Spam was discarded.")
    taking_back.press("Enter")
    expect(page.get_by_role("button", name="Discard the message of Spam")).to_be_focused()
    expect(page.get_by_role("link", name="Held 2")).to_have_count(2)
    page.get_by_role("button", name="Release the message of Grace").press("Enter")
    expect(page.get_by_role("link", name="Open the lead")).to_be_focused()
    expect(page.get_by_role("link", name="Held 1")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Grace")
    expect(page.get_by_role("listitem").filter(has_text=sales.name)).to_contain_text("was held")
    assert [current(one).state for one in (grace, spam)] == [State.RELEASED, State.HELD]


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_all_of_a_network(
    visit: Visit,
    sales: User,
    monkeypatch: pytest.MonkeyPatch,
    java_script_enabled: bool,  # noqa: FBT001 -- a case
) -> None:
    monkeypatch.setitem(bulk.EACH_REQUEST, "release", 2)
    for _ in range(5):
        hold()
    other = hold("Other", network=OTHER_NETWORK)
    page = visit("/held/", sales, java_script_enabled=java_script_enabled)
    page.get_by_label("Network").select_option(NETWORK)
    if not java_script_enabled:  # a script applies it as it is chosen
        page.get_by_role("button", name="Filter").click()
    expect(page.locator("article")).to_have_count(5)
    assert page.evaluate("scrollY") == 0  # the filters stay where they were pressed
    page.get_by_role("button", name="Release all…").click()
    expect(page.get_by_role("main")).to_contain_text("Each becomes a lead")
    page.get_by_role("button", name="Yes, release").click()
    for _ in range(0 if java_script_enabled else 2):
        page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("status")).to_have_text("5 messages are leads now.")
    assert repository.counts().totals[Status.NEW] == 5
    page.get_by_role("link", name="Back to the held messages").click()
    expect(page.locator("article")).to_have_count(1)
    assert current(other).state is State.HELD


def test_without_javascript_on_a_phone(visit: Visit, sales: User) -> None:
    lead_id = hold("Grace")
    page = visit("/held/", sales, viewport=PHONE, java_script_enabled=False)
    page.get_by_role("button", name="Discard the message of Grace").click()
    expect(page.get_by_role("status")).to_have_text("The message of Grace was discarded.")
    page.get_by_role("link", name="Discarded").click()
    page.get_by_role("button", name="Take back the message of Grace").click()
    expect(page.get_by_role("status")).to_have_text("The message of Grace is held again.")
    assert current(lead_id).state is State.HELD


def test_somebody_else_is_quicker(visit: Visit, sales: User, admin: User) -> None:
    lead_id = hold("Grace")
    page, other = visit("/held/", sales), visit("/held/", admin)
    other.get_by_role("button", name="Release the message of Grace").click()
    expect(other.get_by_role("link", name="Open the lead")).to_be_visible()
    page.get_by_role("button", name="Release the message of Grace").click()
    expect(page.locator("article")).to_contain_text("released already: there is one lead")
    assert store.get(lead_id).state is State.RELEASED
    assert repository.counts().totals[Status.NEW] == 1


def test_offline_and_back(visit: Visit, expects: Callable[..., None], sales: User) -> None:
    lead_id = hold("Grace")
    page = visit("/held/", sales)
    expects("ERR_INTERNET_DISCONNECTED", "htmx:")
    page.context.set_offline(offline=True)
    page.get_by_role("button", name="Release the message of Grace").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    assert current(lead_id).state is State.HELD
    page.context.set_offline(offline=False)
    page.get_by_role("button", name="Release the message of Grace").click()
    expect(page.get_by_role("link", name="Open the lead")).to_be_focused()
    # Nothing waits any more: the navigation says so at once.
    expect(page.get_by_role("navigation", name="Main").get_by_role("link")).to_have_count(3)
    assert repository.counts().totals[Status.NEW] == 1


def test_a_decision_among_the_discarded(visit: Visit, sales: User) -> None:
    for name in ("Ada", "Grace"):
        store.discard(hold(name), SOMEBODY)
    page = visit("/held/?show=discarded", sales)
    page.get_by_role("button", name="Take back the message of Grace").click()
    expect(page.get_by_role("link", name="Discarded 1")).to_be_visible()
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation.get_by_role("link", name="Held 1")).to_be_visible()
