"""What Lambda signs by itself: the same signature as botocore's, and the same ways out."""

from collections.abc import Iterator
from datetime import UTC, datetime

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from django.conf import LazySettings

from crm.dynamodb import calls, client
from crm.dynamodb.engine import Engine
from crm.dynamodb.errors import NotFoundError, UnavailableError
from crm.dynamodb.signing import Credentials, LambdaTransport, authorization, endpoint
from crm.tables import RECORDS

KEY = {"PK": "a", "SK": "b"}


@pytest.mark.parametrize("token", ["", "for/an=hour+"])
@pytest.mark.parametrize("body", [b"", b'{"TableName": "\xc3\xa4"}'])
def test_signatures_are_those_of_botocore(
    monkeypatch: pytest.MonkeyPatch, token: str, body: bytes
) -> None:
    moment = datetime(2026, 11, 21, 9, 15, 32, tzinfo=UTC)
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.GetItem",
    }
    url = "https://dynamodb.eu-central-1.amazonaws.com/"
    request = AWSRequest("POST", url, data=body, headers=headers)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)
    given = BotocoreCredentials("AKIA", "se/cret+", token or None)
    SigV4Auth(given, "dynamodb", "eu-central-1").add_auth(request)
    headers |= {"Host": "dynamodb.eu-central-1.amazonaws.com", "X-Amz-Date": "20261121T091532Z"}
    if token:
        headers["X-Amz-Security-Token"] = token
    ours = authorization(
        headers,
        "/",
        body,
        scope="eu-central-1/dynamodb",
        credentials=Credentials("AKIA", "se/cret+", token),
    )
    assert ours == request.headers["Authorization"]


@pytest.mark.parametrize(
    ("region", "address"),
    [
        ("eu-central-1", "https://dynamodb.eu-central-1.amazonaws.com"),
        ("us-gov-west-1", "https://dynamodb.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "https://dynamodb.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_endpoints_are_those_of_botocore(region: str, address: str) -> None:
    made = client.session().create_client("dynamodb", region)
    assert endpoint("dynamodb", region) == address == made.meta.endpoint_url


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager", "ssm"])
@pytest.mark.parametrize("is_for_all", [True, False])
def test_an_endpoint_that_is_named_is_asked_as_by_botocore(
    monkeypatch: pytest.MonkeyPatch, service: str, *, is_for_all: bool
) -> None:
    own = {"secretsmanager": "SECRETS_MANAGER"}.get(service, service.upper())
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1/all")
    if not is_for_all:
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{own}", "http://127.0.0.1:2/one")
    made = botocore.session.get_session().create_client(service, "eu-central-1")
    assert LambdaTransport(service).url.rstrip("/") == made.meta.endpoint_url


@pytest.fixture
def on_lambda(engine: Engine, settings: LazySettings, tables: None) -> Iterator[None]:
    """The process's requests as Lambda sends them."""
    settings.ON_LAMBDA = True
    client.reset()
    yield
    settings.ON_LAMBDA = False
    client.reset()


def test_requests_are_answered(on_lambda: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(client._transport(), LambdaTransport)  # noqa: SLF001 - that it is meant
    monkeypatch.setattr(client, "client", None)
    calls.put(RECORDS, {**KEY, "text": "ä"})
    assert calls.get(RECORDS, KEY) == {**KEY, "text": "ä"}


def test_errors_are_the_same(on_lambda: None, settings: LazySettings) -> None:
    settings.RECORDS_TABLE_NAME = "there-is-none"
    with pytest.raises(NotFoundError):
        calls.ping(RECORDS)


def test_what_does_not_go_well_is_left_to_botocore(
    on_lambda: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LambdaTransport, "send", lambda *_arguments: (0, b""))
    calls.put(RECORDS, dict(KEY))
    assert calls.get(RECORDS, KEY) == KEY


def test_nobody_answers(
    on_lambda: None, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    client.reset()
    with pytest.raises(UnavailableError):
        calls.ping(RECORDS)
