"""What ``make attack`` finds, and what it takes for a success of the attack."""

from email.message import Message
from urllib.parse import quote_plus

import pytest

from benchmarks.attack.client import Received, Sent
from benchmarks.attack.forms import read_page
from benchmarks.attack.fuzz import Row
from benchmarks.attack.hostile import MARKUP, TEXTS, came_through
from benchmarks.attack.inputs import inputs, routes
from benchmarks.attack.report import failures, table

PAGE = """
<a href="/leads/?cursor=a&amp;status=new">next</a>
<form action="/leads/"><input name="q" value="ada"></form>
<form method="post"><input name="token" value="t"><select name="status">
<option value="">any</option><option value="new">New</option><option value="old" selected></select>
<input type="radio" name="role" value="sales"><input type="radio" name="role" value="admin" checked>
<textarea name="message">two
lines</textarea><button name="act" value="go">Go</button><input type="submit" name="no"></form>
"""


def _received(body: str, status: int = 200, header: str = "") -> Received:
    message = Message()
    message["Content-Type"] = "text/html; charset=utf-8"
    if header:
        message[header] = "1"
    return Received(status, message, body.encode(), 1.0)


def test_forms_are_read_as_a_browser_would_send_them() -> None:
    (search, post), queries = read_page("/here/", PAGE)
    assert queries == {"cursor", "status", "q"}
    assert (search.method, search.action, search.fields) == ("get", "/leads/", {"q": "ada"})
    assert (post.method, post.action) == ("post", "/here/")
    assert post.fields == {
        "token": "t",
        "status": "old",
        "role": "admin",
        "message": "two\nlines",
        "act": "go",
    }


@pytest.mark.parametrize(
    ("body", "header", "found"),
    [
        (MARKUP, "", True),
        ("<p>&lt;zq7mark&gt;", "", False),
        ("<a title=\"\"zq7attr='x'>", "", True),
        ("zq749", "", True),
        ("zq7{{7*7}}", "", False),
        ("ok", "X-Zq7", True),
        ("ok", "X-Other", False),
    ],
)
def test_markup_counts_only_where_it_is_more_than_text(
    body: str,
    header: str,
    found: bool,  # noqa: FBT001 -- what is expected
) -> None:
    received = _received(body, header=header)
    assert came_through(received.headers, received.body) is found


def test_every_route_every_field_and_every_text_is_tried() -> None:
    made = list(inputs(lambda _sent: _received(PAGE), lambda name: f"some-{name}"))
    assert {sent.route for sent in made} >= set(routes())
    assert len(made) > 5_000
    bodies = [sent.body or b"" for sent in made if sent.method == "POST"]
    assert all(any(quote_plus(text).encode() in body for body in bodies) for text in TEXTS)


def test_no_answer_and_errors_of_the_server_are_failures() -> None:
    row = Row("/board/")
    for status in (200, 409, 500, 503, 0):
        row.add(Sent("/board/", "GET", "/board/"), _received("", status))
    row.add(Sent("/board/", "GET", "/board/?q=x"), _received(MARKUP))
    assert [text[:3] for text in failures([row])] == ["500", "503", "0 G", "ref"]
    assert "0:1 200:2 409:1 500:1 503:1" in table([row])
