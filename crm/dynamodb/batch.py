"""Many items at once, for seeding and imports: no conditions, no transaction."""

from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from itertools import batched
from time import sleep
from typing import cast

from crm.dynamodb.backoff import pause
from crm.dynamodb.client import send
from crm.dynamodb.errors import ThrottledError
from crm.dynamodb.items import Value, wire
from crm.dynamodb.schema import Table
from crm.dynamodb.size import check_size

BATCH = 25
IN_FLIGHT = 8
ATTEMPTS = 12


def batch_put(table: Table, items: Iterable[Mapping[str, Value]]) -> None:
    """Write items by 25, several batches in flight, in constant memory.

    Puts replace what is there, so doing it again is safe. Raises ``ThrottledError`` when
    DynamoDB keeps leaving items unprocessed.
    """
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        waiting: set[Future[None]] = set()
        for batch in batched(items, BATCH):
            if len(waiting) >= IN_FLIGHT:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
            waiting.add(pool.submit(copy_context().run, _put, table.name, batch))
        for future in waiting:
            future.result()


def _put(table_name: str, batch: tuple[Mapping[str, Value], ...]) -> None:
    for item in batch:
        check_size(item)
    requests: list[object] = [{"PutRequest": {"Item": wire(item)}} for item in batch]
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(pause(attempt))
        answer = send(
            "batch_write_item",
            RequestItems={table_name: requests},
            ReturnConsumedCapacity="TOTAL",
        )
        left = cast("dict[str, list[object]]", answer.get("UnprocessedItems") or {})
        requests = left.get(table_name, [])
        if not requests:
            return
    raise ThrottledError("DynamoDB left items of a batch unwritten.")
