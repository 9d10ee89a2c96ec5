"""The agenda compared with the leads themselves, while everybody works.

Every lead is read, and gets what it lacks; then every entry of the agenda, and those of no lead
or of something that is not due are removed. A transaction decides that holds only if the lead
is what was read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from threading import Lock
from uuid import uuid4

from crm.dynamodb.calls import Delete, Item, Key, Put, Write, batch_get, get, transact
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.parallel import settle
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.maintenance.recount.tokens import ATTEMPTS, BATCH_GET, unchanged_check
from leads.maintenance.table_reader import Work
from leads.models import Lead
from leads.repository.agenda_items import agenda_items, agenda_keys


@dataclass
class AgendaCheck:
    """How many entries lack or differ, and how many there are too many.

    ``unsteady`` are leads that others kept changing.
    """

    lacking: int = 0
    outdated: int = 0
    unsteady: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock, repr=False)


def check_agenda(work: Work, *, dry_run: bool) -> AgendaCheck:
    """Put what leads lack on the agenda, and take off what is of none. Reads both tables."""
    found = AgendaCheck()
    use = partial(_check_leads, work, found, dry_run=dry_run)
    work.read(LEADS, use, where="attribute_exists(#followUpAt)")
    work.read(
        RECORDS,
        lambda items: _check_entries(work, found, items, dry_run=dry_run),
        where="begins_with(#PK, :agenda)",
        values={"agenda": keys.AGENDA},
    )
    return found


def _check_leads(work: Work, found: AgendaCheck, items: Sequence[Item], *, dry_run: bool) -> None:
    wanted = {
        (entry["PK"], entry["SK"]): (lead.lead_id, entry)
        for lead in map(Lead.from_item, items)
        if lead.version
        for entry in agenda_items(lead)
    }
    if not wanted:
        return
    with work.pace.hold():
        keys_of = [RECORDS.key_of(entry) for _lead_id, entry in wanted.values()]
        stored = {(item["PK"], item["SK"]): item for item in _stored(keys_of)}
        due = {lead_id for key, (lead_id, entry) in wanted.items() if stored.get(key) != entry}
        _settle_all(found, due, dry_run=dry_run)


def _check_entries(work: Work, found: AgendaCheck, items: Sequence[Item], *, dry_run: bool) -> None:
    of_leads = {keys.lead_id_of_agenda(str(item["PK"])) for item in items}
    if not of_leads:
        return
    with work.pace.hold():
        leads: dict[str, Lead] = {}
        for some in batched(of_leads, BATCH_GET):
            wanted = [keys.lead(lead_id) for lead_id in some]
            read = batch_get(LEADS, wanted, consistent=True)
            leads |= {str(item["leadId"]): Lead.from_item(item) for item in read}
        rightful = {
            (entry["PK"], entry["SK"])
            for lead in leads.values()
            if lead.version
            for entry in agenda_items(lead)
        }
        due = {
            keys.lead_id_of_agenda(str(item["PK"]))
            for item in items
            if (item["PK"], item["SK"]) not in rightful
        }
        _settle_all(found, due, dry_run=dry_run)


def _stored(wanted: Iterable[Key]) -> list[Item]:
    reads = (
        partial(batch_get, RECORDS, some, consistent=True) for some in batched(wanted, BATCH_GET)
    )
    return [item for items in settle(reads) for item in items]


def _settle_all(found: AgendaCheck, lead_ids: Iterable[str], *, dry_run: bool) -> None:
    settle(partial(_settle, found, lead_id, dry_run=dry_run) for lead_id in lead_ids)


def _settle(found: AgendaCheck, lead_id: str, *, dry_run: bool) -> None:
    """Let the agenda have of a lead what it must have, and nothing else."""
    for _ in range(ATTEMPTS):
        item = get(LEADS, keys.lead(lead_id), consistent=True)
        lead = Lead.from_item(item) if item else None
        wanted = agenda_items(lead) if lead and lead.version else []
        stored = _stored(agenda_keys(lead_id))
        lacking = [entry for entry in wanted if entry not in stored]
        kept = [RECORDS.key_of(entry) for entry in wanted]
        outdated = [key for key in map(RECORDS.key_of, stored) if key not in kept]
        writes: list[Write] = [
            *(Put(table=RECORDS, item=entry) for entry in lacking),
            *(Delete(table=RECORDS, key=key) for key in outdated),
        ]
        if not writes:
            return
        try:
            transact([unchanged_check(lead_id, item), *([] if dry_run else writes)], uuid4().hex)
        except TransactionRefusedError:
            continue
        with found.lock:
            found.lacking += len(lacking)
            found.outdated += len(outdated)
        return
    with found.lock:
        found.unsteady.append(lead_id)
