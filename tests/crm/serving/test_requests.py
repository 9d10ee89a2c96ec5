"""What gunicorn's own workers refused stays refused, and a body ends where it says."""

from collections.abc import Iterable
from io import BytesIO

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException

from crm.serving.incoming import MOST_HEAD, Incoming
from tests.crm.serving.senders import head

CHUNKED = "Transfer-Encoding: chunked"
LENGTH = "Content-Length: 5"


def take(pieces: Iterable[bytes]) -> tuple[Incoming, bytes | None]:
    """Let a request come in as ``manage.py serve`` would; returns it, and what followed it."""
    config = Config()
    config.set("limit_request_line", 8190)
    config.set("limit_request_fields", 64)
    incoming = Incoming(config, ("127.0.0.1", 1))
    following = None
    for piece in pieces:
        assert following is None
        following = incoming.feed(piece)
    return incoming, following


@pytest.mark.parametrize(
    "request_head",
    [
        head("POST", "/", LENGTH, CHUNKED),
        head("POST", "/", LENGTH, LENGTH),
        head("POST", "/", "Content-Length: 5, 5"),
        head("POST", "/", "Content-Length: +5"),
        head("POST", "/", "Content-Length: -5"),
        head("POST", "/", "Content-Length: 0x5"),
        head("POST", "/", CHUNKED, CHUNKED),
        head("POST", "/", "Transfer-Encoding: gzip, chunked"),
        head("POST", "/", "Transfer-Encoding: identity"),
        head("POST", "/", "Transfer-Encoding: xchunked"),
        head("POST", "/", CHUNKED).replace(b"HTTP/1.1", b"HTTP/1.0"),
        head("GET", "/", "Host: other"),
        head("GET", "/", "A : b"),
        head("GET", "/", "A: b\0"),
        head("GET", "/", "A: b", " folded"),
        head("GET", "/", *["A: b"] * 64),
        head("GET", "/", "A: " + "b" * 8200),
        head("GET", "/" + "a" * 8200),
        head("get", "/"),
        head("GET", "/é"),
        head("GET", "/", "Expect: tea"),
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n",
        b"\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        b"GET /" + b"a" * 8200,
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * (MOST_HEAD // 6),
    ],
)
def test_a_head_that_is_refused(request_head: bytes) -> None:
    with pytest.raises(ParseException):
        take([request_head])


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\n\r\nhello\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"\r\n5\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloxx0\r\n\r\n",
        b"5;a=\x01\r\nhello\r\n0\r\n\r\n",
        b"0\r\nContent-Length: 5\r\n\r\n",
        b"0\r\nno field\r\n\r\n",
        b"0\r\n" + b"A: b\r\n" * 2000,
        b"5" * 9000,
    ],
)
def test_chunks_that_are_refused(body: bytes) -> None:
    with pytest.raises((ParseException, OSError)):
        take([head("POST", "/", CHUNKED), body])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ((), b""),
        (("Content-Length: 10",), b"0123456789"),
        ((CHUNKED,), b"4\r\n0123\r\n6;a=b\r\n456789\r\n0\r\n\r\n"),
        ((CHUNKED,), b"0A\r\n0123456789\r\n00\r\nX: y\r\nY: z\r\n\r\n"),
    ],
)
def test_a_body_is_whole_whatever_pieces_it_comes_in(
    fields: tuple[str, ...], body: bytes, size: int
) -> None:
    whole = head("POST", "/", *fields) + body
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    pieces[-1] += b"GET /next"
    incoming, following = take(pieces)
    assert following == b"GET /next"
    assert incoming.request is not None
    assert incoming.request.body.read() == (b"0123456789" if body else b"")
    lengths = [value for name, value in incoming.request.headers if name == "CONTENT-LENGTH"]
    assert lengths == (["10"] if body else [])
    incoming.close()


def test_a_body_over_the_limit_is_not_taken_in() -> None:
    for fields, body in (
        ("Content-Length: 2000000", b"x"),
        (CHUNKED, b"200000\r\n" + b"x" * 1_100_000),
    ):
        incoming, following = take([head("POST", "/", fields), body][: 1 if body == b"x" else 2])
        assert following == b"" or following is None
        assert incoming.request is not None
        assert isinstance(incoming.request.body, BytesIO)
