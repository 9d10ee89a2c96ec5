"""Searches as the benchmark does them: full pages of results, and what is shown under the box."""

from urllib.parse import urlencode

from benchmarks import requests
from benchmarks.browser import Browser
from benchmarks.floor import Plan
from benchmarks.pages import SIGNED_IN_RRU, signed_in_plan
from benchmarks.sampling import BenchError, Page
from leads import repository
from leads.listing.suggestions import SHOWN
from leads.repository.addresses import READ_LIMIT
from leads.repository.reads import PAGE_SIZE
from leads.repository.search_terms import bucket, words

# Beginnings of words of the seed that are in so many leads that every page is full.
ONE_WORD = "quest"
TWO_WORDS = "pricing question"
TYPED = "pri"
# A bucket of its own, or two buckets read through a filter; and the leads.
EXACT_RRU, FILTERED_RRU = 13, 32.5


def searches(browser: Browser, user_id: str) -> list[Page]:
    """Return the searches that are measured."""
    start = signed_in_plan(browser, user_id)
    return [
        _search(browser, start, "search, one word", ONE_WORD, EXACT_RRU),
        _search(browser, start, "search, two words", TWO_WORDS, FILTERED_RRU),
        _suggestions(browser, start),
    ]


def _search(browser: Browser, start: Plan, name: str, text: str, rru: float) -> Page:
    path = f"/leads/?{urlencode({'q': text})}"
    reads = _reads(text, PAGE_SIZE)
    return Page(
        name,
        200,
        lambda: browser.get(path),
        lambda: [*start, *reads],
        rru=SIGNED_IN_RRU + rru,
    )


def _suggestions(browser: Browser, start: Plan) -> Page:
    path = f"/leads/search/?{urlencode({'q': TYPED})}"
    reads = _reads(TYPED, SHOWN)
    return Page(
        "suggestions",
        200,
        lambda: browser.get(path, HX_Request="true"),
        lambda: [*start, *reads],
        rru=SIGNED_IN_RRU + EXACT_RRU,
    )


def _reads(text: str, size: int) -> Plan:
    """Return the Query of each word's bucket, and the batch read of the leads that were found."""
    found = repository.search(text, size=size).leads
    if not found:
        message = f"The benchmark's leads have no “{text}”."
        raise BenchError(message)
    wanted = sorted(words(text), key=len, reverse=True)
    names = list(dict.fromkeys(map(bucket, wanted)))
    is_exact = wanted == names and len(names) == 1
    limit = size + 1 if is_exact else READ_LIMIT
    queries = [requests.bucket(name, [] if is_exact else wanted, limit) for name in names]
    return [queries, [requests.leads([lead.lead_id for lead in found])]]
