"""What time it is, for all that has to do with limits and held messages."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def seconds() -> int:
    """Return it in whole seconds since 1970, as times of expiry are stored."""
    return int(now().timestamp())


def hour_of(time: str) -> str:
    """Return the hour of a stored time, such as ``2026-11-29T18``."""
    return time[:13]
