"""What the timelines of all leads tell of a time: who was in which stage before it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from crm.dynamodb.calls import Item
from leads import keys
from leads.models import EventType, Status

EVENT_FIELDS = ("PK", "SK", "type", "at", "version", "writeId", "changes")
# The first change of a lead counts it: before that, no total did.
_ARRIVALS = {
    EventType.CREATED.value,
    EventType.RELEASED.value,
    EventType.ADOPTED.value,
    EventType.RESTORED.value,
}


class UnknownPastError(Exception):
    """The timeline of a lead does not tell which stage it was in."""


@dataclass(frozen=True)
class Happening:
    """A change of a lead; ``left`` is the stage that it took the lead from, if any."""

    at: str
    version: int
    write_id: str
    type: str
    left: Status | None


class Past:
    """The changes of leads, gathered from events in any order."""

    def __init__(self) -> None:
        self._by_lead: defaultdict[str, list[Happening]] = defaultdict(list)
        self._lock = Lock()

    def add(self, items: Iterable[Item]) -> None:
        """Take in items of the timelines."""
        for item in items:
            if item.get("type") != EventType.NOTED:
                lead_id = str(item["PK"]).removeprefix(keys.timeline(""))
                with self._lock:
                    self._by_lead[lead_id].append(_happening_of(item))

    def events_since(self, shard: int, since: str, until: str) -> dict[str, list[Happening]]:
        """Return what happened to leads of a shard after ``since``, oldest first."""
        found: dict[str, list[Happening]] = {}
        for lead_id, happenings in self._by_lead.items():
            if keys.shard(lead_id) == shard:
                within = [one for one in happenings if since < one.at <= until]
                if within:
                    found[lead_id] = sorted(within, key=lambda one: (one.at, one.version))
        return found


def stage_before(happenings: list[Happening], stage_now: Status | None) -> Status | None:
    """Return the stage that a lead was counted in before all of this; ``None`` if in none.

    Raises :class:`UnknownPastError`.
    """
    if happenings[0].type in _ARRIVALS or happenings[0].version == 1:
        return None
    for one in happenings:
        if one.left:
            return one.left
        if one.type in {*_ARRIVALS, EventType.DELETED.value}:
            raise UnknownPastError
    return stage_now


def _happening_of(item: Item) -> Happening:
    changes = item.get("changes")
    status = changes.get("status") if isinstance(changes, dict) else None
    left = status.get("old") if isinstance(status, dict) else None
    return Happening(
        at=str(item["at"]),
        version=int(str(item.get("version", 0))),
        write_id=str(item.get("writeId", "")),
        type=str(item.get("type", "")),
        left=Status.read(left) if isinstance(left, str) and left else None,
    )
