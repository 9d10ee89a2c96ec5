"""Origins that admins type: written as browsers write them, and nothing that is none."""

import pytest

from leads.web_addresses import origin


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("HTTPS://WWW.Example.COM.:443/a?b#c", "https://www.example.com"),
        ("https://www.example.com:8443", "https://www.example.com:8443"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("http://shop.localhost:3000", "http://shop.localhost:3000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[0:0::1]:3000", "http://[::1]:3000"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
        ("https://日本語.example", "https://xn--wgv71a119e.example"),
    ],
)
def test_what_is_typed_becomes_what_browsers_say(typed: str, written: str) -> None:
    assert origin(typed) == written
    assert origin(written) == written


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "null",
        "*",
        "https://*.example.com",
        "www.example.com",
        "//www.example.com",
        "https:www.example.com",
        "ftp://www.example.com",
        "javascript:alert(1)",
        "http://www.example.com",
        "http://localhost.example.com",
        "http://127.1",
        "https://ada@www.example.com",
        "https://www.example.com\\@evil.example",
        "https://www.example.com:x",
        "https://www.example.com:65536",
        "https://www..example.com",
        "https://www.example.com;script-src",
        "https://www.example.com,evil.example",
        "https://www.example.com https://evil.example",
        "https://www.example.com\0",
        "https://[::1%25;script-src]",
        "https://[fe80::1%eth0]",
        "https://[::1",
        f"https://{'a' * 64}.example",
    ],
)
def test_what_is_no_origin_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="“"):
        origin(typed)
