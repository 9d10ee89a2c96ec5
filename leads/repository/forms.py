"""The company's forms as admins read and change them: the list, and an item for each version."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from crm.dynamodb.calls import Put, Write, get, get_unchanging, transact
from crm.dynamodb.errors import ConflictError, TransactionRefusedError
from crm.dynamodb.items import Item
from crm.tables import RECORDS
from leads import keys
from leads.brand.logos import Logo
from leads.definitions import BUILT_IN, Definition
from leads.models import timestamp
from leads.repository.form_index import Index, Listed, forget, in_grace, index_of, index_put
from leads.repository.looks import logo_puts

MOST = 50
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


class FirstFormError(Exception):
    """The form at ``/contact/`` is always there."""


class FormNotFoundError(Exception):
    """There is no such form, or no such version of it."""


def index() -> Index:
    """Read which forms there are, as it is now: 1 RRU."""
    return index_of(get(RECORDS, keys.form_index(), consistent=True))


def definition(slug: str, version: str) -> Definition:
    """Read a version of a form: 0.5 RRU. Raises :class:`FormNotFoundError`."""
    if (slug, version) == (BUILT_IN.slug, BUILT_IN.version):
        return BUILT_IN
    item = get_unchanging(RECORDS, keys.form_definition(slug, version))
    if item is None:
        raise FormNotFoundError(slug)
    return Definition.from_attributes(item, version)


def add(wanted: Definition, *, logo: Logo | None = None, beside: Sequence[Put] = ()) -> None:
    """Store a new form: 4 WRU, 2 for each further KB. A repeat is the same form.

    Raises :class:`SlugTakenError` and :class:`TooManyFormsError`.
    """

    def added(now: Index) -> Index:
        listed = _living(now, wanted.slug)
        if listed and listed.version == wanted.version:
            return now
        if listed or any(one.slug == wanted.slug for one in in_grace(now.deleted)):
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

    Raises :class:`FirstFormError` for the first one.
    """

    def deleted(now: Index) -> Index:
        listed = _living(now, slug)
        if listed is None:
            return now
        if listed == now.first:
            raise FirstFormError
        gone = replace(listed, deleted_at=timestamp(datetime.now(UTC)))
        rest = tuple(one for one in now.forms if one != listed)
        return replace(now, forms=rest, deleted=(*now.deleted, gone))

    _change(deleted, beside)


def rewrite(change: Callable[[Definition], Definition]) -> None:
    """Change all forms alike: 6 WRU for each that comes out otherwise. Repeating it is harmless."""
    for listed in index().forms:
        _rewrite(definition(listed.slug, listed.version), change)


def _rewrite(now: Definition, change: Callable[[Definition], Definition]) -> None:
    try:
        save(change(now), seen=now.version)
    except StaleFormError as stale:
        # Somebody was quicker; of what was deleted nothing is left to change.
        if stale.now:
            _rewrite(stale.now, change)


def _change(change: Callable[[Index], Index], writes: Sequence[Write]) -> None:
    """Store a changed list and ``writes`` at once; nothing if the list is as it was to be."""
    for _ in range(_ATTEMPTS):
        before = index()
        after = change(before)
        if after == before:
            return
        try:
            transact([index_put(before, after), *writes], uuid4().hex)
        except TransactionRefusedError:
            continue
        finally:
            forget()
        return
    raise ConflictError("Other forms kept changing.")


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


def _with(index: Index, changed: Listed) -> Index:
    forms = tuple(changed if one.slug == changed.slug else one for one in index.forms)
    return replace(index, forms=forms)
