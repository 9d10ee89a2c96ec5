"""Leads by the beginnings of their words, newest first, at the same cost at any size.

Each word that is typed has a bucket that holds every lead it can be found in. One Query of
each reads back in time, filtered by all the words, and so knows every find back to where it
stopped: its horizon. The one that reaches furthest back decides what a page shows.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from crm.dynamodb.calls import Item, Key, query
from crm.dynamodb.parallel import parallel
from crm.tables import EMAIL_INDEX, LEADS, RECORDS
from leads import keys
from leads.fields import EMAIL
from leads.models import Lead
from leads.repository.cursors import search_cursor, search_start
from leads.repository.filters import EVERYTHING, Filter
from leads.repository.reads import PAGE_SIZE, created_between, get_many
from leads.repository.search_terms import beginning, bucket, has_words, words
from leads.repository.tokens import MAX_POSITION_BYTES

# Enough for a whole subject; more of a pasted text would make no difference.
MAX_TEXT = 500
# An expression of DynamoDB takes 4 KB.
MAX_FILTERS = 20
MAX_QUERIES = 4
READ_LIMIT = 500
BATCH = 100


class SearchPage(NamedTuple):
    """Leads, newest first, and the cursor of the next page; empty if there is none.

    A page may have fewer leads than asked for although there are more further back: then
    ``searched_until`` is the time back to which everything was looked at.
    """

    leads: list[Lead]
    cursor: str
    searched_until: str | None


class SearchPart(NamedTuple):
    """Positions of leads, newest first: all there are back to ``horizon``, or at all."""

    positions: list[str]
    horizon: str | None


class _Search(NamedTuple):
    """What is searched for; ``looked_at`` leads are looked at for a page of ``size``."""

    words: list[str]
    wanted: Filter
    start: str | None
    size: int
    looked_at: int


def search(
    text: str, wanted: Filter = EVERYTHING, *, cursor: str = "", size: int = PAGE_SIZE
) -> SearchPage:
    """Find leads in which each word of ``text`` begins a word: name, e-mail, company, subject.

    At most one Query for each word, in parallel, and one batch read. ``cursor`` is that of
    the page before; ``size`` is 100 at most. A text without a word finds nothing. A whole
    e-mail address, also that of ``wanted``, finds the leads of other programs that have it;
    leads of other addresses with the same words are found as well.
    Raises ``InvalidCursorError``.
    """
    start = search_start(cursor, text, wanted)
    typed = f"{text} {wanted.email or ''}".strip()[:MAX_TEXT]
    asked = _Search(
        sorted(words(typed), key=len, reverse=True),
        wanted,
        start,
        size,
        BATCH if wanted.status or wanted.owner_id else size,
    )
    if not asked.words or (wanted.since and wanted.until and wanted.since > wanted.until):
        return SearchPage([], "", None)
    leads, position, searched_until = _page(asked, _find(asked, typed.lower()))
    return SearchPage(leads, search_cursor(position, text, wanted), searched_until)


def _page(asked: _Search, found: SearchPart) -> tuple[list[Lead], str | None, str | None]:
    looked_at = found.positions[: asked.looked_at]
    leads = {
        keys.search_position(lead.created_at, lead.lead_id): lead
        for lead in get_many([keys.at_position(position)[1] for position in looked_at])
    }
    # A lead stands where its own time says, whatever a stale token says.
    positions = [at for at in looked_at if at in leads and _is_match(leads[at], asked)]
    fitting = [leads[position] for position in positions[: asked.size]]
    if len(positions) > asked.size:
        return fitting, positions[asked.size - 1], None
    left = len(found.positions) > len(looked_at)
    go_on = looked_at[-1] if left else found.horizon
    is_short = go_on is not None and len(fitting) < asked.size
    return fitting, go_on, keys.at_position(go_on)[0] if go_on and is_short else None


def _is_match(lead: Lead, asked: _Search) -> bool:
    """Tell whether the lead itself, not what its token says, is what was asked for."""
    # Whoever has the address is looked for by its words: the reader leaves out the others.
    return asked.wanted._replace(email=None).is_match(lead) and has_words(lead, asked.words)


def _find(asked: _Search, text: str) -> SearchPart:
    reading = [partial(_in_bucket, name, asked) for name in _buckets(asked.words)]
    if not _is_address(text):
        return _furthest_position(parallel(*reading))
    *found, by_address = parallel(*reading, partial(_of_address, text, asked))
    return _both(_furthest_position(found), by_address)


def _furthest_position(found: Sequence[SearchPart]) -> SearchPart:
    # "" is before all positions: nothing reaches further back than all there is.
    return min(found, key=lambda part: part.horizon or "")


def _buckets(wanted: Sequence[str]) -> list[str]:
    """Return the buckets to read: of the longest words, without those that hold another."""
    found = dict.fromkeys(map(bucket, wanted))
    narrow = [
        one for one in found if not any(other != one and other.startswith(one) for other in found)
    ]
    return narrow[:MAX_QUERIES]


def _in_bucket(name: str, asked: _Search) -> SearchPart:
    exact = asked.words == [name]
    where = None
    values = {"pk": keys.search_bucket(name)}
    if not exact:
        tests = {f"w{n}": beginning(word) for n, word in enumerate(asked.words[:MAX_FILTERS])}
        where = " AND ".join(f"contains(#words, :{test})" for test in tests)
        values |= tests
    page = query(
        RECORDS,
        *_position_range("#PK = :pk", values, asked),
        newest_first=True,
        limit=asked.looked_at + 1 if exact else READ_LIMIT,
        start={"PK": values["pk"], "SK": _as_sort_key(asked.start)} if asked.start else None,
        where=where,
    )
    horizon = page.last_key["SK"] if page.last_key else None
    return SearchPart([str(item["SK"]) for item in page.items], horizon)


def _position_range(
    condition: str, values: dict[str, str], asked: _Search
) -> tuple[str, dict[str, str]]:
    # "$" comes after the "#" that ends the time: every id of that time is before it.
    until = f"{asked.wanted.until}$" if asked.wanted.until else None
    return created_between(condition, values, asked.wanted.since, until, name="SK")


def _as_sort_key(position: str) -> str:
    # A lead of another program may have an id with which no token can be: none is cut off.
    return position.encode()[:MAX_POSITION_BYTES].decode(errors="ignore")


def _is_address(text: str) -> bool:
    before, _, domain = text.partition("@")
    is_text = text.isprintable() and " " not in text and len(text) <= EMAIL.limit
    return is_text and bool(before) and "." in domain


def _of_address(address: str, asked: _Search) -> SearchPart:
    until = keys.at_position(asked.start)[0] if asked.start else asked.wanted.until
    found: list[Item] = []
    last_key: Key | None = None
    while True:
        page = query(
            LEADS,
            *created_between("#email = :email", {"email": address}, asked.wanted.since, until),
            index=EMAIL_INDEX,
            newest_first=True,
            limit=READ_LIMIT,
            start=last_key,
        )
        found += page.items
        last_key = page.last_key
        # Leads of one moment come in no order: it counts once all of it was read.
        cut = last_key["createdAt"] if last_key else ""
        whole = [_position(item) for item in found if str(item["createdAt"]) > cut]
        positions = sorted(
            (at for at in whole if not asked.start or at < asked.start), reverse=True
        )
        if positions or not last_key:
            return SearchPart(positions, positions[-1] if last_key else None)


def _position(item: Item | Key) -> str:
    return keys.search_position(str(item["createdAt"]), str(item["leadId"]))


def _both(one: SearchPart, other: SearchPart) -> SearchPart:
    """Merge two that each know finds the other does not: back to the nearer horizon."""
    horizon = max((found.horizon for found in (one, other) if found.horizon), default=None)
    merged = sorted({*one.positions, *other.positions}, reverse=True)
    return SearchPart([found for found in merged if not horizon or found >= horizon], horizon)
