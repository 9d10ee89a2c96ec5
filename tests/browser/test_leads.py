"""The list and the pages of one lead, as people work with them."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from crm.accounts.models import User
from leads import repository
from leads.models import EventType, Status
from leads.web import acts
from tests.board.leads import add
from tests.browser.board import add_many, moved_by_somebody, stored
from tests.browser.conftest import Visit
from tests.make import SOMEBODY

type Expects = Callable[..., None]


def test_filters_change_the_page_in_place(visit: Visit, sales: User) -> None:
    add_many(3)
    add_many(2, Status.QUALIFIED, start=4)
    page = visit("/leads/", sales)
    rows = page.locator("tr[data-lead-id]")
    expect(rows).to_have_count(5)
    page.get_by_role("link", name=re.compile("Qualified")).click()
    expect(rows).to_have_count(2)
    expect(page).to_have_url("/leads/?status=qualified")
    expect(page.get_by_role("link", name=re.compile("Qualified"))).to_be_focused()
    # What was shown is not kept in the browser, for whoever sits there next.
    assert page.evaluate("sessionStorage.getItem('htmx-history-cache')") is None
    page.go_back()
    expect(rows).to_have_count(5)
    page.locator("#filter-q").fill("P2@example.com ")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    page.reload()
    expect(rows).to_have_count(1)


def test_paging_shows_every_lead_once(visit: Visit, sales: User) -> None:
    leads = add_many(60)
    page = visit("/leads/", sales)
    seen: list[str] = []
    rows = page.locator("tr[data-lead-id]")
    for shown in range(10):
        first = rows.first.get_attribute("data-lead-id")
        seen += rows.evaluate_all("rows => rows.map(row => row.dataset.leadId)")
        older = page.get_by_role("link", name=re.compile("Older|Next"))
        if not older.count():
            break
        assert shown < 9
        older.click()
        expect(rows.first).not_to_have_attribute("data-lead-id", first or "")
    assert seen == [lead.lead_id for lead in reversed(leads)]


def test_moving_several_at_once(visit: Visit, expects: Expects, sales: User) -> None:
    leads = add_many(4)
    page = visit("/leads/", sales)
    expects("409")
    page.get_by_label("Select Person 1").check()
    page.get_by_label("Select Person 2").check()
    page.get_by_label("Select Person 3").check()
    expect(page.locator("[data-checked-count]")).to_have_text("3 selected:")
    moved_by_somebody(leads[1], Status.CONVERTED)
    page.get_by_label("Move selected leads to").select_option("Qualified")
    page.get_by_role("button", name="Move").click()
    # Two were moved; the third is left where somebody else put it, and named.
    expect(page.get_by_role("main")).to_contain_text("Person 2 is in Converted now")
    assert [stored(lead).status for lead in leads] == [
        Status.QUALIFIED,
        Status.CONVERTED,
        Status.QUALIFIED,
        Status.NEW,
    ]


def test_all_of_a_page(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    page = visit("/leads/", sales)
    page.get_by_label("Select all on this page").check()
    page.get_by_label("Move selected leads to").select_option("Contacted")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_role("status")).to_contain_text("3 leads")
    assert {stored(lead).status for lead in leads} == {Status.CONTACTED}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_all_of_a_list_go_in_steps_and_come_back(
    visit: Visit, sales: User, monkeypatch: pytest.MonkeyPatch, *, scripts: bool
) -> None:
    monkeypatch.setattr(acts, "STEP_SECONDS", 0.001)
    add_many(26)
    page = visit("/leads/?status=new", sales, java_script_enabled=scripts)
    page.locator("tbody input[type=checkbox]").first.check()
    page.get_by_label("All leads of this list").check()
    page.get_by_label("Move selected leads to").select_option("Contacted")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_role("heading", name="Move all these leads to Contacted?")).to_be_visible()
    page.get_by_role("button", name="Yes, all of them").click()
    while not scripts and (go_on := page.get_by_role("button", name="Continue")).is_visible():
        go_on.click()
    expect(page.get_by_role("status")).to_contain_text("26 leads were moved to Contacted.")
    page.get_by_role("button", name="Undo").click()
    while not scripts and (go_on := page.get_by_role("button", name="Continue")).is_visible():
        go_on.click()
    expect(page.get_by_role("status")).to_contain_text("26 leads are as they were before.")
    assert repository.counts().totals[Status.NEW] == 26


def test_deleting_several_asks_first(visit: Visit, sales: User) -> None:
    leads = add_many(3)
    page = visit("/leads/", sales, java_script_enabled=False)
    page.get_by_label("Select Person 1").check()
    page.get_by_label("Select Person 3").check()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", name="Delete 2 leads?")).to_be_visible()
    assert repository.counts().totals[Status.NEW] == 3
    page.get_by_role("button", name="Yes, delete").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("tr[data-lead-id]")).to_have_count(1)
    assert stored(leads[1]).version == 1
    assert repository.counts().totals[Status.NEW] == 1


def test_adding_and_editing(visit: Visit, expects: Expects, sales: User) -> None:
    page = visit("/leads/", sales)
    expects("422")
    page.get_by_role("link", name="Add lead").first.click()
    page.get_by_label("Name").fill("Zoë <i>Ångström</i>")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("E-mail")
    page.get_by_label("E-mail").fill("zoe@example.com")
    page.get_by_label("Message").fill("one\ntwo")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zoë <i>Ångström</i>")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Company").fill("Northwind")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_role("status")).to_contain_text("was changed")
    expect(page.get_by_label("Company")).to_have_value("Northwind")
    page.get_by_role("button", name="Save", exact=True).click()
    (lead,) = repository.by_status(Status.NEW).leads
    events = repository.timeline(lead.lead_id).events
    assert [event.type for event in events] == [EventType.EDITED, EventType.CREATED]
    assert events[0].changes.keys() == {"company"}


def test_an_overtaken_edit_keeps_what_was_typed(
    visit: Visit, expects: Expects, sales: User
) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/edit/", sales)
    expects("409")
    page.get_by_label("Subject").fill("Mine")
    repository.edit(
        lead.lead_id,
        {"subject": "Theirs", "company": "Elsewhere"},
        version=1,
        actor=SOMEBODY,
        write_id="theirs",
    )
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else changed this lead")
    expect(page.get_by_label("Subject")).to_have_value("Mine")
    expect(page.get_by_label("Company")).to_have_value("Elsewhere")
    expect(page.locator("[data-now=subject]")).to_contain_text("Theirs")
    assert stored(lead).subject == "Theirs"
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Person 1")
    assert (stored(lead).subject, stored(lead).company) == ("Mine", "Elsewhere")


def test_moving_from_the_lead_page(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/", sales)
    page.get_by_role("button", name="Qualified").click()
    expect(page.get_by_role("status")).to_have_text("“Person 1” is now in Qualified, and yours.")
    expect(page).to_have_url(f"/leads/{lead.lead_id}/")
    expect(page.get_by_role("listitem").filter(has_text=sales.name)).to_contain_text("Qualified")


def test_deleting_asks_first(visit: Visit, sales: User) -> None:
    lead = add()
    page = visit(f"/leads/{lead.lead_id}/", sales)
    page.get_by_role("link", name="Delete…").click()
    expect(page.get_by_role("heading", name="Delete this lead?")).to_be_visible()
    page.get_by_role("link", name="No, take me back").click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Yes, delete").click()
    expect(page).to_have_url("/leads/")
    expect(page.get_by_role("status")).to_contain_text("was deleted")
    assert repository.counts().totals[Status.NEW] == 0
