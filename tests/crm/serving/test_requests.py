"""What gunicorn's own workers refused stays refused, and a body ends where it says."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException

from crm import server
from crm.serving.body import CODING
from crm.serving.incoming import MOST_HEAD, Incoming
from tests.crm.serving.senders import head

CHUNKED = "Transfer-Encoding: chunked"
LENGTH = "Content-Length: 5"


@pytest.fixture
def incoming() -> Iterator[Incoming]:
    """Yield a request of which nothing has come in, at the limits of ``manage.py serve``."""
    config = Config()
    config.set("limit_request_line", server.limit_request_line)
    config.set("limit_request_fields", server.limit_request_fields)
    with closing(Incoming(config, ("127.0.0.1", 1))) as incoming:
        yield incoming


def feed(incoming: Incoming, *pieces: bytes) -> bytes | None:
    following = None
    for piece in pieces:
        assert following is None
        following = incoming.feed(piece)
    return following


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
def test_a_head_that_is_refused(incoming: Incoming, request_head: bytes) -> None:
    with pytest.raises(ParseException):
        feed(incoming, request_head)


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
def test_chunks_that_are_refused(incoming: Incoming, body: bytes) -> None:
    with pytest.raises((ParseException, OSError)):
        feed(incoming, head("POST", "/", CHUNKED), body)


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
    incoming: Incoming, fields: tuple[str, ...], body: bytes, size: int
) -> None:
    whole = head("POST", "/", *fields) + body
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    pieces[-1] += b"GET /next"
    assert feed(incoming, *pieces) == b"GET /next"
    assert incoming.request is not None
    assert incoming.request.body.read() == (b"0123456789" if body else b"")
    lengths = [value for name, value in incoming.request.headers if name == "CONTENT-LENGTH"]
    assert lengths == (["10"] if body else [])


@pytest.mark.parametrize(
    "pieces",
    [
        [head("POST", "/", "Content-Length: 1048577")],
        [head("POST", "/", CHUNKED), b"200000\r\n", b"x" * 1_048_577],
    ],
)
def test_a_body_over_the_limit_is_not_taken_in(incoming: Incoming, pieces: list[bytes]) -> None:
    assert feed(incoming, *pieces) == b""
    assert incoming.request is not None
    assert incoming.request.body.read() == b""
    assert incoming.request.should_close()
    assert ("CONTENT-LENGTH", "1048577") in incoming.request.headers
    assert CODING not in dict(incoming.request.headers)


def test_a_body_at_the_limit_is_taken_in(incoming: Incoming) -> None:
    assert feed(incoming, head("POST", "/", "Content-Length: 1048576"), b"x" * 1_048_576) == b""
    assert incoming.request is not None
    assert len(incoming.request.body.read()) == 1_048_576
