"""``-p tests.plugins.through_lambda``: Django's test client asks through AWS Lambda's handler.

Each request becomes the event that a Function URL behind CloudFront would make of it, and the
response is the one that the function's answer stands for; both are written as JSON and read
again, as Lambda does it. What a test looks at besides stays: contexts, exceptions, sessions.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import partial
from http.cookies import SimpleCookie
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

import pytest

# What Lambda sets, and the settings look at.
os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "leadbook-test-web"

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from django.conf import LazySettings
    from django.http import HttpResponse, StreamingHttpResponse

type Environ = dict[str, object]
type Application = Callable[[Environ], "HttpResponse | StreamingHttpResponse"]

MOST_BYTES = 6 * 1024 * 1024
SECRET = "origin-secret-of-the-tests-" + "0" * 32
DOMAIN = "abc.lambda-url.us-east-1.on.aws"
_TEXTS = ("text/", "application/json")
_QUERY = "".join(map(chr, range(33, 127)))

_STREAMED = (
    "a streamed file goes out in one piece: tests/crm/on_lambda/test_answers.py has its ends"
)
_HEADERS = (
    "the handler writes what a proxy would: tests/crm/on_lambda/test_handler.py has its rules"
)
_ALONE = "a function answers one request at a time, and is never busy"
_IMPORTING = "tests/imports/test_views.py"
_EXPORTING = "tests/exports/test_views.py"
_MIDDLEWARE = "tests/crm/test_middleware.py"
DESELECTED = {
    f"{_EXPORTING}::test_what_it_cost_is_logged_when_it_ends": _STREAMED,
    f"{_EXPORTING}::test_who_stops_reading_stops_the_export": _STREAMED,
    f"{_EXPORTING}::test_a_failure_in_the_middle_does_not_look_complete": _STREAMED,
    f"{_IMPORTING}::test_a_file_of_rejected_rows_that_breaks_off_says_so": _STREAMED,
    f"{_MIDDLEWARE}::test_the_address_is_the_last_hop_behind_the_proxy_only": _HEADERS,
    f"{_MIDDLEWARE}::test_a_request_id_is_taken_over_from_the_proxy_only": _HEADERS,
    "tests/intake/test_sites.py::test_a_server_that_is_busy_says_so_in_a_frame": _ALONE,
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what ``DESELECTED`` names, and of a test with several cases all but the first.

    Its cases are other data in the same requests: ``tests/crm/on_lambda/test_handler.py`` has
    what the handler does with odd ones.
    """
    first = {_name(item): item for item in reversed(items)}
    kept = {item for name, item in first.items() if name not in DESELECTED}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def _name(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


@pytest.fixture(autouse=True)
def _through_lambda(settings: "LazySettings", monkeypatch: pytest.MonkeyPatch) -> None:
    from django.test.client import ClientHandler  # noqa: PLC0415 - the settings come first

    settings.ORIGIN_SECRET = [SECRET]
    direct = ClientHandler.__call__

    def call(self: ClientHandler, environ: Environ) -> "HttpResponse | StreamingHttpResponse":
        return through(cast("Application", partial(direct, self)), environ)

    monkeypatch.setattr(ClientHandler, "__call__", call)


def through(application: Application, environ: Environ) -> "HttpResponse | StreamingHttpResponse":
    """Ask an application by way of an event, and return its response as it comes out."""
    from crm.on_lambda.serving import serve  # noqa: PLC0415 - the settings come first

    made: list[HttpResponse | StreamingHttpResponse] = []

    def wsgi(
        received: "WSGIEnvironment", start_response: "StartResponse"
    ) -> "HttpResponse | StreamingHttpResponse":
        # Lambda knows HTTPS alone; most tests speak HTTP and have no Referer for the CSRF check.
        received["wsgi.url_scheme"] = environ["wsgi.url_scheme"]
        response = application(received)
        made.append(response)
        cookies = [("Set-Cookie", one.OutputString()) for one in response.cookies.values()]
        start_response(f"{response.status_code} x", [*response.items(), *cookies])
        return response

    context = SimpleNamespace(
        aws_request_id="0d0e3f1c-9f3a-4b7e-8a55-000000000001",
        get_remaining_time_in_millis=lambda: 29_000,
    )
    answer = json.dumps(serve(wsgi)(json.loads(json.dumps(event(environ))), context))
    assert len(answer) < MOST_BYTES
    assert made, answer
    return _received(made[0], json.loads(answer))


def event(environ: Environ) -> dict[str, object]:
    """Return the event for a request of the test client."""
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") and name not in {"HTTP_COOKIE", "HTTP_HOST"}
    }
    name, port = environ["SERVER_NAME"], environ["SERVER_PORT"]
    host = environ.get("HTTP_HOST") or (name if port in {"80", "443"} else f"{name}:{port}")
    kind = str(environ.get("CONTENT_TYPE", ""))
    headers |= {
        "host": DOMAIN,
        "x-forwarded-host": str(host),
        "x-origin-secret": SECRET,
        "x-viewer-address": str(environ["REMOTE_ADDR"]),
    }
    if kind:
        headers["content-type"] = kind
    body = cast("SimpleNamespace", environ["wsgi.input"]).read(
        int(str(environ.get("CONTENT_LENGTH") or 0))
    )
    is_text = kind.startswith(_TEXTS) and _is_utf8(body)
    cookies = str(environ.get("HTTP_COOKIE") or "")
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": quote(str(environ["PATH_INFO"]).encode("latin-1")),
        "rawQueryString": quote(str(environ["QUERY_STRING"]).encode("latin-1"), safe=_QUERY),
        "cookies": cookies.split("; ") if cookies else [],
        "headers": headers,
        "requestContext": {
            "domainName": DOMAIN,
            "http": {"method": environ["REQUEST_METHOD"], "sourceIp": "64.252.1.1"},
        },
        "body": body.decode() if is_text else b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _received(
    response: "HttpResponse | StreamingHttpResponse", answer: dict[str, object]
) -> "HttpResponse | StreamingHttpResponse":
    """Put what came out in place of what the view gave, which has the test's attributes."""
    from django.http.response import ResponseHeaders  # noqa: PLC0415 - the settings come first

    assert answer["isBase64Encoded"] is True
    response.status_code = cast("int", answer["statusCode"])
    response.headers = ResponseHeaders(cast("dict[str, str]", answer["headers"]))
    response.cookies = SimpleCookie()
    for cookie in cast("list[str]", answer["cookies"]):
        response.cookies.load(cookie)
    body = b64decode(cast("str", answer["body"]))
    if response.streaming:
        cast("StreamingHttpResponse", response).streaming_content = [body]
    else:
        cast("HttpResponse", response).content = body
    return response
