"""Moments at which nobody changed a counter: what a recount compares with."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

from crm.dynamodb.calls import Item, query_all
from crm.dynamodb.pace import Pace
from crm.tables import RECORDS
from leads import keys
from leads.models import timestamp
from leads.repository.counters import Cell, cells_in, number

# Half of it is how far the clocks of the servers may be apart, and how long a change may
# take from the time in its event to its place in the table.
QUIET_SECONDS = 2.0
TRIES = 20


@dataclass(frozen=True)
class Moment:
    """A counter at a time ``at`` with quiet before and after.

    ``rev`` counts the changes until then; ``repair`` names the last repair.
    """

    at: str
    rev: int
    totals: Counter[Cell]
    repair: str


class Moments(dict[str, Moment]):
    """Quiet moments of counters by name, and of those that there are not.

    A counter that is made later had its quiet moment when it was not there.
    """

    def __init__(self, absent_at: str) -> None:
        super().__init__()
        self.absent_at = absent_at

    def of(self, name: str) -> Moment | None:
        """Return the moment of a counter; ``None`` if it was never quiet."""
        return self.get(name) or (None if name in self.restless else self._absent)

    restless: frozenset[str] = frozenset()
    """The counters without a quiet moment."""

    @property
    def _absent(self) -> Moment:
        return Moment(self.absent_at, 0, Counter(), "")


def quiet_moments(names: Collection[str] | None, pace: Pace, stop: Event) -> Moments | None:
    """Return a quiet moment of each counter, or of the ones with these ``names``.

    Those without one in ``TRIES`` are ``restless``. ``None`` if it was stopped.
    """
    found: Moments | None = None
    before = _read(pace)
    for _ in range(TRIES):
        began = datetime.now(UTC)
        if stop.wait(QUIET_SECONDS):
            break
        at = timestamp(began + (datetime.now(UTC) - began) / 2)
        now = _read(pace)
        found = Moments(at) if found is None else found
        wanted = before.keys() | now.keys()
        if names is not None:
            wanted &= set(names)
        for name in (wanted & before.keys()) - found.keys():
            item = now.get(name, {})
            rev = number(item.get("rev"))
            if rev == number(before[name].get("rev")):
                found[name] = Moment(at, rev, cells_in(name, item), str(item.get("repair", "")))
        found.restless = frozenset(wanted - found.keys())
        if not found.restless:
            break
        before = now
    return found


def _read(pace: Pace) -> dict[str, Item]:
    with pace.hold():
        items = query_all(RECORDS, "#PK = :pk", {"pk": keys.COUNTERS}, consistent=True)
    return {str(item["SK"]): item for item in items}
