"""The one botocore client of the process, and the one way to send a request with it."""

import os
import time
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, cast, override

import botocore.session
import orjson
from botocore.config import Config
from botocore.parsers import JSONParser, ResponseParserError, ResponseParserFactory

from crm.dynamodb import capacity
from crm.dynamodb.errors import mapped
from crm.dynamodb.transport import CONNECT_SECONDS, CONNECTIONS, READ_SECONDS, Response, Transport

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

THREADS = 16
NOT_DYNAMODB = "What answers at the endpoint is not DynamoDB."
_READS = {"get_item", "batch_get_item", "query", "scan"}


class _FastParser(JSONParser):
    """Reads answers with orjson and leaves DynamoDB's typed values as they are.

    botocore's own parser walks every value against the service model: 4.7 ms for a page
    of 100 items against 1.06 ms here. Signing, retries and errors stay botocore's.
    """

    def _do_parse(
        self,
        response: Mapping[str, object],
        shape: object,  # noqa: ARG002 -- the model that is not walked
    ) -> Response:
        try:
            parsed: object = orjson.loads(cast("bytes", response["body"]))
        except orjson.JSONDecodeError as error:
            raise ResponseParserError(NOT_DYNAMODB) from error
        if not isinstance(parsed, dict):
            raise ResponseParserError(NOT_DYNAMODB)
        return parsed


class _FastParserFactory(ResponseParserFactory):
    @override
    def create_parser(self, protocol_name: str) -> JSONParser:
        """Give the parser for a protocol of the service model."""
        if protocol_name == "json":
            return _FastParser()
        return cast("JSONParser", super().create_parser(protocol_name))


@cache
def session() -> botocore.session.Session:
    """Give the process's session: it holds the credentials, and has read the SDK's settings."""
    session = botocore.session.get_session()
    session.register_component("response_parser_factory", _FastParserFactory())
    return session


@cache
def client() -> "DynamoDBClient":
    """Give the process's client: it is safe for threads, making one is not and takes 100 ms.

    Region, credentials and endpoint come from the AWS SDK's own settings.
    """
    shared = session()
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        tcp_keepalive=True,
        # DynamoDB judges requests itself, with errors that are mapped; botocore's own walk
        # over every value costs 4 ms for a batch of 25 leads.
        parameter_validation=False,
        # The first attempt is the transport's.
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    endpoint = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
    region = os.environ.get("AWS_REGION") or shared.get_config_variable("region")
    made = shared.create_client("dynamodb", region, config=config, endpoint_url=endpoint)
    return cast("DynamoDBClient", made)


@cache
def _transport() -> Transport:
    shared = session()
    return Transport(client(), shared, shared.get_config_variable("ca_bundle"))


def reset() -> None:
    """Forget the client, so that the next call reads the SDK's settings anew."""
    for made in (_transport, client, session):
        made.cache_clear()


def send(operation: str, **parameters: object) -> Response:
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
