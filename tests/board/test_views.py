"""The board: four columns, and their refreshes."""

from collections.abc import Callable
from html import unescape
from http import HTTPStatus
from time import time

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.html import escape

from crm import remember
from crm.accounts.models import User
from crm.dynamodb.capacity import Usage
from crm.messages import HostCookieStorage
from leads import repository
from leads.board import etag
from leads.models import STAGES, Status
from leads.web.responses import TAG_HEADER
from tests import make
from tests.board.leads import (
    HTMX,
    ODD_ID,
    ODD_NAME,
    URL,
    add,
    add_foreign,
    cards_in,
    columns_in,
    move_url,
    totals_in,
    waiting_in,
    whole_cards,
)
from tests.make import SOMEBODY


def test_shows_each_lead_in_its_column_newest_first(web: Client, sales: User) -> None:
    leads = [add(n, status, sales) for n, status in enumerate([Status.NEW, Status.NEW, *Status])]
    text = web.get(URL).text
    assert totals_in(text) == {"new": 3, "contacted": 1, "qualified": 1, "converted": 1}
    assert cards_in(text)[:3] == [leads[n].lead_id for n in (2, 1, 0)]
    assert "Person 3" in text
    assert "Acme" in text
    assert f"Owner: {sales.name}" in text


def test_an_empty_board(web: Client) -> None:
    response = web.get(URL)
    assert response.status_code == HTTPStatus.OK
    assert set(totals_in(response.text).values()) == {0}
    assert "No qualified leads" in response.text


@pytest.mark.usefixtures("tables")
def test_needs_sign_in(client: Client) -> None:
    response = client.get(URL)
    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"] == "/accounts/login/?next=/board/"


@pytest.mark.usefixtures("tables")
def test_a_refresh_of_one_who_is_signed_out_leads_to_the_sign_in(client: Client) -> None:
    response = client.get(URL, headers=HTMX | {"HX-Current-URL": "http://testserver/board/"})
    assert response.status_code == HTTPStatus.OK
    assert response["HX-Redirect"] == "/accounts/login/?next=/board/"
    assert not response.content


def test_a_viewer_looks_and_cannot_move(client_for: Callable[[User], Client], viewer: User) -> None:
    add()
    text = client_for(viewer).get(URL).text
    assert "Person 1" in text
    assert "Move to" not in text
    assert "/move/" not in text
    assert 'class="handle"' not in text
    assert "Add lead" not in text


@pytest.mark.parametrize("written", ["long ago", "2026-13-45", "1700000000"])
def test_a_time_that_cannot_be_read_has_no_age(web: Client, written: str) -> None:
    make.write(make.published("theirs", status="new", createdAt=written, updatedAt=written))
    (card,) = whole_cards(web.get(URL).text)
    assert "<time" not in card
    assert "Received" not in card
    assert "now" not in card
    assert web.get("/leads/theirs/").text.count(written) == 2


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_only_for_reading(web: Client, method: str) -> None:
    assert web.generic(method.upper(), URL).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_head_is_a_get_without_its_body(web: Client) -> None:
    response = web.head(URL)
    assert response.status_code == HTTPStatus.OK
    assert not response.content


def test_the_partial_is_the_part_of_the_full_page(web: Client) -> None:
    for number in range(30):
        add(number, STAGES[number % 4])
    add_foreign()
    full, partial = web.get(URL), web.get(URL, headers=HTMX)
    assert "<html" not in partial.text
    assert columns_in(partial.text) == columns_in(full.text)
    assert "HX-Request" in partial["Vary"]
    assert "HX-Request" in full["Vary"]


@pytest.mark.parametrize(
    "show",
    [
        "",
        "30",
        "0,0,0,0",
        "a,b,c,d",
        "-1,0,0,0",
        "1,2,3",
        "1,2,3,4,5",
        "99999,1,1,1",
        "٣,٣,٣,٣",
    ],
)
def test_an_odd_number_of_cards_is_one_page(web: Client, show: str) -> None:
    for number in range(27):
        add(number)
    assert len(cards_in(web.get(URL, {"show": show}, headers=HTMX).text)) == 25


@pytest.mark.slow
def test_shows_as_many_cards_as_asked_for_up_to_a_hundred(web: Client) -> None:
    for number in range(103):
        add(number)
    assert len(cards_in(web.get(URL, {"show": "40,25,25,25"}).text)) == 40
    assert len(cards_in(web.get(URL, {"show": "9999,25,25,25"}).text)) == 100


def test_what_other_programs_wrote_is_shown_as_text(web: Client) -> None:
    lead = add_foreign()
    text = web.get(URL).text
    assert "<script>alert" not in text
    assert "<b>bold" not in text
    assert escape(ODD_NAME) in text
    assert f'data-lead-id="{escape(lead.lead_id)}"' in text
    assert "+1 not counted yet" in text
    assert totals_in(text)["new"] == 0
    # The address in the page leads to the lead, whatever its id.
    moved = web.post(move_url(text, lead), {"status": "qualified", "version": 0})
    assert moved.status_code == HTTPStatus.FOUND
    assert repository.get(ODD_ID).status is Status.QUALIFIED


def test_costs_what_was_promised(web: Client, usage: Usage) -> None:
    for number in range(40):
        add(number, STAGES[number % 4])
    web.get(URL)
    before = usage.rru, usage.wru
    web.get(URL)
    assert usage.rru - before[0] <= 6 + 1.5
    assert usage.wru == before[1]


def test_an_unchanged_board_is_not_sent_again(web: Client, usage: Usage) -> None:
    add()
    tag = web.get(URL, headers=HTMX)["ETag"]
    before = usage.rru
    again = web.get(URL, headers=HTMX | {"If-None-Match": tag})
    assert again.status_code == HTTPStatus.NOT_MODIFIED
    assert not again.content
    assert again["ETag"] == tag
    assert usage.rru - before <= 0.5 + 1.5


def test_a_poll_names_its_board_in_a_header_that_every_cache_passes_on(
    web: Client, usage: Usage
) -> None:
    lead = add()
    page = web.get(URL)
    tag = page[TAG_HEADER]
    assert f'data-tag="{tag}"' in page.text
    before = usage.rru
    again = web.get(URL, headers=HTMX | {TAG_HEADER: tag})
    assert again.status_code == HTTPStatus.NO_CONTENT
    assert not again.content
    assert again[TAG_HEADER] == tag
    assert {"HX-Request", "Cookie"} <= set(again["Vary"].split(", "))
    assert usage.rru - before <= 0.5 + 1.5
    repository.move(
        lead.lead_id, Status.CONTACTED, version=lead.version, actor=SOMEBODY, write_id="an-act"
    )
    changed = web.get(URL, headers=HTMX | {TAG_HEADER: tag})
    assert changed.status_code == HTTPStatus.OK
    assert changed[TAG_HEADER] != tag
    assert totals_in(changed.text)["contacted"] == 1


def test_what_somebody_sets_for_themselves_makes_another_board(web: Client, sales: User) -> None:
    tags = {web.get(URL, headers=HTMX)[TAG_HEADER]}
    for name, value in (
        ("zone", "Asia/Tokyo"),
        ("single_keys", False),
        ("take_by_moving", False),
        ("name", "Ada"),
    ):
        setattr(sales, name, value)
        sales.save()
        tags.add(web.get(URL, headers=HTMX)[TAG_HEADER])
    assert len(tags) == 5


@pytest.mark.parametrize("tag", ["null", "*", '"', "a.b", "", "\xe9", 'x", "y'])
def test_a_tag_of_no_board_brings_the_board(web: Client, tag: str) -> None:
    assert web.get(URL, headers=HTMX | {TAG_HEADER: tag}).status_code == HTTPStatus.OK


def test_a_whole_page_is_never_answered_without_one(web: Client) -> None:
    tag = web.get(URL)[TAG_HEADER]
    assert web.get(URL, headers={TAG_HEADER: tag}).status_code == HTTPStatus.OK


@pytest.mark.parametrize("change", ["move", "edit", "add", "delete"])
def test_any_change_is_sent(web: Client, change: str) -> None:
    lead = add()
    tag = web.get(URL, headers=HTMX)["ETag"]
    act = {"version": lead.version, "actor": SOMEBODY, "write_id": "another-act"}
    if change == "move":
        repository.move(lead.lead_id, Status.CONTACTED, **act)  # type: ignore[arg-type]
    elif change == "edit":
        repository.edit(lead.lead_id, {"subject": "Chairs"}, **act)  # type: ignore[arg-type]
    elif change == "delete":
        repository.delete(lead.lead_id, **act)  # type: ignore[arg-type]
    else:
        add(2)
    response = web.get(URL, headers=HTMX | {"If-None-Match": tag})
    assert response.status_code == HTTPStatus.OK
    assert response["ETag"] != tag


def test_a_full_page_is_sent_anew_when_its_token_changes(web: Client) -> None:
    """It holds a CSRF token and messages: an old one would refuse the next move."""
    web.get(URL)
    tag = web.get(URL)["ETag"]
    again = web.get(URL, headers={"If-None-Match": tag})
    assert again.status_code == HTTPStatus.NOT_MODIFIED
    assert "no-cache" in again["Cache-Control"]
    assert "private" in again["Cache-Control"]
    refresh = web.get(URL, headers=HTMX | {"If-None-Match": tag})
    assert refresh.status_code == HTTPStatus.NOT_MODIFIED
    web.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32
    assert web.get(URL, headers={"If-None-Match": tag}).status_code == HTTPStatus.OK


def test_a_full_page_is_sent_anew_while_a_message_waits(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HostCookieStorage, "cookie_name", "__Host-messages")
    web.get(URL)
    tag = web.get(URL)["ETag"]
    web.cookies["__Host-messages"] = "x"
    assert web.get(URL, headers={"If-None-Match": tag}).status_code == HTTPStatus.OK


def test_another_role_gets_its_own_board(
    web: Client, client_for: Callable[[User], Client], viewer: User
) -> None:
    tag = web.get(URL, headers=HTMX)["ETag"]
    other = client_for(viewer).get(URL, headers=HTMX | {"If-None-Match": tag})
    assert other.status_code == HTTPStatus.OK


def test_a_page_in_another_language_is_another_page(web: Client) -> None:
    tag = web.get(URL, headers=HTMX)["ETag"]
    with translation.override("de"):
        other = web.get(URL, headers=HTMX | {"If-None-Match": tag})
    assert other.status_code == HTTPStatus.OK
    assert other["ETag"] != tag


def test_leads_that_no_total_counts_are_said_to_wait(web: Client) -> None:
    add()
    for number in range(3):
        add_foreign(f"foreign-{number}")
    text = web.get(URL).text
    assert totals_in(text)["new"] == 1
    assert waiting_in(text) == ["+3 not counted yet", "", "", ""]
    for number in range(25):
        add_foreign(f"more-{number}")
    assert waiting_in(web.get(URL).text)[0] == "+24 or more not counted yet"
    for lead_id in ("foreign-0", "foreign-1", "foreign-2", *(f"more-{n}" for n in range(25))):
        to = Status.CONTACTED
        repository.move(lead_id, to, version=0, actor=SOMEBODY, write_id=f"w-{lead_id}")
    text = web.get(URL).text
    assert waiting_in(text) == [""] * 4
    assert totals_in(text) == {"new": 1, "contacted": 28, "qualified": 0, "converted": 0}


@pytest.mark.parametrize("status", STAGES)
def test_an_open_board_notices_a_lead_of_another_program(
    web: Client, monkeypatch: pytest.MonkeyPatch, usage: Usage, status: Status
) -> None:
    """No counter changes with it: a process looks for one now and then."""
    tag = web.get(URL, headers=HTMX)["ETag"]
    add_foreign(status=status)
    before = usage.rru
    poll = HTMX | {"If-None-Match": tag}
    assert web.get(URL, headers=poll).status_code == HTTPStatus.NOT_MODIFIED
    assert usage.rru - before <= 0.5 + 1.5
    with monkeypatch.context() as later:
        later.setattr(remember, "time", lambda: time() + etag.LOOK_SECONDS)
        response = web.get(URL, headers=poll)
    assert response.status_code == HTTPStatus.OK
    assert ODD_ID in unescape(response.text)
    assert response["ETag"] != tag
    again = web.get(URL, headers=HTMX | {"If-None-Match": response["ETag"]})
    assert again.status_code == HTTPStatus.NOT_MODIFIED
    before = usage.rru
    remember.forget_all()
    web.get(URL, headers=HTMX | {"If-None-Match": response["ETag"]})
    # Among them the hours of the desk, and what is due, which a process reads now and then.
    assert usage.rru - before <= 0.5 + 1.5 + 2 + 1 + 0.5


def test_loading_the_board_shows_a_lead_of_another_program_at_once(web: Client) -> None:
    web.get(URL)
    tag = web.get(URL)["ETag"]
    add_foreign()
    response = web.get(URL, headers={"If-None-Match": tag})
    assert response.status_code == HTTPStatus.OK
    assert "+1 not counted yet" in response.text


def test_another_process_recognises_the_board_that_is_shown(web: Client) -> None:
    add()
    add_foreign()
    tag = web.get(URL, headers=HTMX)["ETag"]
    remember.forget_all()
    again = web.get(URL, headers=HTMX | {"If-None-Match": tag})
    assert again.status_code == HTTPStatus.NOT_MODIFIED


def test_going_back_to_the_board_brings_the_whole_page(web: Client) -> None:
    add()
    back = HTMX | {"HX-History-Restore-Request": "true"}
    assert "<html" in web.get(URL, headers=back).text
    assert "<html" in web.get("/board/column/new/", headers=back).text


def test_a_refused_move_is_kept_by_no_cache_for_others(web: Client) -> None:
    lead = add()
    for status in ("nonsense", "contacted"):
        response = web.post(f"/leads/{lead.lead_id}/move/", {"status": status, "version": 9})
        assert response.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT}
        assert response["Cache-Control"] == "private, no-cache"
        assert {"HX-Request", "Cookie"} <= set(response["Vary"].split(", "))
