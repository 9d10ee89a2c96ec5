"""Reads and single writes, in plain Python values.

Expressions are strings in which ``#name`` stands for the attribute ``name`` and ``:x``
for ``values["x"]``. Every function raises the errors of :mod:`crm.dynamodb.errors`.
"""

from collections.abc import Mapping, Sequence
from time import sleep
from typing import NamedTuple, cast

from crm.dynamodb.backoff import pause
from crm.dynamodb.batch import batch_delete, batch_put
from crm.dynamodb.client import send
from crm.dynamodb.errors import ConflictError, ThrottledError
from crm.dynamodb.items import (
    Item,
    Key,
    Value,
    WireItem,
    names,
    page_of,
    plain_item,
    set_expression,
    wire,
    wire_values,
)
from crm.dynamodb.parallel import submit
from crm.dynamodb.schema import Index, Table
from crm.dynamodb.size import check_size
from crm.dynamodb.transaction import Check, Delete, Put, Update, Write, transact
from crm.dynamodb.transport import Response

__all__ = [
    "Check",
    "Delete",
    "Item",
    "Key",
    "Page",
    "Put",
    "Update",
    "Value",
    "Write",
    "batch_delete",
    "batch_get",
    "batch_get_wire",
    "batch_put",
    "delete",
    "get",
    "ping",
    "put",
    "query",
    "query_all",
    "set_expression",
    "submit",
    "transact",
    "update",
]

ATTEMPTS = 6


class Page(NamedTuple):
    """The items of one Query, and the key to go on from if there may be more."""

    items: list[Item]
    last_key: Key | None


def get(table: Table, key: Key, *, consistent: bool = False) -> Item | None:
    """Read one item, or return ``None``. Costs 0.5 RRU each 4 KB, 1 if consistent."""
    answer = send(
        "get_item",
        TableName=table.name,
        Key=wire(key),
        ConsistentRead=consistent,
        ReturnConsumedCapacity="TOTAL",
    )
    item = cast("WireItem | None", answer.get("Item"))
    return plain_item(item) if item else None


def get_unchanging(table: Table, key: Key) -> Item | None:
    """Read an item that never changes once it is written: 0.5 RRU for 4 KB, 1 more if it lacks."""
    # An old answer is right; what was written just now may lack.
    return get(table, key) or get(table, key, consistent=True)


def batch_get(table: Table, keys: Sequence[Key], *, consistent: bool = False) -> list[Item]:
    """Read up to 100 different items in one request, in no particular order."""
    return [plain_item(item) for item in batch_get_wire(table, keys, consistent=consistent)]


def batch_get_wire(
    table: Table, keys: Sequence[Key], *, consistent: bool = False
) -> list[WireItem]:
    """Read items in the same way, and leave their values as they are on the wire."""
    found: list[WireItem] = []
    waiting: list[WireItem] = [wire(key) for key in keys]
    for attempt in range(ATTEMPTS):
        if not waiting:
            return found
        if attempt:
            sleep(pause(attempt))
        answer = send(
            "batch_get_item",
            RequestItems={table.name: {"Keys": waiting, "ConsistentRead": consistent}},
            ReturnConsumedCapacity="TOTAL",
        )
        responses = cast("dict[str, list[WireItem]]", answer.get("Responses") or {})
        found += responses.get(table.name, [])
        unprocessed = cast("dict[str, dict[str, list[WireItem]]]", answer.get("UnprocessedKeys"))
        waiting = (unprocessed or {}).get(table.name, {}).get("Keys", [])
    if waiting:
        raise ThrottledError("DynamoDB left keys of a batch unread.")
    return found


def query(  # noqa: PLR0913 -- these are the parts of a Query
    table: Table,
    condition: str,
    values: Mapping[str, Value],
    *,
    index: Index | None = None,
    newest_first: bool = False,
    limit: int | None = None,
    start: Key | None = None,
    where: str | None = None,
    consistent: bool = False,
) -> Page:
    """Run one Query: ``condition`` on the keys, ``where`` filters what was already paid for.

    ``limit`` counts the items read; ``start`` is the ``last_key`` of the page before.
    """
    parameters: dict[str, object] = {
        "TableName": table.name,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names(condition, where),
        "ExpressionAttributeValues": wire_values(values),
        "ScanIndexForward": not newest_first,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if index:
        parameters["IndexName"] = index.name
    if limit:
        parameters["Limit"] = limit
    if start:
        parameters["ExclusiveStartKey"] = wire(start)
    if where:
        parameters["FilterExpression"] = where
    if consistent:
        parameters["ConsistentRead"] = True
    items, last_key = page_of(send("query", **parameters))
    return Page([plain_item(item) for item in items], last_key)


def query_all(
    table: Table, condition: str, values: Mapping[str, Value], *, consistent: bool = False
) -> list[Item]:
    """Run a Query to its end: only for partitions that stay small."""
    items: list[Item] = []
    start: Key | None = None
    while True:
        page = query(table, condition, values, start=start, consistent=consistent)
        items += page.items
        start = page.last_key
        if start is None:
            return items


def put(
    table: Table,
    item: Mapping[str, Value],
    *,
    condition: str | None = None,
    values: Mapping[str, Value] | None = None,
    blind: bool = False,
) -> None:
    """Write one item whole.

    Raises ``ConditionFailedError`` with the item that is stored; if ``blind``, without it.
    """
    check_size(item)
    parameters = _conditional_parameters(table, condition, values, blind=blind)
    _write("put_item", Item=wire(item), **parameters)


def update(  # noqa: PLR0913 -- these are the parts of an UpdateItem
    table: Table,
    key: Key,
    change: str,
    *,
    values: Mapping[str, Value] | None = None,
    condition: str | None = None,
    blind: bool = False,
) -> Item:
    """Change attributes of one item and return the item as it then is.

    If ``blind``, return what this changed alone, and nothing with a ``ConditionFailedError``.
    """
    parameters = _conditional_parameters(table, condition, values, blind=blind)
    parameters["ExpressionAttributeNames"] = names(change, condition)
    parameters["UpdateExpression"] = change
    wanted = "UPDATED_NEW" if blind else "ALL_NEW"
    answer = _write("update_item", Key=wire(key), ReturnValues=wanted, **parameters)
    return plain_item(cast("WireItem", answer["Attributes"]))


def delete(
    table: Table,
    key: Key,
    *,
    condition: str | None = None,
    values: Mapping[str, Value] | None = None,
) -> None:
    """Remove one item; without a condition a missing one is no error."""
    _write("delete_item", Key=wire(key), **_conditional_parameters(table, condition, values))


def ping(table: Table) -> None:
    """Ask for an item that does not exist: the cheapest proof that the table answers."""
    get(table, dict.fromkeys(table.key_attributes, "ping"))


def _write(method: str, **parameters: object) -> Response:
    """Send a single write; one that meets a transaction is tried again, as those are."""
    for attempt in range(1, ATTEMPTS):
        try:
            return send(method, **parameters)
        except ConflictError:
            sleep(pause(attempt))
    return send(method, **parameters)


def _conditional_parameters(
    table: Table,
    condition: str | None,
    values: Mapping[str, Value] | None,
    *,
    blind: bool = False,
) -> dict[str, object]:
    parameters: dict[str, object] = {"TableName": table.name, "ReturnConsumedCapacity": "TOTAL"}
    if condition:
        parameters["ConditionExpression"] = condition
        if not blind:
            parameters["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if found := names(condition):
            parameters["ExpressionAttributeNames"] = found
    if values:
        parameters["ExpressionAttributeValues"] = wire_values(values)
    return parameters
