"""How long a lead may wait in its stage before its card says that it is late.

In New the wait is for the first answer or call, and time of work alone counts.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from crm.working_hours import WorkingHours
from leads.formatting import hours_text, long_span_text
from leads.models import Lead
from leads.repository import desk_settings

DAY = timedelta(days=1)


class Wait(NamedTuple):
    """How long somebody has waited.

    ``runs_from`` is from when on a clock that never stops would tell the same just now; ``None``
    if it stands still: scripts leave it as it is.
    """

    waited: timedelta
    runs_from: datetime | None


def limits() -> Mapping[str, timedelta | None]:
    """Return how long a lead may wait in a stage; one without a limit may for ever."""
    return desk_settings.current().limits


def tone(waited: timedelta, limit: timedelta | None) -> str:
    """Return "warning" past the limit, "danger" past twice the limit, else ""."""
    if not limit or waited <= limit:
        return ""
    return "danger" if waited > 2 * limit else "warning"


def hours() -> WorkingHours | None:
    """Return the hours of the desk; ``None`` if it works around the clock."""
    return desk_settings.current().hours


def wait_within(week: WorkingHours, since: datetime, now: datetime) -> Wait:
    """Return how long somebody has waited in hours of work."""
    waited = _between(week, since, now)
    # Scripts would call it days, and mean days of 24 hours.
    runs = week.is_within(now) and waited < DAY
    return Wait(waited, now.replace(microsecond=0) - waited if runs else None)


def window() -> str:
    """Name the present time of work, or the one between two, if the desk has hours.

    What is running stops at its end, and goes on with the next: cards are another then.
    """
    week = hours()
    if week is None:
        return ""
    now = datetime.now(UTC)
    return f"{week.clock(now) // week.of_a_day}{week.is_within(now):d}"


def answered_text(lead: Lead) -> str:
    """Say after how long a lead was first answered or called; "" if it was not."""
    since, at = lead.created, lead.answered
    if not (since and at):
        return ""
    week = hours()
    if week is None:
        return _("after %(time)s") % {"time": long_span_text(max(at - since, timedelta()))}
    waited = hours_text(_between(week, since, at))
    return _("after %(time)s of working time") % {"time": waited}


def _between(week: WorkingHours, since: datetime, until: datetime) -> timedelta:
    return timedelta(seconds=max(week.clock(until) - week.clock(since), 0))
