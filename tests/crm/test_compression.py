"""What ``gzip_page`` sends: the same page, packed, to whoever unpacks it."""

import gzip
from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from crm.compression import WORTH_IT, gzip_page

PAGE = "A board. " * 100
NO_GZIP = ["", "br", "deflate, zstd"]


@gzip_page
def page(_request: HttpRequest) -> HttpResponseBase:
    return HttpResponse(PAGE, headers={"ETag": '"seen"'})


@gzip_page
def short(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("a" * (WORTH_IT - 1))


def accepting(codings: str) -> HttpRequest:
    return RequestFactory().get("/", headers={"Accept-Encoding": codings})


def answer(view: Callable[[HttpRequest], HttpResponseBase], codings: str) -> HttpResponse:
    response = view(accepting(codings))
    assert isinstance(response, HttpResponse)
    return response


def test_a_browser_gets_the_page_packed() -> None:
    response = answer(page, "br;q=1.0, gzip;q=0.8")
    assert gzip.decompress(response.content).decode() == PAGE
    assert response["Content-Encoding"] == "gzip"
    assert response["Content-Length"] == str(len(response.content))
    assert len(response.content) < len(PAGE) / 3


def test_its_name_is_weak_since_packed_bytes_differ() -> None:
    assert answer(page, "gzip")["ETag"] == 'W/"seen"'
    assert answer(page, "")["ETag"] == '"seen"'


def test_lengths_do_not_tell_what_is_in_it() -> None:
    lengths = {len(answer(page, "gzip").content) for _ in range(50)}
    assert len(lengths) > 1


@pytest.mark.parametrize("codings", NO_GZIP)
def test_others_get_it_as_it_is(codings: str) -> None:
    response = answer(page, codings)
    assert response.content.decode() == PAGE
    assert not response.has_header("Content-Encoding")
    assert response["Vary"] == "Accept-Encoding"


def test_short_answers_stay_as_they_are() -> None:
    response = answer(short, "gzip")
    assert response.content == b"a" * (WORTH_IT - 1)
    assert not response.has_header("Content-Encoding")
