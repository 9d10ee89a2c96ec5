"""The list of leads: filters, totals, pages."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest
from django.test import Client

from crm.accounts import directory
from crm.accounts.models import User
from crm.dynamodb import calls
from crm.dynamodb.cursor import Position, encode
from crm.tables import LEADS
from leads import repository
from leads.attribution import Attribution
from leads.models import STAGES, Status
from leads.repository import desk_settings
from leads.web.pagination import MAX_TRAIL
from tests.board.leads import waiting_in
from tests.forms.making import added
from tests.maintenance.helpers import run
from tests.make import SINCE, SOMEBODY, add_from, fields, lead_item_of
from tests.web.pages import (
    HTMX,
    NASTY,
    add_foreign,
    add_lead,
    rows,
    signed_out_goes_to_sign_in,
    text,
)

URL = "/leads/"


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


def link(page: str, element_id: str) -> str:
    found = re.search(rf'id="{element_id}" href="([^"]*)"', page)
    return unescape(found[1]) if found else ""


def test_shows_leads_newest_first_with_what_scripts_need(web: Client, sales: User) -> None:
    first = add_lead("Ada Li", status=Status.QUALIFIED, owner=sales)
    second = add_lead("Bo")
    directory.forget()
    response = web.get(URL)
    page = text(response)
    assert rows(response) == [second.lead_id, first.lead_id]
    assert f'data-lead-id="{first.lead_id}" data-status="qualified" data-version="1"' in page
    assert f'href="/leads/{first.lead_id}/"' in page
    for shown in ("Ada Li", "Acme", "ada@example.com", "Desks", "Qualified", "Sales Person"):
        assert shown in page


def test_needs_sign_in() -> None:
    assert signed_out_goes_to_sign_in(URL)


def test_viewers_read_without_bulk_actions(
    client_for: Callable[[User], Client], viewer: User
) -> None:
    lead = add_lead()
    response = client_for(viewer).get(URL)
    assert rows(response) == [lead.lead_id]
    assert "bulk" not in text(response)
    assert 'type="checkbox"' not in text(response)
    assert "/leads/add/" not in text(response)


def test_other_methods_are_refused(web: Client) -> None:
    assert web.post(URL).status_code == 405


def test_nothing_there_says_so(web: Client) -> None:
    assert "No leads yet" in text(web.get(URL))
    assert "No leads match" in text(web.get(URL, {"status": "new"}))


def test_totals_are_exact_and_only_where_they_are_true(web: Client) -> None:
    for status, number in ((Status.NEW, 3), (Status.CONVERTED, 2)):
        for _ in range(number):
            add_lead(status=status)
    counts = r'<span class="count">(\d+)</span>'
    assert re.findall(counts, text(web.get(URL))) == ["5", "3", "0", "0", "2", "0"]
    assert re.findall(counts, text(web.get(URL, {"status": "new"}))) == [
        "5",
        "3",
        "0",
        "0",
        "2",
        "0",
    ]
    assert re.findall(counts, text(web.get(URL, {"since": "2026-01-01"}))) == []


def test_filters_narrow_the_list_together(web: Client, sales: User) -> None:
    directory.forget()
    mine = add_lead("Mine", owner=sales, status=Status.CONTACTED)
    other = add_lead("Other", email="bo@example.com", status=Status.CONTACTED)
    new = add_lead("New", owner=sales)
    assert rows(web.get(URL, {"status": "contacted"})) == [other.lead_id, mine.lead_id]
    assert rows(web.get(URL, {"owner": sales.id})) == [new.lead_id, mine.lead_id]
    assert rows(web.get(URL, {"owner": sales.id, "status": "contacted"})) == [mine.lead_id]
    assert rows(web.get(URL, {"email": " BO@example.com "})) == [other.lead_id]
    assert rows(web.get(URL, {"email": "bo@example.com", "status": "new"})) == []
    assert rows(web.get(URL, {"email": "o@example.com"})) == []


def test_a_source_narrows_the_list_once_admins_list_it(web: Client) -> None:
    assert 'name="source"' not in text(web.get(URL))
    desk_settings.save(replace(desk_settings.read(), sources=("ads",)))
    paid, own = (
        add_from(Attribution(form="contact", utm_source=name)) for name in ("Ads", "friend")
    )
    add_lead("Bo")
    assert 'name="source"' in text(web.get(URL))
    assert rows(web.get(URL, {"source": "ads"})) == [paid.lead_id]
    assert rows(web.get(URL, {"source": "-"})) == [own.lead_id]
    assert rows(web.get(URL, {"source": "ads", "status": "contacted"})) == []
    assert rows(web.get(URL, {"source": "ads", "q": "ada"})) == [paid.lead_id]
    assert web.get(URL, {"source": "friend"}).status_code == 422


def test_a_form_narrows_the_list_where_an_address_names_it(web: Client) -> None:
    first, shop = (add_from(Attribution(form=form)) for form in ("contact", "shop-2"))
    assert 'name="form"' not in text(web.get(URL))
    assert rows(web.get(URL, {"form": "contact"})) == [first.lead_id]
    page = web.get(URL, {"form": "shop-2"})
    assert rows(page) == [shop.lead_id]
    assert 'name="form"' in text(page)
    assert rows(web.get(URL, {"form": "nothing"})) == []
    assert web.get(URL, {"form": "Shop#2"}).status_code == 422


def test_forms_of_the_same_title_are_told_apart(web: Client) -> None:
    for slug, title in (("quote", "Offer"), ("quote-2", "Offer"), ("other", "Other")):
        added(slug, title=title)
    shown = re.findall(
        r'<option value="(?:quote|quote-2|other)">(.*?)</option>', text(web.get(URL))
    )
    assert shown == ["Offer (quote)", "Offer (quote-2)", "Other"]


def test_dates_are_inclusive_whatever_precision_was_written(web: Client) -> None:
    days = ("2026-01-01T23:59:59Z", "2026-01-02T00:00:00Z", "2026-01-02T23:59:59.999999Z")
    for number, moment in enumerate((*days, "2026-01-03T00:00:00.000Z")):
        add_foreign(f"lead-{number}", createdAt=moment)
    assert rows(web.get(URL, {"since": "2026-01-02", "until": "2026-01-02"})) == [
        "lead-2",
        "lead-1",
    ]
    assert rows(web.get(URL, {"since": "2026-01-03"})) == ["lead-3"]
    assert rows(web.get(URL, {"until": "2026-01-01"})) == ["lead-0"]


def test_presets_lead_to_leads_of_today(web: Client) -> None:
    lead = add_lead()
    add_foreign(createdAt="2020-01-01T00:00:00.000Z")
    assert datetime.now(UTC).year > 2020
    for preset in (2, 3, 4, 5):
        address = link(text(web.get(URL, {"status": "new"})), f"preset-{preset}")
        response = web.get(address)
        assert rows(response) == [lead.lead_id]
        assert re.search(r'id="tab-new"[^>]*aria-current', text(response))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "nonsense"),
        ("status", NASTY),
        ("owner", "nobody"),
        ("since", "2026-13-45"),
        ("since", "yesterday"),
        ("until", "99999-01-01"),
        ("email", "x" * 3000),
    ],
)
def test_a_bad_filter_is_told_beside_it(web: Client, name: str, value: str) -> None:
    add_lead()
    response = web.get(URL, {name: value})
    assert response.status_code == 422
    assert 'id="errors"' in text(response)
    assert rows(response) == []
    assert "<script>alert" not in text(response)


def test_a_range_that_ends_before_it_starts_is_told(web: Client) -> None:
    response = web.get(URL, {"since": "2026-02-01", "until": "2026-01-01"})
    assert response.status_code == 422
    assert "before the first day" in text(response)


def test_null_bytes_are_a_bad_request(web: Client) -> None:
    assert web.get(f"{URL}?email=a%00b").status_code == 400


def test_pages_go_back_and_forth(web: Client) -> None:
    made = [add_lead(f"P {n}", status=STAGES[n % 4]).lead_id for n in range(60)][::-1]
    first = web.get(URL)
    second = web.get(link(text(first), "page-older"))
    third = web.get(link(text(second), "page-older"))
    assert rows(first) + rows(second) + rows(third) == made
    assert not link(text(third), "page-older")
    assert not link(text(first), "page-newer")
    assert rows(web.get(link(text(third), "page-newer"))) == rows(second)
    assert link(text(second), "page-newer") == link(text(third), "page-newest") == URL


def test_every_page_of_very_many_leads_of_one_moment_has_its_links(web: Client) -> None:
    items = [
        lead_item_of(f"{n:04}", fields(), source="t", status=status, owner_id=None, at=SINCE)
        for n, status in enumerate([*Status] * 120)
    ]
    calls.batch_put(LEADS, items)
    seen: list[str] = []
    url = URL
    while url:
        assert len(url) < 8000
        response = web.get(url)
        assert bool(link(text(response), "page-newer")) == bool(seen)
        seen += rows(response)
        url = link(text(response), "page-older")
    assert sorted(seen) == [item["leadId"] for item in items]


def test_filters_stay_on_every_page(web: Client) -> None:
    made = [add_lead(f"P {n}").lead_id for n in range(30)][::-1]
    add_lead(status=Status.CONTACTED)
    first = web.get(URL, {"status": "new"})
    second = web.get(link(text(first), "page-older"))
    assert rows(first) + rows(second) == made
    assert link(text(second), "page-newer") == f"{URL}?status=new"


def test_the_way_back_stays_short(web: Client) -> None:
    add_lead()
    for _ in range(27):
        add_lead()
    older = link(text(web.get(URL)), "page-older")
    cursor = re.search("cursor=([^&]*)", older)
    assert cursor
    trail = "~".join([cursor[1]] * 30)
    page = text(web.get(URL, {"cursor": cursor[1], "trail": trail}))
    newer = link(page, "page-newer")
    assert len(newer) < 4000
    assert newer.count("~") <= MAX_TRAIL


OF_ALL = "leads:['', '', '', '', '']"
OF_NEW = "leads:['new', '', '', '', '']"


@pytest.mark.parametrize("cursor", ["x", NASTY, "x" * 9000])
def test_a_cursor_that_was_altered_is_refused_with_a_way_back(web: Client, cursor: str) -> None:
    response = web.get(URL, {"status": "new", "cursor": cursor})
    assert response.status_code == 400
    assert f'href="{URL}"' in text(response)


@pytest.mark.parametrize(
    ("position", "scope"),
    [
        ({"new": "a\nb"}, "another list"),
        ({"contacted": "a\nb"}, OF_NEW),
        ({"new": {"leadId": "x"}}, OF_NEW),
        ({"new": "no separator"}, OF_NEW),
        ({"new": "\nb"}, OF_NEW),
        ({"new": None}, OF_NEW),
    ],
)
def test_a_cursor_of_another_shape_is_refused(web: Client, position: Position, scope: str) -> None:
    cursor = encode(position, scope)
    assert web.get(URL, {"status": "new", "cursor": cursor}).status_code == 400
    fine = encode({"new": "a\nb"}, OF_NEW)
    assert web.get(URL, {"status": "new", "cursor": fine}).status_code == 200


@pytest.mark.parametrize(
    "position",
    [
        {},
        {"moment": None},
        {"moment": {"new": "a\nb"}},
        {"moment": "2026", "shown": {"a": "b"}},
        {"moment": "2026", "starts": "a"},
        {"moment": "2026", "starts": {"nobody": "a\nb"}},
        {"moment": "2026", "starts": {"new": "no separator"}},
        {"new": "a\nb"},
    ],
)
def test_a_cursor_of_all_leads_in_another_shape_is_refused(web: Client, position: Position) -> None:
    cursor = encode(position, OF_ALL)
    assert web.get(URL, {"cursor": cursor}).status_code == 400
    fine = encode({"moment": "2026", "starts": {"new": "a\nb"}}, OF_ALL)
    assert web.get(URL, {"cursor": fine}).status_code == 200


def test_a_cursor_of_another_filter_is_refused(web: Client) -> None:
    for _ in range(26):
        add_lead()
    older = link(text(web.get(URL, {"status": "new"})), "page-older")
    assert web.get(older).status_code == 200
    assert web.get(older.replace("status=new", "status=contacted")).status_code == 400
    assert web.get(older.replace("status=new", "email=a@example.com")).status_code == 400
    assert web.get(older + "&since=2026-01-01").status_code == 400


@pytest.mark.parametrize("query", ["", "?status=new", "?since=nonsense"])
def test_htmx_gets_the_same_without_the_shell(web: Client, query: str) -> None:
    add_lead(NASTY)
    whole, part = web.get(URL + query), web.get(URL + query, headers=HTMX)
    assert "<html" not in text(part)
    # Beside the list comes what stands elsewhere on the page: the addresses of its exports.
    changelist, _, export = text(part).partition('<details class="user-menu" id="export"')
    assert changelist.strip() in text(whole)
    assert changelist.strip().startswith('<div id="changelist"')
    assert export.removeprefix(' hx-swap-oob="true"').strip() in text(whole)
    assert "HX-Request" in part["Vary"]
    assert "HX-Request" in whole["Vary"]


def test_a_restored_history_entry_is_a_whole_page(web: Client) -> None:
    response = web.get(URL, headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<html" in text(response)


def test_a_filter_that_htmx_sends_signed_out_goes_to_sign_in() -> None:
    assert "HX-Redirect" in Client().get(URL, headers=HTMX)


def test_what_people_wrote_is_never_markup(web: Client) -> None:
    add_lead(NASTY)
    page = text(web.get(URL))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_leads_of_other_programs_are_shown_and_marked(web: Client) -> None:
    odd = "a/b \"c\" <d> & 'e' ü?#%"
    add_foreign(odd, name="", email="", createdAt="long ago")
    response = web.get(URL)
    page = text(response)
    assert 'data-version="0"' in page
    assert ">external<" in page
    assert "long ago" in page
    address = re.search(r'<th scope="row"><a href="([^"]*)"', page)
    assert address
    assert web.get(unescape(address[1])).status_code == 200


def test_mine_and_nobodys_with_exact_totals(web: Client, sales: User, admin: User) -> None:
    mine = add_lead("Mine", owner=sales, status=Status.CONTACTED)
    nobodys, theirs = add_lead("Free"), add_lead("Theirs", owner=admin)
    for owner, lead, count in (("me", mine, 0), ("none", nobodys, 1), (admin.id, theirs, 1)):
        response = web.get(URL, {"owner": owner})
        assert rows(response) == [lead.lead_id]
        tabs = {tab.status: tab.count for tab in response.context["tabs"]}
        assert (tabs[""], tabs["new"]) == (1, count)
        assert rows(web.get(URL, {"owner": owner, "q": lead.name})) == [lead.lead_id]
    # Beside another filter totals would mislead.
    tabs = web.get(URL, {"owner": "me", "since": "2026-01-01"}).context["tabs"]
    assert {tab.count for tab in tabs} == {None}


def test_unassigned_has_leads_of_other_programs_as_the_board_has(web: Client, sales: User) -> None:
    add_lead("Theirs", owner=sales)
    nobodys = add_lead("Free")
    foreign = [add_foreign(f"theirs-{number}", status="new") for number in range(2)]
    response = web.get(URL, {"owner": "none"})
    assert set(rows(response)) == {nobodys.lead_id, *(lead.lead_id for lead in foreign)}
    assert waiting_in(response.text) == ["+2 not counted yet"]
    assert waiting_in(web.get("/board/", {"owner": "none"}).text)[0] == "+2 not counted yet"
    assert rows(web.get(URL, {"owner": "none", "status": "contacted"})) == []
    assert len(rows(web.get(URL, {"owner": "me"}))) == 1


def test_an_owner_without_an_account_is_shown(web: Client) -> None:
    lead = add_lead()
    repository.edit(
        lead.lead_id, {"owner_id": "somebody-old"}, version=1, actor=SOMEBODY, write_id="w" * 8
    )
    assert "somebody-old" in text(web.get(URL))


@pytest.mark.slow
def test_a_page_stays_within_its_budget(web: Client) -> None:
    for number in range(120):
        add_lead(f"Person {number}", status=STAGES[number % 4])
    web.get(URL)
    timing = web.get(URL)["Server-Timing"]
    found = re.search(r"([\d.]+) RRU", timing)
    assert found
    assert float(found[1]) <= 6.5


def test_leads_that_no_total_counts_are_said_to_wait(web: Client) -> None:
    add_lead()
    for number in range(3):
        add_foreign(f"theirs-{number}", status="new")
    assert waiting_in(web.get("/leads/").text) == ["+3 not counted yet"]
    assert waiting_in(web.get("/leads/?status=new").text) == ["+3 not counted yet"]
    assert waiting_in(web.get("/leads/?status=contacted").text) == []
    run("adopt_leads")
    assert waiting_in(web.get("/leads/").text) == []
