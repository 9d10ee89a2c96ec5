"""Requests to one service of AWS: a visible loop, on connections that stay open.

boto3 spends 0.6 ms of processor time around each request: it builds the name of the user
agent twice, walks the service model, and asks some forty event handlers, all for cases that
do not occur here. So botocore signs and urllib3 sends, nothing between. A host may lose open
connections without a word: Lambda drops them while a function is frozen, gateways after some
minutes. Whoever notices first drops all of them. docs/adr/0030 has the reasons.
"""

from base64 import b64encode
from binascii import crc32
from collections.abc import Callable
from http import HTTPStatus
from random import uniform
from threading import Lock
from time import monotonic, sleep, time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import orjson
from botocore.exceptions import NoCredentialsError
from urllib3 import (
    BaseHTTPResponse,
    HTTPConnectionPool,
    Timeout,
)
from urllib3.exceptions import ClosedPoolError, HTTPError, ProtocolError, ReadTimeoutError

from crm.dynamodb import patience
from crm.dynamodb.botocore_private import scripted_answer, signed_request
from crm.dynamodb.connections import begin_request, can_go_out_again, new_pool, was_sent

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import ReadOnlyCredentials
    from botocore.hooks import BaseEventHooks

type Response = dict[str, object]

CONNECT_SECONDS = 1
READ_SECONDS = 2
# Describing a table of millions of items takes an embedded engine seconds: it counts them.
TABLE_SECONDS = 60
_OF_TABLES = ("Create", "DeleteTable", "Describe", "UpdateContinuous", "UpdateTimeToLive")
# The most to wait before each further attempt, in seconds.
PAUSES = (0.04, 1.0, 2.0)
# Shorter than anybody drops idle connections after.
IDLE_SECONDS = 20.0
# What was not done, and may go well a moment later. Anything else below 500 is final.
_TRANSIENT = {
    "429",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "RequestTimeoutException",
    "Throttling",
    "ThrottlingException",
    "TransactionInProgressException",
}


class Service(NamedTuple):
    """A service of AWS: its name, the prefix of its operations, its version of JSON."""

    name: str
    prefix: str
    json: str


class Place(NamedTuple):
    """Where a service is asked, and as whom; ``authorities`` is the file of those trusted.

    ``credentials`` returns what to sign with at this moment, ``None`` if there is nothing.
    """

    url: str
    region: str
    authorities: str
    credentials: Callable[[], "ReadOnlyCredentials | None"]
    agent: str = ""
    events: "BaseEventHooks | None" = None


class UnansweredError(Exception):
    """No answer came, or none of use; it ``may_be_done`` all the same."""

    may_be_done = True


class RefusedError(Exception):
    """The service answered with an error: its ``code``, and the ``answer``."""

    def __init__(self, status: int, answer: Response) -> None:
        self.answer = answer
        self.code = str(answer.get("__type", "")).rpartition("#")[2] or str(status)
        self.may_be_done = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        self.is_final = not self.may_be_done and self.code not in _TRANSIENT
        super().__init__(self.code)


class Transport:
    """Asks one service. Safe for threads."""

    def __init__(self, service: Service, place: Place, pauses: tuple[float, ...] = PAUSES) -> None:
        self.url = place.url if urlsplit(place.url).path else f"{place.url}/"
        self.service = service
        self._place = place
        self._pauses = pauses
        self._lock = Lock()
        self._pool = new_pool(self.url, place.authorities)
        self._used_at = time()

    def ask(self, method: str, parameters: Response, *, is_repeatable: bool = True) -> Response:
        """Do a request, such as ``get_item``, again and again if need be; return the answer.

        What may be done already is done again only if it is repeatable. Raises
        ``RefusedError`` for an error that the service answers, ``UnansweredError``, and the
        ``BotoCoreError`` of credentials that cannot be found.
        """
        operation = "".join(part.title() for part in method.split("_"))
        body = orjson.dumps(parameters, default=_base64)
        for pause in (*self._pauses, None):
            sent_at = monotonic()
            try:
                return self._attempt(operation, body)
            except (RefusedError, UnansweredError) as error:
                failed: RefusedError | UnansweredError = error
            except ReadTimeoutError as error:
                failed = UnansweredError(f"{self.url} does not answer: {error}")
                failed.may_be_done = was_sent()
                if not patience.is_left(sent_at):
                    raise failed from error
            except HTTPError as error:
                failed = UnansweredError(f"{self.url} cannot be asked: {error}")
                failed.may_be_done = was_sent()
            is_final = isinstance(failed, RefusedError) and failed.is_final
            if pause is None or is_final or (failed.may_be_done and not is_repeatable):
                raise failed
            sleep(uniform(0, pause))  # noqa: S311 - not a secret
        raise AssertionError  # The last round returned or raised.

    def close(self) -> None:
        """End the connections that nobody uses just now."""
        self._drop(self._pool)

    def _attempt(self, operation: str, body: bytes) -> Response:
        request = self._signed_request(operation, body)
        if events := self._place.events:
            scripted = scripted_answer(events, self.service.name, operation, request)
            if scripted:
                return _read(scripted.status_code, scripted.content)
        headers = {name: str(text) for name, text in request.headers.items()}
        seconds = TABLE_SECONDS if operation.startswith(_OF_TABLES) else READ_SECONDS
        try:
            answer = self._post(headers, body, seconds)
        except (ProtocolError, ClosedPoolError):
            if not can_go_out_again():
                raise
            answer = self._post(headers, body, seconds)
        checksum = answer.headers.get("x-amz-crc32")
        if checksum is not None and checksum != str(crc32(answer.data)):
            raise UnansweredError("The answer was damaged on its way.")
        return _read(answer.status, answer.data)

    def _signed_request(self, operation: str, body: bytes) -> "AWSRequest":
        credentials = self._place.credentials()
        if credentials is None:
            raise NoCredentialsError
        headers = {
            "Content-Type": f"application/x-amz-json-{self.service.json}",
            "X-Amz-Target": f"{self.service.prefix}.{operation}",
        }
        if self._place.agent:
            headers["User-Agent"] = self._place.agent
        return signed_request(
            self.url,
            headers,
            body,
            credentials=credentials,
            service=self.service.name,
            region=self._place.region,
        )

    def _post(self, headers: dict[str, str], body: bytes, seconds: float) -> BaseHTTPResponse:
        pool = self._pool
        # By the wall clock: others stand still while a function is frozen.
        idle = time() - self._used_at
        if not 0 <= idle <= IDLE_SECONDS:
            self._drop(pool)
            pool = self._pool
        self._used_at = time()
        begin_request()
        # A proxy of plain HTTP, and it alone, is told the whole address.
        is_told = pool.proxy and pool.scheme == "http" and self.url.startswith("http:")
        target = self.url if is_told else urlsplit(self.url).path
        timeout = Timeout(connect=CONNECT_SECONDS, read=seconds)
        try:
            return pool.urlopen(
                "POST",
                target,
                body,
                headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=timeout,
            )
        except (ProtocolError, ReadTimeoutError):
            self._drop(pool)
            raise
        finally:
            self._used_at = time()

    def _drop(self, pool: HTTPConnectionPool) -> None:
        """Begin a new pool, unless somebody did who used the same one."""
        with self._lock:
            if self._pool is not pool:
                return
            self._pool = new_pool(self.url, self._place.authorities)
        pool.close()


def _read(status: int, body: bytes) -> Response:
    try:
        answer: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if status != HTTPStatus.OK:
        raise RefusedError(status, answer if isinstance(answer, dict) else {})
    if not isinstance(answer, dict):
        raise UnansweredError("What answers at the endpoint is not AWS, or damages its answers.")
    return answer


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)
