"""What a stranger types into every field, and how to see that it came through as more than text."""

import re
from email.message import Message

# A tag, an attribute, a template and a header line: none may come back as what it claims to be.
MARKUP = "<zq7mark onmouseover=alert(1)>"
_TAG = re.compile(rb"<zq7mark|[\"']zq7attr=|zq749", re.IGNORECASE)
_HEADER = "X-Zq7"

TEXTS = (
    "",
    " ",
    MARKUP,
    f"</textarea></title></script>{MARKUP}",
    "\"zq7attr='x' autofocus onfocus=alert(1) \"",
    "'zq7attr=\"x\" autofocus onfocus=alert(1) '",
    "<svg/onload=alert(1)><zq7mark>",
    "javascript:alert(1)//<zq7mark>",
    "zq7{{7*7}}{% now 'Y' %}",
    "zq7${7*7}#{7*7}",
    "x\r\nX-Zq7: 1\r\n\r\n<zq7mark>",
    "x\nSet-Cookie: zq7=1",
    "\0",
    "a\0b",
    "\x01\x02\x1b[31m",
    "\u202eevil\u202c\u200b\u2066",
    "\ufeff\uffff\ufdd0",
    "\U0001d4bd\U0001d452 👩‍👩‍👧‍👦 e\u0301\u0323",
    "i\u0307" * 200,
    "\u0645" * 5_000,
    "A" * 300,
    "A" * 20_000,
    "a@" * 5_000,
    "(" * 10_000,
    "-1",
    "0",
    "1e309",
    "NaN",
    "9" * 400,
    "0x7fffffffffffffff",
    "2026-13-45",
    "0000-00-00T99:99",
    "9999-12-31T23:59:59.999Z",
    "true",
    "null",
    "[]",
    '{"$ne": ""}',
    "' OR '1'='1' --",
    "attribute_exists(leadId)",
    "LEAD#x#y",
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%00%0d%0a%ff",
    "http://169.254.169.254/latest/meta-data/",
    "//evil.example/",
    "/\\evil.example",
    "https://evil.example@127.0.0.1/",
    "$(sleep 5)`sleep 5`;sleep 5",
    "=cmd|' /C calc'!A0",
    "00000000-0000-0000-0000-000000000000",
    "converted",
)
# What a JSON document may hold in the place of a text.
VALUES: tuple[object, ...] = (
    *TEXTS,
    None,
    True,
    0,
    -1,
    2**63,
    1.5,
    [],
    ["x"],
    {},
    {"a": {"b": [1, None]}},
    [[[[[[]]]]]],
)
# Names are as a client sends them; a value is what a proxy may let through.
HEADERS = (
    ("Content-Type", "multipart/form-data"),
    ("Content-Type", "multipart/form-data; boundary=" + "b" * 200),
    ("Content-Type", "application/x-www-form-urlencoded; charset=utf-7"),
    ("Content-Type", "application/json"),
    ("Content-Encoding", "gzip"),
    ("Accept-Language", "x" * 3_000),
    ("Accept-Language", "../../en;q=nan"),
    ("Accept-Encoding", "zq7;q=2, *;q=-1"),
    ("Accept", "<zq7mark>"),
    ("Cookie", "sessionid=<zq7mark>; __Host-sessionid=a; csrftoken=a; messages=a; account=a:b"),
    ("Cookie", "=;;; a b c; $Version=1"),
    ("HX-Request", "true"),
    ("HX-Target", "<zq7mark>"),
    ("HX-Current-URL", "http://[::1"),
    ("Referer", "http://evil.example/<zq7mark>"),
    ("Origin", "null"),
    ("Host", "evil.example"),
    ("Host", "127.0.0.1@evil.example"),
    ("If-None-Match", '"' + "x" * 3_000 + '"'),
    ("If-None-Match", "W/*"),
    ("If-Modified-Since", "Sat, 99 Foo 9999 99:99:99 GMT"),
    ("Range", "bytes=0-0,1-1,2-9999999999999"),
    ("X-Board-Tag", "<zq7mark>"),
    ("X-Forwarded-For", "<zq7mark>, ::ffff:1.2.3.4, 999.1.1.1"),
    ("X-Forwarded-Proto", "gopher"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Request-ID", "x\ty"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Idempotency-Key", "\x7f"),
    ("User-Agent", "() { :; }; <zq7mark>"),
)
METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "ZQ")


def came_through(headers: Message, body: bytes) -> bool:
    """Tell whether an answer has something hostile in it as more than text."""
    if headers.get(_HEADER) or "zq7" in (headers.get("Set-Cookie") or ""):
        return True
    is_page = "html" in (headers.get("Content-Type") or "")
    return is_page and _TAG.search(body) is not None
