"""Streams of leads merged into one list, in which each lead comes once.

A lead that is moved while somebody turns pages goes to another stream, at the same time of
receipt. Leads that share such a moment stand in an index in no particular order: it may come
where the list is still to be, or where it has been. A list that stops within a moment knows
the leads of it that it has shown, and leaves them out. After the last of them, it reads the
moment again for leads that were moved since, until there is none.

Leads of other programs, among those of nobody, are no stream that the others wait for: they are
found by reading new leads, whose ever they are. Where a page passes what was read, some may be
left out.

It knows the latest ``MAX_SHOWN``: a lead that was shown before those, and moved, comes twice.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from crm.dynamodb.calls import Key
from leads.models import Lead, timestamp
from leads.repository.cursors import OTHERS, Place
from leads.repository.reads import StorePage

# As many as an address has room for.
MAX_SHOWN = 400
# The clocks of servers may be so far apart.
CLOCK_SKEW = timedelta(seconds=2)
# Sorts behind a time, and before whatever is later.
_AFTER = " "


class MergedPage(NamedTuple):
    """The leads to show, and where the list goes on: ``None`` if this is all.

    ``reads_on`` tells that not the number of leads ended it, but what was read.
    """

    leads: list[Lead]
    place: Place | None
    reads_on: bool = False


def merge(pages: Mapping[str, StorePage], place: Place, room: int) -> MergedPage:
    """Take the newest leads of all streams, read from ``place`` on, until ``room`` are shown."""
    leads: list[Lead] = []
    counts = dict.fromkeys(pages, 0)
    while True:
        heads = {
            name: page.leads[counts[name]]
            for name, page in pages.items()
            if counts[name] < len(page.leads)
        }
        dry = {name: page.last_key for name, page in pages.items() if name not in heads}
        others_key = dry.pop(OTHERS, None)
        # A stream that ran dry but has more may hold the next newest lead: stop there.
        if any(dry.values()):
            return MergedPage(leads, _within_moment(place, heads), reads_on=True)
        name = max(heads, key=lambda one: heads[one].created_at, default="")
        time = heads[name].created_at if name else ""
        if place.again and time != place.moment:
            return MergedPage(leads, _read_again(place), reads_on=True)
        if not name:
            return MergedPage(leads, _after_others(place, others_key) if others_key else None)
        if time != place.moment:
            place = Place(time, began=_past_everywhere())
        lead = heads[name]
        if _is_due(lead, place):
            if len(leads) == room:
                return MergedPage(leads, _within_moment(place, heads))
            leads.append(lead)
            place = _with_shown(place, lead)
        counts[name] += 1
        place = place._replace(starts={**place.starts, name: _key(name, lead)})


def start_of_moment(moment: str, status: str) -> Key:
    """Return the position in a stream from which all leads of a moment are still to come."""
    return {"createdAt": f"{moment}{_AFTER}", "leadId": "-", "status": status}


def _within_moment(place: Place, heads: Mapping[str, Lead]) -> Place:
    """Return where to go on if leads of the moment may be left.

    Those of one stream alone can come nowhere where the list has been.
    """
    met = {name for name, lead in heads.items() if lead.created_at == place.moment}
    is_spread = bool(place.starts) and len(met | place.starts.keys()) > 1
    again = place.again or (is_spread and not place.moved_since)
    return place._replace(shown=place.shown[-MAX_SHOWN:], again=again)


def _after_others(place: Place, key: Key) -> Place:
    """Return where to go on if leads of other programs alone can follow."""
    read_to = str(key["createdAt"])
    if place.moment and place.moment < read_to:
        return place
    if place.moment != read_to:
        place = Place(read_to, began=_past_everywhere())
    return place._replace(starts={**place.starts, OTHERS: key})


def _is_due(lead: Lead, place: Place) -> bool:
    """Tell whether a lead of the moment is to be shown."""
    if _hash_of(lead) in place.shown:
        return False
    if not place.moved_since:
        return True
    # What another program says of the future would be due for ever.
    return place.moved_since <= (lead.stage_entered_at or "") <= _future_somewhere()


def _with_shown(place: Place, lead: Lead) -> Place:
    # Whoever finds leads that were moved looks once more: others may have been meanwhile.
    again = place.again or bool(place.moved_since)
    return place._replace(shown=(*place.shown, _hash_of(lead)), again=again)


def _read_again(place: Place) -> Place:
    """Return the beginning of the moment, to look for leads that were moved since."""
    return place._replace(starts={}, moved_since=place.began, began=_past_everywhere(), again=False)


def _past_everywhere() -> str:
    """Return the latest time that has passed by the clock of every server."""
    return timestamp(datetime.now(UTC) - CLOCK_SKEW)


def _future_somewhere() -> str:
    """Return the earliest time that has come by the clock of no server."""
    return timestamp(datetime.now(UTC) + CLOCK_SKEW)


def _hash_of(lead: Lead) -> str:
    return urlsafe_b64encode(blake2b(lead.lead_id.encode(), digest_size=6).digest()).decode()


def _key(status: str, lead: Lead) -> Key:
    return {"leadId": lead.lead_id, "createdAt": lead.created_at, "status": status}
