"""The list of the company's forms: which there are, and which versions of them are taken.

Visitors get what a process remembers of it, so that an unknown form or version costs nothing.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import inf
from threading import Lock
from typing import NamedTuple, Self, cast

from crm.dynamodb.calls import Put, get
from crm.dynamodb.errors import NotFoundError, ThrottledError, UnavailableError
from crm.dynamodb.items import Item, Value
from crm.dynamodb.size import item_size
from crm.remember import Remembered
from crm.tables import RECORDS
from leads import keys
from leads.definitions import BUILT_IN, MAX_BYTES
from leads.models import timestamp

logger = logging.getLogger(__name__)
MAX_AGE = 30  # seconds
LEAST_AGE = 2  # seconds
ASSUMED_FOR = 5  # seconds
MOST_VERSIONS = 5_000
TAKEN_FOR = timedelta(days=30)
"""How long a version is taken after it was replaced."""
GRACE = timedelta(days=1)
"""How long what was open is taken after its form was switched off or deleted."""
UNANSWERED = (NotFoundError, ThrottledError, UnavailableError)
"""What the store raises while it does not answer."""


# What a version takes of the list, and its form for having any.
_VERSION, _REPLACED = 40, 12


class Version(NamedTuple):
    """An earlier version of a form, and since when it is replaced."""

    at: str
    slug: str
    version: str


@dataclass(frozen=True)
class Listed:
    """A form as the list has it: its newest version, and since when each earlier one is replaced.

    ``off_since`` and ``deleted_at`` are empty for a form that is on.
    """

    slug: str
    version: str
    off_since: str = ""
    deleted_at: str = ""
    replaced: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_on(self) -> bool:
        """Whether the form takes messages, whenever it was opened."""
        return not (self.off_since or self.deleted_at)

    def takes(self, version: str, now: datetime) -> bool:
        """Tell whether a message written into this version is taken now."""
        if version == self.version:
            return True
        since = self.replaced.get(version)
        return since is not None and now - datetime.fromisoformat(since) < TAKEN_FOR

    def is_in_grace(self, now: datetime) -> bool:
        """Tell whether what somebody had open is taken, though the form is off or deleted."""
        # One that was off before it was deleted ended then.
        ended = min(filter(None, (self.off_since, self.deleted_at)), default="")
        return not ended or now - datetime.fromisoformat(ended) < GRACE

    @classmethod
    def from_value(cls, value: Item) -> Self:
        """Read an entry of the stored list."""
        texts = {name: str(value.get(key, "")) for name, key in _LISTED.items()}
        return cls(**texts, replaced=_texts(value.get("replaced")))

    def as_value(self, replaced: Mapping[str, str]) -> Value:
        """Return the entry as it is stored, with some of the versions that it had."""
        texts: Item = {key: getattr(self, name) for name, key in _LISTED.items()}
        value: Item = texts | {"replaced": dict(replaced)}
        return {name: part for name, part in value.items() if part}


_LISTED = {
    "slug": "slug",
    "version": "version",
    "off_since": "offSince",
    "deleted_at": "deletedAt",
}


@dataclass(frozen=True)
class Index:
    """Which forms there are, the one at ``/contact/`` first; ``deleted`` ones for a day.

    It ``has_older`` versions that are taken in another item. If it is ``assumed``, nobody could
    tell, and there may be more.
    """

    forms: tuple[Listed, ...] = (Listed(BUILT_IN.slug, BUILT_IN.version),)
    deleted: tuple[Listed, ...] = ()
    has_older: bool = False
    rev: int = 0
    is_assumed: bool = False

    @property
    def first(self) -> Listed:
        """The form at ``/contact/``."""
        return self.forms[0]

    def find(self, slug: str) -> Listed | None:
        """Return a form by its slug, one that was deleted just now too."""
        return next((one for one in (*self.forms, *self.deleted) if one.slug == slug), None)

    def living(self, slug: str) -> Listed | None:
        """Return a form by its slug, if it was not deleted."""
        return next((one for one in self.forms if one.slug == slug), None)

    def named(self, slug: str) -> Listed | None:
        """Return a form by its slug, the first one for none."""
        return self.find(slug) if slug else self.first

    def with_older(self, older: Mapping[str, Mapping[str, str]]) -> Self:
        """Return the list with versions that another item holds, by the slugs of their forms."""
        forms, deleted = (
            tuple(
                replace(one, replaced={**older.get(one.slug, {}), **one.replaced}) for one in some
            )
            for some in (self.forms, self.deleted)
        )
        return replace(self, forms=forms, deleted=deleted)


_remembered: Remembered[Index] = Remembered(MAX_AGE)
_lasting: Remembered[Index] = Remembered(inf)
_older: Remembered[tuple[int, Mapping[str, Mapping[str, str]]]] = Remembered(inf)
_reading, _reading_older = Lock(), Lock()


def known_index() -> Index:
    """Return which forms there are, half a minute old at most: 0.5 RRU, once for all threads.

    While the store does not answer, what was known last holds, or else the built-in form.
    """
    return _index_of_age(MAX_AGE)


def newer_index() -> Index:
    """Return the same, two seconds old at most: for what another process made just now."""
    return _index_of_age(LEAST_AGE)


def _index_of_age(seconds: float) -> Index:
    known = _remembered.get()
    if known is not None and known.is_assumed:
        seconds = ASSUMED_FOR
    known = _remembered.get(seconds)
    if known is None:
        # Whoever waited here for another one finds what that one has read.
        with _reading:
            known = _remembered.get_or_read(_read, seconds)
    return known


def _read() -> Index:
    try:
        known = index_of(get(RECORDS, keys.form_index()))
    except UNANSWERED as error:
        logger.warning("The list of forms could not be read, the last one holds: %s", error)
        return _lasting.get() or Index(is_assumed=True)
    _lasting.set(known)
    return known


def older_versions(index: Index) -> Mapping[str, Mapping[str, str]]:
    """Return the versions that are taken and that the list has no room for.

    A process reads them once for each state of the list: 1 RRU for each 4 KB.
    """
    with _reading_older:
        known = _older.get()
        if known is None or known[0] != index.rev:
            known = index.rev, read_older()
            _older.set(known)
        return known[1]


def read_older() -> Mapping[str, Mapping[str, str]]:
    """Read those versions by the slugs of their forms: 1 RRU for each 4 KB."""
    item = get(RECORDS, keys.older_form_versions(), consistent=True) or {}
    forms = cast("Mapping[str, Value]", item.get("forms", {}))
    return {slug: _texts(versions) for slug, versions in forms.items()}


def last_known_index() -> Index:
    """Return what this process has known last, or else the built-in form, and ask for nothing."""
    return _lasting.get() or Index()


def forget() -> None:
    """Ask for the list anew: it has changed."""
    _remembered.forget()


def index_puts(before: Index, after: Index) -> list[Put]:
    """Return the writes that store a list in the place of the one that was read.

    It has 4 KB, so that reading it is half a unit: what is older goes into another item.
    """
    now = datetime.now(UTC)
    after = replace(after, deleted=tuple(in_grace(after.deleted)))
    known = (*after.forms, *after.deleted)
    taken = sorted(
        (Version(at, one.slug, version) for one in known for version, at in one.replaced.items()),
        reverse=True,
    )[:MOST_VERSIONS]
    taken = [one for one in taken if now - datetime.fromisoformat(one.at) < TAKEN_FOR]
    empty = _index_item(before, after, [], has_older=True)
    fitting = max(0, (MAX_BYTES - item_size(empty) - _REPLACED * len(known)) // _VERSION)
    older = taken[fitting:]
    put = Put(
        table=RECORDS,
        item=_index_item(before, after, taken[:fitting], has_older=bool(older)),
        condition="#rev = :rev" if before.rev else "attribute_not_exists(#PK)",
        values={"rev": before.rev} if before.rev else None,
    )
    if not (older or before.has_older):
        return [put]
    forms: Item = {one.slug: cast("Item", _of(one, older)) for one in known}
    item: Item = {**keys.older_form_versions(), "forms": forms, "changedAt": timestamp(now)}
    return [put, Put(table=RECORDS, item=item)]


def in_grace(deleted: Sequence[Listed]) -> list[Listed]:
    """Return the forms that were deleted just now: what somebody had open is taken."""
    now = datetime.now(UTC)
    return [one for one in deleted if one.is_in_grace(now)]


def index_of(item: Item | None) -> Index:
    """Return the list that an item holds; without one there is the built-in form."""
    if item is None:
        return Index()
    forms, deleted = (
        tuple(Listed.from_value(one) for one in cast("list[Item]", item.get(name, [])))
        for name in ("forms", "deleted")
    )
    has_older, rev = bool(item.get("hasOlder")), int(cast("int", item["rev"]))
    return Index(forms, deleted, has_older, rev)


def _index_item(before: Index, after: Index, taken: Sequence[Version], *, has_older: bool) -> Item:
    forms, deleted = (
        [one.as_value(_of(one, taken)) for one in some] for some in (after.forms, after.deleted)
    )
    rev = before.rev + 1
    now = timestamp(datetime.now(UTC))
    lists: Item = {"forms": forms, "deleted": deleted, "hasOlder": has_older}
    return {**keys.form_index(), **lists, "rev": rev, "changedAt": now}


def _of(form: Listed, versions: Iterable[Version]) -> dict[str, str]:
    return {one.version: one.at for one in versions if one.slug == form.slug}


def _texts(value: Value) -> dict[str, str]:
    stored = cast("Mapping[str, str]", value or {})
    return {name: str(text) for name, text in stored.items()}
