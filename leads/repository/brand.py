"""The brand of the installation: what all forms have that have none of their own."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple, cast

from crm.dynamodb.calls import Check, Put, get
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.items import Item, as_seen
from crm.tables import RECORDS
from leads import keys
from leads.brand.logos import Logo
from leads.definitions import Brand
from leads.models import timestamp
from leads.repository import forms
from leads.repository.looks import logo_puts


class Stored(NamedTuple):
    """A brand, and how often it was changed; 0: it is not stored yet."""

    brand: Brand
    version: int


class StaleBrandError(Exception):
    """Somebody changed the brand since it was read; ``now`` is how it is."""

    def __init__(self, now: Stored) -> None:
        super().__init__("The brand has changed.")
        self.now = now


def read() -> Stored:
    """Read the brand of the installation as it is now: 1 RRU."""
    return _stored(get(RECORDS, keys.brand(), consistent=True))


def unchanged(seen: int) -> Check:
    """Return what refuses a form that is made of a brand which is another one by now: 2 WRU."""
    condition, values = as_seen(seen)
    return Check(table=RECORDS, key=keys.brand(), condition=condition, values=values)


def save(wanted: Brand, *, seen: int, logo: Logo | None = None, beside: Sequence[Put] = ()) -> None:
    """Store a brand in the place of the one that somebody saw, and write it into all forms.

    2 WRU, and what ``forms.rewrite`` costs, in one transaction. Raises
    :class:`StaleBrandError`, and ``forms.FormTooLargeError``.
    """
    item: Item = {
        **keys.brand(),
        **wanted.model_dump(exclude_defaults=True),
        "version": seen + 1,
        "changedAt": timestamp(datetime.now(UTC)),
    }
    condition, values = as_seen(seen)
    put = Put(table=RECORDS, item=item, condition=condition, values=values)
    try:
        forms.rewrite(
            lambda form: form.changed(brand=form.own.over(wanted)),
            beside=[put, *logo_puts(logo), *beside],
        )
    except TransactionRefusedError as refusal:
        if 0 not in refusal.failed:
            raise
        now = _stored(refusal.failed[0])
        # What is as it was to be is a second click, or a first, lost answer.
        if now.brand != wanted:
            raise StaleBrandError(now) from refusal


def _stored(item: Item | None) -> Stored:
    if not item:
        return Stored(Brand(), 0)
    return Stored(Brand.model_validate(item), int(cast("int", item["version"])))
