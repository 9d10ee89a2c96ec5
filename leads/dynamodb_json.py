"""Whole tables as files that DynamoDB's import from S3 takes: gzipped DynamoDB JSON.

``DIRECTORY/<table>/data/*.json.gz`` hold an item a line, ``{"Item": {"leadId": {"S": …}}}``,
which is also what DynamoDB's own export writes. Every attribute is as it is on the wire,
whoever wrote it.
"""

from base64 import b64encode
from collections.abc import Mapping

import orjson

from crm.dynamodb.items import Value, WireItem, wire


def line(item: Mapping[str, Value]) -> bytes:
    """Give the line of an item in plain Python values."""
    return wire_line(wire(item))


def wire_line(item: WireItem) -> bytes:
    """Give the line of an item as it is on the wire, its end included."""
    return orjson.dumps({"Item": item}, _binary, orjson.OPT_APPEND_NEWLINE)


def _binary(value: object) -> str:
    """Write what boto3 left as bytes; the parser of our own client leaves base64 alone."""
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    raise TypeError
