"""Moments as they are stored."""

from datetime import UTC, datetime


def stored(moment: datetime) -> str:
    """Return a moment as it is stored: ``2026-11-30T09:15:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
