"""An installation as the release before this one left it, made of today's demo leads.

That release had ``owner-index`` and no ``board-index``; its ``status-index`` projected less; it
filed no lead under a ``boardKey``, kept no preview, and counted all leads in sixteen shards,
whoever owned them.
"""

from collections import Counter
from dataclasses import replace

from crm.dynamodb.calls import Delete as DeleteWrite
from crm.dynamodb.calls import Item, Value, batch_put, query_all, transact
from crm.dynamodb.scan import scan
from crm.dynamodb.schema import Table
from crm.tables import (
    CARD_ATTRIBUTES,
    DUE_INDEX,
    EMAIL_INDEX,
    EPHEMERAL,
    HELD,
    LEADS,
    OWNER_INDEX,
    RECORDS,
    STATUS_INDEX,
)
from leads import keys
from leads.demo_data.run import seed_leads

OLD_STATUS_INDEX = replace(STATUS_INDEX, include=CARD_ATTRIBUTES)
TABLES: tuple[Table, ...] = (
    replace(LEADS, indexes=(EMAIL_INDEX, OLD_STATUS_INDEX, OWNER_INDEX)),
    replace(RECORDS, indexes=(DUE_INDEX,)),
    EPHEMERAL,
    HELD,
)
NEW_ATTRIBUTES = {"boardKey", "preview"}


def fill(count: int) -> None:
    """Store leads with their history, and take away what the release before did not write."""
    for _ in seed_leads(1, count):
        pass
    leads = everything(LEADS)
    counted: dict[int, Counter[str]] = {}
    for lead in leads:
        counted.setdefault(keys.shard(str(lead["leadId"])), Counter())[str(lead["status"])] += 1
    batch_put(LEADS, [without(lead, NEW_ATTRIBUTES) for lead in leads])
    today = query_all(RECORDS, "#PK = :pk", {"pk": keys.COUNTERS})
    transact([DeleteWrite(table=RECORDS, key=RECORDS.key_of(item)) for item in today], "older")
    batch_put(RECORDS, [_shard(number, told) for number, told in counted.items()])


def everything(table: Table) -> list[Item]:
    """Return all items of a table, in the order of their keys."""
    key = table.partition_key
    items = scan(table, where=f"#{key} <> :none", values={"none": "-"})
    return sorted(items, key=lambda item: [str(item[name]) for name in table.key_attributes])


def without(item: Item, names: set[str]) -> Item:
    """Return an item without some of its attributes."""
    return {name: value for name, value in item.items() if name not in names}


def _shard(number: int, told: Counter[str]) -> Item:
    counts: dict[str, Value] = dict(told)
    return {"PK": keys.COUNTERS, "SK": f"SHARD#{number:02}", "rev": told.total(), **counts}
