"""Moving a card: with htmx, by a plain form, and refused."""

import re
from collections.abc import Callable
from html import unescape
from http import HTTPStatus

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb.capacity import Usage
from leads import repository
from leads.models import EventType, Status
from leads.web.cards import dom_id
from tests.board.leads import HTMX, URL, add, cards_in, whole_cards
from tests.make import SOMEBODY


def test_with_htmx_answers_the_card_and_the_totals(web: Client, sales: User) -> None:
    lead = add()
    response = web.post(
        f"/leads/{lead.lead_id}/move/", {"status": "contacted", "version": 1}, headers=HTMX
    )
    assert response.status_code == HTTPStatus.OK
    assert "<html" not in response.text
    assert cards_in(response.text) == [lead.lead_id]
    assert 'data-status="contacted" data-version="2"' in response.text
    assert re.findall(r'id="total-(\w+)" data-total="(\d+)"', response.text) == [
        ("new", "0"),
        ("contacted", "1"),
        ("qualified", "0"),
        ("converted", "0"),
    ]
    assert "leadbook:moved" in response["HX-Trigger"]
    event = repository.timeline(lead.lead_id).events[0]
    assert (event.type, event.actor.id) == (EventType.MOVED, sales.id)


def test_the_card_it_answers_is_the_card_of_a_reload(web: Client) -> None:
    lead = add()
    moved = web.post(
        f"/leads/{lead.lead_id}/move/", {"status": "contacted", "version": 1}, headers=HTMX
    )
    assert whole_cards(moved.text) == whole_cards(web.get(URL, headers=HTMX).text)


def test_without_htmx_goes_back_to_the_board(web: Client) -> None:
    lead = add()
    response = web.post(
        f"/leads/{lead.lead_id}/move/", {"status": "contacted", "version": 1}, follow=True
    )
    assert response.redirect_chain == [(f"/board/#{dom_id(lead.lead_id)}", HTTPStatus.FOUND)]
    assert "“Person 1” is now in Contacted, and yours." in response.text


@pytest.mark.parametrize(
    ("address", "goes_there"),
    [
        ("/leads/?status=new", True),
        ("https://evil.example/", False),
        ("//evil.example/", False),
        ("/\\evil.example", False),
        ("javascript:alert(1)", False),
        ("http:///evil.example", False),
        ("", False),
    ],
)
def test_goes_to_an_address_of_this_site_only(
    web: Client,
    address: str,
    goes_there: bool,  # noqa: FBT001 - a table of cases
) -> None:
    lead = add()
    sent = {"status": "contacted", "version": 1, "next": address}
    response = web.post(f"/leads/{lead.lead_id}/move/", sent)
    wanted = address if goes_there else f"/board/#{dom_id(lead.lead_id)}"
    assert response["Location"] == wanted


def test_a_stale_version_is_refused_with_the_card_as_it_is(web: Client) -> None:
    lead = add()
    repository.move(lead.lead_id, Status.QUALIFIED, version=1, actor=SOMEBODY, write_id="first")
    sent = {"status": "contacted", "version": 1}
    partial = web.post(f"/leads/{lead.lead_id}/move/", sent, headers=HTMX)
    assert partial.status_code == HTTPStatus.CONFLICT
    assert 'data-status="qualified" data-version="2"' in partial.text
    assert "leadbook:refused" in partial["HX-Trigger"]
    full = web.post(f"/leads/{lead.lead_id}/move/", sent)
    assert full.status_code == HTTPStatus.CONFLICT
    says = r"Somebody Else changed “Person 1” \d+ s ago: it is in Qualified now\."
    assert re.search(says, full.text)
    assert "Your move was not made." in full.text
    assert "hx-post" not in full.text
    assert repository.get(lead.lead_id).version == 2


def test_the_card_of_a_conflict_leads_back_to_the_filter_that_one_came_from(web: Client) -> None:
    """Its forms are the second try; the card is drawn once for everybody."""
    for back in ("/board/?owner=me&show=50", "/leads/?q=a&status=new"):
        lead = add()
        sent = {"status": "contacted", "version": 9, "next": back}
        page = web.post(f"/leads/{lead.lead_id}/move/", sent).text
        ways = re.findall(
            r'<input type="hidden" name="next" value="([^"]*)">', whole_cards(page)[0]
        )
        assert [unescape(way) for way in ways] == [back, back]
        moved = web.post(f"/leads/{lead.lead_id}/move/", sent | {"version": 1})
        assert moved["Location"] == back


def test_a_column_by_itself_leads_back_to_the_board(web: Client) -> None:
    add()
    assert 'name="next" value=""' in web.get("/board/column/new/").text
    assert 'name="next"' not in web.get(URL).text


@pytest.mark.parametrize("version", ["", "-1", "1.0", "one", "99", "9" * 30, "²"])
def test_a_bad_version_changes_nothing(web: Client, version: str) -> None:
    lead = add()
    sent = {"status": "contacted", "version": version}
    response = web.post(f"/leads/{lead.lead_id}/move/", sent)
    assert response.status_code == HTTPStatus.CONFLICT
    assert repository.get(lead.lead_id).status is Status.NEW


@pytest.mark.parametrize("status", ["", "lost", "NEW", "<b>x</b>", "x" * 500])
def test_a_bad_status_is_refused(web: Client, status: str) -> None:
    lead = add()
    response = web.post(f"/leads/{lead.lead_id}/move/", {"status": status, "version": 1})
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert "<b>x" not in response.text
    assert 'href="/board/"' in response.text
    assert repository.get(lead.lead_id).version == 1


@pytest.mark.parametrize("token", ["", "short", "x" * 65, "spaces in it", "<b>", "ünsinn-token"])
def test_a_bad_token_counts_as_none(web: Client, token: str) -> None:
    lead = add()
    sent = {"status": "contacted", "version": 1, "token": token}
    for _ in range(2):
        response = web.post(f"/leads/{lead.lead_id}/move/", sent, headers=HTMX)
        assert response.status_code == HTTPStatus.OK
    assert repository.get(lead.lead_id).version == 2


def test_the_same_click_twice_is_one_move(web: Client) -> None:
    lead = add()
    sent = {"status": "contacted", "version": 1, "token": "the-same-click"}
    answers = [web.post(f"/leads/{lead.lead_id}/move/", sent, headers=HTMX) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {HTTPStatus.OK}
    assert repository.get(lead.lead_id).version == 2
    assert len(repository.timeline(lead.lead_id).events) == 2
    assert repository.counts().totals[Status.CONTACTED] == 1


def test_to_where_it_is_changes_nothing(web: Client) -> None:
    lead = add()
    response = web.post(f"/leads/{lead.lead_id}/move/", {"status": "new", "version": 1})
    assert response.status_code == HTTPStatus.FOUND
    assert repository.get(lead.lead_id).version == 1


@pytest.mark.parametrize("lead_id", ["gone", "~Z29uZQ", "~!", "~%C3%BC", "x" * 3000, "%00"])
def test_a_lead_that_is_not_there(web: Client, lead_id: str) -> None:
    response = web.post(f"/leads/{lead_id}/move/", {"status": "new", "version": 1})
    assert response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}


def test_a_viewer_may_not(client_for: Callable[[User], Client], viewer: User) -> None:
    lead = add()
    sent = {"status": "contacted", "version": 1}
    response = client_for(viewer).post(f"/leads/{lead.lead_id}/move/", sent)
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert repository.get(lead.lead_id).version == 1


@pytest.mark.usefixtures("tables")
def test_needs_sign_in(client: Client) -> None:
    lead = add()
    response = client.post(f"/leads/{lead.lead_id}/move/", {"status": "new", "version": 1})
    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"].startswith("/accounts/login/")


def test_needs_the_token_of_the_page(sales: User) -> None:
    lead = add()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sales)
    response = strict.post(f"/leads/{lead.lead_id}/move/", {"status": "new", "version": 1})
    assert response.status_code == HTTPStatus.FORBIDDEN


def test_only_by_post(web: Client) -> None:
    lead = add()
    response = web.get(f"/leads/{lead.lead_id}/move/")
    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert response["Allow"] == "POST"


def test_costs_what_was_promised(web: Client, usage: Usage) -> None:
    lead = add(status=Status.CONTACTED)
    before = usage.wru
    web.post(f"/leads/{lead.lead_id}/move/", {"status": "qualified", "version": 1})
    assert usage.wru - before <= 12
