"""The first attempt of every request: signed, sent by urllib3, nothing between.

boto3 spends 0.6 ms of processor time around each request: it builds the name of the user
agent twice, walks the service model, and asks some forty event handlers. All of that serves
cases that do not occur here, or not at first. So the first attempt goes out directly, and
whatever does not go well is left to boto3's client, which does the request anew with its
retries, its quota and its errors. docs/adr/0014 has the reasons.

Who signs differs: :mod:`crm.dynamodb.sdk` with botocore, on Lambda :mod:`crm.dynamodb.signing`
by itself.
"""

import time
from base64 import b64encode
from binascii import crc32
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from socket import SO_KEEPALIVE, SOL_SOCKET
from ssl import CERT_REQUIRED, SSLContext
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import orjson
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, connection_from_url
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from crm.dynamodb.backoff import pause

if TYPE_CHECKING:
    from botocore.exceptions import _ClientErrorResponseTypeDef

type Response = dict[str, object]

TARGET = "DynamoDB_20120810"
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
    """Sends requests to one endpoint, on connections that stay open; subclasses sign them.

    ``authorities`` is the file with those that are trusted.
    """

    def __init__(self, url: str, authorities: str) -> None:
        self.url = f"{url.rstrip('/')}/"
        parts = urlsplit(self.url)
        self.scheme, self.host, self.path = parts.scheme, parts.netloc, parts.path
        self._pool = _pool(self.url, authorities)

    def attempt(self, method: str, parameters: dict[str, object]) -> Response | None:
        """Do a request, such as ``get_item``; ``None`` if boto3 shall do it.

        After an attempt that failed it waits a moment first. Raises ``ClientError`` for an
        error that would come again.
        """
        operation = "".join(part.title() for part in method.split("_"))
        body = orjson.dumps(parameters, default=_base64)
        answer = _read(*self.exchange(operation, f"{TARGET}.{operation}", body), operation)
        if answer is None:
            time.sleep(pause(1))
        return answer

    def exchange(self, operation: str, target: str, body: bytes) -> tuple[int, bytes]:
        """Sign a request and give status and body of the answer, as :meth:`send` does."""
        raise NotImplementedError

    def send(self, operation: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Give status and body, which is empty if none came or not the one that was sent."""
        patience = TABLE_SECONDS if operation.startswith(("Create", "Describe")) else READ_SECONDS
        try:
            answer = self._pool.urlopen(
                "POST",
                self.path,
                body,
                headers,
                retries=False,
                redirect=False,
                timeout=Timeout(connect=CONNECT_SECONDS, read=patience),
            )
        except HTTPError:
            return 0, b""
        return answer.status, answer.data if _is_whole(answer) else b""


def _read(status: int, body: bytes, operation: str) -> Response | None:
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


def _pool(url: str, authorities: str) -> HTTPConnectionPool:
    options = [*HTTPConnection.default_socket_options, (SOL_SOCKET, SO_KEEPALIVE, 1)]
    if not url.startswith("https"):
        return connection_from_url(url, maxsize=CONNECTIONS, socket_options=options)
    return connection_from_url(
        url, maxsize=CONNECTIONS, socket_options=options, ssl_context=_trust(authorities)
    )


@cache
def _trust(authorities: str) -> SSLContext:
    """Make it once: to read all authorities takes 30 ms, and connections are made in between."""
    context = create_urllib3_context(cert_reqs=CERT_REQUIRED)
    # Without authorities nobody is trusted, and boto3 says what is wrong.
    with suppress(OSError):
        context.load_verify_locations(authorities)
    return context


def _is_whole(answer: BaseHTTPResponse) -> bool:
    checksum = answer.headers.get("x-amz-crc32")
    return checksum is None or checksum == str(crc32(answer.data))


def _raise_final(answer: Response, operation: str) -> None:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - a start does without

    code = str(answer.get("__type", "")).rpartition("#")[2]
    if code and code not in _TRANSIENT:
        message = answer.get("message") or answer.get("Message") or ""
        response = {**answer, "Error": {"Code": code, "Message": message}}
        raise ClientError(cast("_ClientErrorResponseTypeDef", response), operation)


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)
