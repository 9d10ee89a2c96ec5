"""The probes: alive without DynamoDB, ready with it, for any Host, without an account."""

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.test import Client

from crm.dynamodb import calls
from crm.dynamodb.errors import DynamoDBError, NotFoundError, UnavailableError
from crm.dynamodb.schema import Table

PROBES = ["/healthz", "/readyz"]


def failing(error: DynamoDBError) -> Callable[[Table], None]:
    def ping(_table: Table) -> None:
        raise error

    return ping


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize("host", ["testserver", "10.1.2.3:8000"])
def test_answers_any_host_without_session_or_redirect(
    tables: None, settings: LazySettings, client: Client, path: str, host: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = client.get(path, headers={"host": host})
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies


@pytest.mark.parametrize("path", PROBES)
def test_head_has_no_body_and_post_is_refused(tables: None, client: Client, path: str) -> None:
    assert client.head(path).content == b""
    refused = client.post(path)
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnavailableError("endpoint 10.0.0.9 refused"), b"DynamoDB does not answer"),
        (NotFoundError("no table"), b"create_tables"),
    ],
)
def test_not_ready_says_why_and_stays_alive(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: DynamoDBError, reason: bytes
) -> None:
    monkeypatch.setattr(calls, "ping", failing(error))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert reason in response.content
    assert b"10.0.0.9" not in response.content
    assert client.get("/healthz").status_code == 200


def test_probes_do_not_fill_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    client.get("/healthz")
    assert not caplog.records
