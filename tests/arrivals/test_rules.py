"""Whose turn it is, and who is free."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from crm.accounts.models import Role, User
from crm.working_hours import WorkingHours
from leads import keys
from leads.arrivals.rules import Choice, Reason, choose
from leads.repository.counters import Counts
from leads.repository.desk_settings import DEFAULT_LIMITS, DeskSettings, Rules

# A Monday.
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
OFFICE = WorkingHours(frozenset(range(5)), time(9), time(17), "Europe/Berlin")
SETTINGS = DeskSettings({}, DEFAULT_LIMITS, rules=Rules(is_on=True, people=("c", "a", "b")))


def user(name: str, *, role: Role = Role.SALES, **more: object) -> User:
    return User(id=name, email=f"{name}@example.com", name=name, role=role, **more)


def chosen(
    last: str = "",
    *people: User,
    settings: DeskSettings = SETTINGS,
    counts: Counts | None = None,
    now: datetime = NOON,
) -> Choice:
    known = {one.id: one for one in people or map(user, "abc")}
    return choose(settings, last, counts or Counts(), now, known.get)


def who(choice: Choice) -> str:
    return choice.person.id if choice.person else ""


@pytest.mark.parametrize(("last", "following"), [("", "a"), ("a", "b"), ("b", "c"), ("c", "a")])
def test_the_turn_goes_round(last: str, following: str) -> None:
    assert who(chosen(last)) == following


@pytest.mark.parametrize(("last", "following"), [("aa", "b"), ("z", "a"), ("A", "a")])
def test_it_goes_on_where_the_last_one_is_no_longer_among_them(last: str, following: str) -> None:
    assert who(chosen(last)) == following


def test_the_only_one_gets_all() -> None:
    settings = replace(SETTINGS, rules=Rules(is_on=True, people=("a",)))
    assert who(chosen("a", settings=settings)) == "a"


def test_without_people_nobody_gets_any() -> None:
    settings = replace(SETTINGS, rules=Rules(is_on=True))
    assert chosen(settings=settings) == Choice(None, (Reason.NOBODY,))


@pytest.mark.parametrize(
    ("until", "zone", "is_away"),
    [
        ("2026-11-29", "", False),
        ("2026-11-30", "", True),
        ("2027-01-06", "", True),
        # There it is Tuesday already.
        ("2026-11-30", "Pacific/Kiritimati", False),
    ],
)
def test_who_is_away_is_passed_over(until: str, zone: str, *, is_away: bool) -> None:
    a = user("a", away_until=until, zone=zone)
    assert who(chosen("", a, user("b"))) == ("b" if is_away else "a")


@pytest.mark.parametrize(
    ("hour", "zone", "is_free"),
    [
        (7, "", False),
        (8, "", True),
        (15, "", True),
        (16, "", False),
        # In their own zone it is another hour.
        (8, "America/New_York", False),
        (16, "America/New_York", True),
        (16, "Nowhere/Here", False),
    ],
)
def test_hours_are_those_of_the_person_or_the_desk(hour: int, zone: str, *, is_free: bool) -> None:
    settings = replace(SETTINGS, hours=OFFICE)
    choice = chosen("", user("a", zone=zone), settings=settings, now=NOON.replace(hour=hour))
    assert who(choice) == ("a" if is_free else "")
    if not is_free:
        assert Reason.CLOSED in choice.reasons


def test_on_a_sunday_nobody_works() -> None:
    settings = replace(SETTINGS, hours=OFFICE)
    assert chosen(settings=settings, now=NOON.replace(day=29)).reasons == (Reason.CLOSED,)


def test_who_may_not_work_leads_gets_none() -> None:
    people = (user("a", role=Role.VIEWER), user("b", is_active=False), user("c", role=Role.ADMIN))
    assert who(chosen("", *people)) == "c"


@pytest.mark.parametrize(("stage", "is_open"), [("n", 1), ("c", 1), ("q", 1), ("v", 0), ("l", 0)])
def test_the_cap_counts_what_is_open(stage: str, is_open: int) -> None:
    settings = replace(SETTINGS, rules=replace(SETTINGS.rules, most_open=3))
    counts = Counts([{**keys.counter(keys.owners_counter("a")), "rev": 9, stage: 3}])
    assert who(chosen(settings=settings, counts=counts)) == ("b" if is_open else "a")


def test_without_a_cap_there_is_none() -> None:
    counts = Counts([{**keys.counter(keys.owners_counter("a")), "rev": 9, "n": 1_000_000}])
    assert who(chosen(counts=counts)) == "a"


def test_where_open_leads_are_not_counted_by_owner_a_cap_gives_to_nobody() -> None:
    settings = replace(SETTINGS, rules=replace(SETTINGS.rules, most_open=3))
    counts = Counts([{**keys.counter(keys.counter_name("any", None)), "rev": 9, "new": 5}])
    assert chosen(settings=settings, counts=counts).reasons == (Reason.UNKNOWN,)
