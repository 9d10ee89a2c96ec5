"""The agenda compared with the leads themselves, while everybody works.

Every lead is read, and gets what it lacks; then every entry of the agenda, and those of no lead
or of something that is not due are removed. A transaction decides that holds only if the lead
is what was read.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
from leads.repository.agenda_items import agenda_item


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
    wanted = [entry for item in items if (entry := _entry_of(item))]
    if not wanted:
        return
    with work.pace.hold():
        stored = _stored(map(RECORDS.key_of, wanted))
        there = {item["PK"]: item for item in stored}
        due = [entry for entry in wanted if there.get(entry["PK"]) != entry]
        _settle_all(found, {_lead_id(entry): [] for entry in due}, dry_run=dry_run)


def _check_entries(work: Work, found: AgendaCheck, items: Sequence[Item], *, dry_run: bool) -> None:
    seen: dict[str, list[Key]] = defaultdict(list)
    for item in items:
        seen[_lead_id(item)].append(RECORDS.key_of(item))
    if not seen:
        return
    with work.pace.hold():
        rightful: dict[str, list[Key]] = {}
        for some in batched(seen, BATCH_GET):
            wanted = [keys.lead(lead_id) for lead_id in some]
            read = batch_get(LEADS, wanted, consistent=True)
            entries = [entry for item in read if (entry := _entry_of(item))]
            rightful |= {_lead_id(entry): [RECORDS.key_of(entry)] for entry in entries}
        due = {
            one: found_keys for one, found_keys in seen.items() if rightful.get(one) != found_keys
        }
        _settle_all(found, due, dry_run=dry_run)


def _entry_of(lead_item: Item | None) -> Item | None:
    """Return what the agenda must have of a lead; nothing of another program's."""
    lead = Lead.from_item(lead_item) if lead_item else None
    return agenda_item(lead) if lead and lead.version else None


def _lead_id(entry: Item) -> str:
    return keys.lead_id_of_agenda(str(entry["PK"]))


def _stored(wanted: Iterable[Key]) -> list[Item]:
    reads = (
        partial(batch_get, RECORDS, some, consistent=True) for some in batched(wanted, BATCH_GET)
    )
    return [item for items in settle(reads) for item in items]


def _settle_all(found: AgendaCheck, due: Mapping[str, Sequence[Key]], *, dry_run: bool) -> None:
    """Settle leads, each with the keys of what the agenda was seen to have of it."""
    settle(partial(_settle, found, lead_id, seen, dry_run=dry_run) for lead_id, seen in due.items())


def _settle(found: AgendaCheck, lead_id: str, seen: Sequence[Key], *, dry_run: bool) -> None:
    """Let the agenda have of a lead what it must have, and nothing else."""
    own = keys.agenda_entry(lead_id)
    for _ in range(ATTEMPTS):
        item = get(LEADS, keys.lead(lead_id), consistent=True)
        wanted = [entry] if (entry := _entry_of(item)) else []
        stored = _stored([own, *(key for key in seen if key != own)])
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
