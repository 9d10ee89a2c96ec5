"""The list of the company's forms: which there are, and which versions of them are taken.

Visitors get what a process remembers of it, so that an unknown form or version costs nothing.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import inf
from threading import Lock
from typing import Self, cast

from crm.dynamodb.calls import Put, get
from crm.dynamodb.errors import NotFoundError, ThrottledError, UnavailableError
from crm.dynamodb.items import Item, Value
from crm.remember import Remembered
from crm.tables import RECORDS
from leads import keys
from leads.definitions import BUILT_IN, Brand
from leads.models import timestamp

logger = logging.getLogger(__name__)
MAX_AGE = 30  # seconds
LEAST_AGE = 2  # seconds
MOST_LOOKS = 100
TAKEN_FOR = timedelta(days=30)
"""How long a version is taken after it was replaced."""
GRACE = timedelta(days=1)
"""How long what was open is taken after its form was switched off or deleted."""
UNANSWERED = (NotFoundError, ThrottledError, UnavailableError)
"""What the store raises while it does not answer."""


@dataclass(frozen=True)
class Listed:
    """A form as the list has it: its newest version, and since when it has each earlier one.

    ``off_since`` and ``deleted_at`` are empty for a form that is on.
    """

    slug: str
    version: str
    title: str = ""
    off_since: str = ""
    deleted_at: str = ""
    replaced: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What admins know the form by, in a word."""
        return self.title or self.slug

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
        replaced = cast("Mapping[str, str]", value.get("replaced", {}))
        return cls(**texts, replaced={version: str(at) for version, at in replaced.items()})

    def as_value(self, now: datetime) -> Value:
        """Return the entry as it is stored, without versions that are taken no more."""
        texts: Item = {key: getattr(self, name) for name, key in _LISTED.items()}
        replaced: dict[str, Value] = {
            version: at
            for version, at in self.replaced.items()
            if now - datetime.fromisoformat(at) < TAKEN_FOR
        }
        return {name: value for name, value in (texts | {"replaced": replaced}).items() if value}


_LISTED = {
    "slug": "slug",
    "version": "version",
    "title": "title",
    "off_since": "offSince",
    "deleted_at": "deletedAt",
}


@dataclass(frozen=True)
class Index:
    """Which forms there are, the one at ``/contact/`` first; ``deleted`` ones for a day.

    ``logos`` has the hashes of what their brands had of late, ``accents`` theirs by the names
    of their style sheets: what is not among them is not there, and nobody has to look.
    ``is_guess`` while the store has never answered: there may be others.
    """

    forms: tuple[Listed, ...] = (Listed(BUILT_IN.slug, BUILT_IN.version),)
    deleted: tuple[Listed, ...] = ()
    logos: tuple[str, ...] = ()
    accents: Mapping[str, str] = field(default_factory=dict)
    rev: int = 0
    is_guess: bool = False

    @property
    def first(self) -> Listed:
        """The form at ``/contact/``."""
        return self.forms[0]

    def find(self, slug: str) -> Listed | None:
        """Return a form by its slug, one that was deleted just now too."""
        return next((one for one in (*self.forms, *self.deleted) if one.slug == slug), None)

    def named(self, slug: str) -> Listed | None:
        """Return a form by its slug, the first one for none."""
        return self.find(slug) if slug else self.first

    def takes(self, slug: str, version: str, now: datetime) -> bool:
        """Tell whether a form is there, and a message written into this version of it is taken."""
        listed = self.named(slug)
        return listed is not None and (not version or listed.takes(version, now))

    def with_brand(self, brand: Brand) -> Self:
        """Return the list with what a brand looks like."""
        logos, accents = [*self.logos], {**self.accents}
        if brand.logo and brand.logo not in logos:
            logos.append(brand.logo)
        if brand.accent:
            accents.setdefault(brand.sheet, brand.accent)
        kept = dict([*accents.items()][-MOST_LOOKS:])
        return replace(self, logos=tuple(logos[-MOST_LOOKS:]), accents=kept)


_remembered: Remembered[Index] = Remembered(MAX_AGE)
_lasting: Remembered[Index] = Remembered(inf)
_looked_early: Remembered[str] = Remembered(MAX_AGE)
_reading = Lock()


def known_index() -> Index:
    """Return which forms there are, half a minute old at most: 0.5 RRU, once for all threads.

    While the store does not answer, what was known last holds, or else the built-in form.
    """
    return _index_of_age(MAX_AGE)


def newer_index() -> Index:
    """Return the same, two seconds old at most: for what another process made just now."""
    return _index_of_age(LEAST_AGE)


def early_index() -> Index:
    """Return the same, once in half a minute as new: for what is not known, and may be by now.

    So strangers who ask for what is not there cost 0.5 RRU each half minute, however many.
    """
    return known_index() if _looked_early.replace("looked") else newer_index()


def _index_of_age(seconds: float) -> Index:
    known = _remembered.get(_most_age(seconds))
    if known is None:
        # Whoever waited here for another one finds what that one has read.
        with _reading:
            known = _remembered.get_or_read(_read, _most_age(seconds))
            _lasting.set(known)
    return known


def _most_age(seconds: float) -> float:
    known = _remembered.get()
    # Whoever asks for what a guess has not is turned away: that shall end with its reason.
    return min(seconds, LEAST_AGE) if known and known.is_guess else seconds


def _read() -> Index:
    try:
        return index_of(get(RECORDS, keys.form_index()))
    except UNANSWERED as error:
        logger.warning("The list of forms could not be read, the last one holds: %s", error)
        return last_known_index()


def last_known_index() -> Index:
    """Return what this process has known last, or else the built-in form, and ask for nothing."""
    return _lasting.get() or Index(is_guess=True)


def forget() -> None:
    """Ask for the list anew: it has changed."""
    _remembered.forget()


def index_put(before: Index, after: Index) -> Put:
    """Return the write that stores a list in the place of the one that was read."""
    now = datetime.now(UTC)
    item: Item = {
        **keys.form_index(),
        "forms": [one.as_value(now) for one in after.forms],
        "deleted": [one.as_value(now) for one in in_grace(after.deleted)],
        "logos": [*after.logos],
        "accents": {**after.accents},
        "rev": before.rev + 1,
        "changedAt": timestamp(now),
    }
    if not before.rev:
        return Put(table=RECORDS, item=item, condition="attribute_not_exists(#PK)")
    return Put(table=RECORDS, item=item, condition="#rev = :rev", values={"rev": before.rev})


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
    logos = tuple(cast("list[str]", item.get("logos", [])))
    accents = cast("Mapping[str, str]", item.get("accents", {}))
    return Index(forms, deleted, logos, accents, int(cast("int", item["rev"])))
