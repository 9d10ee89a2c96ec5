"""No message raises, and none takes long."""

from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.inbound import Incoming, read
from crm.inbound.models import MAX_ATTACHMENTS, MAX_LINE, MAX_QUOTED, MAX_TEXT
from crm.inbound.reports import MAX_ADDRESSES, MAX_FAILURES, MAX_REASON
from tests.crm.inbound import messages
from tests.crm.inbound.messages import message, multipart, part, whole

_NAMES = (
    *("From", "To", "Subject", "Date", "Message-ID", "References", "Content-Type"),
    *("Content-Disposition", "Content-Transfer-Encoding", "Authentication-Results", "Return-Path"),
)
_PIECES = st.sampled_from(
    [
        *("=?utf-8?b?", "=?utf-8?q?", "=?iso-2022-jp?b?", "?=", "=E4", "<>", "<a@b>", "@", '"'),
        *("\\", "(", ")", ";", ",", ":", "multipart/mixed", "boundary=b", "--b", "--b--"),
        *("charset=", "base64", "quoted-printable", "name*0*=utf-8''%E4", "format=flowed"),
        *("text/html", "<div>", "</blockquote>", "&#0;", "> ", "On x wrote:", "From: a"),
        *("\0", "\x1b$B", "\ud800", "\r", "\n", "\n\n", " ", "é", "9" * 5000),
    ]
)
_TEXTS = st.lists(_PIECES | st.text(max_size=20), max_size=20).map("".join)
_HEADERS = st.lists(st.tuples(st.sampled_from(_NAMES), _TEXTS), max_size=12)
_SECONDS = 4.0
_FAILED = "Final-Recipient: rfc822; a@b.c\nAction: failed\n\n"


def _check(mail: Incoming) -> None:
    assert len(mail.text) <= MAX_TEXT
    assert len(mail.quoted) <= MAX_QUOTED
    assert len(mail.subject) <= MAX_LINE
    assert len(mail.attachments) <= MAX_ATTACHMENTS
    assert len(mail.failures) <= MAX_FAILURES
    for failure in mail.failures:
        assert len(failure.reason) <= MAX_REASON
        assert len(failure.addresses) <= 2 * MAX_ADDRESSES
    shown = mail.model_dump_json()  # Fails for what is no Unicode.
    assert "\\u0000" not in shown


@given(st.binary(max_size=2000))
def test_no_bytes_raise(raw: bytes) -> None:
    _check(read(raw))


@given(_HEADERS, _TEXTS)
def test_no_headers_raise(headers: list[tuple[str, str]], body: str) -> None:
    lines = "".join(f"{name}: {value}\n" for name, value in headers)
    _check(read(f"{lines}\n{body}".encode("utf-8", "surrogatepass")))


@settings(max_examples=60)
@given(st.data())
def test_no_broken_message_raises(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(sorted(messages.by_names().values()))))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw)))
        length = data.draw(st.integers(0, 40))
        raw[at : at + length] = data.draw(_TEXTS).encode("utf-8", "surrogatepass")
    _check(read(bytes(raw)))


def _html(html: str) -> bytes:
    return whole(part(html, "text/html"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: whole(multipart("mixed", part("Hi"), _file(30))), id="30 MB"),
        pytest.param(lambda: message("", "word " * 6_000_000), id="30 MB of text"),
        pytest.param(lambda: messages.deep(100_000), id="deep"),
        pytest.param(lambda: messages.deep(11, b"--b9\n\n" * 1_000_000), id="many parts"),
        pytest.param(lambda: messages.deep(11, b"--b9x\n" * 1_000_000), id="no delimiters"),
        pytest.param(lambda: message("X-Long: " + "x" * 20_000_000), id="a long header"),
        pytest.param(lambda: message("X-Folded: x\n" + " x\n" * 1_000_000), id="a folded header"),
        pytest.param(lambda: message("X-Many: x\n" * 500_000), id="many headers"),
        pytest.param(lambda: message("From: " + "(" * 1_000_000), id="parentheses"),
        pytest.param(lambda: message("From: " + "a@b.c," * 200_000), id="many senders"),
        pytest.param(lambda: message("Subject: " + "=?utf-8?q?x?= " * 100_000), id="words"),
        pytest.param(lambda: message("Content-Type: x/y" + ';a="' * 100_000), id="parameters"),
        pytest.param(lambda: message("References: " + "<a" * 500_000), id="references"),
        pytest.param(lambda: message("Authentication-Results: x" + "(" * 9_000), id="results"),
        pytest.param(lambda: _html("<div>" * 300_000), id="divs"),
        pytest.param(lambda: _html("<b><p>" * 300_000), id="formatting"),
        pytest.param(lambda: _html("<!--" * 300_000 + "<" * 300_000), id="comments"),
        pytest.param(lambda: _html("a" * 3_000_000), id="one line of HTML"),
        pytest.param(lambda: _html("<p>" + " " * 3_000_000), id="blanks in HTML"),
        pytest.param(lambda: message("", " " * 3_000_000 + "x"), id="blanks"),
        pytest.param(lambda: message("", "\n" * 3_000_000), id="empty lines"),
        pytest.param(lambda: message("", ("On " + "a " * 90 + ":\n") * 20_000), id="quotes"),
        pytest.param(lambda: message("", "> " * 1_000_000), id="marks"),
        pytest.param(lambda: message("", "From: x\nZu: y\n\n" * 100_000), id="blocks"),
        pytest.param(lambda: messages.bounce(_FAILED * 20_000), id="failures"),
        pytest.param(lambda: messages.bounce("\n" + " " * 1_000_000), id="blanks of a report"),
        pytest.param(lambda: messages.bounce(headers="To: " + "a@b.c," * 200_000), id="copies"),
    ],
)
def test_none_takes_long(make: Callable[[], bytes]) -> None:
    raw = make()
    started = process_time()
    _check(read(raw))
    assert process_time() - started < _SECONDS


def _file(megabytes: int) -> bytes:
    return part(bytes(megabytes * 750_000), "application/zip", "base64")
