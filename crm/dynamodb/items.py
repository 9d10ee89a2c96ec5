"""Items in plain Python values, and their form on the wire."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

type Value = str | int | Decimal | bool | bytes | list[Value] | dict[str, Value] | set[str] | None
type Item = dict[str, Value]
type Key = dict[str, str]
type WireValue = dict[str, object]
type WireItem = dict[str, WireValue]

_NAME = re.compile(r"#(\w+)")


def wire(item: Mapping[str, Value]) -> WireItem:
    """Turn plain values into the form of the wire, ``{"name": {"S": "Ada"}}``."""
    serialize = TypeSerializer().serialize
    return {name: cast("WireValue", serialize(value)) for name, value in item.items()}


def wire_values(values: Mapping[str, Value]) -> WireItem:
    """Give ``ExpressionAttributeValues``: ``:name`` for the value called ``name``."""
    return wire({f":{name}": value for name, value in values.items()})


def plain(raw: WireItem) -> Item:
    """Turn an item of the wire, ``{"name": {"S": "Ada"}}``, into plain values."""
    deserialize = cast("Callable[[WireValue], Value]", TypeDeserializer().deserialize)
    return {name: deserialize(value) for name, value in raw.items()}


def names(*expressions: str | None) -> dict[str, str]:
    """Give ``ExpressionAttributeNames`` for expressions that write ``#name`` for ``name``."""
    found = (_NAME.findall(expression) for expression in expressions if expression)
    return {f"#{name}": name for group in found for name in group}
