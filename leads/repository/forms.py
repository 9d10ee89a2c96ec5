"""The company's forms: which there are, what each asks, and which versions of it are taken.

An item lists the forms, and one holds each version. Visitors get what a process remembers of
them, so that an unknown form or version costs nothing; admins read what is stored.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import inf
from threading import Lock
from typing import Self, cast
from uuid import uuid4

from crm.dynamodb.calls import Put, Write, get, transact
from crm.dynamodb.errors import (
    ConflictError,
    NotFoundError,
    ThrottledError,
    TransactionRefusedError,
    UnavailableError,
)
from crm.dynamodb.items import Item, Key, Value
from crm.remember import Remembered
from crm.tables import RECORDS
from leads import keys
from leads.brand.logos import Logo
from leads.definitions import BUILT_IN, Brand, Definition
from leads.models import timestamp

logger = logging.getLogger(__name__)
MAX_AGE = 30  # seconds
LEAST_AGE = 2  # seconds
MOST = 50
MOST_LOOKS = 100
TAKEN_FOR = timedelta(days=30)
"""How long a version is taken after it was replaced."""
GRACE = timedelta(days=1)
"""How long what was open is taken after its form was switched off or deleted."""
_ATTEMPTS = 8
_UNANSWERED = (NotFoundError, ThrottledError, UnavailableError)


@dataclass(frozen=True)
class Listed:
    """A form as the list has it: its newest version, and since when it has each earlier one.

    ``title`` is what admins know it by. ``off_since`` and ``deleted_at`` are empty for a form
    that is on.
    """

    slug: str
    version: str
    title: str = ""
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
        ended = self.deleted_at or self.off_since
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

    def with_brand(self, brand: Brand) -> Self:
        """Return the list with what a brand looks like."""
        logos, accents = [*self.logos], {**self.accents}
        if brand.logo and brand.logo not in logos:
            logos.append(brand.logo)
        if brand.accent:
            accents.setdefault(brand.sheet, brand.accent)
        kept = dict([*accents.items()][-MOST_LOOKS:])
        return replace(self, logos=tuple(logos[-MOST_LOOKS:]), accents=kept)


class StaleFormError(Exception):
    """Somebody changed the form since it was read, or deleted it: then ``now`` is ``None``."""

    def __init__(self, now: Definition | None) -> None:
        super().__init__("The form has changed.")
        self.now = now


class SlugTakenError(Exception):
    """There is another form of that slug."""


class TooManyFormsError(Exception):
    """There are as many as there may be."""


class FormNotFoundError(Exception):
    """There is no such form, or no such version of it."""


# --- What visitors get ------------------------------------------------------------------

_remembered: Remembered[Index] = Remembered(MAX_AGE)
_lasting: Remembered[Index] = Remembered(inf)
_definitions: dict[tuple[str, str], Definition] = {}
_logos: dict[str, Logo] = {}
_reading = Lock()


def known_index() -> Index:
    """Return which forms there are, half a minute old at most: 0.5 RRU, once for all threads.

    While the store does not answer, what was known last holds, or else the built-in form.
    """
    return _index_of_age(MAX_AGE)


def newer_index() -> Index:
    """Return the same, two seconds old at most: for what another process made just now."""
    return _index_of_age(LEAST_AGE)


def _index_of_age(seconds: float) -> Index:
    if known := _index_younger_than(seconds):
        return known
    with _reading:
        if known := _index_younger_than(seconds):
            return known
        try:
            known = _index_of(get(RECORDS, keys.form_index()))
        except _UNANSWERED as error:
            logger.warning("The list of forms could not be read, the last one holds: %s", error)
            known = _lasting.get() or Index(is_guess=True)
        _lasting.set(known)
        _remembered.set(known)
        return known


def _index_younger_than(seconds: float) -> Index | None:
    known = _remembered.get()
    if known is None:
        return None
    # Whoever asks for what a guess has not is turned away: that shall end with its reason.
    most = min(seconds, LEAST_AGE) if known.is_guess else seconds
    return known if _remembered.is_younger(most) else None


def known_definition(slug: str, version: str) -> Definition:
    """Return a version of a form: 0.5 RRU the first time in a process, then nothing.

    Raises :class:`FormNotFoundError`, and what the store raises.
    """
    asked = (slug, version)
    if asked not in _definitions:
        with _reading:
            if asked not in _definitions:
                _definitions[asked] = definition(slug, version)
    return _definitions[asked]


def known_logo(logo: str) -> Logo | None:
    """Return a logo by its hash, if a form has or had it: 1 RRU the first time in a process."""
    if logo not in known_index().logos and logo not in newer_index().logos:
        return None
    if logo not in _logos:
        item = _unchanging(keys.form_logo(logo))
        if item is None:
            return None
        _logos[logo] = Logo(bytes(cast("bytes", item["data"])), str(item["contentType"]), 0, 0)
    return _logos[logo]


def known_accent(sheet: str) -> str | None:
    """Return the accent of a style sheet by its name, if a form has or had it."""
    return known_index().accents.get(sheet) or newer_index().accents.get(sheet)


def newest_known(listed: Listed) -> Definition:
    """Return a form as it is now, or while the store does not answer as it was known last.

    Raises what the store raises if nothing of it is known.
    """
    try:
        return known_definition(listed.slug, listed.version)
    except _UNANSWERED:
        if known := _newest_remembered(listed):
            return known
        if listed.slug == BUILT_IN.slug:
            return BUILT_IN
        raise


def remembered_form(slug: str = "") -> Definition | None:
    """Return a form, the first one for no slug, as this process remembers it; asks for nothing."""
    index = _lasting.get() or Index()
    listed = index.find(slug) if slug else index.first
    return _newest_remembered(listed) if listed else None


def _newest_remembered(listed: Listed) -> Definition | None:
    older = sorted(listed.replaced, key=lambda version: listed.replaced[version], reverse=True)
    versions = [(listed.slug, version) for version in (listed.version, *older)]
    return next((_definitions[one] for one in versions if one in _definitions), None)


# --- What admins get --------------------------------------------------------------------


def index() -> Index:
    """Read which forms there are, as it is now: 1 RRU."""
    return _index_of(get(RECORDS, keys.form_index(), consistent=True))


def definition(slug: str, version: str) -> Definition:
    """Read a version of a form: 0.5 RRU. Raises :class:`FormNotFoundError`."""
    if (slug, version) == (BUILT_IN.slug, BUILT_IN.version):
        return BUILT_IN
    item = _unchanging(keys.form_definition(slug, version))
    if item is None:
        raise FormNotFoundError(slug)
    return Definition.from_attributes(item, version)


def _unchanging(key: Key) -> Item | None:
    # It is never changed, so an old answer is right; what was written just now may lack.
    return get(RECORDS, key) or get(RECORDS, key, consistent=True)


def add(wanted: Definition, *, logo: Logo | None = None, beside: Sequence[Put] = ()) -> None:
    """Store a new form: 4 WRU, 2 for each further KB. A repeat is the same form.

    Raises :class:`SlugTakenError` and :class:`TooManyFormsError`.
    """

    def added(now: Index) -> Index:
        listed = _living(now, wanted.slug)
        if listed and listed.version == wanted.version:
            return now
        if listed or any(one.slug == wanted.slug for one in _in_grace(now.deleted)):
            raise SlugTakenError(wanted.slug)
        if len(now.forms) >= MOST:
            raise TooManyFormsError
        return replace(now, forms=(*now.forms, _listed(wanted))).with_brand(wanted.brand)

    _change(added, [*_writes_of(wanted), *logo_puts(logo), *beside])


def save(
    wanted: Definition, *, seen: str, logo: Logo | None = None, beside: Sequence[Put] = ()
) -> None:
    """Store a new version of a form in the place of the one that somebody saw: as :func:`add`.

    Raises :class:`StaleFormError`.
    """

    def saved(now: Index) -> Index:
        listed = _living(now, wanted.slug)
        if listed is None:
            raise StaleFormError(None)
        if listed.version == wanted.version:
            return now
        if listed.version != seen:
            raise StaleFormError(definition(listed.slug, listed.version))
        at = timestamp(datetime.now(UTC))
        replaced = {**listed.replaced, listed.version: at}
        replaced.pop(wanted.version, None)
        newer = replace(_listed(wanted), off_since=listed.off_since, replaced=replaced)
        return _with(now, newer).with_brand(wanted.brand)

    _change(saved, [*_writes_of(wanted), *logo_puts(logo), *beside])


def switch(slug: str, *, is_on: bool, beside: Sequence[Put] = ()) -> None:
    """Let a form take messages, or none: 2 WRU. Raises :class:`FormNotFoundError`."""

    def switched(now: Index) -> Index:
        listed = _living(now, slug)
        if listed is None:
            raise FormNotFoundError(slug)
        if bool(listed.off_since) is not is_on:
            return now
        since = "" if is_on else timestamp(datetime.now(UTC))
        return _with(now, replace(listed, off_since=since))

    _change(switched, beside)


def delete(slug: str, *, beside: Sequence[Put] = ()) -> None:
    """Take a form off the list; its versions stay: 2 WRU. That it is gone is no error.

    Raises :class:`FormNotFoundError` for the first one, which is always there.
    """

    def deleted(now: Index) -> Index:
        listed = _living(now, slug)
        if listed is None:
            return now
        if listed == now.first:
            raise FormNotFoundError(slug)
        gone = replace(listed, deleted_at=timestamp(datetime.now(UTC)))
        rest = tuple(one for one in now.forms if one != listed)
        return replace(now, forms=rest, deleted=(*now.deleted, gone))

    _change(deleted, beside)


def logo_puts(logo: Logo | None) -> list[Put]:
    """Return the write that keeps a logo that was uploaded with what has it."""
    if logo is None:
        return []
    item: Item = {
        **keys.form_logo(logo.hash),
        "data": logo.data,
        "contentType": logo.content_type,
        "changedAt": timestamp(datetime.now(UTC)),
    }
    return [Put(table=RECORDS, item=item)]


def rewrite(change: Callable[[Definition], Definition]) -> None:
    """Change all forms alike: 6 WRU for each that comes out otherwise. Repeating it is harmless."""
    for listed in index().forms:
        now: Definition | None = definition(listed.slug, listed.version)
        while now:
            try:
                save(change(now), seen=now.version)
            except StaleFormError as stale:
                now = stale.now
            else:
                break


def _change(change: Callable[[Index], Index], writes: Sequence[Write]) -> None:
    """Store a changed list and ``writes`` at once; nothing if the list is as it was to be."""
    for _ in range(_ATTEMPTS):
        before = index()
        after = change(before)
        if after == before:
            return
        try:
            transact([_index_put(before, after), *writes], uuid4().hex)
        except TransactionRefusedError:
            continue
        finally:
            _remembered.forget()
        return
    raise ConflictError("Other forms kept changing.")


def _index_put(before: Index, after: Index) -> Put:
    now = datetime.now(UTC)
    item: Item = {
        **keys.form_index(),
        "forms": [one.as_value(now) for one in after.forms],
        "deleted": [one.as_value(now) for one in _in_grace(after.deleted)],
        "logos": [*after.logos],
        "accents": {**after.accents},
        "rev": before.rev + 1,
        "changedAt": timestamp(now),
    }
    if not before.rev:
        return Put(table=RECORDS, item=item, condition="attribute_not_exists(#PK)")
    return Put(table=RECORDS, item=item, condition="#rev = :rev", values={"rev": before.rev})


def _writes_of(wanted: Definition) -> list[Write]:
    """Return the writes of a version and of the words of its consent: of what never changes."""
    changed: Item = {"changedAt": timestamp(datetime.now(UTC))}
    key = keys.form_definition(wanted.slug, wanted.version)
    writes: list[Write] = [Put(table=RECORDS, item={**key, **wanted.attributes, **changed})]
    if wanted.consent:
        words = {**keys.form_consent(wanted.consent_version), "words": wanted.consent, **changed}
        writes.append(Put(table=RECORDS, item=words))
    return writes


def _listed(definition: Definition) -> Listed:
    return Listed(definition.slug, definition.version, definition.title)


def _living(index: Index, slug: str) -> Listed | None:
    return next((one for one in index.forms if one.slug == slug), None)


def _in_grace(deleted: Sequence[Listed]) -> list[Listed]:
    now = datetime.now(UTC)
    return [one for one in deleted if one.is_in_grace(now)]


def _with(index: Index, changed: Listed) -> Index:
    forms = tuple(changed if one.slug == changed.slug else one for one in index.forms)
    return replace(index, forms=forms)


def _index_of(item: Item | None) -> Index:
    if item is None:
        return Index()
    forms, deleted = (
        tuple(Listed.from_value(one) for one in cast("list[Item]", item.get(name, [])))
        for name in ("forms", "deleted")
    )
    logos = tuple(cast("list[str]", item.get("logos", [])))
    accents = cast("Mapping[str, str]", item.get("accents", {}))
    return Index(forms, deleted, logos, accents, int(cast("int", item["rev"])))
