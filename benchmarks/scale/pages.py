"""The pages that could grow with the number of leads, beyond those of ``make bench``."""

import re
from html import unescape
from http import HTTPStatus
from urllib.parse import urlencode

from benchmarks.browser import Browser
from benchmarks.pages import VISITOR, pages
from benchmarks.sampling import BenchError, Page
from benchmarks.searches import searches

DEEP = 20
ONE = VISITOR | {"email": "one@analytical.example"}
SUBMISSION = "5" * 32


def all_pages(browser: Browser, user_id: str) -> list[Page]:
    """Return every page that is measured at each size, reads before writes."""
    reads = [
        _get(browser, f"list, page {DEEP}", _deep(browser)),
        _get(browser, "list of an owner", _list(owner=user_id)),
        _get(browser, "list of an address", _list(email=_address(browser))),
    ]
    *before, move, form, _longest = pages(browser, user_id)
    return [*before, *reads, *searches(browser, user_id), move, form]


def _get(browser: Browser, name: str, path: str) -> Page:
    return Page(name, 200, lambda: browser.get(path), plan=list)


def _list(**query: str) -> str:
    return f"/leads/?{urlencode(query)}"


def _deep(browser: Browser) -> str:
    path = "/leads/"
    for _ in range(DEEP - 1):
        found = re.search(r'href="([^"]+)" rel="next"', browser.get(path).text)
        if not found:
            message = f"The list has no {DEEP} pages."
            raise BenchError(message)
        path = unescape(found[1])
    return path


def _address(browser: Browser) -> str:
    """Return an address with one lead at each size, however often this has run."""
    answer = browser.post("/contact/", ONE | {"submission": SUBMISSION})
    if answer.status != HTTPStatus.SEE_OTHER:
        message = f"The form answered {answer.status}."
        raise BenchError(message)
    return ONE["email"]
