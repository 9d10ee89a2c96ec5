"""Items as a hash that is the same exactly where DynamoDB holds the same.

A number is its value however it is written (``1`` and ``1.0``), a set has no order, a list
has; and no two types are ever the same: not the number 1 and the text ``1``, not the set of
the number 1 and the list of it.
"""

from base64 import b64encode
from decimal import Context, Decimal
from hashlib import blake2b
from typing import cast

import orjson

from crm.dynamodb.items import WireItem, WireValue

BYTES = 16
# DynamoDB's numbers have 38 digits; the default context of Python would cut them at 28.
_DIGITS = Context(prec=1_000)


def digest(item: WireItem) -> int:
    """Return 128 bits that stand for an item and all its attributes."""
    exact = {name: _value(value) for name, value in item.items()}
    text = orjson.dumps(exact, option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(blake2b(text, digest_size=BYTES).digest())


def _value(value: WireValue) -> object:
    ((kind, raw),) = value.items()
    match kind, raw:
        case ("L", list()):
            return {kind: [_value(part) for part in raw]}
        case ("M", dict()):
            return {kind: {name: _value(part) for name, part in raw.items()}}
        case ("SS" | "NS" | "BS", list() | set()):
            return {kind: sorted(_scalar(kind[0], part) for part in raw)}
        case ("BOOL" | "NULL", _):
            return value
    return {kind: _scalar(kind, raw)}


def _scalar(kind: str, raw: object) -> str:
    if kind == "N":
        number = _DIGITS.create_decimal(str(raw)).normalize(_DIGITS)
        return str(number or Decimal(0))
    if isinstance(raw, bytes):
        return b64encode(raw).decode()
    return cast("str", raw)
