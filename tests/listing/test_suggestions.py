"""Searching: what comes under the box as one types, and the pages of all results."""

import re
from collections.abc import Callable
from html import unescape
from importlib import import_module

import pytest
from django.test import Client

from crm.accounts import directory
from crm.accounts.models import User
from crm.dynamodb.capacity import Usage
from leads.models import Status
from leads.web.filters import MAX_SEARCH
from tests.web.pages import (
    HTMX,
    NASTY,
    Answer,
    add_foreign,
    add_lead,
    change_behind,
    rows,
    signed_out_goes_to_sign_in,
    text,
)

URL = "/leads/search/"
LIST = "/leads/"


def found(response: Answer) -> list[str]:
    """Return the ids of the leads under the box."""
    return re.findall(r'role="option"[^>]* data-lead-id="([^"]*)"', response.content.decode())


def link(response: Answer, element_id: str) -> str:
    element = re.search(rf'<a id="{element_id}"[^>]*|id="{element_id}"[^>]*', text(response))
    address = re.search('href="([^"]*)"', element[0]) if element else None
    return unescape(address[1]) if address else ""


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a Query look at four leads only."""
    monkeypatch.setattr(import_module("leads.repository.search"), "READ_LIMIT", 4)


def look(web: Client, words: str) -> Answer:
    return web.get(URL, {"q": words}, headers=HTMX)


# Under the box.


def test_shows_the_newest_leads_marked(web: Client) -> None:
    first = add_lead("Maya Lindqvist", email="m@nordwind.example")
    second = add_lead("Bo", email="maya@example.com", status=Status.QUALIFIED)
    add_lead("Amaya", email="a@example.com")
    response = look(web, "MAY")
    page = text(response)
    assert found(response) == [second.lead_id, first.lead_id]
    assert "<mark>May</mark>a Lindqvist" in page
    assert "<mark>may</mark>a@example.com" in page
    assert 'data-status="qualified">Qualified' in page
    assert f'href="/leads/{first.lead_id}/"' in page
    assert '<div hx-swap-oob="innerHTML:#announcer">2 leads found.</div>' in page
    headers = web.get(URL, {"q": "may"}, headers=HTMX).headers
    assert "HX-Request" in headers["Vary"]
    assert "no-cache" in headers["Cache-Control"]


def test_every_word_has_to_match(web: Client) -> None:
    maya = add_lead("Maya Lindqvist", email="maya@nordwind.example")
    add_lead("Maya Berg", email="maya@berg.example")
    assert found(look(web, "nord  may")) == [maya.lead_id]
    assert found(look(web, "desk lindq nordw")) == [maya.lead_id]
    assert found(look(web, "maya @nordwind.example")) == [maya.lead_id]
    assert found(look(web, "maya nobody")) == []


def test_the_subject_shows_where_it_was_found(web: Client) -> None:
    add_lead(email="ada@x.example")
    assert "<mark>Desk</mark>s" in text(look(web, "desk"))
    assert "Desks" not in text(look(web, "ada"))


def test_accents_and_other_scripts(web: Client) -> None:
    zoe = add_lead("Zoë Ångström", email="z@x.example")
    tanaka = add_lead("田中 太郎", email="t@x.example")
    assert found(look(web, "zoe ang")) == [zoe.lead_id]
    assert found(look(web, "ZOË")) == [zoe.lead_id]
    assert found(look(web, "田")) == [tanaka.lead_id]


def test_shows_eight_and_leads_to_all(web: Client) -> None:
    made = [add_lead(f"Maya {n}").lead_id for n in range(10)]
    response = look(web, "maya & ")
    assert found(response) == made[:1:-1]
    assert "The 8 newest leads." in text(response)
    assert link(response, "found-all") == "/leads/?q=maya+%26"
    assert rows(web.get(link(response, "found-all"))) == made[::-1]


def test_nothing_found_and_nothing_to_look_for(web: Client) -> None:
    add_lead()
    for words, said in (("zz", "Nothing found."), ("a", "Keep typing…"), (" @ ", "Keep typing…")):
        response = look(web, words)
        assert f'<p class="found-note">{said}</p>' in text(response)
        assert "listbox" not in text(response)


def test_says_how_far_back_it_looked(web: Client, narrow: None) -> None:
    for day in range(1, 10):
        moment = f"2026-01-0{day}T10:00:00.000Z"
        lead = add_foreign(f"lead-{day}", name=f"Ann{day} Berg", createdAt=moment)
        change_behind(lead, subject="Desks")
    near = look(web, "ann8 berg")
    assert found(near) == ["lead-8"]
    assert "Looked at leads received since 6 January 2026." in text(near)
    assert link(near, "found-all") == "/leads/?q=ann8+berg"
    far = look(web, "ann1 berg")
    assert found(far) == []
    assert "Nothing found in leads received since 6 January 2026." in text(far)
    assert "Look further back for" in text(far)
    # The page goes on from there, and says so.
    second = web.get(link(far, "found-all"))
    assert "Nothing found in leads received since 2 January 2026." in text(second)
    assert "Look further back</a>" in text(second)
    third = web.get(link(second, "page-older"))
    assert rows(third) == ["lead-1"]
    assert not link(third, "page-older")
    page = web.get(LIST, {"q": "ann8 berg"})
    assert rows(page) == ["lead-8"]
    assert "Looked at leads received since 6 January 2026." in text(page)


def test_leads_of_other_programs_are_found_by_address(web: Client) -> None:
    add_foreign("theirs", email="fran@example.com")
    assert found(look(web, " Fran@Example.com ")) == ["theirs"]
    assert rows(web.get(LIST, {"q": "fran@example.com"})) == ["theirs"]


def test_what_people_wrote_is_never_markup(web: Client) -> None:
    add_lead(NASTY)
    for response in (look(web, NASTY), look(web, "script"), web.get(LIST, {"q": NASTY})):
        page = text(response)
        assert "<script>alert" not in page
        assert "&lt;<mark>script</mark>&gt;" in page


@pytest.mark.parametrize("words", ["x" * (MAX_SEARCH + 1), "a\x01b", "a\x7fb", "\x9f"])
def test_a_bad_text_is_told(web: Client, words: str) -> None:
    response = look(web, words)
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert "characters" in text(response)
    page = web.get(LIST, {"q": words})
    assert page.status_code == 422
    assert 'id="filter-q_error"' in text(page)
    assert rows(page) == []


@pytest.mark.parametrize(
    "words", ["%", "'", '"', "\\", "a\tb\nc", "ß½ﷺ" * 60, "a b c d " * 25, "�", "\u202e", "<"]
)
def test_an_odd_text_finds_nothing_but_is_answered(web: Client, words: str) -> None:
    add_lead()
    assert look(web, words).status_code == 200  # type: ignore[attr-defined]
    assert web.get(LIST, {"q": words}).status_code == 200


def test_null_bytes_are_a_bad_request(web: Client) -> None:
    assert web.get(f"{URL}?q=a%00b", headers=HTMX).status_code == 400


def test_opened_as_a_page_it_goes_to_the_list(web: Client) -> None:
    assert web.get(URL, {"q": "a b"})["Location"] == "/leads/?q=a+b"
    assert web.get(URL)["Location"] == LIST


def test_needs_sign_in() -> None:
    assert signed_out_goes_to_sign_in(f"{URL}?q=a")
    assert "HX-Redirect" in Client().get(URL, {"q": "ada"}, headers=HTMX)


def test_viewers_search(client_for: Callable[[User], Client], viewer: User) -> None:
    lead = add_lead()
    assert found(look(client_for(viewer), "ada")) == [lead.lead_id]
    assert "/leads/add/" not in text(look(client_for(viewer), "zz"))


def test_other_methods_are_refused(web: Client) -> None:
    assert web.post(URL).status_code == 405


def test_what_it_consumes(web: Client, usage: Usage) -> None:
    for number in range(12):
        add_lead(f"Maya Lindqvist {number}")
    directory.forget()
    web.get(LIST)
    usage.requests, usage.rru = 0, 0
    look(web, "maya lindqvist")
    # Session and user; a Query for each word, one batch.
    assert usage.requests <= 5
    assert usage.rru <= 8


# The box.


@pytest.mark.parametrize("address", ["/board/", LIST, "/leads/add/", "/accounts/password-change/"])
def test_every_page_has_the_box(web: Client, address: str) -> None:
    page = text(web.get(address))
    box = re.search(
        r'<form class="search" role="search" action="/leads/">.*?</form>', page, re.DOTALL
    )
    assert box
    assert 'name="q"' in box[0]
    assert 'for="search"' in box[0]


def test_public_pages_have_none() -> None:
    for address in ("/contact/", "/accounts/login/"):
        assert 'role="search"' not in text(Client().get(address))


# All results.


def test_results_are_marked_and_have_no_totals(web: Client) -> None:
    lead = add_lead("Maya Lindqvist")
    add_lead("Bo")
    response = web.get(LIST, {"q": "  may   acm "})
    page = text(response)
    assert rows(response) == [lead.lead_id]
    assert "<mark>May</mark>a" in page
    assert "<mark>Acm</mark>e" in page
    assert 'class="count"' not in page
    assert 'value="  may   acm "' in page
    assert link(response, "tab-new") == "/leads/?q=may+acm&status=new"


def test_filters_narrow_the_results(web: Client, sales: User) -> None:
    directory.forget()
    mine = add_lead("Maya One", owner=sales, status=Status.CONTACTED)
    other = add_lead("Maya Two", email="two@example.com", status=Status.CONTACTED)
    new = add_lead("Maya Three", owner=sales)
    old = add_foreign("old", name="Maya Old", createdAt="2026-01-02T10:00:00.000Z")
    change_behind(old, subject="Desks")
    asked = {"q": "maya"}
    found_ids = [new.lead_id, other.lead_id, mine.lead_id]
    assert rows(web.get(LIST, asked)) == [*found_ids, "old"]
    assert rows(web.get(LIST, asked | {"status": "contacted"})) == [other.lead_id, mine.lead_id]
    assert rows(web.get(LIST, asked | {"owner": sales.id})) == [new.lead_id, mine.lead_id]
    assert rows(web.get(LIST, asked | {"since": "2026-01-03"})) == found_ids
    assert rows(web.get(LIST, asked | {"since": "2026-01-02", "until": "2026-01-02"})) == ["old"]
    assert rows(web.get(LIST, asked | {"until": "2026-01-01"})) == []
    assert rows(web.get(LIST, asked | {"email": "two@example.com"})) == [other.lead_id]


def test_pages_go_back_and_forth(web: Client) -> None:
    made = [add_lead(f"Maya {n}").lead_id for n in range(60)][::-1]
    add_lead("Bo")
    first = web.get(LIST, {"q": "maya"})
    second = web.get(link(first, "page-older"))
    third = web.get(link(second, "page-older"))
    assert rows(first) + rows(second) + rows(third) == made
    assert not link(third, "page-older")
    assert rows(web.get(link(third, "page-newer"))) == rows(second)
    assert link(second, "page-newer") == link(third, "page-newest") == "/leads/?q=maya"


def test_a_cursor_belongs_to_its_search(web: Client) -> None:
    for number in range(26):
        add_lead(f"Maya {number}")
    older = link(web.get(LIST, {"q": "maya"}), "page-older")
    assert web.get(older).status_code == 200
    assert web.get(older.replace("q=maya", "q=mayas")).status_code == 400
    assert web.get(older.replace("q=maya&", "")).status_code == 400
    assert web.get(older + "&status=new").status_code == 400
    assert web.get(older.replace("cursor=", "cursor=x")).status_code == 400
    of_list = link(web.get(LIST), "page-older")
    assert web.get(of_list + "&q=maya").status_code == 400


def test_nothing_found_says_what_is_looked_at(web: Client) -> None:
    add_lead()
    page = text(web.get(LIST, {"q": "nobody"}))
    assert "No leads match." in page
    assert "Each word is looked for" in page
    assert "No leads match these filters" in text(web.get(LIST, {"q": "@"}))


def test_moving_several_comes_back_to_the_results(web: Client) -> None:
    lead = add_lead("Maya")
    page = text(web.get(LIST, {"q": "maya", "since": "2020-01-01"}))
    back = re.search('name="next" value="([^"]*)"', page)
    assert back
    address = unescape(back[1])
    assert address == "/leads/?q=maya&since=2020-01-01"
    picked = {"lead": f"1:{lead.lead_id}", "action": "move", "status": "qualified"}
    assert web.post("/leads/bulk/", {**picked, "next": address})["Location"] == address
    assert 'data-status="qualified"' in text(web.get(address))


def test_htmx_gets_the_results_without_the_shell(web: Client) -> None:
    add_lead("Maya")
    whole, part = web.get(f"{LIST}?q=maya"), web.get(f"{LIST}?q=maya", headers=HTMX)
    assert "<html" not in text(part)
    changelist = text(part).partition('<details class="user-menu" id="export"')[0]
    assert changelist.strip() in text(whole)


def test_an_exact_address_is_a_filter_of_its_own(web: Client) -> None:
    lead = add_lead(email="bo@example.com")
    page = web.get(LIST, {"email": "bo@example.com"})
    assert rows(page) == [lead.lead_id]
    assert 'name="email"' in text(page)
    assert 'name="email"' not in text(web.get(LIST))


def test_words_beside_an_address_lead_on_while_nothing_is_found(web: Client) -> None:
    wanted = add_lead(name="Maya", email="bo@example.com")
    for _ in range(25):
        add_lead(name="Maya", email="bob@example.com")
    page = text(web.get(LIST, {"q": "maya", "email": "bo@example.com"}))
    assert "Nothing found so far." in page
    further = re.search(r'id="page-older" href="([^"]+)"', page)
    assert further
    assert rows(web.get(unescape(further[1]))) == [wanted.lead_id]
