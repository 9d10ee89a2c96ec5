"""When something about a lead is due: a day, or a moment.

A day is stored as a date, ``2026-12-03``, and is that day to everybody, whatever zone they are
in; work on it begins at nine where somebody is. A moment is stored as every time is. See
ADR 61.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from leads.models import DAY_LENGTH, timestamp

START_OF_WORK = time(9)
# A day stands among moments as if everybody were in UTC: before what is due later on it.
_AT_START_OF_WORK = f"T{START_OF_WORK.isoformat()}"
FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)


def stored_due(due: date) -> str:
    """Write a day, or a moment that has its zone, as it is stored."""
    return timestamp(due) if isinstance(due, datetime) else due.isoformat()


def is_day(due: str) -> bool:
    """Tell whether a stored due is a day, without a time."""
    return len(due) == DAY_LENGTH


def sort_key(due: str) -> str:
    """Return by what days and moments stand in the order of time."""
    return f"{due}{_AT_START_OF_WORK}" if is_day(due) else due


def due_of(sort_key: str) -> str:
    """Return the stored due that has this place in time."""
    return sort_key.removesuffix(_AT_START_OF_WORK)


def start(due: str) -> datetime:
    """Return the moment from which something is due, in the present zone."""
    if is_day(due):
        zone = timezone.get_current_timezone()
        return datetime.combine(date.fromisoformat(due), START_OF_WORK, zone)
    return timezone.localtime(datetime.fromisoformat(due))


def day_of(due: str) -> date:
    """Return the day on which something is due, in the present zone."""
    return date.fromisoformat(due) if is_day(due) else start(due).date()


def is_overdue(due: str, now: datetime) -> bool:
    """Tell whether a moment has passed, or the day is over, in the present zone."""
    if is_day(due):
        return day_of(due) < timezone.localtime(now).date()
    return datetime.fromisoformat(due) < now


def is_ahead(due: str, now: datetime) -> bool:
    """Tell whether something is planned, and nobody has to have done it yet."""
    return bool(due) and not is_overdue(due, now)


def end_of_day(day: date) -> str:
    """Return a place in time that all of a day in the present zone comes before."""
    zone = timezone.get_current_timezone()
    return timestamp(datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC))


def working_day_after(day: date, number: int) -> date:
    """Return the working day that is so many after a day: Monday to Friday, of whatever land."""
    for _ in range(number):
        day += timedelta(days=3 if day.isoweekday() == FRIDAY else 1)
        while day.isoweekday() > FRIDAY:
            day += timedelta(days=1)
    return day


FRIDAY = 5
