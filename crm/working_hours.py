"""Hours of work in a week: whether a moment is within them, and how much work lies before it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from crm import zones

WEEK = 7
# A Monday before which nothing is counted from.
_FIRST = date(2000, 1, 3)


@dataclass(frozen=True)
class WorkingHours:
    """From when to when people work, on which ``days`` (0: Monday), in which zone."""

    days: frozenset[int]
    begins: time
    ends: time
    zone: str = "UTC"

    @property
    def of_a_day(self) -> int:
        """How many seconds of work a day has."""
        return _seconds(self.ends) - _seconds(self.begins)

    def is_within(self, moment: datetime, zone: tzinfo | None = None) -> bool:
        """Tell whether people work at a moment, those in another ``zone`` by its clocks."""
        local = moment.astimezone(zone or self._tzinfo)
        return local.weekday() in self.days and self.begins <= local.time() < self.ends

    def clock(self, moment: datetime) -> int:
        """Return how many seconds were worked until a moment, from a day long ago on.

        The difference of two is how much work lies between two moments. A day on which clocks
        are changed while people work has as many as any other.
        """
        local = moment.astimezone(self._tzinfo)
        weeks, weekday = divmod((local.date() - _FIRST).days, WEEK)
        days = weeks * len(self.days) + sum(day < weekday for day in self.days)
        today = min(max(_seconds(local.time()) - _seconds(self.begins), 0), self.of_a_day)
        return days * self.of_a_day + (today if weekday in self.days else 0)

    def coming(self, moment: datetime, number: int) -> list[tuple[int, int]]:
        """Return the next days of work, the present one among them: seconds since 1970."""
        zone, day = self._tzinfo, moment.astimezone(self._tzinfo).date()
        found: list[tuple[int, int]] = []
        for one in (day + timedelta(days=ahead) for ahead in range(number * WEEK)):
            end = int(datetime.combine(one, self.ends, zone).timestamp())
            if one.weekday() in self.days and end > moment.timestamp() and len(found) < number:
                found.append((int(datetime.combine(one, self.begins, zone).timestamp()), end))
        return found

    @property
    def _tzinfo(self) -> tzinfo:
        return zones.find(self.zone) or UTC


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
