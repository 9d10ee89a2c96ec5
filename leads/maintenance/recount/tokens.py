"""Search tokens compared with the leads themselves, while everybody works.

First all leads and all tokens are added up: what the tokens of each lead must come to, less
what is there, is zero. Only where it is not, a lead and its tokens are looked at one by one,
and a transaction decides that holds only if the lead is what its tokens were made from.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from threading import Lock
from uuid import uuid4

from crm.dynamodb.calls import (
    Check,
    Delete,
    Item,
    Key,
    Put,
    Write,
    batch_get,
    get,
    submit,
    transact,
)
from crm.dynamodb.errors import TransactionRefusedError
from crm.dynamodb.schema import Table
from crm.tables import LEADS, RECORDS
from leads import keys
from leads.maintenance.table_reader import Work
from leads.maintenance.token_sums import (
    IS_TOKEN,
    TOKEN_FIELDS,
    TOKEN_PREFIXES,
    Sums,
    hash_of,
    lead_of,
)
from leads.models import Lead
from leads.repository.changes import as_read_condition
from leads.repository.tokens import filed_attributes, token_items

BATCH_GET = 100
ATTEMPTS = 5


@dataclass
class TokenCheck:
    """What is wrong: tokens that ``leads`` lack or that differ, and tokens without a word.

    ``unsteady`` are leads that others kept changing.
    """

    leads: int = 0
    lacking: int = 0
    orphans: list[Key] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock, repr=False)


def file_leads(work: Work, *, dry_run: bool) -> TokenCheck:
    """Return every lead of ours the tokens that it lacks, and find tokens that are of none.

    About 100 MB of memory for a million leads.
    """
    filed, sums = TokenCheck(), Sums()
    wanted = ("leadId", *filed_attributes(), "version", "createdAt")
    work.read(LEADS, sums.expect, only=wanted)
    _read_tokens(work, lambda items: _gather_page(filed, sums.meet(items)))
    doubtful = sums.doubtful_leads()
    if doubtful:
        use = partial(_check_leads, work, filed, sums, dry_run=dry_run)
        work.read(LEADS, use, only=wanted)
        doubtful -= sums.bare
    if doubtful:
        _read_tokens(
            work,
            lambda items: _check_tokens(
                work, filed, [item for item in items if hash_of(lead_of(item)) in doubtful]
            ),
        )
    return filed


def remove_orphans(
    work: Work, filed: TokenCheck, arriving: Collection[str], *, dry_run: bool
) -> int:
    """Remove the tokens that are of no lead or of no word of it, and return their number.

    Each is looked at once more: a token that is stored before its lead was none. Those of
    ``arriving`` leads stay.
    """
    removed = 0
    for token in filed.orphans:
        if lead_of(token) in arriving:
            continue
        with work.pace.hold():
            removed += _settle(filed, lead_of(token), dry_run=dry_run, token=token)
    return removed


def _read_tokens(work: Work, use: Callable[[list[Item]], object]) -> None:
    work.read(
        RECORDS,
        use,
        where=IS_TOKEN,
        values=TOKEN_PREFIXES,
        only=TOKEN_FIELDS,
    )


def _gather_page(filed: TokenCheck, orphans: list[Key]) -> None:
    with filed.lock:
        filed.orphans += orphans


def _check_leads(
    work: Work, filed: TokenCheck, sums: Sums, items: Sequence[Item], *, dry_run: bool
) -> None:
    for lead in map(Lead.from_item, items):
        if lead.version and sums.is_doubtful(lead):
            with work.pace.hold():
                lacking = _settle(filed, lead.lead_id, dry_run=dry_run)
            with filed.lock:
                filed.lacking += lacking
                filed.leads += bool(lacking)


def _check_tokens(work: Work, filed: TokenCheck, items: Sequence[Item]) -> None:
    with work.pace.hold():
        wanted = [keys.lead(lead_id) for lead_id in dict.fromkeys(map(lead_of, items))]
        leads = {lead.lead_id: lead for lead in map(Lead.from_item, _read_all(LEADS, wanted))}
    rightful = {
        (token["PK"], token["SK"])
        for lead in leads.values()
        if lead.version
        for token in token_items(lead)
    }
    _gather_page(
        filed, [RECORDS.key_of(item) for item in items if (item["PK"], item["SK"]) not in rightful]
    )


def _settle(filed: TokenCheck, lead_id: str, *, dry_run: bool, token: Key | None = None) -> int:
    """Put what a lead lacks, or remove a ``token`` that it must not have; return how many."""
    for _ in range(ATTEMPTS):
        item = get(LEADS, keys.lead(lead_id), consistent=True)
        lead = Lead.from_item(item) if item else None
        wanted = token_items(lead) if lead and lead.version else []
        writes = _removal(token, wanted) if token else _missing_tokens(wanted)
        if not writes:
            return 0
        try:
            transact([unchanged_check(lead_id, item), *([] if dry_run else writes)], uuid4().hex)
        except TransactionRefusedError:
            continue
        return len(writes)
    with filed.lock:
        filed.unsteady.append(lead_id)
    return 0


def _missing_tokens(wanted: Sequence[Item]) -> list[Write]:
    found = batch_get(RECORDS, [RECORDS.key_of(token) for token in wanted], consistent=True)
    stored = {(item["PK"], item["SK"]): item for item in found}
    return [
        Put(table=RECORDS, item=token)
        for token in wanted
        if stored.get((token["PK"], token["SK"])) != token
    ]


def _removal(token: Key, wanted: Sequence[Item]) -> list[Write]:
    is_rightful = any(RECORDS.key_of(one) == token for one in wanted)
    if is_rightful or get(RECORDS, token, consistent=True) is None:
        return []
    return [Delete(table=RECORDS, key=token)]


def unchanged_check(lead_id: str, item: Item | None) -> Check:
    """Return the check that a lead is still what was read."""
    key = keys.lead(lead_id)
    if item is None:
        return Check(table=LEADS, key=key, condition="attribute_not_exists(#leadId)")
    condition, values = as_read_condition(item)
    return Check(table=LEADS, key=key, condition=condition, values=values)


def _read_all(table: Table, wanted: Iterable[Key]) -> list[Item]:
    reads: list[Callable[[], list[Item]]] = [
        partial(batch_get, table, part) for part in batched(wanted, BATCH_GET)
    ]
    reading = [submit(read) for read in reads]
    return [item for future in reading for item in future.result()]
