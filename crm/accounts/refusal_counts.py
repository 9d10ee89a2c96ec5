"""How many sign-ins and the like were refused, by day in UTC.

A process writes at most one count a second, so that a flood costs next to nothing and no
item becomes hot: what it counts meanwhile goes with the next write, or when somebody looks.
The number of a day may fall short by what a process counted in the last second before no more
came, or before it ended, and be higher by a write that was repeated since its answer was lost.
Each refusal by itself is in the log.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import NamedTuple, cast

from django.conf import settings

from crm.accounts import keys
from crm.accounts.security_events import DAY, REFUSALS, Kind
from crm.dynamodb import calls
from crm.dynamodb.errors import DynamoDBError
from crm.remember import Remembered
from crm.tables import EPHEMERAL

# How the kinds are called in an item; expressions take no hyphens.
_ATTRIBUTES = {kind: kind.value.replace("-", "_") for kind in REFUSALS}
_has_just_written: Remembered[bool] = Remembered(1)
_waiting: Counter[tuple[str, Kind]] = Counter()
_lock = Lock()


class DayCounts(NamedTuple):
    """What was refused on a day; ``numbers`` are in the order of ``REFUSALS``."""

    day: date
    numbers: list[int]


def count(kind: Kind, at: datetime) -> None:
    """Count one refusal; costs 1 WRU a second at most. Raises the errors of DynamoDB."""
    with _lock:
        _waiting[at.astimezone(UTC).date().isoformat(), kind] += 1
    if not _has_just_written.replace(value=True):
        settle()


def settle() -> None:
    """Write what this process has counted and not written yet."""
    with _lock:
        due = Counter(_waiting)
        _waiting.clear()
    for day in {day for day, _kind in due}:
        try:
            _add(day, {kind: due[day, kind] for kind in REFUSALS if (day, kind) in due})
        except DynamoDBError:
            with _lock:
                _waiting.update(due)
            raise
        due = Counter({key: number for key, number in due.items() if key[0] != day})


def last_days(number: int) -> list[DayCounts]:
    """Return the counts of the last days, today first; costs 0.5 RRU a day."""
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=ago) for ago in range(number)]
    found = calls.batch_get(EPHEMERAL, [keys.refusals(day.isoformat()) for day in days])
    items = {str(item["PK"]): item for item in found}
    return [_counts(day, items.get(keys.refusals(day.isoformat())["PK"], {})) for day in days]


def _counts(day: date, item: calls.Item) -> DayCounts:
    numbers: Iterable[object] = (item.get(_ATTRIBUTES[kind], 0) for kind in REFUSALS)
    return DayCounts(day, [int(cast("int", number)) for number in numbers])


def _add(day: str, counts: dict[Kind, int]) -> None:
    ends = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    names = {_ATTRIBUTES[kind]: number for kind, number in counts.items()}
    added = ", ".join(f"#{name} :{name}" for name in names)
    calls.update(
        EPHEMERAL,
        keys.refusals(day),
        f"SET #expiresAt = :expiresAt ADD {added}",
        values={**names, "expiresAt": int(ends) + (settings.SECURITY_LOG_DAYS + 1) * DAY},
    )
