"""The one way to send a request to DynamoDB, and boto3's client for what is special."""

import time
from functools import cache
from typing import TYPE_CHECKING, cast

from django.conf import settings

from crm.dynamodb import capacity
from crm.dynamodb.errors import mapped

if TYPE_CHECKING:
    from botocore.session import Session
    from types_boto3_dynamodb import DynamoDBClient

    # With urllib3, for which a page that asks DynamoDB nothing need not wait.
    from crm.dynamodb.transport import Response, Transport

THREADS = 16
_READS = {"get_item", "batch_get_item", "query", "scan"}


def session() -> "Session":
    """Give the process's session: it holds the credentials, and has read the SDK's settings."""
    from crm.dynamodb import sdk  # noqa: PLC0415 - takes 80 ms, for which a start waits

    return sdk.session()


def client() -> "DynamoDBClient":
    """Give the process's client: it is safe for threads, making one is not."""
    from crm.dynamodb import sdk  # noqa: PLC0415 - as above

    return sdk.client()


@cache
def _transport() -> "Transport":
    if getattr(settings, "ON_LAMBDA", False):
        from crm.dynamodb.signing import LambdaTransport  # noqa: PLC0415 - for this host alone

        return LambdaTransport("dynamodb")
    from crm.dynamodb import sdk  # noqa: PLC0415 - as above

    return sdk.SdkTransport()


def reset() -> None:
    """Forget the client, so that the next call reads the SDK's settings anew."""
    from crm.dynamodb import sdk  # noqa: PLC0415 - as above

    for made in (_transport, sdk.client, sdk.session):
        made.cache_clear()


def send(operation: str, **parameters: object) -> "Response":
    """Send one request, such as ``get_item``, and count what it consumed.

    Raises the errors of :mod:`crm.dynamodb.errors`.
    """
    started = time.perf_counter()
    units = 0.0
    try:
        with mapped():
            answer = _transport().attempt(operation, parameters)
            if answer is None:
                answer = cast("Response", getattr(client(), operation)(**parameters))
        units = _units(answer.get("ConsumedCapacity"))
        return answer
    finally:
        is_read = operation in _READS
        capacity.record(
            rru=units if is_read else 0.0,
            wru=0.0 if is_read else units,
            milliseconds=(time.perf_counter() - started) * 1000,
        )


def _units(consumed: object) -> float:
    if isinstance(consumed, list):
        return sum(_units(part) for part in consumed)
    if isinstance(consumed, dict):
        return float(consumed.get("CapacityUnits") or 0.0)
    return 0.0
