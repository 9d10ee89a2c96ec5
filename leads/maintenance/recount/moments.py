"""Moments at which nobody changed a shard of the counters: what a recount compares with."""

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

from crm.dynamodb.calls import Item, query_all
from crm.dynamodb.pace import Pace
from crm.tables import RECORDS
from leads import keys
from leads.models import Status, timestamp
from leads.repository.counters import number

# Half of it is how far the clocks of the servers may be apart, and how long a change may
# take from the time in its event to its place in the table.
QUIET_SECONDS = 2.0
TRIES = 20


@dataclass(frozen=True)
class Moment:
    """A shard at a time ``at`` with quiet before and after.

    ``rev`` counts the changes until then; ``repair`` names the last repair.
    """

    at: str
    rev: int
    totals: dict[Status, int]
    repair: str


def quiet_moments(shards: set[int], pace: Pace, stop: Event) -> dict[int, Moment]:
    """Return a quiet moment of each shard; those without one in ``TRIES`` are left out."""
    found: dict[int, Moment] = {}
    before = _read(pace)
    for _ in range(TRIES):
        began = datetime.now(UTC)
        if stop.wait(QUIET_SECONDS):
            break
        at = timestamp(began + (datetime.now(UTC) - began) / 2)
        now = _read(pace)
        for shard in shards - found.keys():
            item = now.get(shard, {})
            rev = number(item.get("rev"))
            if rev == number(before.get(shard, {}).get("rev")):
                totals = {status: number(item.get(status.value)) for status in Status}
                found[shard] = Moment(at, rev, totals, str(item.get("repair", "")))
        if found.keys() == shards:
            break
        before = now
    return found


def _read(pace: Pace) -> dict[int, Item]:
    with pace.hold():
        items = query_all(RECORDS, "#PK = :pk", {"pk": keys.COUNTERS}, consistent=True)
    return {int(str(item["SK"]).partition("#")[2]): item for item in items}
