"""Items in plain Python values, and their form on the wire."""

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import cast

type Value = str | int | Decimal | bool | bytes | list[Value] | dict[str, Value] | set[str] | None
type Item = dict[str, Value]
type Key = dict[str, str]
type WireValue = dict[str, object]
type WireItem = dict[str, WireValue]

_NAME = re.compile(r"#(\w+)")
_EXACT = 10**38
# What DynamoDB can keep of a number; anything else is refused rather than rounded.
_NUMBERS = Context(
    prec=38, Emin=-128, Emax=126, traps=[Clamped, Overflow, Inexact, Rounded, Underflow]
)


def wire(item: Mapping[str, Value]) -> WireItem:
    """Turn plain values into the form of the wire, ``{"name": {"S": "Ada"}}``."""
    return {name: _wire_value(value) for name, value in item.items()}


def wire_values(values: Mapping[str, Value]) -> WireItem:
    """Return ``ExpressionAttributeValues``: ``:name`` for the value called ``name``."""
    return wire({f":{name}": value for name, value in values.items()})


def plain_item(raw: WireItem) -> Item:
    """Turn an item of the wire, ``{"name": {"S": "Ada"}}``, into plain values."""
    return {name: _plain_value(value) for name, value in raw.items()}


def page_of(answer: Mapping[str, object]) -> tuple[list[WireItem], Key | None]:
    """Return the items of an answer to a Query or Scan, and the key to go on from if any."""
    last = cast("WireItem | None", answer.get("LastEvaluatedKey"))
    items = cast("list[WireItem]", answer.get("Items") or [])
    return items, cast("Key", plain_item(last)) if last else None


def names(*expressions: str | None) -> dict[str, str]:
    """Return ``ExpressionAttributeNames`` for expressions that write ``#name`` for ``name``."""
    found = (_NAME.findall(expression) for expression in expressions if expression)
    return {f"#{name}": name for group in found for name in group}


def set_expression(written: Iterable[str], removed: Iterable[str] = ()) -> str:
    """Return the update that sets each ``name`` to the value ``:name``, and removes others."""
    change = "SET " + ", ".join(f"#{name} = :{name}" for name in written)
    gone = ", ".join(f"#{name}" for name in removed)
    return f"{change} REMOVE {gone}" if gone else change


def as_seen(version: int) -> tuple[str, Item]:
    """Return the condition that an item is of a ``version``, not there for 0, and its values."""
    return ("#version = :seen", {"seen": version}) if version else ("attribute_not_exists(#PK)", {})


def _wire_value(value: Value) -> WireValue:  # noqa: PLR0911 - one for each type
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int() | Decimal():
            return {"N": _number(value)}
        case dict():
            return {"M": {name: _wire_value(part) for name, part in value.items()}}
        case list():
            return {"L": [_wire_value(part) for part in value]}
        case None:
            return {"NULL": True}
        case bytes():
            return {"B": value}
        case set() if value:
            # All of one type: the type of any is that of the set.
            wired = [_wire_value(part) for part in value]
            kinds = {kind for one in wired for kind in one}
            return {f"{kinds.pop()}S": [part for one in wired for part in one.values()]}
    raise TypeError(f"DynamoDB has no type for {type(value).__name__}")


def _number(value: int | Decimal) -> str:
    if isinstance(value, int) and -_EXACT < value < _EXACT:
        return str(value)
    exact = _NUMBERS.create_decimal(value)
    if not exact.is_finite():
        raise TypeError(f"DynamoDB has no {value}")
    return str(exact)


def _plain_value(value: WireValue) -> Value:  # noqa: PLR0911 - one for each type
    ((kind, raw),) = value.items()
    match raw:
        case str() if kind == "S":
            return raw
        case str() if kind == "N":
            # Not as in _number: programs may store more than 38 digits, if they are zeros.
            return Decimal(raw)
        case str() if kind == "B":
            return b64decode(raw)
        case dict():
            return {name: _plain_value(part) for name, part in raw.items()}
        case list() if kind == "SS":
            return set(raw)
        case list():
            return [_plain_value(part if kind == "L" else {kind[0]: part}) for part in raw]
        case bool():
            return raw if kind == "BOOL" else None
        case bytes():
            return raw
    raise TypeError(f"DynamoDB has no type {kind}")
