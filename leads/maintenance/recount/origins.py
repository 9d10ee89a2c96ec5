"""Leads filed and counted by form and source: those of before, and where the list changed.

Before release 14 a lead did not tell its form: there was one. And a lead is counted under its
source as the list of the admins was when it came in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Lock
from uuid import uuid4

from crm.dynamodb.calls import Item, Update, get, set_expression, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.parallel import settle
from crm.tables import LEADS
from leads import keys
from leads.attribution import FIRST_FORM, ORIGIN_ATTRIBUTES, Attribution
from leads.maintenance.table_reader import Work
from leads.models import Lead
from leads.repository import sources
from leads.repository.changes import derived_writes, unchanged_condition
from leads.repository.counters import counter_updates
from leads.repository.sources import Sources

# What came in by the form, or as by it.
_BY_FORM = {"contact-form", "api"}


@dataclass
class _Unfiled:
    number: int = 0
    left: int = 0
    lock: Lock = field(default_factory=Lock, repr=False)


def file_origins(work: Work, *, dry_run: bool) -> int:
    """File and count every lead of ours where it came from; return how many were not.

    A transaction each, 6 to 8 WRU. A lead that somebody changes at that moment is left to
    the next run.
    """
    known, unfiled = sources.read(consistent=True), _Unfiled()

    def use(items: Sequence[Item]) -> None:
        due = [str(item["leadId"]) for item in items if _rightful(item, known)]
        if due and not dry_run:
            with work.pace.hold():
                left = settle(partial(_file, lead_id, known) for lead_id in due).count(False)
        else:
            left = 0
        with unfiled.lock:
            unfiled.number += len(due)
            unfiled.left += left

    work.read(LEADS, use, only=("leadId", "version", "source", "utmSource", *ORIGIN_ATTRIBUTES))
    if not (dry_run or unfiled.left or work.stop.is_set()):
        sources.settle(known)
    return unfiled.number


def _rightful(item: Item, known: Sources) -> Attribution | None:
    """Return where a lead came from as it is to be filed; ``None`` if it is, or is none of ours."""
    lead = Lead.from_item(item)
    came = lead.attribution
    form = came.form
    if not form and "form" not in item and lead.source in _BY_FORM:
        form = FIRST_FORM
    key = known.key_of(came.utm_source) if form else ""
    right = replace(came, form=form, source_key=key)
    return right if lead.version and right.origin != came.origin else None


def _file(lead_id: str, known: Sources) -> bool:
    item = get(LEADS, keys.lead(lead_id), consistent=True)
    came = _rightful(item, known) if item else None
    if item is None or came is None:
        return True
    before = Lead.from_item(item)
    derived = derived_writes(before, before.model_copy(update={"attribution": came}))
    right: Item = {"form": came.form, "sourceKey": came.source_key}
    written = {name: text for name, text in right.items() if text}
    removed = [name for name in right if name not in written]
    condition, values = unchanged_condition(item)
    filing = Update(
        table=LEADS,
        key=keys.lead(lead_id),
        change=set_expression(written, removed),
        condition=condition,
        values=written | values,
    )
    # No change of a lead, so that boards are told of none, and a recount looks for none.
    counting = counter_updates(derived.count, dict.fromkeys(derived.count, 0))
    try:
        transact([filing, *counting, *derived.beside], uuid4().hex)
    except TransactionRefusedError:
        return False
    return True
