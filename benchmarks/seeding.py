"""How fast leads are seeded, beside how fast the engine takes the same items in batches."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import batched
from time import perf_counter

from benchmarks.floor import bare_client
from crm.dynamodb.batch import BATCH
from crm.dynamodb.calls import Item
from crm.dynamodb.items import wire
from crm.dynamodb.schema import LEADS, RECORDS, Table
from leads.seed.history import TEAM, Run, seeded
from leads.seed.run import seed_leads

SEED = 1
THREADS = 8

type Batch = dict[str, list[dict[str, object]]]


def seed(count: int) -> float:
    """Store ``count`` leads as ``manage.py seed_leads`` does and give leads a second."""
    started = perf_counter()
    for _ in seed_leads(SEED, count):
        pass
    return count / (perf_counter() - started)


def ceiling(url: str, count: int) -> float:
    """Store the items of ``count`` leads, made beforehand, bare, and give leads a second."""
    run = Run(SEED, datetime.now(UTC), TEAM)
    made = [seeded(run, number) for number in range(count)]
    batches = [
        *_batches(RECORDS, (event for one in made for event in one.events)),
        *_batches(LEADS, (one.lead for one in made)),
    ]
    client = bare_client(url)

    def write(batch: Batch) -> None:
        while batch:
            answer = client.batch_write_item(RequestItems=batch)  # type: ignore[arg-type]
            batch = answer["UnprocessedItems"]  # type: ignore[assignment]

    with ThreadPoolExecutor(THREADS) as pool:
        started = perf_counter()
        for _ in pool.map(write, batches):
            pass
        seconds = perf_counter() - started
    client.close()
    return count / seconds


def _batches(table: Table, items: Iterable[Item]) -> list[Batch]:
    return [
        {table.name: [{"PutRequest": {"Item": wire(item)}} for item in batch]}
        for batch in batched(items, BATCH)
    ]
