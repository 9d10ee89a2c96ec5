"""Leads by the form that they came by and by their source: merged from the places of both.

A lead is filed once, under form and source together. So a form is read from as many places as
there are sources in the list of the admins and one, and a source from as many as there are
forms, however many leads there are. What was listed before is read as well, until a recount.
"""

from collections import Counter
from datetime import datetime
from functools import partial

from crm.dynamodb.calls import Key
from crm.dynamodb.parallel import parallel
from leads import keys
from leads.models import moment
from leads.repository import sources
from leads.repository.addresses import filed_under, index_key, leads_at, merge_positions
from leads.repository.counters import Counts, counts
from leads.repository.reads import StorePage

# So many positions are read for half a unit.
_READ_AT_ONCE = 30


def origin_page(  # noqa: PLR0913 -- the parts of a Query
    form: str,
    source: str | None,
    *,
    limit: int,
    start: Key | None = None,
    since: str | None = None,
    until: str | None = None,
) -> StorePage:
    """Read the leads of a ``form``, of the key of a ``source``, or of both; "" is any form.

    A Query of 0.5 RRU for each place, in parallel, and one batch read. Before it 0.5 RRU for
    the sources if none is asked for, or for the forms if none is.
    """
    before = keys.search_position(start["createdAt"], start["leadId"]) if start else None
    reads = [
        partial(filed_under, place, since, until, before, limit=limit + 1)
        for place in _places(form, source)
    ]
    if not reads:
        return StorePage([], None)
    found = merge_positions(parallel(*reads))
    taken = found.positions[:limit]
    is_end = len(found.positions) <= limit and not found.horizon
    leads = list(leads_at(taken).values())
    last = taken[-1] if taken else found.horizon
    return StorePage(leads, None if is_end or not last else index_key(last))


def last_of(form: str, totals: Counts) -> datetime | None:
    """Return when the newest lead of a form came in; ``None`` if it has none.

    The places of most leads are asked first, 0.5 RRU each, one after the other, and no more
    once as many leads were found as there are of the form: a form of few leads is cheap.
    """
    missing, newest = totals.forms.get(form, 0), ""
    for source, _count in Counter(totals.sources).most_common():
        if missing <= 0:
            break
        found = filed_under(keys.origin(f"{form}#{source}"), limit=_READ_AT_ONCE).positions
        missing -= len(found)
        newest = max([newest, *found[:1]])
    return moment(keys.at_position(newest)[0])


def _places(form: str, source: str | None) -> list[str]:
    forms = [form] if form else sorted(counts().forms)
    filed = sorted(sources.current().filed) if source is None else [source]
    return [keys.origin(f"{one}#{of}") for one in forms for of in filed]
