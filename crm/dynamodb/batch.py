"""Many items at once, for seeding and imports: no conditions, no transaction."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from itertools import batched
from time import sleep
from typing import cast

from crm.dynamodb.backoff import pause
from crm.dynamodb.client import send
from crm.dynamodb.errors import ThrottledError
from crm.dynamodb.items import Key, Value, WireItem, wire
from crm.dynamodb.schema import Table
from crm.dynamodb.size import check_size

type Request = dict[str, dict[str, WireItem]]

BATCH = 25
IN_FLIGHT = 8
ATTEMPTS = 12


def batch_put(table: Table, items: Iterable[Mapping[str, Value]]) -> None:
    """Write items by 25, several batches in flight, in constant memory.

    Puts replace what is there, so doing it again is safe. Raises ``ThrottledError`` when
    DynamoDB keeps leaving items unprocessed.
    """
    _write(table, map(_put, items))


def batch_delete(table: Table, keys: Iterable[Key]) -> None:
    """Remove items in the same way; what is not there is no error."""
    _write(table, ({"DeleteRequest": {"Key": wire(key)}} for key in keys))


def _put(item: Mapping[str, Value]) -> Request:
    check_size(item)
    return {"PutRequest": {"Item": wire(item)}}


def _write(table: Table, requests: Iterable[Request]) -> None:
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        waiting: set[Future[None]] = set()
        for batch in batched(requests, BATCH):
            if len(waiting) >= IN_FLIGHT:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
            waiting.add(pool.submit(copy_context().run, _send, table.name, batch))
        for future in waiting:
            future.result()


def _send(table_name: str, batch: Sequence[Request]) -> None:
    requests = list(batch)
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(pause(attempt))
        answer = send(
            "batch_write_item",
            RequestItems={table_name: requests},
            ReturnConsumedCapacity="TOTAL",
        )
        left = cast("dict[str, list[Request]]", answer.get("UnprocessedItems") or {})
        requests = left.get(table_name, [])
        if not requests:
            return
    raise ThrottledError("DynamoDB left items of a batch unwritten.")
