"""The JSON intake: the same rules as the contact form, in HTTP's own words."""

import json
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from crm.dynamodb import client as dynamodb
from crm.dynamodb.engine import free_port
from leads import repository
from leads.models import Status

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

URL = "/api/v1/leads"
LEAD = {
    "name": "Ada Lovelace",
    "email": "Ada@Example.com",
    "company": "Engines",
    "subject": "A question",
    "message": "First line\nsecond line",
}


def send(body: object, **headers: str) -> "Response":
    """POST a document, or a text as it is, as a stranger."""
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return Client(enforce_csrf_checks=True).post(
        URL,
        text,
        content_type=headers.pop("content_type", "application/json"),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def total() -> int:
    return repository.counts(consistent=True).totals[Status.NEW]


@pytest.mark.usefixtures("tables")
def test_a_lead_is_stored() -> None:
    response = send(LEAD)
    assert response.status_code == HTTPStatus.CREATED
    assert not response.cookies
    lead = repository.get(response.json()["leadId"])
    assert (lead.email, lead.source, lead.message) == (
        "ada@example.com",
        "api",
        "First line\nsecond line",
    )


@pytest.mark.usefixtures("tables")
def test_null_is_as_if_left_out() -> None:
    response = send(LEAD | {"company": None})
    assert response.status_code == HTTPStatus.CREATED
    assert repository.get(response.json()["leadId"]).company == ""


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("\u200bAda <mailto:Ada@Example.com.>", "ada@example.com"),
        ("info@xn--bckerei-kestrel-0kb.example", "info@bäckerei-kestrel.example"),
        ("josé@printer.local", "josé@printer.local"),
        ("ada..@docomo.test", "ada..@docomo.test"),
    ],
)
def test_an_address_is_stored_in_its_normal_form(typed: str, stored: str) -> None:
    response = send(LEAD | {"email": typed})
    assert repository.get(response.json()["leadId"]).email == stored


@pytest.mark.usefixtures("tables")
def test_a_repeat_is_answered_like_the_first() -> None:
    first = send(LEAD, Idempotency_Key="k 1")
    again = send(LEAD, Idempotency_Key="k 1")
    assert (first.status_code, again.status_code) == (HTTPStatus.CREATED, HTTPStatus.OK)
    assert first.json() == again.json()
    assert total() == 1


@pytest.mark.usefixtures("tables")
def test_a_submission_is_a_key_where_none_is_sent() -> None:
    named = LEAD | {"submission": "k 1"}
    first, again = send(named), send(LEAD, Idempotency_Key="k 1")
    assert (first.status_code, again.status_code) == (HTTPStatus.CREATED, HTTPStatus.OK)
    assert send(named, Idempotency_Key="k 2").status_code == HTTPStatus.CREATED
    assert send(LEAD | {"submission": "ä"}).status_code == HTTPStatus.BAD_REQUEST
    assert send(LEAD | {"submission": 1}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert total() == 2


@pytest.mark.usefixtures("tables")
def test_a_key_with_other_contents_is_refused() -> None:
    send(LEAD, Idempotency_Key="k")
    response = send(LEAD | {"message": "Other"}, Idempotency_Key="k")
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "used before" in response.json()["detail"]
    assert total() == 1


@pytest.mark.usefixtures("tables")
def test_without_a_key_each_request_is_a_lead() -> None:
    assert send(LEAD).json() != send(LEAD).json()
    assert total() == 2


@pytest.mark.usefixtures("tables")
def test_repeats_at_the_same_time_are_one_lead() -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(LEAD, Idempotency_Key="same"), range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [HTTPStatus.OK] * 7 + [HTTPStatus.CREATED]
    assert len({answer.json()["leadId"] for answer in answers}) == 1
    assert total() == 1


@pytest.mark.parametrize("key", ["", "k" * 256, "tab\there", "schlüssel"])
def test_a_malformed_key(key: str) -> None:
    response = send(LEAD, Idempotency_Key=key)
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert "Idempotency-Key" in response.json()["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"name": ["a"]}, "name"),
        ({"company": {}}, "company"),
        ({"name": None}, "name"),
        ({"message": {"text": "x"}}, "message"),
        ({"email": True}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "ada@example"}, "email"),
        ({"email": "ada@example.com, bo@example.com"}, "email"),
        ({"email": "a" * 250 + "@example.com"}, "email"),
        ({"subject": "s" * 201}, "subject"),
        ({"message": "nul\0"}, "message"),
        ({"status": "converted"}, "status"),
        ({"": "x"}, ""),
    ],
)
def test_errors_are_named_by_field(change: dict[str, object], field: str) -> None:
    response = send(LEAD | change)
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    errors = response.json()["errors"]
    assert list(errors) == [field]
    assert errors[field][0]


def test_missing_fields_are_all_named() -> None:
    assert set(send({}).json()["errors"]) == {"name", "email", "subject", "message"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (" ", HTTPStatus.BAD_REQUEST),
        ("{", HTTPStatus.BAD_REQUEST),
        ('{"name": NaN}', HTTPStatus.BAD_REQUEST),
        ('{"name": "\\ud800"}', HTTPStatus.BAD_REQUEST),
        ("[" * 100_000, HTTPStatus.BAD_REQUEST),
        (b"\xff\xfe", HTTPStatus.BAD_REQUEST),
        ("[]", HTTPStatus.UNPROCESSABLE_ENTITY),
        ("null", HTTPStatus.UNPROCESSABLE_ENTITY),
        ('"text"', HTTPStatus.UNPROCESSABLE_ENTITY),
        (json.dumps(LEAD | {"message": "m" * 1_100_000}), HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    ],
)
def test_a_body_that_is_no_lead(body: str, status: HTTPStatus) -> None:
    response = send(body)
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert response.json()["detail"]


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"],
)
def test_other_content_types(kind: str) -> None:
    response = send(LEAD, content_type=kind)
    assert response.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods(method: str) -> None:
    response = Client().generic(method, URL)
    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert response["Allow"] == "POST"
    assert response["Content-Type"] == "application/json"


def test_the_store_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
    dynamodb.reset()
    response = send(LEAD)
    dynamodb.reset()
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(response["Retry-After"]) > 0
    assert response["Content-Type"] == "application/json"
