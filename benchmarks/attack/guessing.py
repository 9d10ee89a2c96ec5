"""Guessed passwords: who has an account is not told, and nobody is locked out by others."""

from contextlib import closing
from statistics import median
from time import perf_counter

from benchmarks.attack.client import Client, Received, Sent, cookie_header
from benchmarks.browser import CSRF_COOKIE, SESSION_COOKIE, Browser

LOGIN = "/accounts/login/"
GUESSES = 12
SAMPLES = 5
# Seconds by which the answers for known and unknown accounts may differ.
ALIKE = 0.1
_OF_ONE_ANSWER = {"content-length", "date", "set-cookie", "x-request-id"}


def guessing(
    port: int, home: dict[str, str], email: str, password: str
) -> tuple[list[str], list[str]]:
    """Guess an account's password from elsewhere; the owner signs in with the cookies of home."""
    known = [_guess(port, email, f"198.19.{number}.1") for number in range(SAMPLES)]
    unknown = [
        _guess(port, "nobody@example.com", f"198.19.{number}.1") for number in range(SAMPLES)
    ]
    for number in range(SAMPLES, GUESSES):
        _guess(port, email, f"198.19.{number}.1")
    with closing(Browser(port)) as again:
        again.cookies |= {name: text for name, text in home.items() if name != SESSION_COOKIE}
        began = perf_counter()
        is_in = again.sign_in(email, password)
        seconds = perf_counter() - began
    of_known, of_unknown = _seconds(known), _seconds(unknown)
    lines = [
        f"wrong passwords: answered after {of_known:.2f} s, of nobody after {of_unknown:.2f} s",
        f"after {GUESSES} of strangers the owner is in: {is_in}, after {seconds:.2f} s",
    ]
    wrong = {
        "the time of an answer tells who has an account": abs(of_known - of_unknown) > ALIKE,
        "an answer tells who has an account": _shapes(known) != _shapes(unknown),
        "the owner was locked out by strangers": not is_in,
    }
    return lines, [text for text, is_wrong in wrong.items() if is_wrong]


def _guess(port: int, email: str, address: str) -> Received:
    with closing(Browser(port)) as browser, closing(Client(port)) as client:
        browser.get(LOGIN)
        token = browser.cookies[CSRF_COOKIE]
        body = f"csrfmiddlewaretoken={token}&username={email}&password=wrong".encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        sent = Sent(LOGIN, "POST", LOGIN, body, headers, is_staff=False)
        return client.ask(sent, cookie_header(browser.cookies), address)


def _seconds(answers: list[Received]) -> float:
    return median(answer.milliseconds for answer in answers) / 1000


def _shapes(answers: list[Received]) -> set[tuple[int, frozenset[str]]]:
    """Return what can be seen of answers: status and names of headers."""
    return {
        (one.status, frozenset(name.lower() for name in one.headers) - _OF_ONE_ANSWER)
        for one in answers
    }
