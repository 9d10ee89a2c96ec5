"""What goes with a message besides its fields: it is kept, and refuses nothing."""

import json
import re
from html import unescape
from http import HTTPStatus

import pytest
from django.conf import LazySettings
from django.test import Client

from leads import repository
from leads.attribution import Attribution
from leads.definitions import BUILT_IN
from leads.held import store
from leads.intake import context
from leads.models import Status

URL = "/contact/"
API = "/api/v1/leads"
SITE = "https://www.shop.example"
MESSAGE = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "subject": "A question",
    "message": "What I typed",
}
TOLD = {
    "utm_source": "newsletter",
    "utm_medium": "e-mail",
    "utm_campaign": "spring",
    "utm_term": "desks",
    "utm_content": "button",
    "page": f"{SITE}/desks?id=7#top",
    "landing": f"{SITE}/",
}
KEPT = {**TOLD, "page": f"{SITE}/desks"}

pytestmark = pytest.mark.usefixtures("tables")

FIRST = {"form": BUILT_IN.slug}


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock that forms tell."""
    monkeypatch.setattr(context, "time", lambda: 1_800_000_000.7)


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a page and what they hold."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(text) for name, text in found}


def came() -> Attribution:
    """Return where the one lead came from."""
    (lead,) = repository.by_status(Status.NEW).leads
    return repository.get(lead.lead_id, consistent=True).attribution


def post(texts: dict[str, str], **headers: str) -> HTTPStatus:
    answer = Client().post(URL, MESSAGE | texts, headers=headers)
    return HTTPStatus(answer.status_code)


def test_a_message_keeps_what_the_site_told() -> None:
    assert post(TOLD) == HTTPStatus.SEE_OTHER
    assert came() == Attribution(**FIRST, **KEPT, marks={})


def test_of_nothing_nothing_is_kept() -> None:
    assert post({}) == HTTPStatus.SEE_OTHER
    assert came() == Attribution(**FIRST, marks={})


def test_the_form_carries_what_its_address_tells() -> None:
    page = Client().get(URL, TOLD | {"referrer": "https://evil.example", "else": "x"}).text
    carried = hidden(page)
    assert {name: carried[name] for name in KEPT} == KEPT
    assert carried.keys() == {*KEPT, "submission", "shown", "version"}
    assert post(carried) == HTTPStatus.SEE_OTHER
    assert came().utm_campaign == "spring"


def test_a_plain_form_carries_nothing_but_its_id_and_its_time() -> None:
    assert hidden(Client().get(URL).text).keys() == {"submission", "shown", "version"}


def test_what_a_form_carries_is_text() -> None:
    page = Client().get(URL, {"utm_source": '"><script>x</script>'}).text
    assert "<script>x" not in page
    assert hidden(page)["utm_source"] == '"><script>x</script>'


@pytest.mark.parametrize(
    ("referer", "kept"),
    [
        (f"{SITE}/desks?id=7", SITE),
        ("http://testserver/contact/", ""),
        ("https://testserver:8443/board/", ""),
        ("android-app://com.example/", ""),
        ("nonsense", ""),
    ],
)
def test_the_page_before_is_kept_if_it_is_of_another_site(referer: str, kept: str) -> None:
    carried = hidden(Client().get(URL, headers={"Referer": referer}).text)
    assert carried.get("referrer", "") == kept
    post(carried, Referer="http://testserver/contact/")
    assert came().referrer == kept


def test_a_site_that_sends_its_own_form_is_known_by_that() -> None:
    post({"referrer": "https://elsewhere.example/a"}, Referer=f"{SITE}/desks")
    assert came().referrer == SITE


def test_it_stays_with_a_message_that_was_not_taken_yet() -> None:
    answer = Client().post(URL, MESSAGE | TOLD | {"email": "", "shown": "17"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    carried = hidden(answer.text)
    assert {name: carried[name] for name in KEPT} == KEPT
    assert carried["shown"] == "17"


@pytest.mark.parametrize("nonsense", ["x" * 9_000, "\x00\x01", "\u202e\u200b", "'; DROP--", "💥"])
def test_nonsense_refuses_no_message(nonsense: str) -> None:
    every = dict.fromkeys([*TOLD, "referrer", "shown", "topic"], nonsense)
    assert post(every, Referer="http://[") == HTTPStatus.SEE_OTHER
    assert came().page == ""


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(
    ("shown", "marks"),
    [
        ("1799999988", {"seconds": 12}),
        ("1800000000", {"seconds": 0}),
        ("1600000000", {"seconds": 86_400}),
        ("1800000001", {}),
        ("-1", {}),
        ("٣", {}),
        ("9" * 400, {}),
        ("", {}),
    ],
)
def test_the_time_to_fill_in_is_a_mark(shown: str, marks: dict[str, int]) -> None:
    assert post({"shown": shown}) == HTTPStatus.SEE_OTHER
    assert came().marks == marks


@pytest.mark.usefixtures("noon")
def test_a_form_tells_when_it_was_shown() -> None:
    assert hidden(Client().get(URL).text)["shown"] == "1800000000"


def test_the_honeypot_is_a_mark_and_refuses_nobody() -> None:
    page = Client().get(URL).text
    (field,) = re.findall(r"<div hidden><label>\w+ (<input [^>]*>)</label></div>", page)
    assert 'tabindex="-1"' in field
    assert 'autocomplete="off"' in field
    (name,) = re.findall(r'name="(\w+)"', field)
    assert post({name: "cheap pills"}) == HTTPStatus.SEE_OTHER
    assert came().marks == {"honeypot": 1}


def test_who_sends_the_same_from_elsewhere_makes_no_second_lead() -> None:
    once = {"submission": "a" * 20}
    assert post(once | TOLD | {"shown": "1"}) == HTTPStatus.SEE_OTHER
    again = once | {"utm_source": "ads", "shown": "2", "topic": "x"}
    assert post(again, Referer=SITE) == HTTPStatus.SEE_OTHER
    assert came().utm_source == "newsletter"


def test_json_takes_the_same_names() -> None:
    body = json.dumps(MESSAGE | TOLD)
    answer = Client().post(API, body, content_type="application/json", headers={"Referer": SITE})
    assert answer.status_code == HTTPStatus.CREATED
    assert came() == Attribution(**FIRST, **KEPT, referrer=SITE, marks={})


def test_json_that_makes_no_sense_there_is_taken() -> None:
    body = json.dumps(MESSAGE | {"utm_source": 7, "page": ["x"], "landing": None})
    answer = Client().post(API, body, content_type="application/json")
    assert answer.status_code == HTTPStatus.CREATED
    assert came() == Attribution(**FIRST, marks={})


def test_a_key_that_comes_again_tells_the_same_lead() -> None:
    headers = {"Idempotency-Key": "once"}
    answers = [
        Client().post(
            API, json.dumps(MESSAGE | told), content_type="application/json", headers=headers
        )
        for told in (TOLD, {"utm_source": "ads"})
    ]
    assert [answer.status_code for answer in answers] == [HTTPStatus.CREATED, HTTPStatus.OK]


def test_a_held_message_keeps_it(settings: LazySettings) -> None:
    settings.INTAKE_PER_NETWORK = 1
    for text in ("One", "Two"):
        Client(REMOTE_ADDR="203.0.113.9").post(URL, MESSAGE | TOLD | {"message": text})
    (message,) = store.page().messages
    assert store.get(message.lead_id).attribution == Attribution(**FIRST, **KEPT, marks={})
