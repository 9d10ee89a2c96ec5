"""The first attempt of a request, and what is left to botocore."""

import json
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import override
from zlib import crc32

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from crm.dynamodb import calls, client
from crm.dynamodb.errors import InvalidRequestError, ThrottledError, UnavailableError
from crm.tables import RECORDS
from tests.dynamodb.wire import Wire, failure

KEY = {"PK": "a", "SK": "b"}
FOUND = (200, {"Item": {"PK": {"S": "a"}}})


class Listener(ThreadingHTTPServer):
    """Stands where DynamoDB would: it notes requests and gives the answers it has."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.checksums: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((dict(self.headers.items()), body))
        answer = json.dumps(FOUND[1]).encode()
        checksums = self.server.checksums
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("x-amz-crc32", checksums.pop(0) if checksums else str(crc32(answer)))
        self.end_headers()
        self.wfile.write(answer)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """What the process's client speaks to."""
    with Listener() as listening:
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv(
            "AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{listening.server_address[1]}"
        )
        client.reset()
        yield listening
        listening.shutdown()
        thread.join()
    client.reset()


def test_requests_are_signed_as_botocore_signs_them(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "for an hour")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    client.reset()
    assert calls.get(RECORDS, KEY) == {"PK": "a"}
    ((headers, body),) = listener.requests
    expected = AWSRequest(
        "POST",
        f"http://{headers['Host']}/",
        data=body,
        headers={name: headers[name] for name in ("Content-Type", "X-Amz-Target")},
    )
    signer = SigV4Auth(Credentials("somebody", "secret", "for an hour"), "dynamodb", "eu-central-1")
    sent_at = datetime.strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%S%z")
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: sent_at)
    signer.add_auth(expected)
    assert headers["Authorization"] == expected.headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "for an hour"
    assert "Botocore/" in headers["User-Agent"]


def test_bytes_are_sent_as_base64(listener: Listener) -> None:
    calls.put(RECORDS, {**KEY, "data": b"\x00\xff"})
    assert json.loads(listener.requests[0][1])["Item"]["data"] == {"B": "AP8="}


def test_a_damaged_answer_is_asked_for_again(listener: Listener) -> None:
    listener.checksums.append("1")
    assert calls.get(RECORDS, KEY) == {"PK": "a"}
    assert len(listener.requests) == 2


def test_through_a_proxy_botocore_sends_alone(
    pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr("botocore.endpoint.time.sleep", pauses.append)
    client.reset()
    assert client._transport().attempt("get_item", {}) is None  # noqa: SLF001 - what it leaves out
    behind = Wire(client.client())
    behind.answer("GetItem", FOUND)
    assert calls.get(RECORDS, KEY) == {"PK": "a"}
    assert not pauses  # its first attempt is no second one
    client.reset()


@pytest.mark.parametrize("name", ["NO_PROXY", "HTTPS_PROXY"])
def test_settings_that_name_no_proxy_for_the_endpoint_take_no_detour(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
        monkeypatch.delenv(other.lower(), raising=False)
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    client.reset()
    assert calls.get(RECORDS, KEY) == {"PK": "a"}
    # It stands in every attempt of botocore's.
    assert "amz-sdk-invocation-id" not in listener.requests[0][0]


@pytest.mark.parametrize(
    "answer",
    [
        (500, {"__type": "InternalServerError"}),
        (503, b"<html>busy</html>"),
        (200, b"nonsense"),
        (200, b"[]"),
        failure("ProvisionedThroughputExceededException"),
        failure("ThrottlingException"),
    ],
)
def test_what_may_pass_is_tried_again(wire: Wire, answer: tuple[int, bytes]) -> None:
    wire.answer("GetItem", answer, FOUND)
    assert calls.get(RECORDS, KEY) == {"PK": "a"}
    assert len(wire.sent) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (failure("ThrottlingException"), ThrottledError),
        ((500, {"__type": "InternalServerError"}), UnavailableError),
    ],
)
def test_four_attempts_are_all(
    wire: Wire, answer: tuple[int, bytes], error: type[Exception]
) -> None:
    wire.answer("GetItem", *[answer] * 5)
    with pytest.raises(error):
        calls.get(RECORDS, KEY)
    assert len(wire.sent) == 4


@pytest.mark.parametrize(
    ("code", "error"),
    [("ValidationException", InvalidRequestError), ("AccessDeniedException", UnavailableError)],
)
def test_an_answer_that_would_come_again_is_final(
    wire: Wire, code: str, error: type[Exception]
) -> None:
    wire.answer("GetItem", failure(code, "why"))
    with pytest.raises(error, match="why"):
        calls.get(RECORDS, KEY)
    assert len(wire.sent) == 1
