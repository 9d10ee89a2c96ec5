"""Who is who: names and initials of all accounts, remembered for a minute."""

from typing import NamedTuple

from crm.accounts import keys
from crm.accounts.identity import initials_of
from crm.accounts.roles import Role
from crm.dynamodb import calls
from crm.dynamodb.items import Item
from crm.remember import Remembered
from crm.tables import RECORDS

MAX_AGE = 60  # seconds


class Person(NamedTuple):
    """What others may see of an account."""

    id: str
    name: str
    initials: str
    is_active: bool
    can_work: bool = True


_people: Remembered[dict[str, Person]] = Remembered(MAX_AGE)


def people() -> dict[str, Person]:
    """Return everyone by id, at most a minute old; changes of this process show at once."""
    return _people.get_or_read(_read)


def active_people() -> list[Person]:
    """Return those whose account is active, by name."""
    active = (person for person in people().values() if person.is_active)
    return sorted(active, key=lambda person: (person.name.casefold(), person.id))


def forget() -> None:
    """Read again at the next question."""
    _people.forget()


def _read() -> dict[str, Person]:
    items = calls.query_all(RECORDS, "#PK = :pk", {"pk": keys.USERS}, consistent=True)
    return {person.id: person for person in map(_person, items)}


def _person(item: Item) -> Person:
    name = str(item["name"])
    can_work = item["role"] != Role.VIEWER
    return Person(
        str(item["userId"]), name, initials_of(name), bool(item["isActive"]), can_work=can_work
    )
