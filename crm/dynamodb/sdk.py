"""boto3's client, and requests that botocore below it signs.

Nothing loads this module before it is needed: on Lambda a request does without it.
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, cast, override

import boto3
import botocore.session
import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.config import Config
from botocore.hooks import first_non_none_response
from botocore.httpsession import get_cert_path
from botocore.parsers import JSONParser, ResponseParserError, ResponseParserFactory
from botocore.utils import get_environ_proxies

from crm.dynamodb.transport import (
    CONNECT_SECONDS,
    CONNECTIONS,
    READ_SECONDS,
    Response,
    Transport,
)

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from types_boto3_dynamodb import DynamoDBClient

NOT_DYNAMODB = "What answers at the endpoint is not DynamoDB."


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
    through = boto3.Session(botocore_session=shared)
    return through.client("dynamodb", region, config=config, endpoint_url=endpoint)


class SdkTransport(Transport):
    """Requests with the credentials and the endpoint of the process's client."""

    def __init__(self) -> None:
        meta = client().meta
        shared = session()
        named = shared.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
        super().__init__(meta.endpoint_url, str(named or get_cert_path(verify=True)))
        self._region = meta.region_name
        self._events = meta.events
        self._agent: str = getattr(meta.config, "user_agent", "")
        self._credentials = shared.get_credentials()
        # Requests through a proxy stay botocore's.
        self._is_direct = self.scheme not in get_environ_proxies(self.url)

    @override
    def attempt(self, method: str, parameters: dict[str, object]) -> Response | None:
        """Do a request, unless it has to go through a proxy or nobody can sign it."""
        if not self._is_direct or self._credentials is None:
            return None
        return super().attempt(method, parameters)

    @override
    def exchange(self, operation: str, target: str, body: bytes) -> tuple[int, bytes]:
        """Give status and body of the answer."""
        request = self._signed(target, body)
        # Tests answer here, as they do for botocore.
        asked = self._events.emit(f"before-send.dynamodb.{operation}", request=request)
        given = cast("AWSResponse | None", first_non_none_response(asked))
        if given:
            return given.status_code, given.content
        headers = dict(request.headers.items())
        return self.send(operation, headers, cast("bytes", request.body))

    def _signed(self, target: str, body: bytes) -> AWSPreparedRequest:
        request = AWSRequest(
            method="POST",
            url=self.url,
            data=body,
            headers={
                "Content-Type": "application/x-amz-json-1.0",
                "User-Agent": self._agent,
                "X-Amz-Target": target,
            },
        )
        frozen = cast("Credentials", self._credentials).get_frozen_credentials()
        SigV4Auth(frozen, "dynamodb", self._region).add_auth(request)
        return request.prepare()
