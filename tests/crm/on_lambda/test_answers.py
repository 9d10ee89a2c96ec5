"""Answers on Lambda: in one piece, below its limits, or a page that says what to do instead."""

import gzip
import logging
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import path

from crm.accounts.models import User
from crm.dynamodb.errors import UnavailableError
from crm.on_lambda import answers
from crm.traits import Trait, declares
from leads.exports import files
from leads.models import Lead
from tests.crm.on_lambda.site import Answer, Ask, Context, on_lambda, recorded
from tests.web.pages import add_lead

LOG = "leads.exports.views"
read: list[int] = []


@login_not_required
def streamed(_request: HttpRequest, chunks: int) -> HttpResponseBase:
    def body() -> Iterator[bytes]:
        for number in range(chunks):
            read.append(number)
            yield b"%03d" % number * 100

    return StreamingHttpResponse(body(), content_type="image/png")


@login_not_required
def whole(_request: HttpRequest, size: int) -> HttpResponse:
    return HttpResponse(b"\xff" * size, content_type="application/octet-stream")


@declares(Trait.JSON)
@login_not_required
def whole_for_a_program(_request: HttpRequest, size: int) -> HttpResponse:
    return HttpResponse(b"\xff" * size, content_type="application/octet-stream")


urlpatterns = [
    path("streamed/<int:chunks>", streamed),
    path("whole/<int:size>", whole),
    path("api/whole/<int:size>", whole_for_a_program),
]
handler500 = "crm.error_pages.server_error"


@pytest.fixture
def ask(tables: None, settings: LazySettings) -> Ask:
    """Ask the real application."""
    return on_lambda(settings)


@pytest.fixture
def small(ask: Ask, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Ask a small site that may send 1,000 bytes, as a browser that cannot unpack."""
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(answers, "MOST_BYTES", 1_000)
    read.clear()
    plain = {"accept-encoding": "identity"}
    return lambda path, context=None, **changes: ask(
        recorded("cloudfront", rawPath=path, headers=plain, **changes), context
    )


@pytest.fixture
def export(ask: Ask, sales: User, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Ask for an export of five leads, a page for each."""
    monkeypatch.setattr(files, "PAGE", 1)
    for number in range(5):
        add_lead(f"Person {number}")
    browser = Client()
    browser.force_login(sales)
    cookies = [f"sessionid={browser.cookies['sessionid'].value}"]
    event = recorded(
        "cloudfront", rawPath="/leads/export/", rawQueryString="format=csv", cookies=cookies
    )

    def again(context: Context | None = None) -> Answer:
        return ask(event, context)

    return again


def test_a_streamed_file_comes_in_one_piece_and_compressed(
    export: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, LOG):
        answer = export()
    assert answer.status == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    lines = gzip.decompress(answer.body).decode("utf-8-sig").splitlines()
    assert len([line for line in lines if "Person" in line]) == 5
    (record,) = [record for record in caplog.records if record.name == LOG]
    assert record.__dict__["fields"]["complete"] is True


@pytest.mark.parametrize("limit", ["bytes", "time"])
def test_at_a_limit_it_ends_and_the_page_says_what_to_do(
    export: Ask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    context = Context()
    if limit == "time":
        context.remaining = [2_000]
    else:
        monkeypatch.setattr(answers, "MOST_BYTES", 5)
    with caplog.at_level(logging.INFO, LOG):
        answer = export(context)
    assert answer.status == 413
    assert "export_leads" in answer.text
    assert "content-disposition" not in answer.headers
    assert "default-src" in answer.headers["content-security-policy"]
    (record,) = [record for record in caplog.records if record.name == LOG]
    assert record.__dict__["fields"]["complete"] is False


@pytest.mark.parametrize(("chunks", "status"), [(2, 200), (3, 413)])
def test_what_is_whole_in_the_last_moment_is_sent(small: Ask, chunks: int, status: int) -> None:
    context = Context(remaining=[29_000, 2_000])
    assert small(f"/streamed/{chunks}", context).status == status


def test_a_failure_in_the_middle_is_a_page_and_no_half_file(
    export: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = files.pages

    def failing(*arguments: object) -> Iterator[list[Lead]]:
        yield next(made(*arguments))  # type: ignore[arg-type] # handed on as they are
        message = "in the middle"
        raise UnavailableError(message)

    monkeypatch.setattr(files, "pages", failing)
    answer = export()
    assert answer.status == 503
    assert "Person" not in answer.text


@pytest.mark.parametrize(("chunks", "status", "made"), [(3, 200, 3), (4, 413, 4), (90, 413, 4)])
def test_what_is_too_large_is_not_read_on(small: Ask, chunks: int, status: int, made: int) -> None:
    answer = small(f"/streamed/{chunks}")
    assert answer.status == status
    assert len(read) == made
    if status == 200:
        assert answer.body == b"".join(b"%03d" % number * 100 for number in range(chunks))


def test_a_head_request_makes_no_file(small: Ask) -> None:
    answer = small("/streamed/90", method="HEAD")
    assert (answer.status, answer.body, read) == (200, b"", [])


def test_binary_bodies_come_as_they_are_up_to_the_limit(small: Ask) -> None:
    assert small("/whole/1000").body == b"\xff" * 1_000
    page = small("/whole/1001")
    assert page.status == 413
    assert page.headers["content-type"].startswith("text/html")
    told = small("/api/whole/1001")
    assert told.status == 413
    assert told.headers["content-type"] == "application/json"


def test_the_largest_answer_fits_into_six_megabytes(ask: Ask, settings: LazySettings) -> None:
    settings.ROOT_URLCONF = __name__
    largest = answers.MOST_BYTES
    answer = ask(
        recorded("cloudfront", rawPath=f"/whole/{largest}", headers={"accept-encoding": ""})
    )
    assert len(answer.body) == largest
    assert largest * 4 / 3 + 64 * 1024 <= 6 * 1024 * 1024
