"""Closing a lead: with htmx, by a plain form, and refused."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb.calls import Page, query
from crm.dynamodb.capacity import Usage
from leads import repository
from leads.models import ClosedAs, EventType, Lead, Status
from tests import make
from tests.web.pages import HTMX, add_foreign, add_lead, change_behind, current, text

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


def close(web: Client, lead: Lead, *, part: bool = False, **given: object) -> tuple[int, str]:
    response = _post(web, lead, part=part, **given)
    return response.status_code, text(response)


def _post(
    web: Client, lead: Lead, *, part: bool = False, **given: object
) -> "_MonkeyPatchedWSGIResponse":
    sent = {"outcome": "lost", "version": lead.version, **given}
    headers = HTMX if part else {}
    return web.post(f"/leads/{lead.lead_id}/close/", sent, headers=headers)


def test_htmx_is_told_the_totals_and_no_card(web: Client, sales: User) -> None:
    lead = add_lead()
    response = _post(web, lead, part=True, reason="No  budget")
    assert response.status_code == 200
    assert "data-lead-id" not in response.text
    assert re.findall(r'id="total-(\w+)" data-total="(\d+)"', response.text)[0] == ("new", "0")
    assert "leadbook:closed" in response["HX-Trigger"]
    assert response["X-Act"]
    after = current(lead.lead_id)
    assert (after.outcome, after.reason, after.closed_by) == (ClosedAs.LOST, "No budget", sales.id)
    assert make.totals() == make.recount() == make.only(lost=1)


def test_the_panel_shows_it_closed(web: Client) -> None:
    lead = add_lead()
    status, page = close(web, lead, part=True, panel="1", outcome="duplicate")
    assert status == 200
    assert "Duplicate, by" in page
    assert 'aria-pressed="true"' not in page
    assert "/close/" not in page


def test_a_plain_form_goes_back_with_a_message_that_undoes(web: Client) -> None:
    lead = add_lead()
    sent = {"outcome": "spam", "version": 1, "next": "/leads/?status=new"}
    response = web.post(f"/leads/{lead.lead_id}/close/", sent, follow=True)
    assert response.redirect_chain == [("/leads/?status=new", 302)]
    assert "“Ada Li” is closed as spam." in response.text
    assert "/undo/" in response.text


def test_a_second_click_is_the_first_one(web: Client) -> None:
    lead = add_lead()
    assert close(web, lead) == close(web, lead)
    assert [event.type for event in make.events(lead.lead_id)].count(EventType.CLOSED) == 1


@pytest.mark.parametrize("part", [True, False])
def test_a_lead_that_somebody_changed_stays_as_it_is(web: Client, *, part: bool) -> None:
    lead = add_lead()
    change_behind(lead, name="Grace")
    status, page = close(web, lead, part=part)
    assert status == 409
    assert f'data-lead-id="{lead.lead_id}"' in page
    assert ("<h2>The lead as it is now</h2>" in page) is not part
    assert current(lead.lead_id).status is Status.NEW


def test_a_lead_that_somebody_closed_otherwise_is_a_conflict_without_a_card(web: Client) -> None:
    lead = add_lead()
    repository.close(
        lead.lead_id, ClosedAs.SPAM, version=1, actor=make.BOB, write_id="another-write"
    )
    response = _post(web, lead, part=True)
    assert response.status_code == 409
    assert "data-lead-id" not in response.text
    told = response["HX-Trigger"].encode().decode("unicode_escape")
    assert re.search(r"Bob closed “Ada Li” \d+ s ago\. You did not close it\.", told)


@pytest.mark.parametrize("field", ["outcome", "reason", "version", "next", "token"])
@pytest.mark.parametrize("filler", ["x", "é", "😀"])
def test_no_input_makes_headers_longer_than_servers_take(
    web: Client, field: str, filler: str
) -> None:
    lead = add_lead()
    response = _post(web, lead, part=True, **{"outcome": "lost", field: filler * 50_000})
    assert response.status_code < 500
    assert max(len(value) for value in response.headers.values()) < 4096


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"outcome": "won"}, "“won” is no way to close a lead: choose Lost, Spam or Duplicate."),
        ({"outcome": ""}, "Choose Lost, Spam or Duplicate."),
        ({"reason": "x" * 81}, "A reason has at most 80 characters."),
        ({"reason": "a\x07b"}, "Control characters are not allowed."),
        ({"reason": "\u200b"}, "Something to see is needed."),
    ],
)
def test_what_is_wrong_is_said(web: Client, given: dict[str, str], says: str) -> None:
    lead = add_lead()
    for part in (True, False):
        response = _post(web, lead, part=part, **given)
        assert response.status_code == 400
        assert part or says in text(response)
    assert current(lead.lead_id) == lead


def test_needs_sign_in_and_the_role(client_for: Callable[[User], Client], viewer: User) -> None:
    lead = add_lead()
    assert Client().post(f"/leads/{lead.lead_id}/close/", {"outcome": "lost"}).status_code == 302
    assert close(client_for(viewer), lead)[0] == 403
    assert current(lead.lead_id) == lead


def test_answers_what_is_not_there_and_other_methods(web: Client) -> None:
    assert web.post("/leads/nobody/close/", {"outcome": "lost", "version": 1}).status_code == 404
    assert web.post("/leads/nobody/close/", {"outcome": "won"}).status_code == 404
    assert web.get(f"/leads/{add_lead().lead_id}/close/").status_code == 405


def test_a_malformed_version_is_stale(web: Client) -> None:
    assert close(web, add_lead(), version="1e9")[0] == 409


def test_another_programs_lead_is_closed(web: Client) -> None:
    lead = add_foreign()
    assert close(web, lead)[0] == 302
    assert make.totals() == make.only(lost=1)


def test_costs_what_was_promised(web: Client, usage: Usage) -> None:
    lead = add_lead()
    before = usage.wru
    close(web, lead, reason="No budget")
    assert usage.wru - before <= 12


def test_its_page_offers_it_and_tells_of_it(web: Client) -> None:
    lead = add_lead()
    page = web.get(f"/leads/{lead.lead_id}/").text
    assert f'action="/leads/{lead.lead_id}/close/"' in page
    assert "No budget" in page
    close(web, lead, reason="No budget")
    page = text(web.get(f"/leads/{lead.lead_id}/"))
    assert "Lost · No budget, by" in page
    assert "closed it as lost: <bdi>No budget</bdi>" in page
    web.post(f"/leads/{lead.lead_id}/move/", {"status": "contacted", "version": 2})
    page = text(web.get(f"/leads/{lead.lead_id}/"))
    assert "reopened it to Contacted" in page
    assert current(lead.lead_id).outcome is None
    assert make.totals() == make.only(contacted=1)


def test_another_reason_is_told_with_the_one_before(web: Client) -> None:
    lead = add_lead()
    close(web, lead, reason="No budget")
    close(web, lead, version=2, reason="Too far away")
    page = " ".join(text(web.get(f"/leads/{lead.lead_id}/")).split())
    assert "changed reason for closing" in page
    assert "<del><bdi>No budget</bdi></del> → <ins><bdi>Too far away</bdi></ins>" in page


def test_a_move_meets_a_lead_that_was_closed(web: Client) -> None:
    lead = add_lead()
    close(web, lead)
    url, sent = f"/leads/{lead.lead_id}/move/", {"status": "contacted", "version": 1}
    refused = web.post(url, sent, headers=HTMX)
    assert refused.status_code == 409
    assert "data-lead-id" not in refused.text
    assert re.search(r"closed “Ada Li” \d+ s ago\.", text(web.post(url, sent)))
    change_behind(current(lead.lead_id), name="Grace")
    assert "ago: it is closed now." in text(web.post(url, sent))


def test_many_are_closed_as_one_act(web: Client) -> None:
    leads = [add_lead(f"P {number}") for number in range(3)]
    picked = [f"{lead.version}:{lead.lead_id}" for lead in leads]
    sent = {"action": "close", "outcome": "lost", "reason": "Went elsewhere", "lead": picked}
    assert "3 leads were closed: Lost." in text(web.post("/leads/bulk/", sent, follow=True))
    assert {current(lead.lead_id).reason for lead in leads} == {"Went elsewhere"}
    assert make.totals() == make.recount() == make.only(lost=3)
    nothing = {"action": "close", "lead": picked}
    assert "Choose how to close them" in text(web.post("/leads/bulk/", nothing, follow=True))


@pytest.mark.parametrize("reason", ["Kein\u00adBudget", "a\u200cb", "\U0001f468\u200d\U0001f4bb"])
def test_whatever_reason_admins_keep_can_be_given(
    web: Client, admin: User, client_for: Callable[[User], Client], reason: str
) -> None:
    desk, lead = client_for(admin), add_lead()
    form = desk.get("/settings/").context["form"]
    desk.post("/settings/", {"reasons_lost": reason, "version": form["version"].value()})
    kept = re.findall(r'<option value="([^"]+)">', web.get("/leads/?status=closed").text)
    assert reason in kept
    assert close(web, lead, reason=reason)[0] == 302
    assert current(lead.lead_id).reason == reason


def test_the_list_has_them_by_outcome_and_reason(web: Client) -> None:
    names = {"Lena": ("lost", "No budget"), "Liv": ("lost", "Price"), "Sam": ("spam", "")}
    for name, (outcome, reason) in names.items():
        close(web, add_lead(name), outcome=outcome, reason=reason)
    add_lead("Nora")
    page = web.get("/leads/?status=closed").text
    assert re.findall(r'id="outcome-(\w+)".*?class="count">(\d+)<', page, re.DOTALL) == [
        ("all", "3"),
        ("lost", "2"),
        ("spam", "1"),
        ("duplicate", "0"),
    ]
    assert _names(page) == {"Lena", "Liv", "Sam"}
    # A reason that no admin keeps can be filtered by where a lead has it.
    assert page.count('<option value="Price">Price</option>') == 1
    assert '<option value="Price">' not in web.get("/leads/?status=closed&outcome=spam").text
    assert _names(web.get("/leads/?status=closed&outcome=lost").text) == {"Lena", "Liv"}
    assert _names(web.get("/leads/?outcome=lost&reason=Price").text) == {"Liv"}
    assert _names(web.get("/leads/?q=Lena").text) == {"Lena"}
    assert "Lost · No budget, by" in page
    assert 'id="outcome-' not in web.get("/leads/").text
    assert web.get("/leads/?outcome=won").status_code == 422


def _names(page: str) -> set[str]:
    return set(re.findall(r'<th scope="row"><a [^>]*>(?:<mark>)?(\w+)', page))


def test_leads_of_an_index_without_outcomes_are_read_whole(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(web, add_lead("Lena"), reason="Price")

    def older(*args: object, **options: object) -> Page:
        page = query(*args, **options)  # type: ignore[arg-type] # as it is asked
        newer = {"outcome", "reason", "closedBy"}
        items = [{k: v for k, v in item.items() if k not in newer} for item in page.items]
        return page._replace(items=items) if options.get("index") else page

    monkeypatch.setattr("leads.repository.reads.query", older)
    assert _names(web.get("/leads/?status=closed&outcome=lost&reason=Price").text) == {"Lena"}
