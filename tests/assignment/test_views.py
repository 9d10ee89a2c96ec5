"""Giving a lead to somebody: by htmx, by a plain form, and refused."""

import re
from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb.capacity import Usage
from leads import repository
from leads.models import EventType, Lead, Status
from leads.web.cards import dom_id
from tests.board.leads import HTMX, add, add_foreign, cards_in, move_url
from tests.make import BOB, SOMEBODY, act


def assign_url(lead: Lead) -> str:
    return f"/leads/{lead.lead_id}/assign/"


def give(lead: Lead, owner_id: str, version: int = 1) -> Lead:
    return repository.assign(
        lead.lead_id, owner_id, version=version, actor=SOMEBODY, write_id=act()
    )


def test_with_htmx_answers_the_card_the_totals_and_the_act(web: Client, sales: User) -> None:
    lead = add()
    response = web.post(assign_url(lead), {"owner": "me", "version": 1}, headers=HTMX)
    assert response.status_code == HTTPStatus.OK
    assert cards_in(response.text) == [lead.lead_id]
    assert f"Owner: {sales.name}" in response.text
    assert 'class="take"' not in response.text
    assert f'href="/leads/{lead.lead_id}/#lead-owner"' in response.text
    assert re.findall(r'id="total-(\w+)" data-total="(\d+)"', response.text)[0] == ("new", "1")
    assert "“Person 1” is yours now." in response["HX-Trigger"].encode().decode("unicode-escape")
    stored = repository.get(lead.lead_id, consistent=True)
    assert (stored.owner_id, stored.version) == (sales.id, 2)
    assert response["X-Act"] == repository.act_of(stored, stored.write_id or "")
    event = repository.timeline(lead.lead_id).events[0]
    assert (event.type, event.actor.id) == (EventType.ASSIGNED, sales.id)


def test_without_htmx_goes_back_and_says_whose_it_is(web: Client, admin: User) -> None:
    lead = add()
    response = web.post(assign_url(lead), {"owner": admin.id, "version": 1}, follow=True)
    assert response.redirect_chain == [(f"/board/#{dom_id(lead.lead_id)}", HTTPStatus.FOUND)]
    assert f"“Person 1” belongs to {admin.name} now." in response.text
    assert "/undo/" in response.text
    sent = {"owner": "", "version": 2, "next": "/leads/?owner=none"}
    response = web.post(assign_url(lead), sent)
    assert response["Location"] == "/leads/?owner=none"
    assert repository.get(lead.lead_id).owner_id is None


def test_ones_own_id_is_as_good_as_me(web: Client, sales: User) -> None:
    lead = add()
    response = web.post(assign_url(lead), {"owner": sales.id, "version": 1}, headers=HTMX)
    assert response.status_code == HTTPStatus.OK
    assert repository.get(lead.lead_id, consistent=True).owner_id == sales.id


@pytest.mark.parametrize("owner", ["somebody", "none", "\x00", "x" * 3000, "<b>x</b>"])
def test_an_unknown_person_is_an_error_of_the_field(web: Client, owner: str) -> None:
    lead = add()
    response = web.post(assign_url(lead), {"owner": owner, "version": 1})
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "There is no such person" in response.text or "Null characters" in response.text
    assert "<b>x" not in response.text
    part = web.post(assign_url(lead), {"owner": owner, "version": 1}, headers=HTMX)
    assert part.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert cards_in(part.text) == [lead.lead_id]
    assert "leadbook:refused" in part["HX-Trigger"]
    assert repository.get(lead.lead_id).version == 1


def test_whoever_may_only_look_is_given_no_lead_but_keeps_theirs(web: Client, viewer: User) -> None:
    option = f'<option value="{viewer.id}"'
    lead, theirs = add(), add(2, owner=viewer)
    response = web.post(assign_url(lead), {"owner": viewer.id, "version": 1})
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    picked = {"action": "assign", "owner": viewer.id, "lead": f"1:{lead.lead_id}"}
    assert "There is no such person" in web.post("/leads/bulk/", picked, follow=True).text
    assert repository.get(lead.lead_id).version == 1
    for address in ("", "edit/"):
        assert option not in web.get(f"/leads/{lead.lead_id}/{address}").text
        assert option in web.get(f"/leads/{theirs.lead_id}/{address}").text


def test_an_inactive_person_or_none_is_refused(web: Client, admin: User) -> None:
    lead = add()
    admin.is_active = False
    admin.save()
    response = web.post(assign_url(lead), {"owner": admin.id, "version": 1})
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    response = web.post(assign_url(lead), {"version": 1})
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Choose whose the lead is to be." in response.text
    assert repository.get(lead.lead_id).version == 1


def test_who_was_quicker_is_named(web: Client, admin: User) -> None:
    lead = add()
    repository.assign(lead.lead_id, BOB.id, version=1, actor=BOB, write_id=act())
    sent = {"owner": "me", "version": 1}
    part = web.post(assign_url(lead), sent, headers=HTMX)
    assert part.status_code == HTTPStatus.CONFLICT
    assert 'data-version="2"' in part.text
    full = web.post(assign_url(lead), sent)
    assert full.status_code == HTTPStatus.CONFLICT
    assert re.search(r"Bob took “Person 1” \d+ s ago\. You did not assign it\.", full.text)
    give(lead, admin.id, version=2)
    full = web.post(assign_url(lead), sent)
    assert f"Somebody Else gave “Person 1” to {admin.name}" in full.text
    give(lead, "", version=3)
    full = web.post(assign_url(lead), sent)
    assert "it belongs to nobody now" in full.text
    repository.move(lead.lead_id, Status.QUALIFIED, version=4, actor=SOMEBODY, write_id=act())
    full = web.post(assign_url(lead), sent)
    says = r"Somebody Else changed “Person 1” \d+ s ago: it is in Qualified now\."
    assert re.search(says, full.text)
    assert repository.get(lead.lead_id).owner_id is None


def test_the_same_click_twice_is_one_act(web: Client) -> None:
    lead = add()
    sent = {"owner": "me", "version": 1, "token": "the-same-click"}
    answers = [web.post(assign_url(lead), sent, headers=HTMX) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {HTTPStatus.OK}
    assert len({answer["X-Act"] for answer in answers}) == 1
    assert len(repository.timeline(lead.lead_id).events) == 2


def test_whose_it_is_already_changes_nothing(web: Client, sales: User) -> None:
    lead = add(owner=sales)
    response = web.post(assign_url(lead), {"owner": "me", "version": 1}, headers=HTMX)
    assert response.status_code == HTTPStatus.OK
    assert "X-Act" not in response
    assert repository.get(lead.lead_id).version == 1


def test_in_the_panel_answers_the_panel_and_its_card(web: Client) -> None:
    lead = add()
    behind = {"HX-Current-URL": f"http://testserver/board/?lead={lead.lead_id}"}
    sent = {"owner": "me", "version": 1, "panel": "1"}
    response = web.post(assign_url(lead), sent, headers=HTMX | behind)
    assert 'id="lead-head"' in response.text
    assert cards_in(response.text) == [lead.lead_id] * 2
    again = web.post(assign_url(lead), sent | {"owner": ""}, headers=HTMX | behind)
    assert again.status_code == HTTPStatus.CONFLICT
    assert re.search(r"took “Person 1” \d+ s ago", again.text)


def test_another_programs_lead_can_be_taken(web: Client, sales: User) -> None:
    lead = add_foreign()
    text = web.get("/board/").text
    url = move_url(text, lead).replace("/move/", "/assign/")
    assert web.post(url, {"owner": "me", "version": 0}).status_code == HTTPStatus.FOUND
    assert repository.get(lead.lead_id).owner_id == sales.id


@pytest.mark.parametrize("version", ["", "-1", "one", "99", "9" * 30])
def test_a_bad_version_changes_nothing(web: Client, version: str) -> None:
    lead = add()
    response = web.post(assign_url(lead), {"owner": "me", "version": version})
    assert response.status_code == HTTPStatus.CONFLICT
    assert repository.get(lead.lead_id).owner_id is None


@pytest.mark.parametrize("owner", ["me", "somebody"])
def test_a_lead_that_is_not_there(web: Client, owner: str) -> None:
    response = web.post("/leads/gone/assign/", {"owner": owner, "version": 1})
    assert response.status_code == HTTPStatus.NOT_FOUND


def test_a_viewer_may_not_and_is_offered_nothing(
    client_for: Callable[[User], Client], viewer: User
) -> None:
    lead = add()
    client = client_for(viewer)
    for page in ("/board/", f"/leads/{lead.lead_id}/"):
        assert "/assign/" not in client.get(page).text
    response = client.post(assign_url(lead), {"owner": "me", "version": 1})
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert repository.get(lead.lead_id).version == 1


@pytest.mark.usefixtures("tables")
def test_needs_sign_in(client: Client) -> None:
    lead = add()
    response = client.post(assign_url(lead), {"owner": "me", "version": 1})
    assert response["Location"].startswith("/accounts/login/")


def test_only_by_post(web: Client) -> None:
    response = web.get(assign_url(add()))
    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert response["Allow"] == "POST"


def test_costs_what_was_promised(web: Client, usage: Usage) -> None:
    lead = add()
    before = usage.wru
    web.post(assign_url(lead), {"owner": "me", "version": 1}, headers=HTMX)
    assert usage.wru - before <= 13


def test_the_timeline_says_who_took_and_who_gave_it(web: Client, admin: User) -> None:
    lead = add()
    web.post(assign_url(lead), {"owner": "me", "version": 1})
    web.post(assign_url(lead), {"owner": admin.id, "version": 2})
    web.post(assign_url(lead), {"owner": "", "version": 3})
    text = " ".join(web.get(f"/leads/{lead.lead_id}/").text.split())
    assert "took it" in text
    assert f"gave it to <bdi>{admin.name}</bdi>; it was <bdi>Sales Person</bdi>" in text
    assert "gave it back to nobody" in text
    assert "Assigned" in web.get("/changes/").text
