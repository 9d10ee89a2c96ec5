"""Bodies are judged by their header; who sends too much reads why, and leaves nothing behind."""

import select
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import count

import pytest

from tests.crm.serving.conftest import CSRF, Server
from tests.crm.serving.senders import ask, connect, drip, head, read

MB = 1024 * 1024
TOO_LARGE = "At most 1 MB can be sent here"
FORM = "Content-Type: application/x-www-form-urlencoded"
PART = 'Content-Disposition: form-data; name="{}"'
SIGN_IN, UPLOAD, CONTACT, API = "/accounts/login/", "/leads/import/", "/contact/", "/api/v1/leads"
PATIENCE = 1000
"""Requests that are answered while files are put away."""
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _nothing_is_left(server: Server) -> Iterator[None]:
    yield
    assert leftovers(server) == []


def leftovers(server: Server) -> list[str]:
    """Return what requests left behind, once those that were answered had time to tidy up.

    An answer is read before its thread has closed the files of the request.
    """
    for _ in range(PATIENCE):
        assert ask(server.port, head("GET", "/healthz"))[0] == 200
        left = server.files() + [path.name for path in server.scratch.iterdir()]
        if not left:
            break
    return left


def upload(size: int) -> bytes:
    """Return the body of a form with a file."""
    line = b"Ada,ada@example.com,Hi,Hello\n"
    file = b"name,email,subject,message\n" + line * (size // len(line))
    parts = [(PART.format("csrfmiddlewaretoken"), CSRF.encode())]
    parts += [(PART.format("file") + '; filename="leads.csv"', file)]
    body = b"".join(b"--b\r\n%b\r\n\r\n%b\r\n" % (name.encode(), part) for name, part in parts)
    return body + b"--b--\r\n"


def upload_head(server: Server, size: int, *fields: str, path: str = UPLOAD) -> bytes:
    kind = "Content-Type: multipart/form-data; boundary=b"
    return head("POST", path, kind, f"Content-Length: {size}", *fields)


@pytest.mark.parametrize("path", [SIGN_IN, UPLOAD, "/leads/", "/nowhere/"])
def test_a_large_body_is_refused_before_it_is_read(server: Server, path: str) -> None:
    status, headers, page = ask(server.port, upload_head(server, 200 * MB, path=path))
    assert (status, headers["Connection"]) == (413, "close")
    assert "That is too much to send" in page
    assert TOO_LARGE in page or "Only who is signed in can send" in page


def test_nobody_is_told_to_go_on_with_it(server: Server) -> None:
    expects = upload_head(server, 200 * MB, "Expect: 100-continue", path=SIGN_IN)
    assert ask(server.port, expects)[0] == 413


@pytest.mark.parametrize("path", [SIGN_IN, CONTACT, API])
def test_who_sends_all_of_it_first_reads_the_answer(server: Server, path: str) -> None:
    """As browsers do: a connection that were closed at once would be reset before that."""
    size = 30 * MB
    kind = "application/json" if path == API else "application/x-www-form-urlencoded"
    with closing(connect(server.port)) as sock:
        fields = (f"Content-Type: {kind}", f"Content-Length: {size}")
        sock.sendall(head("POST", path, *fields) + b"x" * size)
        status, headers, text = read(sock)
    assert status == 413
    if path == API:
        assert headers["Content-Type"] == "application/json"
        assert "too large. Nothing was stored." in text
    else:
        assert ("Your message was not sent" if path == CONTACT else TOO_LARGE) in text


def test_chunks_are_counted_as_they_come(server: Server) -> None:
    with closing(connect(server.port)) as sock:
        sock.sendall(head("POST", SIGN_IN, "Transfer-Encoding: chunked", FORM))
        chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        for sent in count(0, 0x8000):
            if select.select([sock], [], [], 0)[0]:
                break
            assert sent < 100 * MB
            sock.sendall(chunk)
            assert server.files() == []
        status, _headers, page = read(sock)
    assert status == 413
    assert TOO_LARGE in page


def test_a_chunked_body_that_fits_arrives(server: Server) -> None:
    document = b'{"name":"Ada","email":"ada@example.com","subject":"Hi","message":"Hello"}'
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in document) + b"0\r\n\r\n"
    kind = "Content-Type: application/json"
    request = head("POST", API, "Transfer-Encoding: chunked", kind) + chunks
    assert ask(server.port, request)[0] == 201


def test_a_file_takes_a_signed_cookie(server: Server) -> None:
    body = upload(3 * MB)
    key = server.cookies["sessionid"]
    forged = f"Cookie: sessionid={key[:-1]}{'a' if key[-1] != 'a' else 'b'}"
    for fields in ((), (forged,)):
        status, _headers, page = ask(server.port, upload_head(server, len(body), *fields))
        assert status == 413
        assert "Only who is signed in can send a file of more than 1 MB" in page
    signed = upload_head(server, len(body), server.cookie_field)
    assert ask(server.port, signed + body)[0] == 302


def test_a_signed_cookie_has_its_limits(server: Server) -> None:
    head_of_52 = upload_head(server, 52 * MB, server.cookie_field)
    status, _headers, page = ask(server.port, head_of_52)
    assert status == 413
    assert "At most 50 MB" in page
    elsewhere = upload_head(server, 2 * MB, server.cookie_field, path=SIGN_IN)
    assert ask(server.port, elsewhere)[0] == 413


def test_four_large_bodies_at_once(server: Server) -> None:
    body = upload(3 * MB)
    start = upload_head(server, len(body), server.cookie_field, "Expect: 100-continue")
    with ExitStack() as stack:
        senders = [stack.enter_context(closing(connect(server.port))) for _ in range(4)]
        for sender in senders:
            sender.sendall(start)
            assert sender.recv(100).startswith(b"HTTP/1.1 100 ")
            sender.sendall(body[: 2 * MB + 70_000])
        status, headers, page = ask(server.port, start)
        assert (status, headers["Retry-After"]) == (503, "30")
        assert "Too much is coming in just now" in page
        senders[0].sendall(body[2 * MB + 70_000 :])
        assert read(senders[0])[0] == 302
        # Its place is free again.
        senders[0].sendall(start)
        assert senders[0].recv(100).startswith(b"HTTP/1.1 100 ")


def test_bodies_above_what_people_type_are_few_at_once(server: Server) -> None:
    """They wait in memory, which two thousand of 1 MB would fill."""
    start = head("POST", CONTACT, f"Content-Length: {MB}", FORM, "Expect: 100-continue")
    with ExitStack() as stack:
        for _ in range(64):
            sender = stack.enter_context(closing(connect(server.port)))
            sender.sendall(start)
            assert sender.recv(100).startswith(b"HTTP/1.1 100 ")
        assert ask(server.port, start)[0] == 503
        typed = b"name=A&message=" + b"x" * 10_000
        fields = (FORM, f"Content-Length: {len(typed)}")
        assert ask(server.port, head("POST", CONTACT, *fields) + typed)[0] == 422


def test_who_drips_into_a_file_leaves_none(impatient: Server) -> None:
    with closing(connect(impatient.port)) as sock:
        start = upload_head(impatient, 200_000, impatient.cookie_field)
        sock.sendall(start + b"x" * 150_000)
        assert drip(sock).startswith(b"HTTP/1.1 408 ")
    assert leftovers(impatient) == []
