"""Templates of answers: the desk's, which admins write, and those that each person has.

An item for each; a person's stand in a partition of their own. Every write is conditional on
the version that somebody saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self, cast
from uuid import uuid4

from crm.dynamodb.calls import Delete, get, put, query_all, transact
from crm.dynamodb.errors import ConditionFailedError, TransactionRefusedError
from crm.dynamodb.items import Item, Key
from crm.remember import Remembered
from crm.tables import RECORDS
from leads import keys
from leads.models import timestamp

MAX_AGE = 30  # seconds
MOST = 50
"""Of the desk, and of each person."""
DESK = ""
"""Whose the templates of the desk are."""


@dataclass(frozen=True)
class Template:
    """A template of answers; ``version`` 0: it is not stored yet."""

    id: str
    name: str
    subject: str
    text: str
    version: int = 0

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read an item of ``CrmRecords``."""
        version = int(cast("int", item["version"]))
        name, subject, text = (str(item.get(one, "")) for one in ("name", "subject", "text"))
        return cls(str(item["SK"]).rpartition("#")[2], name, subject, text, version)


class StaleTemplateError(Exception):
    """Somebody changed the template since it was read, or deleted it: then ``now`` is ``None``."""

    def __init__(self, now: Template | None) -> None:
        super().__init__("The template has changed.")
        self.now = now


class TooManyTemplatesError(Exception):
    """There are as many as there may be."""


_remembered: Remembered[dict[str, list[Template]]] = Remembered(MAX_AGE)


def usable(person_id: str) -> list[Template]:
    """Return a person's own templates and the desk's, half a minute old at most: 2 RRU."""
    kept = _remembered.get_or_read(dict)
    for owner in (person_id, DESK):
        if owner not in kept:
            kept[owner] = stored_of(owner)
    return [*kept[person_id], *kept[DESK]]


def stored_of(owner: str) -> list[Template]:
    """Return whoever's templates, by name: one Query."""
    values = {"pk": keys.SETTINGS, "owner": keys.reply_templates(owner)}
    condition = "#PK = :pk AND begins_with(#SK, :owner)"
    items = query_all(RECORDS, condition, values, consistent=True)
    return sorted(map(Template.from_item, items), key=lambda one: (one.name.casefold(), one.id))


def one(owner: str, template_id: str) -> Template | None:
    """Read a template: 1 RRU."""
    item = get(RECORDS, keys.reply_template(owner, template_id), consistent=True)
    return Template.from_item(item) if item else None


def save(owner: str, wanted: Template) -> None:
    """Store a template in the place of the one of its ``version``: 1 WRU for each KB.

    A new one has the id of the form that made it, so that a repeat is the same one. Raises
    :class:`StaleTemplateError` and :class:`TooManyTemplatesError`.
    """
    key = keys.reply_template(owner, wanted.id)
    if not wanted.version and len(stored_of(owner)) >= MOST and not one(owner, wanted.id):
        raise TooManyTemplatesError
    item = _item(key, wanted)
    try:
        if wanted.version:
            values = {"seen": wanted.version}
            put(RECORDS, item, condition="#version = :seen", values=values)
        else:
            put(RECORDS, item, condition="attribute_not_exists(#PK)")
    except ConditionFailedError as error:
        now = Template.from_item(error.item) if error.item else None
        # What is as it was to be is a second click, or a first, lost answer.
        if now is None or _texts(now) != _texts(wanted):
            raise StaleTemplateError(now) from error
    finally:
        _remembered.forget()


def remove(owner: str, template_id: str, version: int) -> None:
    """Delete a template; that it is gone already is no error: 2 WRU. Raises as :func:`save`."""
    removal = Delete(
        table=RECORDS,
        key=keys.reply_template(owner, template_id),
        condition="attribute_not_exists(#PK) OR #version = :seen",
        values={"seen": version},
    )
    try:
        # A role may delete in transactions alone.
        transact([removal], uuid4().hex)
    except TransactionRefusedError as error:
        kept = error.failed.get(0)
        raise StaleTemplateError(Template.from_item(kept) if kept else None) from error
    finally:
        _remembered.forget()


def new_id() -> str:
    """Return the id of a new template."""
    return uuid4().hex


def _texts(template: Template) -> Sequence[str]:
    return (template.name, template.subject, template.text)


def _item(key: Key, template: Template) -> Item:
    return {
        **key,
        "name": template.name,
        "subject": template.subject,
        "text": template.text,
        "version": template.version + 1,
        "changedAt": timestamp(datetime.now(UTC)),
    }
