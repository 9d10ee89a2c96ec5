"""What a list shows."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple, Self

from leads.addresses import is_same_address
from leads.models import (
    OPEN_STAGES,
    ClosedAs,
    Lead,
    Standing,
    Status,
    is_date_only,
    moment,
    timestamp,
)

# Of a timestamp: seconds, so that a lead is in the range whatever precision its time has.
_SECONDS = 19


class Days(NamedTuple):
    """Days in a zone, both included, "" for an open end; ``begin`` to ``end`` is when they are."""

    first: str
    last: str
    begin: str
    end: str

    def has(self, created_at: str) -> bool:
        """Tell whether a lead came in on these days; one without a time counts by its date."""
        at = moment(created_at)
        if at is None:
            return self.first <= created_at and (not self.last or created_at <= f"{self.last}~")
        if is_date_only(at):
            day = at.date().isoformat()
            return self.first <= day and (not self.last or day <= self.last)
        text = timestamp(at)
        return self.begin <= text and (not self.end or text < self.end)


class Filter(NamedTuple):
    """What a list shows; timestamps bound when the lead came in, both ends included.

    An empty ``owner_id`` asks for leads of nobody.

    With ``days`` they bound what is read, and not all of that came in on those days.
    ``is_open`` asks for those that there is work to do with, ``form`` for those that came by
    the form with this slug, ``source`` for those that are counted under this key: "" for
    those that came by a form from no source that admins list.
    """

    status: Status | None = None
    owner_id: str | None = None
    email: str | None = None
    since: str | None = None
    until: str | None = None
    days: Days | None = None
    outcome: ClosedAs | None = None
    reason: str = ""
    is_open: bool = False
    form: str = ""
    source: str | None = None

    @property
    def narrows(self) -> bool:
        """Whether leads may be left out by where they stand, come from, or whose they are."""
        stands = self.status or self.outcome or self.reason or self.is_open
        return bool(stands) or self.owner_id is not None or self.has_origin

    @property
    def has_origin(self) -> bool:
        """Whether it is asked where leads came from."""
        return bool(self.form) or self.source is not None

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The statuses that leads may have."""
        if self.outcome or self.reason:
            return (Status.CLOSED,)
        if self.status:
            return (self.status,)
        return OPEN_STAGES if self.is_open else tuple(Status)

    @property
    def standings(self) -> tuple[Standing, ...]:
        """Where leads may stand."""
        closed = (self.outcome,) if self.outcome else (*ClosedAs, Status.CLOSED)
        stages = [status for status in self.statuses if status is not Status.CLOSED]
        return (*stages, *(closed if Status.CLOSED in self.statuses else ()))

    def in_days(self, first: date | None, last: date | None, zone: tzinfo) -> Self:
        """Return the filter for leads that came in on these days of a zone, both included."""
        if not (first or last):
            return self
        first_day, last_day = (day.isoformat() if day else "" for day in (first, last))
        try:
            begin, end = _begin(first, zone), _end(last, zone)
        except OverflowError:  # at the ends of the calendar
            begin, end = _begin(first, UTC), f"{last_day}~"
        # A date without a time is midnight in UTC, which elsewhere is outside of its day.
        since = min(begin[:_SECONDS], first_day)
        return self._replace(
            since=since or None,
            until=end[:_SECONDS] or None,
            days=Days(first_day, last_day, begin, end),
        )

    def is_in_days(self, lead: Lead) -> bool:
        """Tell whether a lead that was read by the bounds came in on the days asked for."""
        return self.days is None or self.days.has(lead.created_at)

    def is_match(self, lead: Lead) -> bool:
        """Tell whether a lead, as it is now, has the status, owner, address and days."""
        came = lead.attribution
        return self.is_in_days(lead) and (
            self.status in {None, lead.status}
            and self.owner_id in {None, lead.owner_id or ""}
            and self.outcome in {None, lead.outcome}
            and self.reason in {"", lead.reason}
            and (lead.is_open or not self.is_open)
            and self.form in {"", came.form}
            and (self.source is None or bool(came.form and came.source_key == self.source))
            and (self.email is None or is_same_address(lead.email, self.email))
        )


def _begin(day: date | None, zone: tzinfo) -> str:
    return timestamp(datetime.combine(day, time.min, zone)) if day else ""


def _end(day: date | None, zone: tzinfo) -> str:
    return _begin(day + timedelta(days=1), zone) if day else ""


EVERYTHING = Filter()
