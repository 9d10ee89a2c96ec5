"""The public contact form: what visitors send is a lead once, or they still have it."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest
from django.test import Client, override_settings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from crm.accounts.models import User
from crm.dynamodb import client as dynamodb
from crm.dynamodb.capacity import Usage
from crm.dynamodb.engine import free_port
from leads import fields, repository
from leads.models import Lead, Status

URL = "/contact/"
THANKS = "/contact/thanks/"
MESSAGE = {
    "name": "Ada Lovelace",
    "email": "Ada@Example.com",
    "company": "Engines & Sons",
    "subject": "A question",
    "message": "First line\r\nsecond line",
}


@pytest.fixture
def browser() -> Client:
    """Someone who has no cookie, and whose tokens the site would check."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def store_is_down(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing listens where DynamoDB should be."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
    dynamodb.reset()
    yield
    dynamodb.reset()


def submission(browser: Client) -> str:
    """Read the hidden id of a fresh form."""
    found = re.search(r'name="submission" value="([^"]+)"', browser.get(URL).text)
    assert found
    return found[1]


def all_leads() -> list[Lead]:
    return repository.by_status(Status.NEW, limit=100).leads


def test_the_form_needs_no_cookie_and_sets_none(browser: Client) -> None:
    response = browser.get(URL)
    assert response.status_code == HTTPStatus.OK
    assert not response.cookies
    assert "csrfmiddlewaretoken" not in response.text
    assert "Cookie" not in response.headers.get("Vary", "")
    assert {"private", "no-cache"} <= set(response["Cache-Control"].split(", "))


def test_a_session_is_not_even_looked_at(
    client_for: Callable[[User], Client], sales: User, usage: Usage
) -> None:
    browser = client_for(sales)
    browser.get(URL)
    before = usage.requests
    response = browser.get(URL)
    assert usage.requests == before
    assert "Server-Timing" not in response
    assert not response.cookies


def test_limits_are_told_to_the_browser(browser: Client) -> None:
    assert f'maxlength="{fields.MESSAGE.limit}"' in browser.get(URL).text


def test_each_form_has_an_id_of_its_own(browser: Client) -> None:
    assert submission(browser) != submission(browser)


@pytest.mark.usefixtures("tables")
def test_a_message_becomes_a_lead(browser: Client) -> None:
    response = browser.post(URL, MESSAGE | {"submission": submission(browser)})
    assert response.status_code == HTTPStatus.SEE_OTHER
    assert response["Location"] == THANKS
    assert not response.cookies
    (found,) = all_leads()
    lead, timeline = repository.get(found.lead_id), repository.timeline(found.lead_id)
    assert lead.email == "ada@example.com"
    assert lead.company == "Engines & Sons"
    assert lead.message == "First line\nsecond line"
    assert lead.source == "contact-form"
    assert [(event.type, event.actor.id) for event in timeline.events] == [("created", "")]
    assert repository.counts(consistent=True).totals[Status.NEW] == 1


def test_thanks_survives_reload(browser: Client) -> None:
    assert browser.get(THANKS).status_code == HTTPStatus.OK
    assert browser.get(THANKS).status_code == HTTPStatus.OK
    assert browser.post(THANKS).status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods(browser: Client, method: str) -> None:
    response = browser.generic(method.upper(), URL)
    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert "POST" in response["Allow"]


@pytest.mark.usefixtures("tables")
def test_a_double_click_is_one_lead(browser: Client) -> None:
    sent = MESSAGE | {"submission": submission(browser)}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: Client().post(URL, sent), range(8)))
    assert {answer.status_code for answer in answers} == {HTTPStatus.SEE_OTHER}
    assert len(all_leads()) == 1
    assert repository.counts(consistent=True).totals[Status.NEW] == 1


@pytest.mark.usefixtures("tables")
def test_going_back_and_correcting_the_text_loses_nothing(browser: Client) -> None:
    hidden = {"submission": submission(browser)}
    browser.post(URL, MESSAGE | hidden)
    browser.post(URL, MESSAGE | hidden | {"message": "What I meant"})
    browser.post(URL, MESSAGE | hidden | {"message": "What I meant"})
    assert {lead.subject for lead in all_leads()} == {"A question"}
    assert len(all_leads()) == 2


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("hidden", ["", "x", "é" * 3000, "\0", "<script>", "a b" * 40])
def test_an_odd_id_is_no_error(browser: Client, hidden: str) -> None:
    response = browser.post(URL, MESSAGE | {"submission": hidden})
    assert response.status_code == HTTPStatus.SEE_OTHER
    assert len(all_leads()) == 1


@pytest.mark.usefixtures("tables")
def test_without_an_id_the_same_words_are_one_lead(browser: Client) -> None:
    browser.post(URL, MESSAGE)
    browser.post(URL, MESSAGE)
    assert len(all_leads()) == 1


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("name", "", "tell us your name"),
        ("name", "   ", "tell us your name"),
        ("name", "n" * 201, "at most 200"),
        ("name", "a\0b", "Null characters"),
        ("name", "a\x07b", "cannot be stored"),
        ("email", "nobody", "not an e-mail address"),
        ("email", "a@b@c.org", "not an e-mail address"),
        ("company", "c" * 201, "at most 200"),
        ("subject", "", "what it is about"),
        ("message", " \r\n ", "write your message"),
        ("message", "m" * (fields.MESSAGE.limit + 1), "at most 10000"),
    ],
)
def test_errors_stand_beside_the_fields(browser: Client, field: str, value: str, text: str) -> None:
    hidden = submission(browser)
    sent = MESSAGE | {"message": "Keep <me>", "submission": hidden} | {field: value}
    response = browser.post(URL, sent)
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert f'id="id_{field}_error"' in response.text
    assert text in response.text
    assert f'value="{hidden}"' in response.text
    for name in {"name", "email", "company", "subject"} - {field}:
        assert sent[name].replace("&", "&amp;") in response.text
    if field != "message":
        assert "Keep &lt;me&gt;" in response.text


@pytest.mark.usefixtures("tables")
def test_a_line_break_counts_once(browser: Client) -> None:
    text = "a\r\n" * (fields.MESSAGE.limit // 2 - 1) + "ab"
    assert browser.post(URL, MESSAGE | {"message": text}).status_code == HTTPStatus.SEE_OTHER


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "日本語 🎉",
        "\u202e\u0645\u0631\u062d",
        "{{ settings.SECRET_KEY }}",
    ],
)
def test_text_is_kept_as_written(browser: Client, text: str) -> None:
    browser.post(URL, MESSAGE | {"name": text, "subject": text, "message": text})
    (found,) = all_leads()
    lead = repository.get(found.lead_id)
    assert (lead.name, lead.subject, lead.message) == (text, text, text)


@pytest.mark.usefixtures("tables")
def test_another_charset_does_not_break_it(browser: Client) -> None:
    body = encode_multipart(BOUNDARY, MESSAGE | {"message": r"\ud800"})
    for charset in ("unicode_escape", "base64", "utf-7", "nonsense"):
        kind = f"{MULTIPART_CONTENT}; charset={charset}"
        response = browser.generic("POST", URL, body, content_type=kind)
        assert response.status_code == HTTPStatus.SEE_OTHER


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{}", "application/json", HTTPStatus.UNPROCESSABLE_ENTITY),
        ("name=%00%ff%fe", "application/x-www-form-urlencoded", HTTPStatus.UNPROCESSABLE_ENTITY),
        ("&".join(["a=1"] * 1001), "application/x-www-form-urlencoded", HTTPStatus.BAD_REQUEST),
        ("nonsense", "multipart/form-data", HTTPStatus.BAD_REQUEST),
        ("nonsense", "multipart/form-data; boundary=x", HTTPStatus.UNPROCESSABLE_ENTITY),
    ],
)
def test_a_malformed_body_is_refused(
    browser: Client, body: str, kind: str, status: HTTPStatus
) -> None:
    assert browser.post(URL, body, content_type=kind).status_code == status


def test_a_body_over_the_limit(browser: Client) -> None:
    response = browser.post(URL, MESSAGE | {"message": "m" * 1_100_000})
    assert response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "too much to send" in response.text


@pytest.mark.usefixtures("store_is_down")
def test_the_text_is_kept_while_the_store_is_down(browser: Client) -> None:
    sent = MESSAGE | {"submission": submission(browser)}
    response = browser.post(URL, sent)
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(response["Retry-After"]) > 0
    assert "could not be sent" in response.text
    assert "second line" in response.text
    assert "Ada Lovelace" in response.text
    assert f'value="{sent["submission"]}"' in response.text


@pytest.mark.usefixtures("store_is_down")
def test_the_form_itself_asks_nothing_of_the_store(browser: Client) -> None:
    assert browser.get(URL).status_code == HTTPStatus.OK


@pytest.mark.usefixtures("tables")
def test_missing_tables_keep_the_text(browser: Client) -> None:
    with override_settings(TABLE_NAME="NotThere"):
        response = browser.post(URL, MESSAGE)
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "Ada Lovelace" in response.text
