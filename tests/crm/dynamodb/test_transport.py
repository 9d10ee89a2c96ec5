"""How requests are signed, sent and sent again."""

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread
from time import time
from typing import override
from zlib import crc32

import pytest
from boto3.session import Session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from urllib3 import BaseHTTPResponse

from benchmarks.dead_sockets import DeadSockets
from crm.dynamodb import calls, client, transport
from crm.dynamodb.engine import Engine
from crm.dynamodb.errors import InvalidRequestError, ThrottledError, UnavailableError
from crm.dynamodb.parallel import parallel
from crm.dynamodb.patience import visit
from crm.dynamodb.transport import Transport
from crm.tables import RECORDS
from tests.crm.dynamodb.wire import Wire, failure

KEY = {"PK": "a", "SK": "b"}
FOUND = (200, {"Item": {"PK": {"S": "a"}}})


class Listener(ThreadingHTTPServer):
    """Stands where DynamoDB would: it notes requests and gives the answers it has."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []
        self.checksums: list[str] = []
        self.halves = 0
        """So many answers end in the middle."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((dict(self.headers.items()), body))
        self.server.paths.append(self.path)
        answer = json.dumps(FOUND[1]).encode()
        checksums = self.server.checksums
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("x-amz-crc32", checksums.pop(0) if checksums else str(crc32(answer)))
        self.end_headers()
        if self.server.halves and len(self.server.requests) > 1:
            self.server.halves -= 1
            self.close_connection = True
            answer = answer[:5]
        self.wfile.write(answer)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """Yield what the process's client speaks to."""
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


def test_what_was_answered_in_half_does_not_go_out_again_by_itself(listener: Listener) -> None:
    calls.get(RECORDS, KEY)
    listener.halves = 1
    with pytest.raises(UnavailableError):
        increment()
    assert len(listener.requests) == 2
    assert calls.get(RECORDS, KEY) == {"PK": "a"}


def test_what_was_answered_in_half_is_asked_for_again(listener: Listener) -> None:
    calls.get(RECORDS, KEY)
    listener.halves = 1
    assert calls.get(RECORDS, KEY) == {"PK": "a"}
    assert len(listener.requests) == 3


@pytest.mark.parametrize("endpoint", ["localhost:8000", "http://", "ftp://x"])
def test_an_endpoint_that_is_none_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
    client.reset()
    with pytest.raises(UnavailableError):
        calls.get(RECORDS, KEY)
    client.reset()


@pytest.mark.parametrize("path", ["", "/", "/all"])
def test_a_path_of_the_endpoint_is_asked_as_it_is(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    url = f"http://127.0.0.1:{listener.server_address[1]}{path}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
    client.reset()
    calls.get(RECORDS, KEY)
    assert listener.paths == [path or "/"]


def test_credentials_that_come_later_are_found(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Credentials] = []
    monkeypatch.setattr(client.session(), "get_credentials", lambda: found[0] if found else None)
    client.dynamodb()
    with pytest.raises(UnavailableError):
        calls.get(RECORDS, KEY)
    found.append(Credentials("somebody", "secret"))
    assert calls.get(RECORDS, KEY) == {"PK": "a"}


@pytest.mark.parametrize("user", ["", "ann:se%40cret@"])
@pytest.mark.parametrize("scheme", ["http://", "//", ""])
def test_a_proxy_is_told_the_whole_address(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, scheme: str, user: str
) -> None:
    port = listener.server_address[1]
    monkeypatch.setenv("HTTP_PROXY", f"{scheme}{user}127.0.0.1:{port}")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://dynamodb.example.com:8000")
    client.reset()
    assert calls.get(RECORDS, KEY) == {"PK": "a"}
    assert listener.paths == ["http://dynamodb.example.com:8000/"]
    headers, _body = listener.requests[0]
    assert headers["Host"] == "dynamodb.example.com:8000"
    told = base64.b64encode(b"ann:se@cret").decode()
    assert headers.get("proxy-authorization") == (f"Basic {told}" if user else None)


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
    assert listener.paths == ["/"]


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


@pytest.fixture
def sockets(engine: Engine, tables: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeadSockets]:
    """Yield the tables, on connections that can die; nobody waits long."""
    monkeypatch.setattr(transport, "READ_SECONDS", 0.3)
    monkeypatch.setattr(transport, "sleep", lambda _seconds: None)
    with DeadSockets(engine.url) as sockets:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", sockets.url)
        client.reset()
        yield sockets
        client.dynamodb().close()
    client.reset()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what goes out, each time that it does."""
    sent: list[str] = []
    post = Transport._post  # noqa: SLF001 - the one place that sends

    def noted(
        self: Transport, headers: dict[str, str], body: bytes, seconds: float
    ) -> BaseHTTPResponse:
        sent.append(headers["X-Amz-Target"].partition(".")[2])
        return post(self, headers, body, seconds)

    monkeypatch.setattr(Transport, "_post", noted)
    return sent


def several() -> None:
    """Ask for four things at once, as a board does."""
    parallel(*[partial(calls.get, RECORDS, KEY)] * 4)


def increment() -> None:
    calls.update(RECORDS, KEY, "ADD #times :one", values={"one": 1})


def test_a_connection_stays_open(sockets: DeadSockets, asked: list[str]) -> None:
    for _ in range(5):
        calls.get(RECORDS, KEY)
    assert (sockets.opened, len(asked)) == (1, 5)


def test_what_was_reset_goes_out_once_more_on_a_new_connection(
    sockets: DeadSockets, asked: list[str]
) -> None:
    increment()
    sockets.reset()
    increment()
    assert asked == ["UpdateItem"] * 3
    assert sockets.opened == 2
    found = calls.get(RECORDS, KEY, consistent=True)
    assert found
    assert found["times"] == 2


@pytest.mark.parametrize("death", [DeadSockets.reset, DeadSockets.swallow])
def test_who_notices_first_drops_all_connections(
    sockets: DeadSockets, asked: list[str], death: Callable[[DeadSockets], None]
) -> None:
    several()
    opened = sockets.opened
    death(sockets)
    asked.clear()
    with visit():
        for _ in range(5):
            calls.get(RECORDS, KEY)
    # One goes out twice; the other connections of the old pool nobody tries.
    assert (len(asked), sockets.opened) == (6, opened + 1)


def test_several_at_once_wait_for_one_answer(sockets: DeadSockets, asked: list[str]) -> None:
    several()
    sockets.swallow()
    asked.clear()
    with visit():
        several()
        several()
    assert len(asked) <= 4 + 4 + 4
    # Each of four that hang is replaced once; of the first four, some may have shared one.
    assert sockets.opened <= 4 + 4


def test_a_visit_waits_for_one_answer_that_does_not_come(
    sockets: DeadSockets, asked: list[str]
) -> None:
    sockets.swallows_all = True
    with visit():
        for _ in range(3):
            with pytest.raises(UnavailableError, match="does not answer"):
                calls.get(RECORDS, KEY)
    # The first request is repeated once, the others are not.
    assert len(asked) == 4


def test_a_command_waits_at_each_attempt(sockets: DeadSockets, asked: list[str]) -> None:
    sockets.swallows_all = True
    with pytest.raises(UnavailableError, match="does not answer"):
        calls.get(RECORDS, KEY)
    assert len(asked) == 4


def test_what_adds_outside_a_transaction_is_not_repeated_after_a_time_out(
    sockets: DeadSockets, asked: list[str]
) -> None:
    sockets.swallows_all = True
    with pytest.raises(UnavailableError):
        increment()
    assert asked == ["UpdateItem"]


@pytest.mark.parametrize(
    "request_again",
    [
        lambda: calls.put(RECORDS, KEY, condition="attribute_not_exists(#PK)"),
        lambda: calls.update(RECORDS, KEY, "SET #a = :a", values={"a": 1}),
        lambda: calls.transact(
            [calls.Update(table=RECORDS, key=KEY, change="ADD #n :one", values={"one": 1})], "once"
        ),
        lambda: calls.query(RECORDS, "#PK = :pk", {"pk": "a"}),
    ],
    ids=["put", "set", "transaction", "query"],
)
def test_what_may_be_done_twice_is_repeated_after_a_time_out(
    sockets: DeadSockets, asked: list[str], request_again: Callable[[], object]
) -> None:
    calls.ping(RECORDS)
    sockets.swallow()
    asked.clear()
    request_again()
    assert len(asked) == 2


def test_connections_that_lay_idle_are_not_tried(
    sockets: DeadSockets, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    several()
    opened = sockets.opened
    sockets.swallow()
    asked.clear()
    now = time()
    monkeypatch.setattr(transport, "time", lambda: now + transport.IDLE_SECONDS + 1)
    calls.get(RECORDS, KEY)
    calls.get(RECORDS, KEY)
    assert (len(asked), sockets.opened) == (2, opened + 1)


def test_many_threads_make_one_client(
    sockets: DeadSockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    create = Session.client

    def noted(self: Session, *names: str, **options: object) -> object:
        made.append(names[0])
        return create(self, *names, **options)  # type: ignore[call-overload] # as given

    monkeypatch.setattr(Session, "client", noted)
    client.reset()
    start = Barrier(8)

    def ask() -> None:
        start.wait()
        calls.get(RECORDS, KEY)

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(ask) for _ in range(8)]:
            future.result()
    assert made == ["dynamodb"]


def test_without_credentials_nothing_is_sent(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    client.reset()
    with pytest.raises(UnavailableError, match="credentials"):
        calls.get(RECORDS, KEY)
    assert not listener.requests
