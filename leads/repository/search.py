"""Leads by the beginnings of their words, newest first, at the same cost at any size.

Each word that is typed has a bucket that holds every lead it can be found in. One Query of
each reads back in time, filtered by all the words, and so knows every find back to where it
stopped: its horizon. The one that reaches furthest back decides what a page shows.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from crm.dynamodb.calls import query
from crm.dynamodb.parallel import parallel
from crm.tables import RECORDS
from leads import keys
from leads.addresses import has_dotted_domain, is_same_address, normal_form
from leads.models import Lead
from leads.phones import filed_forms, has_number, whole_number
from leads.repository.addresses import (
    READ_LIMIT,
    Matches,
    address_queries,
    filed_under,
    leads_at,
    merge_positions,
    positions_between,
)
from leads.repository.cursors import search_cursor, search_start
from leads.repository.filters import EVERYTHING, Filter
from leads.repository.reads import PAGE_SIZE
from leads.repository.search_terms import beginning, bucket, has_words, words

# Enough for a whole subject; more of a pasted text would make no difference.
MAX_TEXT = 500
# An expression of DynamoDB takes 4 KB.
MAX_FILTERS = 20
MAX_QUERIES = 4
BATCH = 100


class SearchPage(NamedTuple):
    """Leads, newest first, and the cursor of the next page; empty if there is none.

    A page may have fewer leads than asked for although there are more further back: then
    ``searched_until`` is the time back to which everything was looked at.
    """

    leads: list[Lead]
    cursor: str
    searched_until: str | None


class _Exact(NamedTuple):
    """What a whole address or number is found by, in a range of times and behind a position."""

    queries: Callable[[str | None, str | None, str | None], list[Callable[[], Matches]]]
    is_of: Callable[[Lead], bool]


class _Search(NamedTuple):
    """What is searched for; ``looked_at`` leads are looked at for a page of ``size``.

    ``exact`` is what was asked for, if it is an address or a number as a whole.
    """

    words: list[str]
    exact: _Exact | None
    wanted: Filter
    start: str | None
    size: int
    looked_at: int


class _Page(NamedTuple):
    """Leads, the position to go on from, and back to when a short page was looked at."""

    leads: list[Lead]
    go_on: str | None
    searched_until: str | None


def search(
    text: str, wanted: Filter = EVERYTHING, *, cursor: str = "", size: int = PAGE_SIZE
) -> SearchPage:
    """Find leads in which each word of ``text`` begins a word: name, e-mail, company, subject.

    At most one Query for each word, in parallel, and one batch read. ``cursor`` is that of
    the page before; ``size`` is 100 at most. A text without a word finds nothing. A whole
    e-mail address, also that of ``wanted``, finds first the leads that have it, in whatever
    spelling and those of other programs as well, by two or three Queries and one batch read
    more; then those of other addresses with the same words. So does a whole telephone
    number, by one Query and one batch read more.
    Raises ``InvalidCursorError``.
    """
    start, in_exact = search_start(cursor, text, wanted)
    typed = [one for one in (text, wanted.email or "") if one.strip()]
    asked = _Search(
        _words(typed),
        _exact(typed[0]) if len(typed) == 1 else None,
        wanted,
        start,
        size,
        BATCH if wanted.narrows else size,
    )
    if not asked.words or (wanted.since and wanted.until and wanted.since > wanted.until):
        return SearchPage([], "", None)
    if asked.exact and (in_exact or not cursor):
        page, in_exact = _exact_page(asked, asked.exact)
    else:
        page = _page(asked, _furthest_position(parallel(*_word_queries(asked))))
    next_cursor = search_cursor(page.go_on, text, wanted, in_exact=in_exact)
    return SearchPage(page.leads, next_cursor, page.searched_until)


def _words(typed: Sequence[str]) -> list[str]:
    text = " ".join(normal_form(one) or one for one in typed)[:MAX_TEXT]
    return sorted(words(text), key=len, reverse=True)


def _exact(text: str) -> _Exact | None:
    # Who types mira@k is not there yet, and waits for suggestions.
    if has_dotted_domain(normal_form(text)):
        queries = partial(address_queries, text, limit=READ_LIMIT)
        return _Exact(queries, lambda lead: is_same_address(lead.email, text))
    if whole_number(text):
        return _Exact(
            partial(_number_queries, text),
            lambda lead: has_number(lead.phone, text, lead.attribution.phone_region),
        )
    return None


def _number_queries(
    text: str, since: str | None, until: str | None, before: str | None
) -> list[Callable[[], Matches]]:
    return [
        partial(filed_under, keys.phone(form), since, until, before, limit=READ_LIMIT)
        for form in filed_forms(text)
    ]


def _exact_page(asked: _Search, exact: _Exact) -> tuple[_Page, bool]:
    """Return the leads of the address or number and, where none is left, those of its words.

    Also tells whether the next page is one of the address or number still.
    """
    queries = exact.queries(asked.wanted.since, asked.wanted.until, asked.start)
    from_the_newest = asked._replace(start=None)
    found = parallel(*queries, *_word_queries(from_the_newest))
    of_exact = merge_positions(found[: len(queries)])
    page = _page(asked, of_exact, of_exact=True)
    if page.go_on:
        return page, True
    by_words = _furthest_position(found[len(queries) :])
    listed = set(of_exact.positions)
    left = [position for position in by_words.positions if position not in listed]
    size = asked.size - len(page.leads)
    if not size:
        go_on = of_exact.positions[-1] if left or by_words.horizon else None
        return page._replace(go_on=go_on), True
    rest = _page(from_the_newest._replace(size=size), Matches(left, by_words.horizon))
    return rest._replace(leads=[*page.leads, *rest.leads]), False


def _page(asked: _Search, found: Matches, *, of_exact: bool = False) -> _Page:
    looked_at = found.positions[: asked.looked_at]
    leads = leads_at(looked_at)
    positions = [at for at, lead in leads.items() if _is_match(lead, asked, of_exact=of_exact)]
    fitting = [leads[position] for position in positions[: asked.size]]
    if len(positions) > asked.size:
        return _Page(fitting, positions[asked.size - 1], None)
    left = len(found.positions) > len(looked_at)
    go_on = looked_at[-1] if left else found.horizon
    is_short = go_on is not None and len(fitting) < asked.size
    return _Page(fitting, go_on, keys.at_position(go_on)[0] if go_on and is_short else None)


def _is_match(lead: Lead, asked: _Search, *, of_exact: bool) -> bool:
    """Tell whether the lead itself, not what its token says, is what was asked for."""
    # Whoever has the address is looked for by its words: the reader leaves out the others.
    if not asked.wanted._replace(email=None).is_match(lead):
        return False
    if asked.exact and asked.exact.is_of(lead) is not of_exact:
        return False
    return of_exact or has_words(lead, asked.words)


def _word_queries(asked: _Search) -> list[Callable[[], Matches]]:
    return [partial(_in_bucket, name, asked) for name in _buckets(asked.words)]


def _furthest_position(found: Sequence[Matches]) -> Matches:
    # "" is before all positions: nothing reaches further back than all there is.
    return min(found, key=lambda part: part.horizon or "")


def _buckets(wanted: Sequence[str]) -> list[str]:
    """Return the buckets to read: of the longest words, without those that hold another."""
    found = dict.fromkeys(map(bucket, wanted))
    narrow = [
        one for one in found if not any(other != one and other.startswith(one) for other in found)
    ]
    return narrow[:MAX_QUERIES]


def _in_bucket(name: str, asked: _Search) -> Matches:
    exact = asked.words == [name]
    where = None
    values = {"pk": keys.search_bucket(name)}
    if not exact:
        tests = {f"w{n}": beginning(word) for n, word in enumerate(asked.words[:MAX_FILTERS])}
        where = " AND ".join(f"contains(#words, :{test})" for test in tests)
        values |= tests
    page = query(
        RECORDS,
        *positions_between("#PK = :pk", values, asked.wanted.since, asked.wanted.until),
        newest_first=True,
        limit=asked.looked_at + 1 if exact else READ_LIMIT,
        start={"PK": values["pk"], "SK": asked.start} if asked.start else None,
        where=where,
    )
    horizon = page.last_key["SK"] if page.last_key else None
    return Matches([str(item["SK"]) for item in page.items], horizon)
