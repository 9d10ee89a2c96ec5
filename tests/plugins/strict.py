"""A pytest plugin: requests that Amazon DynamoDB would refuse, and an embedded engine may not.

Such a request fails the test that sends it, unless the test is marked ``refused``. The rules
are those of the Developer Guide: "Service, account, and table quotas", "Expression attribute
names", "Using expressions", and of the API Reference for the item counts.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import pytest

from crm.dynamodb.client import DYNAMODB
from crm.dynamodb.transport import Response, Transport
from crm.tables import TABLES

type Parameters = Mapping[str, object]
type Wire = Mapping[str, Mapping[str, str]]

PARTITION_KEY_BYTES = 2048
SORT_KEY_BYTES = 1024
EXPRESSION_BYTES = 4096
TRANSACTION_ITEMS = 100
TRANSACTION_BYTES = 4 * 1024 * 1024
BATCH_WRITE_ITEMS = 25
BATCH_GET_ITEMS = 100
TOKEN_LENGTH = 36

_EXPRESSIONS = (
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
    "ConditionExpression",
    "UpdateExpression",
)
_WORDS = {
    *("AND", "OR", "NOT", "SET", "ADD", "REMOVE", "DELETE", "BETWEEN", "IN", "size", "contains"),
    *("begins_with", "attribute_exists", "attribute_not_exists", "attribute_type"),
    *("if_not_exists", "list_append"),
}
_NAME, _VALUE = re.compile(r"#\w+"), re.compile(r":\w+")
_WORD = re.compile(r"(?<![#:\w])[A-Za-z_]\w*")


class RefusedError(AssertionError):
    """Amazon DynamoDB would refuse a request."""


class _State:
    is_on = True


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "refused: sends what Amazon DynamoDB refuses, on purpose")
    ask = Transport.ask

    def asked(
        transport: Transport,
        method: str,
        parameters: dict[str, object],
        *,
        is_repeatable: bool = True,
    ) -> Response:
        if _State.is_on and transport.service is DYNAMODB:
            check(method, parameters)
        return ask(transport, method, parameters, is_repeatable=is_repeatable)

    Transport.ask = asked  # type: ignore[method-assign, assignment]


def pytest_runtest_setup(item: pytest.Item) -> None:
    _State.is_on = item.get_closest_marker("refused") is None


def check(method: str, parameters: Parameters) -> None:
    """Raise :class:`RefusedError` that says what is against the rules, if anything is."""
    if faults := list(_faults(method, parameters)):
        raise RefusedError(f"{method}: {'; '.join(faults)}")


def _faults(method: str, parameters: Parameters) -> Iterator[str]:
    match method:
        case "transact_write_items":
            yield from _transaction(parameters)
        case "batch_write_item" | "batch_get_item":
            yield from _batch(method, cast("Mapping[str, object]", parameters["RequestItems"]))
        case "put_item" | "update_item" | "delete_item" | "get_item":
            yield from _write(parameters)
        case "query" | "scan":
            yield from _expressions(parameters)
            start = cast("Wire", parameters.get("ExclusiveStartKey") or {})
            yield from _keys(parameters["TableName"], start)
            if cast("int", parameters.get("Limit", 1)) < 1:
                yield "a Limit below 1"


def _transaction(parameters: Parameters) -> Iterator[str]:
    writes = [
        (write, kind)
        for part in cast("list[dict[str, Parameters]]", parameters["TransactItems"])
        for kind, write in part.items()
    ]
    yield from _count(len(writes), TRANSACTION_ITEMS)
    if len(str(parameters.get("ClientRequestToken", ""))) > TOKEN_LENGTH:
        yield "a ClientRequestToken that is too long"
    if sum(_weight(write) for write, _ in writes) > TRANSACTION_BYTES:
        yield "more than 4 MB"
    yield from _twice([_identity(write["TableName"], _item(write)) for write, _ in writes])
    for write, kind in writes:
        yield from _write(write)
        if kind == "ConditionCheck" and not write.get("ConditionExpression"):
            yield "a check without a condition"


def _batch(method: str, asked: Mapping[str, object]) -> Iterator[str]:
    for table, requests in asked.items():
        if isinstance(requests, dict):
            items = cast("list[Wire]", requests["Keys"])
        else:
            items = [
                _item(write)
                for request in cast("list[dict[str, Parameters]]", requests)
                for write in request.values()
            ]
        is_read = method == "batch_get_item"
        yield from _count(len(items), BATCH_GET_ITEMS if is_read else BATCH_WRITE_ITEMS)
        yield from _twice([_identity(table, item) for item in items])
        for item in items:
            yield from _keys(table, item)


def _write(write: Parameters) -> Iterator[str]:
    yield from _keys(write.get("TableName"), _item(write))
    yield from _expressions(write)


def _expressions(parameters: Parameters) -> Iterator[str]:
    found = {name: str(parameters[name]) for name in _EXPRESSIONS if name in parameters}
    for name, text in found.items():
        if len(text.encode()) > EXPRESSION_BYTES:
            yield f"{name} is longer than {EXPRESSION_BYTES} bytes"
    whole = " ".join(found.values())
    for kind, pattern in (("Names", _NAME), ("Values", _VALUE)):
        parameter = f"ExpressionAttribute{kind}"
        given = cast("Mapping[str, object]", parameters.get(parameter) or {})
        if parameter in parameters and not given:
            yield f"{parameter} is empty"
        used = set(pattern.findall(whole))
        if used != set(given):
            yield f"{parameter} gives {sorted(given)}, used are {sorted(used)}"
    if words := set(_WORD.findall(whole)) - _WORDS:
        yield f"names stand as they are: {sorted(words)}"


def _keys(table: object, item: Wire) -> Iterator[str]:
    """Check the attributes that are keys of a table or of one of its indexes."""
    for name, most in _limits(table).items():
        if name in item:
            text = item[name].get("S")
            size = len(text.encode("utf-8", "surrogatepass")) if text is not None else 0
            if not 0 < size <= most:
                yield f"the key {name} is no text of 1 to {most} bytes"


def _limits(table_name: object) -> dict[str, int]:
    limits: dict[str, int] = {}
    for table in TABLES:
        if table.name == table_name:
            keys = [(table.partition_key, table.sort_key)]
            keys += [(index.partition_key, index.sort_key) for index in table.indexes]
            limits |= {partition_key: PARTITION_KEY_BYTES for partition_key, _ in keys}
            limits |= {sort_key: SORT_KEY_BYTES for _, sort_key in keys if sort_key}
    return limits


def _item(write: Parameters) -> Wire:
    return cast("Wire", write.get("Item") or write.get("Key") or {})


def _identity(table: object, item: Wire) -> str:
    key = next(
        (one.key_attributes for one in TABLES if one.name == table),
        tuple(name for name in ("PK", "SK", "leadId") if name in item),
    )
    return json.dumps([table, [item.get(name) for name in key]])


def _twice(identities: Sequence[str]) -> Iterator[str]:
    if len(set(identities)) < len(identities):
        yield "the same item twice"


def _count(number: int, most: int) -> Iterator[str]:
    if not 0 < number <= most:
        yield f"{number} items, {most} at most"


def _weight(write: Parameters) -> int:
    return len(json.dumps([write.get("Item"), write.get("ExpressionAttributeValues")], default=str))
