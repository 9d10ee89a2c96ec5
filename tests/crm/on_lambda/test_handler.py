"""Events as AWS documents them, against the application: what is believed, and what comes out."""

import gzip
import json
import logging
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote_to_bytes

import pytest
from django.conf import LazySettings

from crm.accounts.models import User
from crm.on_lambda import serving
from crm.on_lambda.events import Event
from crm.on_lambda.serving import serve
from leads import repository
from leads.imports.run import staging
from leads.repository import Filter
from tests.conftest import PASSWORD
from tests.crm.on_lambda.site import (
    HOST,
    REQUEST_ID,
    SECRET,
    Ask,
    Context,
    form,
    on_lambda,
    recorded,
)
from tests.web.pages import add_foreign

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LOGIN = "/accounts/login/"
FORGED = "6.6.6.6"


@pytest.fixture
def ask(tables: None, settings: LazySettings) -> Ask:
    """Ask the real application."""
    return on_lambda(settings)


def seen(event: Event) -> dict[str, str]:
    """Return what an application would see of an event."""
    found: dict[str, str] = {}

    def application(environ: "WSGIEnvironment", start: "StartResponse") -> list[bytes]:
        found.update({name: text for name, text in environ.items() if isinstance(text, str)})
        start("200 OK", [])
        return []

    assert serve(application)(event, Context())["statusCode"] == 200
    return found


def test_behind_cloudfront_its_function_says_host_and_address(settings: LazySettings) -> None:
    settings.ORIGIN_SECRET = [SECRET]
    environ = seen(recorded("cloudfront"))
    assert environ["HTTP_HOST"] == environ["SERVER_NAME"] == HOST
    assert environ["REMOTE_ADDR"] == environ["HTTP_X_FORWARDED_FOR"] == "2001:db8::66"
    assert environ["wsgi.url_scheme"] == environ["HTTP_X_FORWARDED_PROTO"] == "https"
    assert environ["HTTP_X_REQUEST_ID"] == REQUEST_ID
    assert SECRET not in environ.values()


@pytest.mark.parametrize(
    ("name", "host", "address"),
    [
        ("api_gateway", "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com", "203.0.113.7"),
        (
            "function_url",
            "u5k2x7.lambda-url.eu-central-1.on.aws",
            "2001:db8:85a3::8a2e:370:7334",
        ),
    ],
)
def test_alone_the_event_says_host_and_address(
    settings: LazySettings, name: str, host: str, address: str
) -> None:
    settings.ORIGIN_SECRET = []
    forged = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    environ = seen(recorded(name, headers=forged | {"x-viewer-address": FORGED}))
    assert environ["HTTP_HOST"] == host
    assert environ["REMOTE_ADDR"] == environ["HTTP_X_FORWARDED_FOR"] == address
    assert "evil.example" not in environ.values()


@pytest.mark.parametrize("name", ["api_gateway", "cloudfront"])
@pytest.mark.parametrize(
    "header",
    [
        "x-forwarded-for",
        "X-Forwarded-For",
        "x_forwarded_for",
        "x-forwarded_for",
        "X_Real-IP",
        "x-real-ip",
        "forwarded",
        "x_request_id",
        "x-request-id",
        "cloudfront-viewer-address",
    ],
)
def test_what_the_visitor_says_of_himself_does_not_arrive(
    settings: LazySettings, name: str, header: str
) -> None:
    settings.ORIGIN_SECRET = [SECRET] if name == "cloudfront" else []
    environ = seen(recorded(name, headers={header: FORGED}))
    assert not [text for text in environ.values() if FORGED in text]


@pytest.mark.parametrize("given", ["", "nonsense", "203.0.113.9:4711", "<script>"])
def test_an_address_that_is_none_is_not_taken_over(settings: LazySettings, given: str) -> None:
    settings.ORIGIN_SECRET = [SECRET]
    environ = seen(recorded("cloudfront", headers={"x-viewer-address": given}))
    assert environ["REMOTE_ADDR"] == "64.252.70.33"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (SECRET, 200),
        (f"old-{SECRET} {SECRET}", 200),
        ("", 403),
        ("   ", 403),
        (SECRET[:-1], 403),
        (f"{SECRET}x", 403),
        ("ä🦊\ud800", 403),
    ],
)
def test_only_cloudfront_gets_through(ask: Ask, given: str, status: int) -> None:
    answer = ask(recorded("cloudfront", rawPath="/healthz", headers={"x-origin-secret": given}))
    assert answer.status == status
    if status == 403:
        assert answer.headers["content-type"].startswith("text/plain")
        assert "CloudFront" in answer.text


def test_a_new_secret_is_read_before_it_is_compared(
    ask: Ask, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ORIGIN_SECRET = ["the-old-word-" + "0" * 32]
    monkeypatch.setattr(serving, "refresh", lambda: setattr(settings, "ORIGIN_SECRET", [SECRET]))
    assert ask(recorded("cloudfront", rawPath="/healthz")).status == 200


@pytest.mark.parametrize(
    "path",
    ["/leads/a%2Fb/", "/leads/a%252Fb/", "/leads/a%20b+c/", "/%F0%9F%A6%8A/", "/100%25/", "//x//"],
)
def test_paths_arrive_as_under_gunicorn(settings: LazySettings, path: str) -> None:
    settings.ORIGIN_SECRET = []
    expected = unquote_to_bytes(path).decode("latin-1")
    assert seen(recorded("function_url", rawPath=path))["PATH_INFO"] == expected
    # API Gateway has decoded it once.
    decoded = unquote_to_bytes(path).decode()
    assert seen(recorded("api_gateway", rawPath=decoded))["PATH_INFO"] == expected


def test_cookies_queries_and_headers_of_several_values(settings: LazySettings) -> None:
    settings.ORIGIN_SECRET = []
    environ = seen(recorded("api_gateway"))
    assert environ["HTTP_COOKIE"] == "csrftoken=Qm9hcmQ;sessionid=none"
    assert environ["QUERY_STRING"] == "status=new&q=S%C3%B6hne%20%26%20Co&tag=a&tag=b"
    assert environ["HTTP_CACHE_CONTROL"] == "no-cache,no-store"
    environ = seen(recorded("api_gateway", rawQueryString="q=ö", cookies=["a=ö"]))
    assert environ["QUERY_STRING"] == "q=Ã¶"
    assert environ["HTTP_COOKIE"] == "a=Ã¶"


@pytest.mark.parametrize(
    "event",
    [
        *[
            recorded(f"other_{name}")
            for name in ("warm_up", "schedule", "api_gateway_v1", "load_balancer")
        ],
        cast("Event", []),
        cast("Event", None),
        cast("Event", "text"),
        recorded("function_url", requestContext=None),
        recorded("function_url", rawPath=None),
        recorded("function_url", rawPath="/\ud800"),
        recorded("api_gateway", rawPath="/\ud800"),
        recorded("function_url", rawQueryString="\udfff"),
        recorded("function_url", headers={"accept": 1}),
        recorded("function_url", headers={"accept": "\ud800"}),
        recorded("function_url", cookies="a=b"),
        recorded("function_url", cookies=[1]),
        recorded("function_url", cookies=["\ud800"]),
        recorded("function_url", body=["x"]),
        recorded("function_url", body="\ud800"),
        recorded("function_url", body="a", isBase64Encoded=True),
        recorded("function_url", body="ä", isBase64Encoded=True),
    ],
)
def test_what_is_no_request_is_refused(ask: Ask, settings: LazySettings, event: Event) -> None:
    settings.ORIGIN_SECRET = []
    answer = ask(event)
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/%00", "/leads/%00/", "/contact/%FF%FE/", "/\n", "/leads/..%2F"])
def test_odd_paths_are_answered_by_the_application(ask: Ask, path: str) -> None:
    assert ask(recorded("cloudfront", rawPath=path)).status in {302, 400, 404}


def test_a_host_that_is_not_ours_is_refused(ask: Ask) -> None:
    forged = {"x-forwarded-host": "evil.example"}
    assert ask(recorded("cloudfront", headers=forged)).status == 400


def test_pages_are_compressed_for_who_can_read_it(ask: Ask) -> None:
    packed = ask(recorded("cloudfront"))
    assert packed.status == 200
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["vary"]
    assert b"<form" in gzip.decompress(packed.body)
    plain = ask(recorded("cloudfront", headers={"accept-encoding": "identity"}))
    assert "content-encoding" not in plain.headers
    assert "<form" in plain.text


def test_a_lead_comes_in_through_the_form(ask: Ask) -> None:
    answer = ask(recorded("cloudfront_post"))
    assert (answer.status, answer.headers["location"]) == (303, "/contact/thanks/")
    (lead,) = repository.listing(Filter(), size=10).leads
    assert (lead.name, lead.email) == ("Söhne & Co", "ada@example.com")
    assert repository.get(lead.lead_id).message == "Hello\n🦊"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"method": "HEAD"}, 200),
        ({"method": "OPTIONS"}, 405),
        ({"method": "BREW"}, 405),
        ({"method": "POST"}, 422),
        ({"method": "POST", "body": "", "isBase64Encoded": True}, 422),
        ({"method": "POST", "body": "m" * 6_200_000}, 413),
    ],
)
def test_methods_and_bodies(ask: Ask, changes: dict[str, object], status: int) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert ask(recorded("cloudfront", headers=kind, **changes)).status == status


def test_signing_in_sets_cookies_one_by_one_and_opens_the_board(ask: Ask, sales: User) -> None:
    page = ask(recorded("cloudfront", rawPath=LOGIN, cookies=[]))
    token = next(one for one in page.cookies if one.startswith("csrftoken=")).split(";")[0]
    text = f"username={sales.email}&password={PASSWORD}&csrfmiddlewaretoken={token[10:]}"
    sent = form(text.replace(" ", "+").replace("@", "%40"))
    headers = cast("dict[str, str]", sent.pop("headers")) | {"referer": f"https://{HOST}{LOGIN}"}
    post = recorded("cloudfront", rawPath=LOGIN, cookies=[token], headers=headers, **sent)
    answer = ask(post)
    assert answer.status == 302
    names = {one.split("=")[0] for one in answer.cookies}
    assert names >= {"sessionid", "csrftoken"}
    assert all("; " in one and "," not in one.split("expires=")[0] for one in answer.cookies)
    cookies = [one.split(";")[0] for one in answer.cookies]
    board = ask(recorded("cloudfront", rawPath="/board/", cookies=cookies))
    assert board.status == 200
    assert sales.name.encode() in gzip.decompress(board.body)
    # A form from elsewhere is refused, over HTTPS by its Referer.
    del headers["referer"]
    forged = recorded("cloudfront", rawPath=LOGIN, cookies=[token], headers=headers, **sent)
    assert ask(forged).status == 403


def test_a_lead_is_found_under_any_id_and_a_file_comes_in(
    ask: Ask, settings: LazySettings, sales: User
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = []
    cookies = _signed_in(sales)
    add_foreign("space /slash 🦊".replace("🦊", "\U0001f68a"))
    path = "/leads/~c3BhY2UgL3NsYXNoIPCfmoo=/"
    assert ask(recorded("cloudfront", rawPath=path, cookies=cookies)).status == 200
    token = "a" * 32
    upload = recorded(
        "cloudfront_upload",
        cookies=[*cookies, f"csrftoken={token}"],
        headers={"x-csrftoken": token},
    )
    answer = ask(upload)
    assert answer.status == 302
    (run,) = staging.recent()
    assert run.file_name == "leads ü.csv"
    assert staging.sample(run.import_id, 1) == [["Zoë", "zoe@example.com"]]


def test_log_lines_carry_lambdas_id(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "crm.request"):
        answer = ask(recorded("cloudfront"))
    assert answer.headers["x-request-id"] == REQUEST_ID


def test_json_of_the_api_comes_and_goes_as_text(ask: Ask) -> None:
    lead = {"name": "Ada", "email": "ada@example.com", "subject": "Desks", "message": "Ä 🦊"}
    event = recorded(
        "cloudfront",
        method="POST",
        rawPath="/api/v1/leads",
        headers={"content-type": "application/json", "accept-encoding": ""},
        body=json.dumps(lead, ensure_ascii=False),
    )
    answer = ask(event)
    assert answer.status == 201, answer.text
    assert repository.get(json.loads(answer.body)["leadId"]).message == "Ä 🦊"


def _signed_in(user: User) -> list[str]:
    from django.test import Client  # noqa: PLC0415 - only for its session

    browser = Client()
    browser.force_login(user)
    return [f"sessionid={browser.cookies['sessionid'].value}"]
