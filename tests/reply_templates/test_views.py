"""Templates of answers: the checklist of each view, and what becomes of one in an answer."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from crm.accounts.models import User
from leads.models import Lead
from leads.repository import reply_templates as store
from leads.repository.reply_templates import DESK, Template
from tests.web.pages import HTMX, NASTY, add_lead, hidden, said, signed_out_goes_to_sign_in

pytestmark = pytest.mark.usefixtures("tables", "mail_server")
LIST = "/settings/templates/"
MINE, DESKS = f"{LIST}mine/add/", f"{LIST}desk/add/"
TEXTS = {"name": "Thanks", "subject": "Re: {subject}", "text": "Dear {first_name} of {company}"}


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


@pytest.fixture
def head(client_for: Callable[[User], Client], admin: User) -> Client:
    """Return the browser of an admin."""
    return client_for(admin)


def write(web: Client, address: str = MINE, **given: str) -> Template:
    """Store a template, and return it."""
    page = web.get(address)
    posted = {**TEXTS, "version": "0", "token": hidden(page, "token"), **given}
    assert web.post(address, posted).status_code == 302
    whose = DESK if address == DESKS else web.session["_auth_user_id"]
    found = store.one(whose, posted["token"])
    assert found
    return found


def reply(web: Client, lead: Lead, **given: object) -> str:
    posted = {"use": "1", "body": "", "version": lead.version, **given}
    response = web.post(f"/leads/{lead.lead_id}/reply/", posted, headers=HTMX)
    assert response.status_code == 200
    return unescape(response.text)


def test_ones_own_and_the_desks_are_inserted_with_the_leads_values(
    web: Client, head: Client
) -> None:
    mine, desk = write(web), write(head, DESKS, name="Offer", subject="", text="{name}: {my_name}")
    lead = add_lead("Ada Li")
    page = web.get(f"/leads/{lead.lead_id}/reply/").text
    assert "Thanks" in page
    assert "Offer" in page
    inserted = reply(web, lead, template=mine.id, body="Hello")
    assert "Hello\n\nDear Ada of Acme</textarea>" in inserted
    assert 'value="Re: Desks"' in inserted
    assert "Ada Li: " in reply(web, lead, template=desk.id)
    assert "Thanks" not in head.get(f"/leads/{lead.lead_id}/reply/").text


def test_a_value_that_is_missing_is_refused_until_it_is_filled_in(web: Client) -> None:
    mine = write(web, text="Dear {name} of {phone}")
    lead = add_lead()
    assert "Dear Ada Li of {phone}" in reply(web, lead, template=mine.id)
    posted = {"body": "Dear Ada of {phone}", "version": lead.version}
    response = web.post(f"/leads/{lead.lead_id}/reply/", posted)
    assert response.status_code == 422
    assert "Fill this in first, the lead has nothing for it: {phone}." in response.text
    posted["body"] = "Dear Ada of {whatever} and { }"
    assert web.post(f"/leads/{lead.lead_id}/reply/", posted).status_code == 302


def test_one_that_is_gone_inserts_nothing(web: Client) -> None:
    assert "Hello</textarea>" in reply(web, add_lead(), template="x" * 40, body="Hello")


def test_a_form_sent_twice_makes_one(web: Client, sales: User) -> None:
    token = hidden(web.get(MINE), "token")
    for _ in range(2):
        posted = {**TEXTS, "version": "0", "token": token}
        assert web.post(MINE, posted).status_code == 302
    assert len(store.stored_of(sales.id)) == 1
    posted["name"] = "Other"
    assert web.post(MINE, posted).status_code == 422


def test_it_is_changed_and_a_stale_change_shows_both(web: Client, sales: User) -> None:
    mine = write(web)
    address = f"{LIST}mine/{mine.id}/"
    posted = {**TEXTS, "version": "1", "token": mine.id, "text": NASTY}
    response = web.post(address, posted)
    assert said(response)[-1] == "The template was saved."
    response = web.post(address, posted | {"text": "Mine"})
    assert response.status_code == 409
    page = unescape(response.text)
    assert NASTY in page
    assert ">Mine</textarea>" in re.sub(r">\s+", ">", page)
    assert web.post(address, posted | {"text": "Mine", "version": "2"}).status_code == 302
    assert [one.text for one in store.stored_of(sales.id)] == ["Mine"]


def test_it_is_deleted_after_a_question(web: Client, sales: User) -> None:
    mine = write(web)
    address = f"{LIST}mine/{mine.id}/delete/"
    assert "Dear {first_name}" in web.get(address).text
    assert web.post(address, {"version": "7"}).status_code == 409
    for _ in range(2):
        assert web.post(address, {"version": mine.version}).status_code == 302
    assert store.stored_of(sales.id) == []
    assert web.get(address).status_code == 404


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 61}, "at most 60 characters"),
        ({"text": "\u2800"}, "Something to see is needed."),
        ({"text": "a\x00"}, "Null characters are not allowed."),
        ({"text": "Dear {nobody}"}, "There is no such placeholder: {nobody}."),
        ({"subject": "x" * 251}, "at most 250 characters"),
        ({"version": "-1"}, "greater than or equal to 0"),
        ({"token": "x"}, "Enter a valid value."),
        ({"token": f"x{'0' * 32}"}, "Enter a valid value."),
    ],
)
def test_what_is_wrong_is_said(web: Client, given: dict[str, str], told: str) -> None:
    posted = {**TEXTS, "version": "0", "token": "0" * 32, **given}
    response = web.post(MINE, posted)
    assert response.status_code == 422
    assert told in unescape(response.text)


def test_there_are_not_too_many(web: Client, sales: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST", 1)
    write(web)
    posted = {**TEXTS, "version": "0", "token": "0" * 32}
    response = web.post(MINE, posted)
    assert response.status_code == 422
    assert "There are 1 templates" in response.text


def test_only_who_may(
    web: Client, head: Client, client_for: Callable[[User], Client], viewer: User
) -> None:
    mine, desk = write(head), write(head, DESKS)
    reader = client_for(viewer)
    for address in (LIST, MINE, f"{LIST}mine/{mine.id}/", f"{LIST}mine/{mine.id}/delete/"):
        assert signed_out_goes_to_sign_in(address)
        assert reader.get(address).status_code == 403
    for address in (DESKS, f"{LIST}desk/{desk.id}/", f"{LIST}desk/{desk.id}/delete/"):
        assert web.get(address).status_code == 403
        assert web.post(address, TEXTS).status_code == 403
    for address in (
        f"{LIST}mine/{mine.id}/",
        f"{LIST}mine/{desk.id}/delete/",
        f"{LIST}other/add/",
        f"{LIST}mine/{'x' * 2000}/",
    ):
        assert web.get(address).status_code == 404
    assert web.post(LIST).status_code == 405
    assert web.put(MINE).status_code == 405
    page = web.get(LIST).text
    assert f"{LIST}desk/{desk.id}/" not in page
    assert f"{LIST}desk/{desk.id}/" in head.get(LIST).text


def test_what_is_posted_for_another_form_is_none(web: Client) -> None:
    mine = write(web)
    posted = {**TEXTS, "version": "1", "token": "0" * 32}
    assert web.post(f"{LIST}mine/{mine.id}/", posted).status_code == 404
    assert web.post(MINE, posted).status_code == 404
