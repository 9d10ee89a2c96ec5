"""What time it is, for all that has to do with limits and held messages."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple


class Window(NamedTuple):
    """The hour that limits count in, such as ``2026-11-29T18``, and when it ends."""

    hour: str
    ends: int


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def seconds() -> int:
    """Return it in whole seconds since 1970, as times of expiry are stored."""
    return int(now().timestamp())


def window() -> Window:
    """Return the present hour."""
    begins = now().replace(minute=0, second=0, microsecond=0)
    ends = begins + timedelta(hours=1)
    return Window(hour_of(begins.isoformat()), int(ends.timestamp()))


def seconds_left() -> int:
    """Return in how many seconds the present hour ends: one at least."""
    return max(1, window().ends - seconds())


def hour_of(time: str) -> str:
    """Return the hour of a stored time, such as ``2026-11-29T18``."""
    return time[:13]
