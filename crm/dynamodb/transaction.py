"""Several writes that happen together or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from time import sleep

from crm.dynamodb.backoff import pause
from crm.dynamodb.client import send
from crm.dynamodb.errors import ConflictError, ThrottledError
from crm.dynamodb.items import Item, Key, Value, names, wire, wire_values
from crm.dynamodb.schema import Table
from crm.dynamodb.size import check_size

ATTEMPTS = 8
MAX_TOKEN = 36


@dataclass(frozen=True, kw_only=True)
class _Write:
    table: Table
    condition: str | None = None
    values: Mapping[str, Value] | None = None


@dataclass(frozen=True, kw_only=True)
class Put(_Write):
    """Write ``item`` whole."""

    item: Item


@dataclass(frozen=True, kw_only=True)
class Update(_Write):
    """Apply the update expression ``change`` to the item at ``key``."""

    key: Key
    change: str


@dataclass(frozen=True, kw_only=True)
class Delete(_Write):
    """Remove the item at ``key``."""

    key: Key


@dataclass(frozen=True, kw_only=True)
class Check(_Write):
    """Only look whether ``condition`` holds for the item at ``key``."""

    key: Key


type Write = Put | Update | Delete | Check


def transact(writes: Sequence[Write], token: str, *, blind: bool = False) -> None:
    """Do all writes in one transaction; costs 2 WRU each KB of each item.

    ``token`` names the attempt: the same writes with the same token are applied once
    within ten minutes. botocore does not retry a cancelled transaction, so this does,
    but only if no condition failed. Raises ``TransactionRefusedError`` (a condition
    failed; if ``blind``, without any stored item), ``ConflictError`` or ``ThrottledError``
    (all attempts met other writers).
    """
    items = [_wire(write, blind=blind) for write in writes]
    for attempt in range(1, ATTEMPTS + 1):
        try:
            send(
                "transact_write_items",
                TransactItems=items,
                ClientRequestToken=request_token(token),
                ReturnConsumedCapacity="TOTAL",
            )
        except (ConflictError, ThrottledError):
            if attempt == ATTEMPTS:
                raise
            sleep(pause(attempt))
        else:
            return


def request_token(text: str) -> str:
    """Shorten any text to the 36 characters that a ClientRequestToken may have."""
    return text if len(text) <= MAX_TOKEN else sha256(text.encode()).hexdigest()[:MAX_TOKEN]


def _wire(write: Write, *, blind: bool) -> dict[str, dict[str, object]]:
    parts: dict[str, object] = {"TableName": write.table.name}
    change = write.change if isinstance(write, Update) else None
    if isinstance(write, Put):
        check_size(write.item)
        parts["Item"] = wire(write.item)
    else:
        parts["Key"] = wire(write.key)
    if change:
        parts["UpdateExpression"] = change
    if write.condition:
        parts["ConditionExpression"] = write.condition
        if not blind:
            parts["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if found := names(change, write.condition):
        parts["ExpressionAttributeNames"] = found
    if write.values:
        parts["ExpressionAttributeValues"] = wire_values(write.values)
    kind = "ConditionCheck" if isinstance(write, Check) else type(write).__name__
    return {kind: parts}
