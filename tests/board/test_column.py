"""The next cards of one column."""

import re
from html import unescape
from http import HTTPStatus

import pytest
from django.test import Client

from leads.models import Status
from tests.board.leads import HTMX, URL, add, cards_in, totals_in


@pytest.mark.slow
def test_every_card_comes_once(web: Client) -> None:
    leads = [add(number) for number in range(60)]
    text = web.get(URL).text
    seen, pages = cards_in(text), 0
    while more := re.search(r'class="more" href="([^"]+)"', text):
        text = web.get(unescape(more[1]), headers=HTMX).text
        assert "<html" not in text
        seen += cards_in(text)
        pages += 1
    assert seen == [lead.lead_id for lead in reversed(leads)]
    assert pages == 2


def test_without_htmx_it_is_a_page_of_that_column(web: Client) -> None:
    for number in range(27):
        add(number)
    add(99, Status.QUALIFIED)
    more = re.search(r'class="more" href="([^"]+)"', web.get(URL).text)
    assert more
    full = web.get(unescape(more[1]))
    partial = web.get(unescape(more[1]), headers=HTMX)
    assert "<html" in full.text
    assert totals_in(full.text) == {"new": 27}
    assert cards_in(full.text) == cards_in(partial.text)
    assert len(cards_in(full.text)) == 2
    assert "HX-Request" in full["Vary"]
    # Its cards move by plain forms: the other columns are not there to take them.
    assert "hx-post" not in full.text
    assert "hx-post" in partial.text


@pytest.mark.parametrize("status", ["NEW", "lost", "new ", "0", "%00", "ne%2Fw"])
def test_an_unknown_column(web: Client, status: str) -> None:
    response = web.get(f"/board/column/{status}/")
    assert response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}


@pytest.mark.parametrize("damage", ["cut", "flipped", "other column", "nonsense", "long"])
def test_a_tampered_position_is_refused_with_a_way_back(web: Client, damage: str) -> None:
    for number in range(27):
        add(number)
    found = re.search(r"cursor=([^\"]+)", web.get(URL).text)
    assert found
    cursor = found[1]
    flipped = cursor[:5] + ("a" if cursor[5] != "a" else "b") + cursor[6:]
    damaged = {
        "cut": cursor[:-3],
        "flipped": flipped,
        "other column": cursor,
        "nonsense": "ünsinn\n%s",
        "long": "x" * 9000,
    }[damage]
    status = "contacted" if damage == "other column" else "new"
    address = f"/board/column/{status}/"
    response = web.get(address, {"cursor": damaged})
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert f'href="{address}"' in response.text
    partial = web.get(address, {"cursor": damaged}, headers=HTMX)
    assert partial.status_code == HTTPStatus.BAD_REQUEST
    assert "<html" not in partial.text


@pytest.mark.usefixtures("tables")
def test_needs_sign_in(client: Client) -> None:
    response = client.get("/board/column/new/")
    assert response.status_code == HTTPStatus.FOUND


def test_only_for_reading(web: Client) -> None:
    response = web.post("/board/column/new/")
    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
