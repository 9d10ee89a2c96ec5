"""The assignment rules: who gets a lead that came in, and why nobody does."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

from crm import zones
from crm.accounts.models import User
from crm.working_hours import WorkingHours
from leads.models import OPEN_STAGES
from leads.repository.counters import Counts
from leads.repository.desk_settings import DeskSettings, Rules


class Reason(StrEnum):
    """Why somebody gets no lead; the timeline keeps these words."""

    NOBODY = "nobody"
    GONE = "gone"
    AWAY = "away"
    CLOSED = "closed"
    FULL = "full"
    UNKNOWN = "unknown"


class Choice(NamedTuple):
    """Who gets the lead; if it is nobody, for which reasons."""

    person: User | None
    reasons: tuple[Reason, ...] = ()


def choose(
    settings: DeskSettings,
    last: str,
    counts: Counts,
    now: datetime,
    find: Callable[[str], User | None],
) -> Choice:
    """Return whose turn it is after that of ``last``, of those who are free: 1 RRU for each asked.

    ``find`` reads an account by its id.
    """
    reasons: list[Reason] = []
    for person_id in _in_turn(settings.rules.people, last):
        person = find(person_id)
        reason = _obstacle(person, settings, now) if person else Reason.GONE
        reason = reason or _fullness(person_id, settings.rules, counts)
        if person and not reason:
            return Choice(person)
        if reason:
            reasons.append(reason)
    return Choice(None, tuple(dict.fromkeys(reasons)) or (Reason.NOBODY,))


def _in_turn(people: tuple[str, ...], last: str) -> Iterator[str]:
    """Yield all, those after ``last`` first; it may be none of them any more."""
    ordered = sorted(people)
    yield from (one for one in ordered if one > last)
    yield from (one for one in ordered if one <= last)


def _obstacle(person: User, settings: DeskSettings, now: datetime) -> Reason | None:
    if not (person.is_active and person.can_work):
        return Reason.GONE
    zone = _zone(person, settings.hours)
    if person.away_until and now.astimezone(zone).date().isoformat() <= person.away_until:
        return Reason.AWAY
    if settings.hours and not settings.hours.is_within(now, zone):
        return Reason.CLOSED
    return None


def _zone(person: User, hours: WorkingHours | None) -> tzinfo:
    """Return a person's zone, or that of the desk."""
    return zones.find(person.zone) or zones.find(hours.zone if hours else "") or UTC


def _fullness(person_id: str, rules: Rules, counts: Counts) -> Reason | None:
    if rules.most_open is None:
        return None
    totals = counts.shown(person_id)
    if totals is None:
        return Reason.UNKNOWN
    is_full = sum(totals[stage] for stage in OPEN_STAGES) >= rules.most_open
    return Reason.FULL if is_full else None
