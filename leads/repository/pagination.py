"""Streams of leads merged into one list, in which each lead comes once.

A lead that is moved while somebody turns pages goes to another stream, at the same time of
receipt. Of leads that came in at different times, the time alone tells which were listed.
Those of one moment are listed by falling id, so that the last one tells it, too.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from crm.dynamodb.calls import Key
from leads.models import Lead, timestamp
from leads.repository.reads import StorePage

# Amazon DynamoDB does not say in which order an index has items of one moment. Only leads
# that were moved as long ago as somebody may take to turn a page are left out by their id.
TURNING = timedelta(hours=1)
# Sorts behind a time, and before whatever is later.
_AFTER = " "


class MergedPage(NamedTuple):
    """The leads to show, and those taken from each stream: shown, or listed before.

    ``last`` is the oldest that was taken.
    """

    shown: list[Lead]
    taken: dict[str, list[Lead]]
    last: Lead | None


def merge(
    pages: Mapping[str, StorePage], size: int, was_listed: Callable[[Lead], bool]
) -> MergedPage:
    """Take the newest leads of all streams, until ``size`` are to be shown."""
    shown: list[Lead] = []
    counts = dict.fromkeys(pages, 0)
    last: Lead | None = None
    while len(shown) < size:
        heads = {
            name: page.leads[counts[name]]
            for name, page in pages.items()
            if counts[name] < len(page.leads)
        }
        # A stream that ran dry but has more may hold the next newest lead: stop there.
        if not heads or any(page.last_key and name not in heads for name, page in pages.items()):
            break
        name, last = max(heads.items(), key=_order)
        counts[name] += 1
        if not was_listed(last):
            shown.append(last)
    taken = {name: page.leads[: counts[name]] for name, page in pages.items()}
    return MergedPage(shown, taken, last)


def before_all(time: str, lead: Lead) -> Key:
    """Return the position in a stream from which all leads of a moment are still to come."""
    return {"createdAt": f"{time}{_AFTER}", "leadId": lead.lead_id}


def was_listed_before(starts: Mapping[str, Key]) -> Callable[[Lead], bool]:
    """Return what tells whether a lead was listed on a page before, in another stream.

    ``starts`` are the positions after that page, all of one moment.
    """
    if not starts:
        return lambda _lead: False
    named = {start["leadId"] for start in starts.values()}
    time, lead_id = min(
        (start["createdAt"].removesuffix(_AFTER), start["leadId"]) for start in starts.values()
    )
    since = timestamp(datetime.now(UTC) - TURNING)

    def was_listed(lead: Lead) -> bool:
        if lead.lead_id in named:
            return True
        is_behind = lead.created_at == time and lead.lead_id >= lead_id
        return is_behind and (lead.stage_entered_at or "") > since

    return was_listed


def _order(head: tuple[str, Lead]) -> tuple[str, str]:
    return head[1].created_at, head[1].lead_id
