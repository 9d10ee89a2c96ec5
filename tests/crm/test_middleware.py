"""Around a request: its id, its log line, the visitor's address, the pages for errors."""

import logging
import re

import pytest
from django.conf import LazySettings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from django.views.decorators.http import require_POST

from crm import tables
from crm.accounts.models import User
from crm.accounts.sessions import SessionStore, new_key
from crm.dynamodb import calls
from crm.dynamodb.cursor import InvalidCursorError
from crm.dynamodb.errors import (
    ConflictError,
    DynamoDBError,
    InvalidRequestError,
    ItemTooLargeError,
    NotFoundError,
    ThrottledError,
    UnavailableError,
)
from crm.traits import Trait, declares

ERRORS: dict[str, DynamoDBError] = {
    "unavailable": UnavailableError("secret detail"),
    "throttled": ThrottledError("secret detail"),
    "conflict": ConflictError("secret detail"),
    "missing": NotFoundError("secret detail"),
    "cursor": InvalidCursorError("secret detail"),
    "large": ItemTooLargeError("secret detail"),
    "ours": InvalidRequestError("secret detail"),
}


@login_not_required
def fail(_request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name]


@login_not_required
def read(request: HttpRequest, token: str = "") -> HttpResponse:
    calls.ping(tables.RECORDS)
    return HttpResponse(f"{request.META['REMOTE_ADDR']}{token}")


@login_not_required
@require_POST
def only_post(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("posted")


@declares(Trait.JSON)
@login_not_required
def fail_as_json(_request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name]


def private(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("private")


urlpatterns = [
    path("fail/<name>/", fail),
    path("api/v1/fail/<name>/", fail_as_json),
    path("read/", read),
    path("reset/<token>/", read),
    path("private/", private),
    path("only-post/", only_post),
    path("accounts/", include("crm.accounts.urls")),
    path("site/", include("leads.urls")),
]
handler400 = "crm.error_pages.bad_request"
handler404 = "crm.error_pages.not_found"
handler500 = "crm.error_pages.server_error"


@pytest.fixture(autouse=True)
def urls(settings: LazySettings) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("unavailable", 503),
        ("throttled", 503),
        ("conflict", 503),
        ("missing", 503),
        ("cursor", 400),
        ("large", 413),
        ("ours", 500),
    ],
)
def test_each_error_of_the_store_has_its_status(client: Client, name: str, status: int) -> None:
    response = client.get(f"/fail/{name}/")
    assert response.status_code == status
    assert ("Retry-After" in response) == (status == 503)
    assert b"</html>" in response.content
    assert b"secret detail" not in response.content
    htmx = client.get(f"/fail/{name}/", headers={"HX-Request": "true"})
    assert htmx.status_code == status
    assert b"</html>" not in htmx.content
    assert "HX-Request" in htmx["Vary"]
    assert client.get(f"/api/v1/fail/{name}/").json().keys() == {"error", "detail"}


def test_a_refused_method_has_a_page_too(client: Client) -> None:
    response = client.get("/only-post/")
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert b"Go to the board" in response.content
    assert b"</html>" not in client.get("/only-post/", headers={"HX-Request": "true"}).content
    assert client.post("/only-post/").content == b"posted"


def test_a_bad_cursor_has_a_way_back_and_a_failure_a_way_on(client: Client) -> None:
    assert b'href="/fail/cursor/"' in client.get("/fail/cursor/?cursor=x").content
    assert b'href="/fail/unavailable/?q=%22"' in client.get("/fail/unavailable/?q=%22").content
    assert b'href="/fail/unavailable/"' not in client.post("/fail/unavailable/").content


def test_a_store_in_trouble_outside_the_view_is_a_503_too(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_self: SessionStore) -> dict[str, object]:
        raise ERRORS["unavailable"]

    monkeypatch.setattr(SessionStore, "load", load)
    client.cookies["sessionid"] = new_key()
    response = client.get("/private/")
    assert response.status_code == 503
    assert response["Retry-After"]
    assert b"does not answer" in response.content


@pytest.mark.parametrize("address", ["/read/?q=%00", "/nowhere/%00", "/static/%00.css"])
def test_nul_in_the_address_is_a_bad_request(client: Client, address: str) -> None:
    assert client.get(address).status_code == 400


@pytest.mark.parametrize("address", ["/%ff%fe/", "/static/%ff", "/nowhere/?q=%ff", "/\ud83d/"])
def test_bad_unicode_is_not_found(client: Client, address: str) -> None:
    assert client.get(address.encode("utf-8", "replace").decode()).status_code == 404


@pytest.mark.parametrize("address", ["/nothing/here", "/api/nothing", "/static/nothing"])
@pytest.mark.parametrize("body", ["a=1&" * 1_500, "&" * 2_000, "a=" + "x" * 2_000_000])
def test_a_body_that_cannot_be_read_hides_no_error(client: Client, address: str, body: str) -> None:
    answer = client.post(address, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in {400, 404, 413}


def test_headers_tell_staff_what_the_request_cost(web: Client) -> None:
    response = web.get("/private/")
    pattern = r'dynamodb;dur=[\d.]+;desc="2 requests, 1.5 RRU, 0 WRU", total;dur=[\d.]+'
    assert re.fullmatch(pattern, response["Server-Timing"])
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-ID"])


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    "address",
    ["/read/", "/private/", "/nowhere/", "/fail/ours/", "/read/?x=%00", "/accounts/login/"],
)
def test_a_stranger_is_told_no_times(client: Client, address: str) -> None:
    client.raise_request_exception = False
    response = client.get(address)
    assert "Server-Timing" not in response
    assert response["X-Request-ID"]


@pytest.mark.parametrize("email", ["sales@example.com", "nobody@example.com"])
def test_a_failed_sign_in_is_told_no_times(sales: User, client: Client, email: str) -> None:
    response = client.post("/accounts/login/", {"username": email, "password": "wrong"})
    assert sales.email == "sales@example.com"
    assert "Server-Timing" not in response


def test_every_answer_has_the_policies(client: Client) -> None:
    response = client.get("/nowhere/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "camera=()" in response["Permissions-Policy"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_refused_address_has_the_policies_too(client: Client) -> None:
    response = client.get("/read/?x=%00")
    assert response.status_code == 400
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_the_way_back_stays_on_this_site(client: Client) -> None:
    response = client.get("/", {"cursor": "1"}, PATH_INFO="//example.org/")
    assert b'href="/%2Fexample.org/"' in response.content
    assert b'href="//' not in response.content


def test_one_line_for_a_request_without_query_or_token(
    tables: None, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "crm.request")
    client.get("/read/?email=somebody@example.com")
    client.get("/reset/a-secret/")
    first, second = (vars(record)["fields"] for record in caplog.records)
    assert first | {"ms": 0, "dynamodb_ms": 0} == {
        "method": "GET",
        "path": "/read/",
        "route": "/read/",
        "status": 200,
        "ms": 0,
        "dynamodb_ms": 0,
        "requests": 1,
        "rru": 0.5,
        "wru": 0.0,
        "user": None,
        "address": "127.0.0.0/24",
    }
    assert second["path"] == "/reset/<token>/"
    assert "somebody" not in caplog.text
    for page in ("/accounts/password-reset/Mg", "/x/accounts/password-reset/Mg", "/Accounts/login"):
        client.get(f"{page}/a-secret")
    assert "a-secret" not in caplog.text


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("10.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 2001:db8::1 ", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("10.0.0.1, 203.0.113.9:51234", "203.0.113.9"),
        ("[2001:db8::1]:51234", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("203.0.113.9, <script>", "127.0.0.1"),
        ("203.0.113.9:x", "127.0.0.1"),
        ("203.0.113.9,", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_the_address_is_the_last_hop_behind_the_proxy_only(
    tables: None, settings: LazySettings, client: Client, forwarded: str, address: str
) -> None:
    headers = {"X-Forwarded-For": forwarded}
    assert client.get("/read/", headers=headers).content.decode() == "127.0.0.1"
    settings.BEHIND_TLS_PROXY = True
    assert client.get("/read/", headers=headers).content.decode() == address


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-123.DEF_4", True), ("short", False), ("a" * 129, False), ("a b<c>de", False)],
)
def test_a_request_id_is_taken_over_from_the_proxy_only(
    settings: LazySettings, client: Client, given: str, *, kept: bool
) -> None:
    headers = {"X-Request-ID": given}
    assert client.get("/nowhere/", headers=headers)["X-Request-ID"] != given
    settings.BEHIND_TLS_PROXY = True
    assert (client.get("/nowhere/", headers=headers)["X-Request-ID"] == given) is kept


def test_an_expired_form_is_told_so(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/read/")
    assert response.status_code == 403
    assert b"expired" in response.content
