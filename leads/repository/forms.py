"""The company's forms as admins read and change them: the list, and an item for each version."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from uuid import uuid4

from crm.dynamodb.calls import Check, Put, Write, get, get_unchanging, transact
from crm.dynamodb.errors import ConflictError, TransactionRefusedError
from crm.dynamodb.items import Item
from crm.dynamodb.size import item_size
from crm.tables import RECORDS
from leads import keys
from leads.attribution import MAX_SLUG
from leads.brand.logos import Logo
from leads.definitions import BUILT_IN, MAX_BYTES, Definition
from leads.models import timestamp
from leads.repository import form_index, looks
from leads.repository.form_index import (
    Index,
    Listed,
    in_grace,
    index_of,
    index_puts,
    read_older,
)
from leads.repository.looks import Looks, logo_puts, looks_puts

type Beside = Sequence[Put | Check]
"""What is stored with a form, or has to hold, in its transaction."""

MOST = 30
"""Forms, with those that were deleted just now: so many fit into 4 KB, whatever they are."""
_ATTEMPTS = 8


class StaleFormError(Exception):
    """Somebody changed the form since it was read, or deleted it: then ``now`` is ``None``."""

    def __init__(self, now: Definition | None) -> None:
        super().__init__("The form has changed.")
        self.now = now


class SlugTakenError(Exception):
    """There is another form of that slug."""


class TooManyFormsError(Exception):
    """There are as many as there may be."""


class FormTooLargeError(Exception):
    """A form would have more than ``MAX_BYTES`` as it is stored."""

    def __init__(self, form: Definition, size: int) -> None:
        super().__init__(f"The form {form.slug} would have {size} bytes.")
        self.form = form
        self.size = size


class FirstFormError(Exception):
    """The form at ``/contact/`` is always there."""


class FormNotFoundError(Exception):
    """There is no such form, or no such version of it."""


def index() -> Index:
    """Read which forms there are, as it is now, with all versions that are taken: 1 RRU.

    1 more for each 4 KB of versions that the list has no room for.
    """
    found = index_of(get(RECORDS, keys.form_index(), consistent=True))
    return found.with_older(read_older()) if found.has_older else found


def definition(slug: str, version: str) -> Definition:
    """Read a version of a form: 0.5 RRU. Raises :class:`FormNotFoundError`."""
    if (slug, version) == (BUILT_IN.slug, BUILT_IN.version):
        return BUILT_IN
    item = get_unchanging(RECORDS, keys.form_definition(slug, version))
    if item is None:
        raise FormNotFoundError(slug)
    return Definition.from_attributes(item, version)


def add(wanted: Definition, *, logo: Logo | None = None, beside: Beside = ()) -> None:
    """Store a new form: 6 WRU, 2 for a consent and each further KB. A repeat is the same form.

    Raises :class:`SlugTakenError` and :class:`TooManyFormsError`, and ``ConflictError`` if
    something ``beside`` does not hold: the brand or the registry that the form is made of.
    """

    def added(now: Index) -> Index:
        listed = now.living(wanted.slug)
        if listed and listed.version == wanted.version:
            return now
        if listed or any(one.slug == wanted.slug for one in in_grace(now.deleted)):
            raise SlugTakenError(wanted.slug)
        if len(now.forms) + len(in_grace(now.deleted)) >= MOST:
            raise TooManyFormsError
        return replace(now, forms=(*now.forms, Listed(wanted.slug, wanted.version)))

    _change(added, [*_writes_of(wanted), *logo_puts(logo), *beside], wanted)


def save(wanted: Definition, *, seen: str, logo: Logo | None = None, beside: Beside = ()) -> None:
    """Store a new version of a form in the place of the one that somebody saw: as :func:`add`.

    2 WRU less where title, logo and accent are as they were. Raises :class:`StaleFormError`.
    """

    def saved(now: Index) -> Index:
        listed = now.living(wanted.slug)
        if listed is None:
            raise StaleFormError(None)
        if listed.version == wanted.version:
            return now
        if listed.version != seen:
            raise StaleFormError(definition(listed.slug, listed.version))
        return _with(now, _replacing(listed, wanted))

    _change(saved, [*_writes_of(wanted), *logo_puts(logo), *beside], wanted)


def switch(slug: str, *, is_on: bool, beside: Beside = ()) -> None:
    """Let a form take messages, or none: 2 WRU. That it is gone is no error."""

    def switched(now: Index) -> Index:
        listed = now.living(slug)
        if listed is None or listed.is_on is is_on:
            return now
        since = "" if is_on else timestamp(datetime.now(UTC))
        return _with(now, replace(listed, off_since=since))

    _change(switched, beside)


def delete(slug: str, *, beside: Beside = ()) -> None:
    """Take a form off the list; its versions stay: 2 WRU. That it is gone is no error.

    Raises :class:`FirstFormError` for the first one.
    """

    def deleted(now: Index) -> Index:
        listed = now.living(slug)
        if listed is None:
            return now
        if listed == now.first:
            raise FirstFormError
        gone = replace(listed, deleted_at=timestamp(datetime.now(UTC)))
        rest = tuple(one for one in now.forms if one != listed)
        return replace(now, forms=rest, deleted=(*now.deleted, gone))

    _change(deleted, beside)


def rewrite(change: Callable[[Definition], Definition], beside: Sequence[Write]) -> None:
    """Change all forms alike, and store ``beside``: in one transaction, so all of it or nothing.

    2 WRU for each KB of the list and of each form that comes out otherwise. Raises
    :class:`FormTooLargeError`, and ``TransactionRefusedError`` if a condition of ``beside``
    fails.
    """
    for _ in range(_ATTEMPTS):
        before = after = index()
        newest: list[Definition] = []
        for listed in before.forms:
            form = definition(listed.slug, listed.version)
            newer = change(form)
            if newer.version != listed.version:
                _check_size(newer, form)
                after = _with(after, _replacing(listed, newer))
                newest.append(newer)
        listing = _listing_puts(before, after, newest) if newest else []
        try:
            transact([*beside, *listing, *map(_definition_put, newest)], uuid4().hex)
        except TransactionRefusedError as refusal:
            if listing and [*refusal.failed] == [len(beside)]:
                continue
            raise
        finally:
            _forget()
        return
    raise ConflictError("Other forms kept changing.")


def _check_size(newer: Definition, form: Definition) -> None:
    size = stored_size(newer)
    if size > max(MAX_BYTES, stored_size(form)):
        raise FormTooLargeError(newer, size)


def _change(change: Callable[[Index], Index], writes: Sequence[Write], *newest: Definition) -> None:
    """Store a changed list and ``writes`` at once; nothing if the list is as it was to be."""
    for _ in range(_ATTEMPTS):
        before = index()
        after = change(before)
        if after == before:
            return
        try:
            transact([*_listing_puts(before, after, newest), *writes], uuid4().hex)
        except TransactionRefusedError as refusal:
            if 0 not in refusal.failed:
                message = "What the form is made of has changed."
                raise ConflictError(message) from refusal
        else:
            return
        finally:
            _forget()
    raise ConflictError("Other forms kept changing.")


def _listing_puts(before: Index, after: Index, newest: Sequence[Definition]) -> list[Put]:
    """Return the writes of a list, the one with a condition first, and of what is new in it."""
    # Read after the list: who changes it changes the list as well, and then the write is refused.
    looks_before = looks.read() if newest else Looks()
    looks_after = reduce(Looks.with_form, newest, looks_before)
    if looks_after.is_too_much:
        looks_after = reduce(Looks.with_form, _forms_of(after, newest), Looks())
    return [*index_puts(before, after), *looks_puts(looks_before, looks_after)]


def _forms_of(index: Index, newest: Sequence[Definition]) -> list[Definition]:
    """Return the forms of a list, some of which are not stored yet: 0.5 RRU for each other one."""
    known = {(form.slug, form.version): form for form in newest}
    listed = [(one.slug, one.version) for one in (*index.forms, *index.deleted)]
    return [known.get(one) or definition(*one) for one in listed]


def _forget() -> None:
    form_index.forget()
    looks.forget()


def stored_size(wanted: Definition) -> int:
    """Return the bytes of a form as it is stored, with the longest address that it may have.

    So whoever copies one that fits has one that fits.
    """
    more = MAX_SLUG - len(wanted.slug)
    # The address stands in the key and beside it.
    return item_size(_definition_put(wanted).item) + 2 * more


def _definition_put(wanted: Definition) -> Put:
    key = keys.form_definition(wanted.slug, wanted.version)
    changed: Item = {"changedAt": timestamp(datetime.now(UTC))}
    return Put(table=RECORDS, item={**key, **wanted.attributes, **changed})


def _writes_of(wanted: Definition) -> list[Write]:
    """Return the writes of a version and of the words of its consent: of what never changes."""
    writes: list[Write] = [_definition_put(wanted)]
    if wanted.consent:
        words: Item = {"words": wanted.consent}
        key = keys.form_consent(wanted.consent_version)
        item = {**key, **words, "changedAt": timestamp(datetime.now(UTC))}
        # People have agreed to what is there: no other words take its place.
        kept = "attribute_not_exists(#PK) OR #words = :words"
        writes.append(Put(table=RECORDS, item=item, condition=kept, values=words))
    return writes


def _replacing(listed: Listed, newer: Definition) -> Listed:
    """Return a form of the list with another version in the place of its newest."""
    replaced = {**listed.replaced, listed.version: timestamp(datetime.now(UTC))}
    replaced.pop(newer.version, None)
    return replace(listed, version=newer.version, replaced=replaced)


def _with(index: Index, changed: Listed) -> Index:
    forms = tuple(changed if one.slug == changed.slug else one for one in index.forms)
    return replace(index, forms=forms)
