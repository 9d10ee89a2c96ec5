"""What a browser says of itself, in plain words."""

import pytest

from crm.accounts.user_agents import browser_text

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"{WEBKIT} Chrome/130.0.0.0"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"(iPhone; CPU iPhone OS 18_1 like Mac OS X) {APPLE}"
MAC = "(Macintosh; Intel Mac OS X 10_15_7)"
WINDOWS = "(Windows NT 10.0; Win64; x64)"


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        (f"{WINDOWS} {CHROME} Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS} {CHROME} Safari/537.36 Edg/130.0.0.0", "Edge on Windows"),
        (f"{WINDOWS} {CHROME} Safari/537.36 OPR/115.0.0.0", "Opera on Windows"),
        ("(X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Linux"),
        ("(Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", "Firefox on Android"),
        (f"{MAC} {APPLE} Version/18.1 Safari/605.1.15", "Safari on macOS"),
        (f"(X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "Chrome on ChromeOS"),
        (f"{IPHONE} Version/18.1 Mobile/15E148 Safari/604.1", "Safari on iOS"),
        (f"{IPHONE} CriOS/130.0.6723.90 Mobile/15E148 Safari/604.1", "Chrome on iOS"),
        (f"(Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "Chrome on Android"),
    ],
)
def test_browsers_of_people(rest: str, words: str) -> None:
    assert browser_text(f"Mozilla/5.0 {rest}") == words


@pytest.mark.parametrize(
    ("agent", "words"),
    [("curl/8.5.0", "curl"), ("", "Unknown browser"), ("nothing known", "Unknown browser")],
)
def test_what_is_none(agent: str, words: str) -> None:
    assert browser_text(agent) == words
