"""Answers of DynamoDB as a test wants them, given below botocore's parser and retries."""

import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

type Answer = tuple[int, Mapping[str, object] | bytes]


class _Raw(BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


class Wire:
    """Scripted answers by operation, and the requests that were sent."""

    def __init__(self, dynamodb: "DynamoDBClient") -> None:
        self.sent: list[tuple[str, dict[str, object]]] = []
        self._answers: defaultdict[str, deque[Answer]] = defaultdict(deque)
        handler = cast("Callable[..., None]", self._send)
        dynamodb.meta.events.register_first("before-send.dynamodb", handler)

    def answer(self, operation: str, *answers: Answer) -> None:
        """Return these answers, one for each request of ``operation``, such as ``GetItem``."""
        self._answers[operation].extend(answers)

    def bodies(self, operation: str) -> list[dict[str, object]]:
        """Return the bodies that were sent for ``operation``."""
        return [body for name, body in self.sent if name == operation]

    def _send(self, request: AWSPreparedRequest, **_event: object) -> AWSResponse | None:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).split(".")[1]
        self.sent.append((operation, json.loads(cast("bytes", request.body))))
        if not self._answers[operation]:
            return None
        status, body = self._answers[operation].popleft()
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return AWSResponse(request.url, status, HTTPHeaders(), _Raw(raw))


def failure(code: str, message: str = "", **more: object) -> Answer:
    """Return an error answer as DynamoDB words it."""
    return 400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message, **more}
