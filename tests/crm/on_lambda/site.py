"""The application as Lambda calls it: recorded events, a context, and answers taken apart."""

import copy
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from django.conf import LazySettings
from django.core.handlers.wsgi import WSGIHandler

from crm.on_lambda.events import Event
from crm.on_lambda.serving import serve

RECORDED = Path(__file__).parent / "events"
SECRET = "the-word-of-this-distribution-0123456789"
HOST = "d111111abcdef8.cloudfront.net"
REQUEST_ID = "8f507cfc-5b6e-4d8a-9b6f-0a1b2c3d4e5f"

type Ask = Callable[..., "Answer"]


@dataclass
class Context:
    """What Lambda hands over besides the event; ``remaining`` is asked for once a chunk."""

    aws_request_id: str = REQUEST_ID
    remaining: list[int] = field(default_factory=lambda: [29_000])

    def get_remaining_time_in_millis(self) -> int:
        """Return the next of ``remaining``, the last one again and again."""
        return self.remaining.pop(0) if len(self.remaining) > 1 else self.remaining[0]


@dataclass
class Answer:
    """What a function's answer stands for."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def recorded(name: str, **changes: object) -> dict[str, object]:
    """Return a recorded event, with other values for some fields; ``headers`` are added."""
    event: dict[str, object] = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    headers = cast("dict[str, str]", event.get("headers", {}))
    headers |= cast("dict[str, str]", changes.pop("headers", {}))
    about = copy.deepcopy(cast("dict[str, dict[str, object]]", event.get("requestContext", {})))
    if method := changes.pop("method", None):
        about["http"]["method"] = method
    return event | {"headers": headers, "requestContext": about} | changes


def form(text: str) -> dict[str, object]:
    """Return the fields of an event for a form that is sent."""
    return {
        "method": "POST",
        "headers": {"content-type": "application/x-www-form-urlencoded"},
        "body": b64encode(text.encode()).decode(),
        "isBase64Encoded": True,
    }


def on_lambda(settings: LazySettings) -> Ask:
    """Set what crm.settings sets on Lambda behind CloudFront, and return what asks there."""
    settings.ALLOWED_HOSTS = [".cloudfront.net", ".on.aws", ".amazonaws.com"]
    settings.BEHIND_TLS_PROXY = True
    settings.ORIGIN_SECRET = [SECRET]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    static = settings.MIDDLEWARE.index("whitenoise.middleware.WhiteNoiseMiddleware")
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:static],
        "crm.on_lambda.answers.OnePieceMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        *settings.MIDDLEWARE[static + 1 :],
    ]
    handle = serve(WSGIHandler())

    def ask(event: Event, context: Context | None = None) -> Answer:
        # Lambda writes both as JSON.
        sent = json.loads(json.dumps(event))
        given = json.loads(json.dumps(handle(sent, context or Context())))
        body = given["body"]
        is_binary = given.get("isBase64Encoded", False)
        decoded = b64decode(body) if is_binary else body.encode()
        return Answer(given["statusCode"], given["headers"], given.get("cookies", []), decoded)

    return ask
