"""Acts on all leads of a list: asked for, done in steps, gone on with on a page of their own."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.accounts.security_events import DATA_ACTS, Kind
from crm.accounts.security_record import Filter, read_page
from leads.models import Status
from leads.repository import acts
from leads.repository.large_act import load
from tests.make import only, recount, totals
from tests.web.pages import add_lead, current, said, signed_out_goes_to_sign_in, text

URL = "/leads/bulk/"
MANY = 5

pytestmark = pytest.mark.usefixtures("few_at_once")


@pytest.fixture
def web(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who works leads."""
    return client_for(sales)


def asked(query: str = "status=new", **more: str) -> dict[str, str]:
    sent = {"action": "move", "status": "contacted", "all": "1", "filter": query}
    return sent | {"next": f"/leads/?{query}"} | more


def confirmed(web: Client, sent: dict[str, str]) -> dict[str, str]:
    """Ask, and return what the form of the answer sends."""
    fields = re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)">', text(web.post(URL, sent))
    )
    return dict(fields) | {"filter": sent["filter"], "next": sent["next"]}


def many() -> None:
    for number in range(MANY):
        add_lead(f"P {number}")


def test_asks_first_and_says_which_and_how_many(web: Client) -> None:
    many()
    page = text(web.post(URL, asked()))
    assert "Move all these leads to Contacted?" in page
    assert "<dt>Stage</dt><dd><bdi>New</bdi></dd>" in page
    assert "5 leads." in page
    assert totals() == only(new=MANY)


def test_a_list_without_filters_is_told_to_be_all(web: Client) -> None:
    page = text(web.post(URL, asked("", action="delete")))
    assert "these are all leads there are" in page
    assert "Delete all these leads?" in page


@pytest.mark.parametrize(
    ("sent", "told", "expected"),
    [
        ({}, "5 leads were moved to Contacted.", only(contacted=MANY)),
        (
            {"action": "close", "outcome": "spam"},
            "5 leads were closed: Spam.",
            only(spam=MANY),
        ),
        ({"action": "assign", "owner": "me"}, "5 leads belong to Sam Sales now.", only(new=MANY)),
        ({"action": "delete"}, "5 leads were deleted.", only()),
    ],
    ids=["move", "close", "assign", "delete"],
)
def test_what_takes_a_moment_is_told_on_the_list(
    web: Client, sales: User, sent: dict[str, str], told: str, expected: dict[Status, int]
) -> None:
    many()
    response = web.post(URL, confirmed(web, asked(**sent)))
    assert response["Location"] == "/leads/?status=new"
    assert said(response) == [told.replace("Sam Sales", sales.name)]
    assert totals() == recount() == expected
    undone = web.post(f"/changes/{response['X-Act']}/undo/", {"next": "/leads/"})
    assert said(undone)[1:] == ["5 leads are as they were before."]
    assert totals() == recount() == only(new=MANY)


def test_what_takes_longer_goes_on_on_its_page(web: Client, no_time: None) -> None:
    many()
    response = web.post(URL, confirmed(web, asked()))
    assert response["Location"] == f"/changes/{response['X-Act']}/"
    assert totals() == only(new=MANY)


def test_a_form_that_is_sent_twice_is_one_act(web: Client) -> None:
    many()
    sent = confirmed(web, asked())
    first, second = web.post(URL, sent), web.post(URL, sent)
    assert first["X-Act"] == second["X-Act"]
    assert len(acts.page(acts.Wanted()).acts) == 1
    # The same list, asked for anew, is another act.
    assert web.post(URL, confirmed(web, asked()))["X-Act"] != first["X-Act"]


@pytest.mark.parametrize("token", ["", "x" * 32, "\0"])
def test_without_its_token_it_asks_again(web: Client, token: str) -> None:
    many()
    page = text(web.post(URL, asked(confirmed="1", token=token)))
    assert "Yes, all of them" in page
    assert totals() == only(new=MANY)


def test_filters_by_me_mean_who_asked(web: Client, sales: User) -> None:
    mine, other = add_lead(owner=sales), add_lead()
    response = web.post(URL, confirmed(web, asked("owner=me")))
    assert current(mine.lead_id).status is Status.CONTACTED
    assert current(other.lead_id).status is Status.NEW
    assert load(response["X-Act"]).chosen.query == f"owner={sales.id}"


def test_what_is_searched_for_is_meant(web: Client) -> None:
    zebra, other = add_lead("Zebra"), add_lead("Other")
    page = text(web.post(URL, asked("q=zebra")))
    assert "<dt>Search</dt><dd><bdi>zebra</bdi></dd>" in page
    assert "1 lead." not in page  # nobody has counted them
    web.post(URL, confirmed(web, asked("q=zebra")))
    assert current(zebra.lead_id).status is Status.CONTACTED
    assert current(other.lead_id).status is Status.NEW


@pytest.mark.parametrize(
    "query", ["status=ж", "owner=nobody-we-know", "since=2026-13-01", "q=%00", "outcome=x"]
)
def test_odd_filters_change_nothing(web: Client, query: str) -> None:
    many()
    response = web.post(URL, asked(query, confirmed="1", token="a" * 32))
    assert said(response) == ["The selection could not be read: nothing was changed."]
    assert totals() == only(new=MANY)


def test_all_without_a_filter_field_is_not_all(web: Client) -> None:
    many()
    sent = {"action": "delete", "all": "1", "confirmed": "1", "token": "a" * 32}
    assert said(web.post(URL, sent)) == ["The selection could not be read: nothing was changed."]
    assert totals() == only(new=MANY)


def test_a_deletion_is_in_the_security_log(web: Client) -> None:
    many()
    web.post(URL, confirmed(web, asked(action="delete")))
    event = read_page(Filter(kinds=DATA_ACTS)).events[0]
    assert (event.kind, event.details) == (Kind.DELETED, {"number": MANY})


def test_the_list_offers_it_where_there_is_more_than_a_page(web: Client) -> None:
    for number in range(26):
        add_lead(f"P {number}")
    assert 'name="all"' in text(web.get("/leads/?status=new"))
    assert 'name="all"' not in text(web.get("/leads/?status=closed"))


def test_needs_sign_in_and_the_role(client_for: Callable[[User], Client], viewer: User) -> None:
    many()
    assert signed_out_goes_to_sign_in(URL, method="post")
    assert client_for(viewer).post(URL, asked(confirmed="1", token="a" * 32)).status_code == 403
    assert totals() == only(new=MANY)
