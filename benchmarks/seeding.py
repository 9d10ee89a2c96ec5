"""How fast leads are seeded, beside how fast the engine takes the same items in batches."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from time import perf_counter

from types_boto3_dynamodb import DynamoDBClient

from benchmarks.floor import bare_client
from crm.dynamodb.batch import BATCH
from crm.dynamodb.calls import Item
from crm.dynamodb.items import wire
from crm.dynamodb.schema import Table
from crm.tables import LEADS, RECORDS
from leads.demo_data.history import TEAM, Run, seeded_lead
from leads.demo_data.run import seed_leads
from leads.repository.changes import lead_item

SEED = 1
THREADS = 8

type Batch = dict[str, list[dict[str, object]]]


@dataclass(frozen=True)
class Rates:
    """Leads a second: of ``seed_leads``, and of the same items sent bare."""

    seeded: float
    bare: float


def seed(count: int) -> None:
    """Store ``count`` leads as ``manage.py seed_leads`` does."""
    for _ in seed_leads(SEED, count):
        pass


def seed_beside_bare(count: int, bare_url: str) -> Rates:
    """Store ``count`` leads, and their items bare at another engine, chunk by chunk in turn."""
    with closing(bare_client(bare_url)) as client:
        chunks = seed_leads(SEED, count)
        done, seeding, bare = next(chunks), 0.0, 0.0
        while done < count:
            started = perf_counter()
            after = next(chunks)
            seeding += perf_counter() - started
            bare += _store_bare(client, range(done, after))
            done = after
    return Rates(count / seeding, count / bare)


def _store_bare(client: DynamoDBClient, numbers: range) -> float:
    """Store leads, events and search tokens, made beforehand, and return the seconds."""
    run = Run(SEED, datetime.now(UTC), TEAM)
    made = [seeded_lead(run, number) for number in numbers]
    records = (item for one in made for item in one.writes.record_items)
    return store_bare(client, records, (lead_item(one.lead) for one in made))


def store_bare(client: DynamoDBClient, records: Iterable[Item], leads: Iterable[Item]) -> float:
    """Store items with nothing but boto3 and a pool of threads, and return the seconds."""
    batches = [*_batches(RECORDS, records), *_batches(LEADS, leads)]

    def write(batch: Batch) -> None:
        while batch:
            answer = client.batch_write_item(RequestItems=batch)  # type: ignore[arg-type]
            batch = answer["UnprocessedItems"]  # type: ignore[assignment]

    with ThreadPoolExecutor(THREADS) as pool:
        started = perf_counter()
        for _ in pool.map(write, batches):
            pass
        return perf_counter() - started


def _batches(table: Table, items: Iterable[Item]) -> list[Batch]:
    return [
        {table.name: [{"PutRequest": {"Item": wire(item)}} for item in batch]}
        for batch in batched(items, BATCH)
    ]
