"""The list of held messages, and deciding on one of them."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb import client
from crm.dynamodb.capacity import Usage
from crm.dynamodb.errors import ThrottledError
from crm.tables import HELD
from leads import repository
from leads.held import clock, store
from leads.held.models import HeldChangedError, HeldMessage, Reason, State
from leads.models import EventType
from tests.conftest import make_table
from tests.held.messages import NETWORK, OTHER_NETWORK, current, hold
from tests.make import SOMEBODY, events, fields, only, totals
from tests.web.pages import HTMX, NASTY, Answer, said, signed_out_goes_to_sign_in, text

URL = "/held/"
ACTS = ("release", "discard", "take-back")


def shown(response: Answer) -> list[str]:
    """Return the ids of the messages on a page, in order."""
    return re.findall(r'<article [^>]*data-lead-id="([^"]*)"', response.content.decode())


def address(lead_id: str, act: str) -> str:
    return f"{URL}{lead_id}/{act}/"


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


# --- The list ---------------------------------------------------------------------------


def test_says_who_wrote_what_from_where_when_and_why(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, datetime(2026, 11, 29, 17, 59, tzinfo=UTC))
    lead_id = hold("Grace", company="Navy", subject="Ships", message="One\n\ntwo")
    response = web.get(URL)
    page = text(response)
    assert response.status_code == 200
    assert shown(response) == [lead_id]
    for part in ("Grace", "ada@example.com", "Navy", "Ships", "One\n\ntwo", NETWORK):
        assert part in page
    assert "29 Nov 2026, 17:59</time>" in page
    assert "many messages came from its network" in page
    assert '<span class="count" id="held-number">1</span>' in page


def test_a_message_leads_to_others_of_its_network_and_its_hour(web: Client) -> None:
    held, gone = hold(), hold()
    store.discard(gone, SOMEBODY)
    for lead_id, query in ((held, {}), (gone, {"show": "discarded"})):
        page = web.get(URL, query).content.decode()
        links = re.findall(r'<dd><a href="([^"]*)"', page)
        assert len(links) == 2
        for filtered in links:
            assert shown(web.get(filtered.replace("&amp;", "&"))) == [lead_id]


def test_says_that_all_together_were_too_many(web: Client) -> None:
    hold(reason=Reason.TOTAL)
    assert "very many messages came in within the hour" in text(web.get(URL))


def test_an_empty_list_says_so(web: Client) -> None:
    assert "Nothing is held." in text(web.get(URL))
    assert "Nothing was discarded" in text(web.get(URL, {"show": "discarded"}))
    assert "No messages match" in text(web.get(URL, {"network": NETWORK}))


def test_what_strangers_write_is_text(web: Client) -> None:
    hold(NASTY, subject=NASTY, message=NASTY, company=NASTY)
    assert "<script>alert" not in text(web.get(URL))


def test_a_long_message_opens_and_ends_somewhere(web: Client) -> None:
    hold(message="word " * 1999 + "end")
    page = text(web.get(URL))
    assert "Whole message" in page
    assert len(page) < 15_000


def test_pages_show_every_message_once(web: Client) -> None:
    held = [hold(f"P {number}") for number in range(30)]
    seen: list[str] = []
    url = URL
    while url:
        response = web.get(url)
        seen += shown(response)
        older = re.search(r'id="page-older" href="([^"]*)"', response.content.decode())
        url = older[1].replace("&amp;", "&") if older else ""
    assert sorted(seen) == sorted(held)


def test_filters(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, datetime(2026, 11, 29, 17, 59, tzinfo=UTC))
    early = hold("Early")
    at(monkeypatch, datetime(2026, 11, 29, 18, 1, tzinfo=UTC))
    late, other = hold("Late"), hold("Other", network=OTHER_NETWORK)
    nowhere = hold("Nowhere", network="unknown")
    assert set(shown(web.get(URL, {"network": NETWORK}))) == {early, late}
    assert set(shown(web.get(URL, {"hour": "2026-11-29T18"}))) == {late, other, nowhere}
    assert shown(web.get(URL, {"hour": "2026-11-29T18", "network": NETWORK})) == [late]
    assert shown(web.get(URL, {"network": "unknown"})) == [nowhere]
    page = text(web.get(URL, {"network": NETWORK}))
    assert f'<option value="{NETWORK}" selected>{NETWORK} (2)</option>' in page
    assert '<option value="2026-11-29T18">29 Nov 2026, 18:00 to 19:00 (3)</option>' in page
    assert "<strong>2 messages</strong>" in page


def test_a_filter_that_nothing_fits_stays_chosen(web: Client) -> None:
    page = text(web.get(URL, {"network": NETWORK, "hour": "2026-01-01T00"}))
    assert f'<option value="{NETWORK}" selected>' in page
    assert '<option value="2026-01-01T00" selected>1 Jan 2026, 00:00 to 01:00' in page
    assert "Release all" not in page


@pytest.mark.parametrize(
    "query",
    [
        {"network": "nowhere"},
        {"network": "203.0.113.7/24"},
        {"network": NASTY},
        {"network": "1" * 2000},
        {"hour": "2026-11-29"},
        {"hour": "2026-02-30T10"},
        {"hour": "2026-11-29T25"},
        {"hour": "2026-11-29T1٣"},
        {"show": "released"},
    ],
    ids=str,
)
def test_filters_that_make_no_sense_are_said(web: Client, query: dict[str, str]) -> None:
    hold()
    response = web.get(URL, query)
    assert response.status_code == 422
    assert 'role="alert"' in text(response)
    assert text(response).count(">All</option>") == 2
    assert shown(response) == []


def test_a_cursor_of_another_list_is_refused(web: Client) -> None:
    hold()
    hold()
    cursor = store.page(limit=1).cursor
    assert web.get(URL, {"cursor": cursor}).status_code == 200
    for query in ({"cursor": "altered"}, {"cursor": cursor, "network": NETWORK}):
        assert web.get(URL, query).status_code == 400


def test_more_than_is_counted(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leads.held.overview.MOST", 3)
    for _ in range(4):
        hold()
    page = text(web.get(URL, {"network": NETWORK}))
    assert '<span class="count" id="held-number">3+</span>' in page
    assert "<strong>more than 3 messages</strong>" in page
    # Numbers of some would mislead.
    assert f"{NETWORK}</option>" in page


def test_costs_the_same_however_many_there_are(
    web: Client, monkeypatch: pytest.MonkeyPatch, usage: Usage
) -> None:
    monkeypatch.setattr("leads.held.overview.MOST", 30)
    spent: list[tuple[int, float]] = []
    for _ in range(2):
        for _ in range(35):
            hold(message="m" * 500)
        web.get(URL)  # once a minute, the navigation asks as well
        before = (usage.requests, usage.rru)
        web.get(URL, {"network": NETWORK})
        spent.append((usage.requests - before[0], usage.rru - before[1]))
    assert spent[0] == spent[1]
    assert spent[0][0] == 6  # session, user, two counts, the list, its messages


def test_what_was_discarded_has_a_list_of_its_own(web: Client) -> None:
    kept, gone = hold("Kept"), hold("Gone")
    store.discard(gone, SOMEBODY)
    assert shown(web.get(URL)) == [kept]
    response = web.get(URL, {"show": "discarded"})
    page = text(response)
    assert shown(response) == [gone]
    assert "Discarded by <bdi>Somebody Else</bdi>. It can be taken back until" in page
    assert "Take back" in page
    assert "Discard all" not in text(web.get(URL, {"show": "discarded", "network": NETWORK}))


def test_htmx_gets_the_list_alone(web: Client) -> None:
    hold()
    response = web.get(URL, headers=HTMX)
    assert text(response).lstrip().startswith('<div id="changelist"')
    assert "HX-Request" in response["Vary"]


def test_what_is_decided_on_while_the_list_is_read_is_left_out(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = hold("Kept"), hold("Gone")
    really = store.get_many

    def get_many(lead_ids: Sequence[str]) -> dict[str, HeldMessage]:
        store.discard(gone, SOMEBODY)
        return really(lead_ids)

    monkeypatch.setattr(store, "get_many", get_many)
    assert shown(web.get(URL)) == [kept]


def test_without_the_table_the_page_says_so(web: Client) -> None:
    client.client().delete_table(TableName=HELD.name)
    response = web.get(URL)
    make_table(HELD)  # for the fixture, which removes it
    assert response.status_code == 200
    assert f"the table {HELD.name} is missing" in text(response)


def test_viewers_read_and_decide_nothing(
    client_for: Callable[[User], Client], viewer: User
) -> None:
    browser, lead_id = client_for(viewer), hold()
    page = text(browser.get(URL, {"network": NETWORK}))
    assert "Hello" in page
    for word in ("Release", "Discard all", "Take back"):
        assert f">{word}" not in page
    for act in ACTS:
        assert browser.post(address(lead_id, act)).status_code == 403
    assert current(lead_id).state is State.HELD


def test_needs_sign_in(tables: None) -> None:
    assert signed_out_goes_to_sign_in(URL)
    for act in ACTS:
        assert signed_out_goes_to_sign_in(address(hold(), act), method="post")


# --- Deciding on one --------------------------------------------------------------------


def test_releasing(web: Client, sales: User, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, datetime(2026, 11, 29, 17, 59, tzinfo=UTC))
    lead_id = hold("Grace")
    response = web.post(address(lead_id, "release"), {"next": "/held/?hour=2026-11-29T17"})
    assert response["Location"] == "/held/?hour=2026-11-29T17"
    assert said(response) == ["The message of Grace is a lead now."]
    assert repository.get(lead_id, consistent=True).created_at == "2026-11-29T17:59:00.000Z"
    (event,) = events(lead_id)
    assert (event.type, event.actor.id) == (EventType.RELEASED, sales.id)
    assert totals() == only(new=1)


def test_discarding_and_taking_back(web: Client) -> None:
    lead_id = hold("Grace")
    response = web.post(address(lead_id, "discard"))
    assert response["Location"] == URL
    assert said(response) == ["The message of Grace was discarded."]
    assert current(lead_id).actor_name == "Sales Person"
    assert said(web.post(address(lead_id, "take-back")))[-1] == (
        "The message of Grace is held again."
    )
    assert current(lead_id).state is State.HELD


@pytest.mark.parametrize(
    ("acts", "told"),
    [
        (["release", "release"], "This message had been released already: there is one lead."),
        (["discard", "discard"], "This message had been discarded already."),
        (["discard", "take-back", "take-back"], "This message is held already."),
    ],
)
def test_what_is_done_already_is_said_and_done_once(
    web: Client, acts: list[str], told: str
) -> None:
    lead_id = hold()
    response: Answer
    for act in acts:
        response = web.post(address(lead_id, act))
        assert response.status_code == 302
    assert said(response)[-1] == told
    assert sum(totals().values()) == int("release" in acts)


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        ("release", "discard", "Somebody has released this message meanwhile"),
        ("release", "take-back", "Somebody has released this message meanwhile"),
        ("discard", "release", "Somebody has discarded this message meanwhile"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_stale_page_changes_nothing_and_shows_what_is(
    web: Client, first: str, then: str, told: str, headers: dict[str, str]
) -> None:
    lead_id = hold()
    web.post(address(lead_id, first))
    state = current(lead_id).state
    response = web.post(address(lead_id, then), headers=headers)
    assert response.status_code == 409
    assert told in text(response)
    assert ("Open the lead" if first == "release" else "Take back") in text(response)
    assert current(lead_id).state is state


def test_a_message_that_was_changed_while_it_was_decided_on(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_id = hold()

    def late(*given: object) -> None:
        raise HeldChangedError(given)

    monkeypatch.setattr(store, "discard", late)
    response = web.post(address(lead_id, "discard"))
    assert response.status_code == 409
    assert "Somebody has changed this message meanwhile. Try again." in text(response)


def test_a_repeat_that_became_a_lead_is_one_lead(web: Client) -> None:
    lead_id = hold("Ada", submission="k")
    repository.create(fields(), submission="k", actor=SOMEBODY, source="api")
    response = web.post(address(lead_id, "release"))
    assert said(response) == [
        "A repeat of the message of Ada had become a lead: there is still one."
    ]
    assert totals() == only(new=1)


def test_a_key_that_made_another_lead_is_explained(web: Client) -> None:
    lead_id = hold(submission="k")
    repository.create(fields(message="Other"), submission="k", actor=SOMEBODY, source="api")
    response = web.post(address(lead_id, "release"))
    assert response.status_code == 409
    assert "the same Idempotency-Key is a lead already" in text(response)
    assert current(lead_id).state is State.HELD


@pytest.mark.parametrize(
    ("act", "there"),
    [("release", "Open the lead"), ("discard", "Take back")],
)
def test_htmx_gets_what_takes_the_place_of_the_message(web: Client, act: str, there: str) -> None:
    lead_id = hold("Grace")
    response = web.post(address(lead_id, act), headers=HTMX)
    assert response.status_code == 200
    assert shown(response) == [lead_id]
    assert there in text(response)
    # Where the button was that had the focus, is one with its id.
    assert f'id="{act}-{lead_id}"' in text(response)
    assert '<div id="announcer" hx-swap-oob="innerHTML">The message of Grace' in text(response)


@pytest.mark.parametrize(
    ("act", "listed", "number", "waiting"),
    [
        ("release", URL, "2", "2"),
        ("discard", URL, "2", "2"),
        ("take-back", URL, "4", "4"),
        ("take-back", f"{URL}?show=discarded", "1", "4"),
    ],
)
def test_htmx_gets_the_numbers_as_they_are_now(
    web: Client, act: str, listed: str, number: str, waiting: str
) -> None:
    held, gone = [hold() for _ in range(3)], [hold() for _ in range(2)]
    for lead_id in gone:
        store.discard(lead_id, SOMEBODY)
    web.get(URL)  # remembers how many there are
    lead_id = (gone if act == "take-back" else held)[0]
    page = text(web.post(address(lead_id, act), {"next": listed}, headers=HTMX))
    assert f'<span id="held-number" hx-swap-oob="innerHTML">{number}</span>' in page
    assert f'>Held <span class="count">{waiting}</span></a>' in page
    web.post(address(lead_id, act), {"next": listed}, headers=HTMX)  # again, which changes nothing
    assert f'<span class="count">{waiting}</span>' in text(web.get("/leads/"))


def test_numbers_are_right_though_the_index_is_late(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_id = hold()
    before = store.page()
    monkeypatch.setattr(store, "page", lambda **_asked: before)
    page = text(web.post(address(lead_id, "discard"), headers=HTMX))
    assert '<span id="held-number" hx-swap-oob="innerHTML">0</span>' in page
    assert ">Held <span" not in page


def test_what_is_decided_does_not_fail_for_a_number(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(**_asked: object) -> None:
        raise ThrottledError("Too many requests.")

    lead_id = hold("Grace")
    monkeypatch.setattr(store, "page", failing)
    response = web.post(address(lead_id, "discard"), headers=HTMX)
    assert response.status_code == 200
    assert "The message of Grace was discarded." in text(response)
    assert "held-number" not in text(response)


def test_htmx_gets_the_message_that_was_taken_back(web: Client) -> None:
    lead_id = hold("Grace")
    store.discard(lead_id, SOMEBODY)
    page = text(web.post(address(lead_id, "take-back"), headers=HTMX))
    assert "Hello" in page
    assert f'id="release-{lead_id}"' in page


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("lead_id", ["nobody", "x" * 2000, "a%20b", "%E2%98%83"])
def test_one_that_is_not_there(web: Client, act: str, lead_id: str) -> None:
    assert web.post(address(lead_id, act)).status_code == 404


def test_what_was_discarded_too_long_ago_is_gone(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_id = hold()
    store.discard(lead_id, SOMEBODY)
    at(monkeypatch, datetime.now(UTC) + timedelta(days=30, seconds=1))
    assert shown(web.get(URL, {"show": "discarded"})) == []
    assert web.post(address(lead_id, "take-back")).status_code == 404


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example"])
def test_only_our_own_pages_are_gone_back_to(web: Client, elsewhere: str) -> None:
    response = web.post(address(hold(), "discard"), {"next": elsewhere})
    assert response["Location"] == URL


@pytest.mark.parametrize("act", ACTS)
def test_other_methods_are_refused(web: Client, act: str) -> None:
    assert web.get(address(hold(), act)).status_code == 405
    assert web.post(URL).status_code == 405


def test_needs_the_token_of_the_form(sales: User) -> None:
    browser, lead_id = Client(enforce_csrf_checks=True), hold()
    browser.force_login(sales)
    for act in ACTS:
        assert browser.post(address(lead_id, act)).status_code == 403
    assert current(lead_id).state is State.HELD
