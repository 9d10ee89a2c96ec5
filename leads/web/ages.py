"""How long a lead may wait in its stage before its card says that it is late."""

from collections.abc import Mapping
from datetime import timedelta

from leads.repository import desk_settings


def limits() -> Mapping[str, timedelta | None]:
    """Return how long a lead may wait in a stage; one without a limit may for ever."""
    return desk_settings.current().limits


def tone(waited: timedelta, limit: timedelta | None) -> str:
    """Return "warning" past the limit, "danger" past twice the limit, else ""."""
    if not limit or waited <= limit:
        return ""
    return "danger" if waited > 2 * limit else "warning"
