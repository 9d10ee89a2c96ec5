"""Who is who: names and initials of all accounts, remembered for a minute."""

from dataclasses import dataclass, field
from threading import Lock
from time import time

from crm.accounts import keys
from crm.accounts.identity import initials_of
from crm.dynamodb import calls
from crm.dynamodb.items import Item
from crm.dynamodb.schema import RECORDS

MAX_AGE = 60  # seconds


@dataclass(frozen=True)
class Person:
    """What others may see of an account."""

    id: str
    name: str
    initials: str
    is_active: bool


@dataclass
class _Cache:
    people: dict[str, Person] | None = None
    read_at: float = 0.0
    changes: int = 0
    lock: Lock = field(default_factory=Lock)


_cache = _Cache()


def people() -> dict[str, Person]:
    """Give everyone by id, as at most a minute ago; changes made in this process show at once."""
    known = _cache.people
    # Not the monotonic clock: it may stand still while a function is frozen.
    if known is not None and 0 <= time() - _cache.read_at < MAX_AGE:
        return known
    changes = _cache.changes
    items = calls.query_all(RECORDS, "#PK = :pk", {"pk": keys.USERS}, consistent=True)
    found = {person.id: person for person in map(_person, items)}
    with _cache.lock:
        # What was read before a change must not be remembered after it.
        if changes == _cache.changes:
            _cache.people, _cache.read_at = found, time()
    return found


def active_people() -> list[Person]:
    """Give those who can be chosen as an owner, by name."""
    active = (person for person in people().values() if person.is_active)
    return sorted(active, key=lambda person: (person.name.casefold(), person.id))


def forget() -> None:
    """Read again at the next question."""
    with _cache.lock:
        _cache.people = None
        _cache.changes += 1


def _person(item: Item) -> Person:
    name = str(item["name"])
    return Person(str(item["userId"]), name, initials_of(name), bool(item["isActive"]))
