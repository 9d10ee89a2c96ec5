"""Items in plain Python values, and their form on the wire."""

import re
from base64 import b64decode
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
_serialize = cast("Callable[[Value], WireValue]", TypeSerializer().serialize)
_deserialize = cast("Callable[[WireValue], Value]", TypeDeserializer().deserialize)
# Whole numbers below this are exact in DynamoDB's 38 digits.
_EXACT = 10**38


def wire(item: Mapping[str, Value]) -> WireItem:
    """Turn plain values into the form of the wire, ``{"name": {"S": "Ada"}}``."""
    return {name: _wire_value(value) for name, value in item.items()}


def wire_values(values: Mapping[str, Value]) -> WireItem:
    """Give ``ExpressionAttributeValues``: ``:name`` for the value called ``name``."""
    return wire({f":{name}": value for name, value in values.items()})


def plain(raw: WireItem) -> Item:
    """Turn an item of the wire, ``{"name": {"S": "Ada"}}``, into plain values."""
    return {name: _plain_value(value) for name, value in raw.items()}


def names(*expressions: str | None) -> dict[str, str]:
    """Give ``ExpressionAttributeNames`` for expressions that write ``#name`` for ``name``."""
    found = (_NAME.findall(expression) for expression in expressions if expression)
    return {f"#{name}": name for group in found for name in group}


def _wire_value(value: Value) -> WireValue:
    # Most values are texts and whole numbers: boto3's own serializer takes ten times as long.
    if type(value) is str:
        return {"S": value}
    if type(value) is int and -_EXACT < value < _EXACT:
        return {"N": str(value)}
    if type(value) is dict:
        return {"M": {name: _wire_value(part) for name, part in value.items()}}
    return _serialize(value)


def _plain_value(value: WireValue) -> Value:
    ((kind, raw),) = value.items()
    match raw:
        case str() if kind == "S":
            return raw
        case str() if kind == "N":
            # boto3's own deserializer refuses more than 38 digits, even if they are zeros.
            return Decimal(raw)
        case str() if kind == "B":
            return b64decode(raw)
        case dict():
            return {name: _plain_value(part) for name, part in raw.items()}
        case list() if kind != "SS":
            return [_plain_value(part if kind == "L" else {kind[0]: part}) for part in raw]
    return bytes(raw) if isinstance(raw, bytes) else _deserialize(value)
