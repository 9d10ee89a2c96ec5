"""The first attempt of every request: signed by botocore, sent by urllib3, nothing between.

botocore spends 0.6 ms of processor time around each request: it builds the name of the user
agent twice, walks the service model, and asks some forty event handlers. All of that serves
cases that do not occur here, or not at first. So the first attempt goes out directly, and
whatever does not go well is left to botocore, which does the request anew with its
retries, its quota and its errors. docs/adr/0014 has the reasons.
"""

import os
import time
from base64 import b64encode
from binascii import crc32
from contextlib import suppress
from http import HTTPStatus
from socket import SO_KEEPALIVE, SOL_SOCKET
from ssl import CERT_REQUIRED
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.exceptions import ClientError
from botocore.hooks import first_non_none_response
from botocore.httpsession import get_cert_path
from botocore.session import Session
from botocore.utils import get_environ_proxies
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, connection_from_url
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from crm.dynamodb.backoff import pause

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from botocore.exceptions import _ClientErrorResponseTypeDef
    from types_boto3_dynamodb import DynamoDBClient

type Response = dict[str, object]

CONNECT_SECONDS = 1
READ_SECONDS = 2
# Describing a table of millions of items takes an embedded engine seconds: it counts them.
TABLE_SECONDS = 60
CONNECTIONS = 64  # that are kept open

# What may go well a moment later; anything else with status 400 is an answer, and final.
_TRANSIENT = {
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "RequestTimeoutException",
    "Throttling",
    "ThrottlingException",
    "TransactionInProgressException",
}


class Transport:
    """Sends requests to the endpoint of a client, on connections that stay open."""

    def __init__(self, dynamodb: "DynamoDBClient", session: Session, verify: str | None) -> None:
        meta = dynamodb.meta
        self._url = f"{meta.endpoint_url.rstrip('/')}/"
        self._path = urlsplit(self._url).path
        self._region = meta.region_name
        self._operations = meta.method_to_api_mapping
        self._target = meta.service_model.metadata["targetPrefix"]
        self._events = meta.events
        self._agent: str = getattr(meta.config, "user_agent", "")
        self._credentials = session.get_credentials()
        self._pool = _pool(self._url, verify)
        # Requests through a proxy stay botocore's.
        self._is_direct = urlsplit(self._url).scheme not in get_environ_proxies(self._url)

    def attempt(self, method: str, parameters: dict[str, object]) -> Response | None:
        """Do a request, such as ``get_item``; ``None`` if botocore shall do it.

        After an attempt that failed it waits a moment first. Raises ``ClientError`` for an
        error that would come again.
        """
        if not self._is_direct or self._credentials is None:
            return None
        operation = self._operations[method]
        answer = self._answer(operation, self._signed(operation, parameters, self._credentials))
        if answer is None:
            time.sleep(pause(1))
        return answer

    def _answer(self, operation: str, request: AWSPreparedRequest) -> Response | None:
        # Tests answer here, as they do for botocore.
        asked = self._events.emit(f"before-send.dynamodb.{operation}", request=request)
        given = cast("AWSResponse | None", first_non_none_response(asked))
        patience = TABLE_SECONDS if operation.startswith(("Create", "Describe")) else READ_SECONDS
        status, body = (
            (given.status_code, given.content) if given else self._send(request, patience)
        )
        try:
            answer: object = orjson.loads(body) if body else None
        except orjson.JSONDecodeError:
            return None
        if not isinstance(answer, dict):
            return None
        if status == HTTPStatus.OK:
            return answer
        if status == HTTPStatus.BAD_REQUEST:
            _raise_final(answer, operation)
        return None

    def _signed(
        self, operation: str, parameters: dict[str, object], credentials: "Credentials"
    ) -> AWSPreparedRequest:
        request = AWSRequest(
            method="POST",
            url=self._url,
            data=orjson.dumps(parameters, default=_base64),
            headers={
                "Content-Type": "application/x-amz-json-1.0",
                "User-Agent": self._agent,
                "X-Amz-Target": f"{self._target}.{operation}",
            },
        )
        frozen = credentials.get_frozen_credentials()
        SigV4Auth(frozen, "dynamodb", self._region).add_auth(request)
        return request.prepare()

    def _send(self, request: AWSPreparedRequest, patience: float) -> tuple[int, bytes]:
        """Give status and body, which is empty if none came or not the one that was sent."""
        body, headers = cast("bytes", request.body), dict(request.headers.items())
        try:
            answer = self._pool.urlopen(
                "POST",
                self._path,
                body,
                headers,
                retries=False,
                redirect=False,
                timeout=Timeout(connect=CONNECT_SECONDS, read=patience),
            )
        except HTTPError:
            return 0, b""
        return answer.status, answer.data if _is_whole(answer) else b""


def _pool(url: str, verify: str | None) -> HTTPConnectionPool:
    options = [*HTTPConnection.default_socket_options, (SOL_SOCKET, SO_KEEPALIVE, 1)]
    if not url.startswith("https"):
        return connection_from_url(url, maxsize=CONNECTIONS, socket_options=options)
    # Made once: to read all authorities takes 30 ms, and connections are made while people wait.
    context = create_urllib3_context(cert_reqs=CERT_REQUIRED)
    # Without authorities nobody is trusted, and botocore says what is wrong.
    with suppress(OSError):
        # As botocore finds them.
        context.load_verify_locations(
            verify or os.environ.get("REQUESTS_CA_BUNDLE") or get_cert_path(verify=True)
        )
    return connection_from_url(
        url, maxsize=CONNECTIONS, socket_options=options, ssl_context=context
    )


def _is_whole(answer: BaseHTTPResponse) -> bool:
    checksum = answer.headers.get("x-amz-crc32")
    return checksum is None or checksum == str(crc32(answer.data))


def _raise_final(answer: Response, operation: str) -> None:
    code = str(answer.get("__type", "")).rpartition("#")[2]
    if code and code not in _TRANSIENT:
        message = answer.get("message") or answer.get("Message") or ""
        response = {**answer, "Error": {"Code": code, "Message": message}}
        raise ClientError(cast("_ClientErrorResponseTypeDef", response), operation)


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)
