"""The record of an import in ``CrmRecords``: every write raises its revision.

A write names the revision it starts from, so of two processes that do the same thing at
the same moment one is refused: it raises :class:`BusyError`.
"""

import re
from datetime import UTC, datetime
from uuid import uuid4

from crm.dynamodb.calls import (
    Item,
    Put,
    Update,
    batch_get,
    get,
    query,
    set_expression,
    transact,
    update,
)
from crm.dynamodb.errors import ConditionFailedError, TransactionRefusedError
from crm.tables import RECORDS
from leads import keys
from leads.imports.run.models import BusyError, Run, UnknownImportError
from leads.models import timestamp

MOST_RECENT = 100
ID = re.compile(r"[0-9a-f]{24}")


def load(import_id: str) -> Run:
    """Read an import: one consistent read. Raises :class:`UnknownImportError`."""
    run = find(import_id)
    if run is None:
        raise UnknownImportError(import_id)
    return run


def find(import_id: str) -> Run | None:
    """Read an import, if there is one."""
    if not ID.fullmatch(import_id):
        return None
    item = get(RECORDS, keys.import_run(import_id), consistent=True)
    return Run.model_validate(item) if item else None


def recent(limit: int = 20) -> list[Run]:
    """Return the imports that were staged last, newest first: two requests."""
    page = query(
        RECORDS,
        "#PK = :pk",
        {"pk": keys.IMPORTS},
        newest_first=True,
        limit=min(limit, MOST_RECENT),
    )
    ids = [str(item["importId"]) for item in page.items]
    if not ids:
        return []
    items = batch_get(RECORDS, [keys.import_run(import_id) for import_id in ids])
    runs = {run.import_id: run for run in map(Run.model_validate, items)}
    return [runs[import_id] for import_id in ids if import_id in runs]


def add(run: Run) -> Run:
    """Store a new import; if another process has just stored it, return that."""
    listed: Item = {
        **keys.import_listed(run.staged_at, run.import_id),
        "importId": run.import_id,
    }
    writes = [
        Put(
            table=RECORDS,
            item=keys.import_run(run.import_id) | run.model_dump(mode="json"),
            condition="attribute_not_exists(#PK)",
        ),
        Put(table=RECORDS, item=listed),
    ]
    try:
        transact(writes, uuid4().hex)
    except TransactionRefusedError:
        return load(run.import_id)
    return run


def stored_now() -> str:
    """Return the present moment as it is stored."""
    return timestamp(datetime.now(UTC))


def run_update(run: Run, **changes: object) -> tuple[Run, Update]:
    """Return the import with ``changes``, and the write that stores them."""
    changes |= {"revision": run.revision + 1, "writer": uuid4().hex}
    after = run.model_copy(update=changes)
    stored = after.model_dump(mode="json", include=set(changes))
    return after, Update(
        table=RECORDS,
        key=keys.import_run(run.import_id),
        change=set_expression(stored),
        condition="#revision = :seen",
        values={**stored, "seen": run.revision},
    )


def save(run: Run, **changes: object) -> Run:
    """Store ``changes``. Raises :class:`BusyError` if the import has changed since."""
    after, write = run_update(run, **changes)
    try:
        update(
            RECORDS,
            write.key,
            write.change,
            values=write.values,
            condition=write.condition,
        )
    except ConditionFailedError as error:
        refuse(error.item, after, error)
    return after


def refuse(stored: Item | None, after: Run, error: Exception) -> None:
    """Raise :class:`BusyError`, unless the ``stored`` record is our own first attempt."""
    if stored is None or stored.get("writer") != after.writer:
        raise BusyError from error
