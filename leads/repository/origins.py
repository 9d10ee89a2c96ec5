"""Leads by the form that they came by and by their source: merged from the places of both.

A lead is filed once, under form and source together. So a form is read from as many places as
there are sources in the list of the admins and one, and a source from as many as there are
forms: at most 21 Queries, however many leads there are.
"""

from functools import partial

from crm.dynamodb.calls import Key
from crm.dynamodb.parallel import parallel
from leads import keys
from leads.repository import sources
from leads.repository.addresses import filed_under, index_key, leads_at, merge_positions
from leads.repository.counters import counts
from leads.repository.reads import StorePage


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


def _places(form: str, source: str | None) -> list[str]:
    forms = [form] if form else sorted(counts().forms)
    filed = sorted(sources.current().filed) if source is None else [source]
    return [keys.origin(f"{one}#{of}") for one in forms for of in filed]
