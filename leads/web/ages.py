"""How long a lead may wait in its stage before its card says that it is late."""

from collections.abc import Mapping
from datetime import timedelta

from leads.models import Status

_LIMITS = {
    Status.NEW: timedelta(hours=4),
    Status.CONTACTED: timedelta(days=3),
    Status.QUALIFIED: timedelta(days=7),
}


def limits() -> Mapping[Status, timedelta]:
    """Return how long a lead may wait in a stage; one that is not named has no limit."""
    return _LIMITS


def tone(waited: timedelta, limit: timedelta | None) -> str:
    """Return "warning" past the limit, "danger" past twice the limit, else ""."""
    if not limit or waited <= limit:
        return ""
    return "danger" if waited > 2 * limit else "warning"
