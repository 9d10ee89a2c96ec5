"""A lead in the panel: its part, the board and the list with it open, and what a poll brings."""

import re
from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb.capacity import Usage
from leads import repository
from leads.models import Lead, Status
from leads.web.responses import TAG_HEADER
from tests.make import SOMEBODY
from tests.web.pages import (
    HTMX,
    NASTY,
    add_foreign,
    add_lead,
    change_behind,
    signed_out_goes_to_sign_in,
    text,
)

GONE = "This lead is no longer there"


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


def url(lead: Lead) -> str:
    return f"/leads/{lead.lead_id}/panel/"


def article(page: str) -> str:
    """Return the lead of a page, without what differs from one rendering to the next."""
    found = re.search(r'<article class="lead">.*?</article>', page, re.DOTALL)
    assert found
    return re.sub(r'name="(csrfmiddlewaretoken|entry|token)" value="\w+"', "", found[0])


def stamp(page: str) -> str:
    found = re.search(r'data-stamp="(\w+)"', page)
    assert found
    return found[1]


def test_it_is_a_part_and_the_same_with_its_board(web: Client) -> None:
    lead = add_lead()
    over = {"HX-Current-URL": f"http://testserver/board/?lead={lead.lead_id}"}
    part = text(web.get(url(lead), headers=HTMX | over))
    assert "<html" not in part
    for shown in ("Acme", "Desks", "From <bdi>Ada Li</bdi>", "mailto:ada@example.com"):
        assert shown in part
    board = text(web.get(f"/board/?lead={lead.lead_id}"))
    assert article(board) == article(part)
    assert '<dialog class="side" id="panel"' in board
    assert article(text(web.get(f"/leads/?lead={lead.lead_id}"))) == article(board).replace(
        "/board/?", "/leads/?"
    ).replace("%2Fboard%2F", "%2Fleads%2F")


def test_it_comes_back_to_the_filters_behind_it(web: Client) -> None:
    lead = add_lead()
    over = {"HX-Current-URL": "http://testserver/leads/?status=new"}
    part = text(web.get(url(lead), headers=HTMX | over))
    assert f'name="next" value="/leads/?status=new&amp;lead={lead.lead_id}"' in part
    assert f"edit/?from=%2Fleads%2F%3Fstatus%3Dnew%26lead%3D{lead.lead_id}" in part
    elsewhere = {"HX-Current-URL": "https://evil.example/anything/"}
    part = text(web.get(url(lead), headers=HTMX | elsewhere))
    assert f'name="next" value="/board/?lead={lead.lead_id}"' in part


def test_it_needs_sign_in_and_viewers_only_read(
    web: Client, client_for: Callable[[User], Client], viewer: User
) -> None:
    lead = add_lead()
    assert signed_out_goes_to_sign_in(url(lead))
    part = text(client_for(viewer).get(url(lead), headers=HTMX))
    assert "Ada Li" in part
    for action in ("move/", "edit/", "delete/"):
        assert action not in part
    assert web.post(url(lead)).status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("lead_id", ["no-such-lead", "x" * 3000, NASTY, "~broken"])
def test_a_lead_that_is_not_there(web: Client, lead_id: str) -> None:
    for address in ("/board/", "/leads/"):
        answer = web.get(address, {"lead": lead_id})
        assert answer.status_code == HTTPStatus.OK
        assert GONE in text(answer)
        assert "<script>alert" not in text(answer)
    answer = web.get("/leads/no-such-lead/panel/", headers=HTMX)
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert GONE in text(answer)
    assert web.get("/leads/~broken/panel/").status_code == HTTPStatus.NOT_FOUND


def test_what_another_program_wrote_is_shown(web: Client) -> None:
    lead = add_foreign(name="", email="", subject=NASTY, message=NASTY, createdAt="?", status="?")
    part = text(web.get(url(lead), headers=HTMX))
    assert "<script>alert" not in part
    assert 'id="lead-title"' in part


def test_it_costs_what_a_page_costs(web: Client, usage: Usage) -> None:
    lead = add_lead()
    web.get(url(lead), headers=HTMX)
    before = usage.rru
    web.get(url(lead), headers=HTMX)
    assert usage.rru - before <= 4
    before = usage.rru
    web.get(f"/board/?lead={lead.lead_id}")
    assert usage.rru - before <= 9


def test_a_poll_brings_the_lead_only_if_it_changed(web: Client, usage: Usage) -> None:
    lead, other = add_lead(), add_lead()
    page = web.get(f"/board/?lead={lead.lead_id}")
    poll = f"/board/?show=25,25,25,25&lead={lead.lead_id}&seen={stamp(text(page))}"
    known = HTMX | {TAG_HEADER: page[TAG_HEADER]}
    before = usage.rru
    assert web.get(poll, headers=known).status_code == HTTPStatus.NO_CONTENT
    assert usage.rru - before <= 2.5
    change_behind(other, subject="Chairs")
    answer = web.get(poll, headers=known)
    assert answer.status_code == HTTPStatus.OK
    assert '<article class="lead">' not in text(answer)
    change_behind(lead, subject="Tables")
    assert "Tables" in article(text(web.get(poll, headers=known)))
    repository.delete(lead.lead_id, version=2, actor=SOMEBODY, write_id="deleted")
    assert GONE in article(text(web.get(poll, headers=known)))
    gone = poll.rpartition("=")[0] + "=gone"
    assert GONE not in text(web.get(gone, headers=known))


def test_a_move_in_the_panel_answers_with_card_and_lead(web: Client) -> None:
    lead = add_lead()
    sent = {"status": "contacted", "version": "1", "panel": "1"}
    address = f"/leads/{lead.lead_id}/move/"
    moved = web.post(address, sent, headers=HTMX)
    assert moved.status_code == HTTPStatus.OK
    assert 'class="card"' in text(moved)
    assert 'data-version="2"' in article(text(moved))
    repository.move(
        lead.lead_id, Status.CONVERTED, version=2, actor=SOMEBODY, write_id="somebody-else"
    )
    stale = web.post(address, sent | {"status": "new"}, headers=HTMX)
    assert stale.status_code == HTTPStatus.CONFLICT
    told = " ".join(article(text(stale)).split())
    says = (
        r"Somebody Else changed “[^”]*” \d+ s ago: it is in Converted now\. Your move was not made"
    )
    assert re.search(says, told)


def test_without_scripts_the_way_back_keeps_the_filters(web: Client) -> None:
    lead = add_lead()
    came = {"Referer": "http://testserver/leads/?status=new"}
    page = text(web.get(f"/leads/{lead.lead_id}/", headers=came))
    crumb = f'<a href="/leads/?status=new#lead-{lead.lead_id}">Leads</a>'
    assert crumb in page
    edit = re.search(r'href="([^"]*/edit/[^"]*)"', page)
    assert edit
    saved = web.post(edit[1], {"name": "Eve", "email": "ada@example.com", "version": "1"})
    assert saved["Location"] == f"/leads/{lead.lead_id}/?from=%2Fleads%2F%3Fstatus%3Dnew"
    assert crumb in text(web.get(saved["Location"]))
    for bad in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "board"):
        page = text(web.get(f"/leads/{lead.lead_id}/", {"from": bad}))
        assert "evil" not in page
        assert "javascript:" not in page


def test_deleting_in_the_panel_leads_to_the_next_lead(web: Client) -> None:
    lead, after = add_lead(), add_lead()
    origin = f"/board/?lead={lead.lead_id}"
    query = {"from": origin, "after": after.lead_id}
    page = text(web.get(f"/leads/{lead.lead_id}/delete/", query))
    assert f'href="{origin}">No, take me back' in page
    answer = web.post(f"/leads/{lead.lead_id}/delete/", {"version": "1"}, query_params=query)
    assert answer["Location"] == f"/board/?lead={after.lead_id}"


def news(lead: Lead) -> str:
    return f"/leads/{lead.lead_id}/news/"


def test_over_a_list_it_asks_for_news(web: Client, usage: Usage) -> None:
    lead = add_lead("Ada Li")
    over = HTMX | {"HX-Current-URL": f"http://testserver/leads/?q=ada&lead={lead.lead_id}"}
    part = text(web.get(url(lead), headers=over))
    first = web.get(news(lead), {"seen": stamp(part)}, headers=over)
    assert (first.status_code, first.content) == (HTTPStatus.NO_CONTENT, b"")
    before, written = usage.rru, usage.wru
    headers = over | {TAG_HEADER: first[TAG_HEADER]}
    same = web.get(news(lead), {"seen": stamp(part)}, headers=headers)
    assert same.status_code == HTTPStatus.NO_CONTENT
    assert usage.rru - before <= 2.5
    assert usage.wru == written
    # What others do to other leads is none.
    change_behind(add_lead(), subject="Chairs")
    other = web.get(news(lead), {"seen": stamp(part)}, headers=headers)
    assert other.status_code == HTTPStatus.NO_CONTENT
    assert other[TAG_HEADER] != first[TAG_HEADER]
    change_behind(lead, subject="Chairs")
    changed = web.get(news(lead), {"seen": stamp(part)}, headers=headers)
    assert changed.status_code == HTTPStatus.OK
    assert article(changed.text) == article(web.get(url(lead), headers=over).text)
    (row,) = re.findall(r"<tr.*?</tr>", changed.text, re.DOTALL)
    assert f'data-lead-id="{lead.lead_id}"' in row
    assert "<mark>Ada</mark>" in row
    (listed,) = re.findall(
        rf'<tr data-lead-id="{lead.lead_id}".*?</tr>',
        web.get("/leads/", {"q": "ada"}).text,
        re.DOTALL,
    )
    assert listed == row


def test_news_of_a_lead_that_is_gone_is_told_once(web: Client) -> None:
    lead = add_lead()
    repository.delete(lead.lead_id, version=1, actor=SOMEBODY, write_id="deleted-it")
    gone = web.get(news(lead), {"seen": "before"}, headers=HTMX)
    assert GONE in gone.text
    assert "<tr" not in gone.text
    again = web.get(news(lead), {"seen": stamp(gone.text)}, headers=HTMX)
    assert again.status_code == HTTPStatus.NO_CONTENT


def test_news_need_sign_in_and_are_only_read(web: Client) -> None:
    signed_out_goes_to_sign_in(news(add_lead()))
    assert web.post(news(add_lead())).status_code == HTTPStatus.METHOD_NOT_ALLOWED
