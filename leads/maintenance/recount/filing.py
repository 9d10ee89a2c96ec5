"""Leads filed on the boards of their owners, as releases before 12 did not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from uuid import uuid4

from crm.dynamodb.calls import Item, query, set_expression, transact, update
from crm.dynamodb.errors import ConditionFailedError, InvalidRequestError, NotFoundError
from crm.dynamodb.parallel import settle
from crm.tables import BOARD_INDEX, LEADS
from leads import keys
from leads.maintenance.table_reader import Work
from leads.models import Lead
from leads.repository.changes import filing_attributes, unchanged_condition
from leads.repository.counters import counts, filed_update


@dataclass
class _Unfiled:
    number: int = 0
    lock: Lock = field(default_factory=Lock, repr=False)


def has_index() -> bool:
    """Tell whether the table has the index that boards of owners are read from."""
    condition, values = "#boardKey = :key", {"key": keys.board(None, "new")}
    try:
        query(LEADS, condition, values, index=BOARD_INDEX, limit=1)
    except (InvalidRequestError, NotFoundError):
        return False
    return True


def file_boards(work: Work, *, dry_run: bool) -> int:
    """File every lead of ours that is not, 2 WRU each; return how many were not.

    Leads of other programs are filed when they are adopted.
    """
    unfiled = _Unfiled()

    def use(items: Sequence[Item]) -> None:
        due = [item for item in items if _missing(item)]
        with unfiled.lock:
            unfiled.number += len(due)
        if due and not dry_run:
            with work.pace.hold():
                settle(partial(_file, item) for item in due)

    # Whole leads: what files one may depend on any of its texts, and is written as they were.
    work.read(LEADS, use)
    return unfiled.number


def unfiled_counters() -> list[str]:
    """Return the counters that do not count by owner yet."""
    return counts(consistent=True).unfiled


def declare_filed(counters: Sequence[str]) -> None:
    """Tell all processes that leads are filed by their owners."""
    if counters:
        transact([filed_update(name) for name in counters], uuid4().hex)


def _missing(item: Item) -> Item:
    lead = Lead.from_item(item)
    if not lead.version:
        return {}
    right = filing_attributes(lead)
    return {name: text for name, text in right.items() if item.get(name) != text}


def _file(item: Item) -> None:
    missing = _missing(item)
    kept = {name: text for name, text in missing.items() if text is not None}
    removed = [name for name in missing if name not in kept]
    condition, values = unchanged_condition(item)
    try:
        update(
            LEADS,
            keys.lead(str(item["leadId"])),
            set_expression(kept, removed),
            values=kept | values,
            condition=condition,
        )
    except ConditionFailedError:
        return  # whoever changed it has filed it
