"""Cards and rows that are drawn once: for each who looks, as it is now."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation

from crm.accounts.models import User
from leads import repository
from leads.models import Status
from leads.web import drawing
from tests.make import SOMEBODY
from tests.web.pages import NASTY, add_lead

PAGES = pytest.mark.parametrize("url", ["/board/", "/leads/"])
_CARD = re.compile(r'<article class="card".*?</article>', re.DOTALL)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def card(web: Client) -> str:
    found = _CARD.search(web.get("/board/").text)
    assert found
    return found[0]


def test_a_card_is_drawn_once_with_the_token_of_each_page(web: Client) -> None:
    add_lead()
    before = drawing._card.cache_info()  # noqa: SLF001 - what was drawn
    first, second = card(web), card(web)
    after = drawing._card.cache_info()  # noqa: SLF001 - what was drawn
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 1)
    tokens = [_TOKEN.findall(text) for text in (first, second)]
    assert [len(found) for found in tokens] == [2, 2]  # of its two forms
    assert tokens[0] != tokens[1]
    assert _TOKEN.sub("", first) == _TOKEN.sub("", second)


def test_no_page_shows_what_stands_for_the_token_or_for_what_was_drawn(web: Client) -> None:
    lead = add_lead()
    inside = (drawing._TOKEN, drawing._PLACE.encode())  # noqa: SLF001 - they must stay inside
    for url in ("/board/", "/board/column/new/", f"/leads/{lead.lead_id}/", "/leads/"):
        content = web.get(url).content
        assert not [text for text in inside if text in content]


@PAGES
def test_who_may_only_look_gets_no_form_of_those_who_may_change(
    url: str, web: Client, viewer: User, client_for: Callable[[User], Client]
) -> None:
    add_lead()
    assert "Move to…" in web.get(url).text
    assert "Move to…" not in client_for(viewer).get(url).text
    assert "Move to…" in web.get(url).text


@PAGES
def test_what_changes_is_drawn_anew(url: str, web: Client, sales: User) -> None:
    lead = add_lead("Ada Before", owner=sales)
    assert "Ada Before" in web.get(url).text
    repository.edit(
        lead.lead_id, {"name": "Ada After"}, version=1, actor=SOMEBODY, write_id="renamed"
    )
    repository.move(lead.lead_id, Status.QUALIFIED, version=2, actor=SOMEBODY, write_id="moved on")
    text = web.get(url).text
    assert "Ada Before" not in text
    assert f'data-lead-id="{lead.lead_id}" data-status="qualified" data-version="3"' in text


@PAGES
def test_an_owner_with_another_name_shows_it(url: str, web: Client, sales: User) -> None:
    add_lead(owner=sales)
    assert sales.name in web.get(url).text
    sales.name = "Grace Hopper"
    sales.save()
    assert web.get(url).text.count("Grace Hopper") > 1


@PAGES
def test_what_leads_hold_stays_text(url: str, web: Client) -> None:
    add_lead(NASTY)
    for _ in range(2):
        text = web.get(url).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_another_language_is_drawn_anew(web: Client) -> None:
    add_lead()
    kept = (drawing._card, drawing._row)  # noqa: SLF001 - what was drawn
    for language, misses in (("en", 1), ("en", 0), ("de", 1), ("en", 0)):
        before = [drawn.cache_info().misses for drawn in kept]
        with translation.override(language):
            web.get("/board/")
            web.get("/leads/")
        after = [drawn.cache_info().misses for drawn in kept]
        assert [now - was for now, was in zip(after, before, strict=True)] == [misses, misses]
