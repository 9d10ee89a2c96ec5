"""Many items at once, for seeding and imports: no promise of all or nothing.

Amazon DynamoDB takes them cheapest by ``BatchWriteItem``. An engine on this machine takes
them fastest by transaction: it makes each item of a batch durable on its own, which is a
wait for the disk, and the items of a transaction together. docs/adr/0018 has the figures.
What nobody may replace is appended by transaction everywhere: see docs/adr/0020.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import batched
from time import sleep
from typing import cast
from urllib.parse import urlsplit
from uuid import uuid4

from crm.dynamodb.backoff import pause
from crm.dynamodb.client import dynamodb, send
from crm.dynamodb.errors import ThrottledError, TransactionRefusedError
from crm.dynamodb.items import Key, Value, WireItem, wire
from crm.dynamodb.parallel import carried
from crm.dynamodb.schema import Table
from crm.dynamodb.size import check_size, item_size
from crm.dynamodb.transaction import Delete, Put, transact

type Request = dict[str, dict[str, WireItem]]
type BulkWrite = Put | Delete

BATCH = 25
IN_FLIGHT = 8
ATTEMPTS = 12
# DynamoDB takes 100 items and 4 MB in a transaction; this many bytes are soon written.
TRANSACTION = 100
TRANSACTION_BYTES = 1024 * 1024
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


def batch_put(table: Table, items: Iterable[Mapping[str, Value]]) -> None:
    """Write items, several requests in flight, in constant memory.

    Puts replace what is there, so doing it again is safe. Raises ``ThrottledError`` when
    DynamoDB keeps leaving items unprocessed.
    """
    batch_write(Put(table=table, item=dict(item)) for item in items)


def batch_delete(table: Table, keys: Iterable[Key]) -> None:
    """Remove items in the same way; what is not there is no error."""
    batch_write(Delete(table=table, key=key) for key in keys)


def append(puts: Iterable[Put]) -> None:
    """Send puts whose condition is that nothing is there; what is there is left alone.

    The keys of the items must differ. 2 WRU for each KB of each item.
    """
    _send_all(_transactions(puts), _append)


def batch_write(writes: Iterable[BulkWrite]) -> None:
    """Send puts and deletions without conditions, in the same way."""
    if urlsplit(dynamodb().url).hostname in _THIS_MACHINE:
        _send_all(_transactions(writes), _transact)
    else:
        _send_all(batched(writes, BATCH), _batch)


def _send_all(
    parts: Iterable[Sequence[BulkWrite]], send_part: Callable[[Sequence[BulkWrite]], None]
) -> None:
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        waiting: set[Future[None]] = set()
        for part in parts:
            if len(waiting) >= IN_FLIGHT:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
            waiting.add(pool.submit(carried(send_part), part))
        for future in waiting:
            future.result()


def _transactions(writes: Iterable[BulkWrite]) -> Iterator[list[BulkWrite]]:
    part: list[BulkWrite] = []
    size = 0
    for write in writes:
        weight = item_size(write.item) if isinstance(write, Put) else 0
        if part and (len(part) == TRANSACTION or size + weight > TRANSACTION_BYTES):
            yield part
            part, size = [], 0
        part.append(write)
        size += weight
    if part:
        yield part


def _transact(part: Sequence[BulkWrite]) -> None:
    transact(part, str(uuid4()))


def _append(part: Sequence[BulkWrite]) -> None:
    left = list(part)
    while left:
        try:
            transact(left, str(uuid4()))
        except TransactionRefusedError as refusal:
            left = [write for at, write in enumerate(left) if at not in refusal.failed]
        else:
            return


def _batch(part: Sequence[BulkWrite]) -> None:
    requests: dict[str, list[Request]] = {}
    for write in part:
        requests.setdefault(write.table.name, []).append(_request(write))
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(pause(attempt))
        answer = send(
            "batch_write_item",
            RequestItems=requests,
            ReturnConsumedCapacity="TOTAL",
        )
        requests = cast("dict[str, list[Request]]", answer.get("UnprocessedItems") or {})
        if not requests:
            return
    raise ThrottledError("DynamoDB left items of a batch unwritten.")


def _request(write: BulkWrite) -> Request:
    if isinstance(write, Delete):
        return {"DeleteRequest": {"Key": wire(write.key)}}
    check_size(write.item)
    return {"PutRequest": {"Item": wire(write.item)}}
