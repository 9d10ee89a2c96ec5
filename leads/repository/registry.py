"""The registry of custom fields: rows of one item, which admins edit and everybody reads.

It takes 4 KB at most, so that reading it is half a unit. Rows are never removed: a field that is
not wanted any more is retired, and its values stay.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import cast

from crm.dynamodb import calls
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.items import Item, Value, as_seen
from crm.dynamodb.size import item_size
from crm.dynamodb.transaction import Check, Put, Update
from crm.remember import Remembered
from crm.tables import RECORDS
from leads import keys
from leads.definitions import with_rows
from leads.fields import Field, Kind, custom_field, slug_of
from leads.models import timestamp
from leads.repository import forms

MAX_AGE = 30  # seconds
MOST = 20
"""Fields of an installation, the retired ones included."""
MOST_BYTES = 4096


@dataclass(frozen=True)
class Registry:
    """The custom fields in their order; ``version`` 0: nobody has ever made one."""

    rows: tuple[Field, ...] = ()
    version: int = field(default=0, compare=False)

    @cached_property
    def living(self) -> tuple[Field, ...]:
        """Those that forms offer."""
        return tuple(row for row in self.rows if not row.is_retired)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """All of them by their names."""
        return {row.name: row for row in self.rows}

    def offered(self, names: Iterable[str]) -> tuple[Field, ...]:
        """Return the living ones, and those of ``names`` that were retired meanwhile."""
        asked = {*names}
        return tuple(row for row in self.rows if not row.is_retired or row.name in asked)

    @property
    def fits(self) -> bool:
        """Whether reading it is half a unit, be all of them retired one day."""
        rows = [replace(row, is_retired=True) for row in self.rows]
        return item_size(keys.field_registry() | _written(rows, self.version)) <= MOST_BYTES


class StaleRegistryError(Exception):
    """Somebody changed the registry since it was read; ``now`` is how it is."""

    def __init__(self, now: Registry) -> None:
        super().__init__("The fields have changed.")
        self.now = now


_remembered: Remembered[Registry] = Remembered(MAX_AGE)


def current() -> Registry:
    """Return the registry, half a minute old at most; changes of this process show at once.

    Costs 0.5 RRU if nothing younger is remembered.
    """
    return _remembered.get_or_read(_read_any)


def remembered() -> Registry:
    """Return what is remembered, and an empty registry where nothing is: no request."""
    return _remembered.get() or Registry()


def with_names(names: Iterable[str]) -> Registry:
    """Return the registry; for a name of a custom field that is unknown, as it is now.

    Somebody may have added the field a moment ago, in another process: 1 RRU then.
    """
    known = current()
    if all(name in known.by_name for name in names if slug_of(name)):
        return known
    now = read()
    _remembered.set(now)
    return now


def read() -> Registry:
    """Read the registry as it is now. Costs 1 RRU."""
    return _registry_of(calls.get(RECORDS, keys.field_registry(), consistent=True) or {})


def save(rows: Sequence[Field], version: int, *, events: Sequence[Put] = ()) -> Registry:
    """Store rows in the place of those of a ``version``, in all forms too, and ``events``.

    Costs 2 WRU for each KB, 2 for each event, and what ``forms.rewrite`` does, in one
    transaction. Raises :class:`StaleRegistryError`, and ``forms.FormTooLargeError``.
    """
    wanted = Registry(tuple(rows), version + 1)
    condition, seen = as_seen(version)
    written = _written(rows, wanted.version)
    update = Update(
        table=RECORDS,
        key=keys.field_registry(),
        change=calls.set_expression(written),
        condition=condition,
        values={**written, **seen},
    )
    try:
        forms.rewrite(lambda form: with_rows(form, rows), beside=[update, *events])
    except TransactionRefusedError as refusal:
        _remembered.forget()
        if 0 not in refusal.failed:
            raise
        now = _registry_of(refusal.failed[0] or {})
        # What is as it was to be is a second click, or a first, lost answer.
        if _item(now.rows) != _item(rows):
            raise StaleRegistryError(now) from refusal
        return now
    _remembered.set(wanted)
    return wanted


def unchanged(version: int) -> Check:
    """Return what refuses a form that is made of a registry which is another one by now: 2 WRU."""
    condition, seen = as_seen(version)
    return Check(table=RECORDS, key=keys.field_registry(), condition=condition, values=seen)


def _read_any() -> Registry:
    return _registry_of(calls.get(RECORDS, keys.field_registry()) or {})


def _written(rows: Iterable[Field], version: int) -> Item:
    return {**_item(rows), "version": version, "changedAt": timestamp(datetime.now(UTC))}


def _item(rows: Iterable[Field]) -> Item:
    return {"rows": [_row(row) for row in rows]}


def _row(row: Field) -> Value:
    stored: Item = {"slug": row.slug, "label": str(row.label), "kind": row.kind.value}
    told: Item = {"choices": [*row.choices], "searched": row.searched, "retired": row.is_retired}
    return stored | {name: value for name, value in told.items() if value}


def _registry_of(item: Item) -> Registry:
    rows = cast("list[Item]", item.get("rows", []))
    return Registry(tuple(map(_field_of, rows)), int(cast("int", item.get("version", 0))))


def _field_of(row: Item) -> Field:
    kind = str(row["kind"])
    return custom_field(
        str(row["slug"]),
        str(row["label"]),
        Kind(kind) if kind in list(Kind) else Kind.TEXT,
        choices=tuple(map(str, cast("list[str]", row.get("choices", [])))),
        searched=bool(row.get("searched")),
        is_retired=bool(row.get("retired")),
    )
