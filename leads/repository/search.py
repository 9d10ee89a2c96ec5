"""Leads by the beginnings of their words, newest first, at the same cost at any size.

Each word that is typed has a bucket that holds every lead it can be found in. One Query of
each reads back in time, filtered by all the words, and so knows every find back to where it
stopped: its horizon. The one that reaches furthest back decides what a page shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from crm.dynamodb.calls import Item, Key, query
from crm.dynamodb.parallel import parallel
from crm.tables import EMAIL_INDEX, LEADS, RECORDS
from leads import keys
from leads.limits import MAX_EMAIL
from leads.models import Lead, Status
from leads.repository.reads import PAGE_SIZE, created_between, get_many
from leads.repository.search_terms import beginning, bucket, matches, words
from leads.repository.tokens import MAX_POSITION_BYTES

# Enough for a whole subject; more of a pasted text would make no difference.
MAX_TEXT = 500
# An expression of DynamoDB takes 4 KB.
MAX_FILTERS = 20
MAX_QUERIES = 4
READ_LIMIT = 500
BATCH = 100


@dataclass(frozen=True)
class SearchPage:
    """Leads, newest first, and the position to go on from if there may be more.

    A page may have fewer leads than asked for although there are more further back: then
    ``searched_until`` is the time back to which everything was looked at.
    """

    leads: list[Lead]
    position: str | None
    searched_until: str | None


@dataclass(frozen=True)
class Found:
    """Positions of leads, newest first: all there are back to ``horizon``, or at all."""

    positions: list[str]
    horizon: str | None


@dataclass(frozen=True)
class _Wanted:
    words: list[str]
    status: Status | None
    owner_id: str | None
    since: str | None
    until: str | None
    start: str | None
    # How many leads a page looks at.
    looked_at: int


def search(  # noqa: PLR0913 -- the filters of the list, and where to go on
    text: str,
    *,
    status: Status | None = None,
    owner_id: str | None = None,
    since: str | None = None,
    until: str | None = None,
    start: str | None = None,
    size: int = PAGE_SIZE,
) -> SearchPage:
    """Find leads in which each word of ``text`` begins a word: name, e-mail, company, subject.

    At most one Query for each word, in parallel, and one batch read. ``since`` and
    ``until`` bound when the lead came in, both ends included; ``start`` is the position
    that the page before gave; ``size`` is 100 at most. A text without a word finds nothing.
    A whole e-mail address also finds the leads of other programs that have it.
    """
    text = text[:MAX_TEXT]
    wanted = _Wanted(
        sorted(words(text), key=len, reverse=True),
        status,
        owner_id,
        since,
        until,
        start,
        BATCH if status or owner_id else size,
    )
    if not wanted.words or (since and until and since > until):
        return SearchPage([], None, None)
    return _page(wanted, _find(wanted, text.strip().lower()), size)


def _page(wanted: _Wanted, found: Found, size: int) -> SearchPage:
    looked_at = found.positions[: wanted.looked_at]
    leads = {
        keys.search_position(lead.created_at, lead.lead_id): lead
        for lead in get_many([keys.at_position(position)[1] for position in looked_at])
    }
    # A lead stands where its own time says, whatever a stale token says.
    positions = [one for one in looked_at if one in leads and _fits(leads[one], wanted)]
    fitting = [leads[position] for position in positions[:size]]
    if len(positions) > size:
        return SearchPage(fitting, positions[size - 1], None)
    left = len(found.positions) > len(looked_at)
    go_on = looked_at[-1] if left else found.horizon
    is_short = go_on is not None and len(fitting) < size
    return SearchPage(fitting, go_on, keys.at_position(go_on)[0] if go_on and is_short else None)


def _fits(lead: Lead, wanted: _Wanted) -> bool:
    """Tell whether the lead itself, not what its token says, is what was asked for."""
    return (
        wanted.status in {None, lead.status}
        and wanted.owner_id in {None, lead.owner_id}
        and matches(lead, wanted.words)
    )


def _find(wanted: _Wanted, text: str) -> Found:
    reading = [partial(_in_bucket, name, wanted) for name in _buckets(wanted.words)]
    if not _is_address(text):
        return _furthest(parallel(*reading))
    *found, by_address = parallel(*reading, partial(_of_address, text, wanted))
    return _both(_furthest(found), by_address)


def _furthest(found: Sequence[Found]) -> Found:
    # "" is before all positions: nothing reaches further back than all there is.
    return min(found, key=lambda one: one.horizon or "")


def _buckets(wanted: Sequence[str]) -> list[str]:
    """Give the buckets to read: of the longest words, without those that hold another."""
    found = dict.fromkeys(map(bucket, wanted))
    narrow = [
        one for one in found if not any(other != one and other.startswith(one) for other in found)
    ]
    return narrow[:MAX_QUERIES]


def _in_bucket(name: str, wanted: _Wanted) -> Found:
    exact = wanted.words == [name]
    where = None
    values = {"pk": keys.search_bucket(name)}
    if not exact:
        tests = {f"w{n}": beginning(word) for n, word in enumerate(wanted.words[:MAX_FILTERS])}
        where = " AND ".join(f"contains(#words, :{test})" for test in tests)
        values |= tests
    page = query(
        RECORDS,
        *_between("#PK = :pk", values, wanted),
        newest_first=True,
        limit=wanted.looked_at + 1 if exact else READ_LIMIT,
        start={"PK": values["pk"], "SK": _as_sort_key(wanted.start)} if wanted.start else None,
        where=where,
    )
    horizon = page.last_key["SK"] if page.last_key else None
    return Found([str(item["SK"]) for item in page.items], horizon)


def _between(condition: str, values: dict[str, str], wanted: _Wanted) -> tuple[str, dict[str, str]]:
    # "$" comes after the "#" that ends the time: every id of that time is before it.
    until = f"{wanted.until}$" if wanted.until else None
    return created_between(condition, values, wanted.since, until, name="SK")


def _as_sort_key(position: str) -> str:
    # A lead of another program may have an id with which no token can be: none is cut off.
    return position.encode()[:MAX_POSITION_BYTES].decode(errors="ignore")


def _is_address(text: str) -> bool:
    before, _, domain = text.partition("@")
    is_text = text.isprintable() and " " not in text and len(text) <= MAX_EMAIL
    return is_text and bool(before) and "." in domain


def _of_address(address: str, wanted: _Wanted) -> Found:
    until = keys.at_position(wanted.start)[0] if wanted.start else wanted.until
    page = query(
        LEADS,
        *created_between("#email = :email", {"email": address}, wanted.since, until),
        index=EMAIL_INDEX,
        newest_first=True,
        limit=READ_LIMIT,
    )
    positions = sorted(map(_position, page.items), reverse=True)
    horizon = _position(page.last_key) if page.last_key else None
    if wanted.start:
        positions = [one for one in positions if one < wanted.start]
        # If a moment has more leads of the address than a Query reads, no way leads past it.
        horizon = horizon if horizon and horizon < wanted.start else None
    return Found(positions, horizon)


def _position(item: Item | Key) -> str:
    return keys.search_position(str(item["createdAt"]), str(item["leadId"]))


def _both(one: Found, other: Found) -> Found:
    """Merge two that each know finds the other does not: back to the nearer horizon."""
    horizon = max((found.horizon for found in (one, other) if found.horizon), default=None)
    merged = sorted({*one.positions, *other.positions}, reverse=True)
    return Found([found for found in merged if not horizon or found >= horizon], horizon)
