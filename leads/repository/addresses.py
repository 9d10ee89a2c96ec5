"""Leads by their address, however they or other programs spell it.

A lead of Leadbook is filed under the normal form of its address. One that was never changed
here is found by exactly what is stored, and where that is the normal form, by any spelling.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import batched
from typing import NamedTuple

from crm.dynamodb.calls import Item, Key, query
from crm.dynamodb.parallel import parallel, settle
from crm.tables import EMAIL_INDEX, LEADS, RECORDS
from leads import keys
from leads.addresses import is_same_address, normal_form, stored_spellings
from leads.fields import EMAIL
from leads.models import Lead
from leads.repository.reads import PAGE_SIZE, StorePage, created_between, get_many
from leads.repository.tokens import MAX_POSITION_BYTES

READ_LIMIT = 500
BATCH_GET = 100
# Stands for the normal form that a lead is filed under, where its spellings are named.
_FILED = ""
MAX_KEY_BYTES = 2048
# No id comes after it: a position from which all leads of a moment are still to come.
_LAST_ID = "\U0010ffff"


class Matches(NamedTuple):
    """Positions of leads, newest first: all there are back to ``horizon``, or at all."""

    positions: list[str]
    horizon: str | None


def by_email(email: str, *, limit: int = PAGE_SIZE) -> list[Lead]:
    """Read the newest leads of an address: two Queries of keys, one batch read."""
    return email_page(email, limit=limit).leads


def email_page(
    email: str,
    *,
    limit: int,
    start: Key | None = None,
    since: str | None = None,
    until: str | None = None,
) -> StorePage:
    """Read the leads of an address: 1.5 RRU for one, 2 if it is no normal form.

    Two Queries of keys in parallel, three if it is none, and one batch read.
    """
    before = keys.search_position(start["createdAt"], start["leadId"]) if start else None
    found = merge_positions(parallel(*address_queries(email, since, until, before)))
    taken = found.positions[:limit]
    is_end = len(found.positions) <= limit and not found.horizon
    last_key = None if is_end or not taken else index_key(taken[-1])
    leads = leads_at(taken).values()
    return StorePage([lead for lead in leads if is_same_address(lead.email, email)], last_key)


def newest_of_each(spellings: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Return the id of the newest lead of each address that has one, for a bulk job.

    ``spellings`` are those of each normal form that are looked for: a Query each. Where any
    lead here is spelled otherwise than in its normal form, a Query more for what is filed
    under each form, and a batch read of what no index confirms.
    """
    queries = {
        (form, spelling): partial(_stored, spelling, None, None, None, 2)
        for form, those in spellings.items()
        for spelling in filter(_is_key, those)
    }
    if filed_under(keys.address(""), limit=1).positions:
        queries |= {
            (form, _FILED): partial(filed_under, keys.address(form), limit=1) for form in spellings
        }
    newest: dict[str, str] = {}
    filed: dict[str, str] = {}
    for (form, spelling), found in zip(queries, settle(queries.values()), strict=True):
        known = filed if spelling == _FILED else newest
        known[form] = max([known.get(form, ""), *found.positions[:1]])
    # What is filed may be written otherwise by now, or be a lead that is still to come.
    doubtful = {form: at for form, at in filed.items() if at > newest.get(form, "")}
    ids = [keys.at_position(position)[1] for position in doubtful.values()]
    now = {lead.lead_id: lead for part in batched(ids, BATCH_GET) for lead in get_many(part)}
    for form, position in doubtful.items():
        lead = now.get(keys.at_position(position)[1])
        if lead and is_same_address(lead.email, form):
            newest[form] = position
    return {form: keys.at_position(position)[1] for form, position in newest.items() if position}


def address_queries(
    email: str,
    since: str | None = None,
    until: str | None = None,
    before: str | None = None,
    *,
    limit: int = READ_LIMIT,
) -> list[Callable[[], Matches]]:
    """Return the Queries that find the leads of an address, 0.5 RRU each.

    Only those that came in from ``since`` to ``until`` and stand behind the position
    ``before``. An item lags behind its lead, or another program changed the lead: whoever
    reads it has to look at its address.
    """
    latest = keys.at_position(before)[0] if before else until
    reads: list[Callable[[], Matches]] = [
        partial(_stored, spelling, since, latest, before, limit)
        for spelling in stored_spellings(email)
        if _is_key(spelling)
    ]
    form = normal_form(email)
    if form and len(form) <= EMAIL.limit:
        reads.append(partial(filed_under, keys.address(form), since, until, before, limit=limit))
    return reads or [partial(Matches, [], None)]


def leads_at(positions: Sequence[str]) -> dict[str, Lead]:
    """Read the leads that still stand at their positions, in the same order: a batch read.

    A lead stands where its own time says, whatever a stale item says.
    """
    read = get_many([keys.at_position(position)[1] for position in positions])
    found = {keys.search_position(lead.created_at, lead.lead_id): lead for lead in read}
    return {position: found[position] for position in positions if position in found}


def _is_key(spelling: str) -> bool:
    return 0 < len(spelling.encode(errors="replace")) <= MAX_KEY_BYTES


def merge_positions(parts: Sequence[Matches]) -> Matches:
    """Merge those that each know finds the others do not: back to the nearest horizon."""
    horizon = max((part.horizon for part in parts if part.horizon), default=None)
    merged = sorted({position for part in parts for position in part.positions}, reverse=True)
    return Matches([found for found in merged if not horizon or found >= horizon], horizon)


def filed_under(
    partition: str,
    since: str | None = None,
    until: str | None = None,
    before: str | None = None,
    *,
    limit: int = READ_LIMIT,
) -> Matches:
    """Find the leads that are filed under an address or a number: a Query, 0.5 RRU."""
    # A lead that is filed nowhere may have an id too long for a sort key: none is cut off.
    start = before and before.encode()[:MAX_POSITION_BYTES].decode(errors="ignore")
    page = query(
        RECORDS,
        *positions_between("#PK = :pk", {"pk": partition}, since, until),
        newest_first=True,
        limit=limit,
        start={"PK": partition, "SK": start} if start else None,
    )
    horizon = page.last_key["SK"] if page.last_key else None
    return Matches([str(item["SK"]) for item in page.items], horizon)


def _stored(
    spelling: str, since: str | None, until: str | None, before: str | None, limit: int
) -> Matches:
    """Find leads by exactly what is stored.

    An index holds leads of one moment in no particular order: what it was cut off in is
    left out as a whole, or read to its end, by more at once, where nothing else was found.
    """
    condition = created_between("#email = :email", {"email": spelling}, since, until)
    positions: list[str] = []
    start: Key | None = None
    while True:
        page = query(
            LEADS, *condition, index=EMAIL_INDEX, newest_first=True, limit=limit, start=start
        )
        positions += (_position(item) for item in page.items)
        start = page.last_key
        horizon = keys.search_position(start["createdAt"], _LAST_ID) if start else None
        found = _behind(before, positions, horizon)
        if found.positions or horizon is None:
            return found
        limit = READ_LIMIT


def positions_between(
    condition: str, values: dict[str, str], since: str | None, until: str | None
) -> tuple[str, dict[str, str]]:
    """Add a range of times of receipt to a key condition of positions."""
    # "$" comes after the "#" that ends the time: every id of that time is before it.
    latest = f"{until}$" if until else None
    return created_between(condition, values, since, latest, name="SK")


def _behind(before: str | None, positions: Sequence[str], horizon: str | None) -> Matches:
    """Leave out what stands before a page, and what is not known whole."""
    return Matches(
        sorted(
            (
                one
                for one in positions
                if (not before or one < before) and (not horizon or one >= horizon)
            ),
            reverse=True,
        ),
        horizon,
    )


def _position(item: Item) -> str:
    return keys.search_position(str(item["createdAt"]), str(item["leadId"]))


def index_key(position: str) -> Key:
    """Return the time and the id of the lead at a position, as lists go on from."""
    created_at, lead_id = keys.at_position(position)
    return {"createdAt": created_at, "leadId": lead_id}
