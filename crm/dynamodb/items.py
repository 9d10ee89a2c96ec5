"""Items in plain Python values, and their form on the wire."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from boto3.dynamodb.types import TypeSerializer

from crm.dynamodb.errors import ItemTooLargeError, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

type Value = str | int | Decimal | bool | bytes | None | list[Value] | dict[str, Value] | set[str]
type Item = dict[str, Value]
type Key = dict[str, str]

MAX_ITEM_BYTES = 400 * 1024
_NAME = re.compile(r"#(\w+)")

__all__ = ["MAX_ITEM_BYTES", "Item", "Key", "Value", "check_size", "names", "plain", "wire"]


def wire(item: Mapping[str, Value]) -> dict[str, dict[str, object]]:
    """Turn plain values into the form of the wire, ``{"name": {"S": "Ada"}}``."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


def names(*expressions: str | None) -> dict[str, str]:
    """Give ``ExpressionAttributeNames`` for expressions that write ``#name`` for ``name``."""
    found = (_NAME.findall(expression) for expression in expressions if expression)
    return {f"#{name}": name for group in found for name in group}


def check_size(item: Mapping[str, Value]) -> None:
    """Raise :class:`ItemTooLargeError` for an item over DynamoDB's 400 KB.

    Counted as DynamoDB does for strings (UTF-8 bytes of names and values); numbers and
    containers are rounded up.
    """
    if (size := _size(dict(item))) > MAX_ITEM_BYTES:
        message = f"The item has {size:,} bytes; DynamoDB stores {MAX_ITEM_BYTES:,} at most."
        raise ItemTooLargeError(message)


def _size(value: Value) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, dict):
        return 3 + sum(_size(name) + 1 + _size(part) for name, part in value.items())
    if isinstance(value, (list, set)):
        return 3 + sum(1 + _size(part) for part in value)
    return 21
