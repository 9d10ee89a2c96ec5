"""What of an event of AWS Lambda is believed: its shape, who sent it, from where, for whom.

Address, host and scheme of a request are put where every other server of ours has them:
``Host``, ``X-Forwarded-For`` and ``X-Forwarded-Proto``. What the visitor wrote there, or
under a name that would become the same variable, is dropped. docs/adr/0027 has the reasons.
"""

import ipaddress
from collections.abc import Mapping
from hmac import compare_digest
from typing import Protocol
from urllib.parse import quote

from django.conf import settings

type Event = Mapping[str, object]

MALFORMED = "The request could not be read."
NO_REQUEST = "This is no HTTP request in payload format 2.0."
NOT_FROM_CLOUDFRONT = "This address is for CloudFront alone."
_FUNCTION_URL = ".lambda-url."
_OURS = {"forwarded", "host", "x-origin-secret", "x-real-ip", "x-request-id", "x-viewer-address"}
_OURS_BEGIN = ("x-forwarded-", "cloudfront-")


class Context(Protocol):
    """What Lambda says about an invocation."""

    @property
    def aws_request_id(self) -> str:
        """The id that Lambda's own lines in the log carry."""
        ...

    def get_remaining_time_in_millis(self) -> int:
        """Return the time until Lambda ends the invocation."""
        ...


class RefusedError(Exception):
    """An event that does not reach the application; the message is for its sender."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def trusted_event(event: Event, context: Context) -> dict[str, object]:
    """Return an event for apig-wsgi in which everything can be believed.

    Raises ``RefusedError``: 403 where CloudFront's secret is asked for and missing, 400 for
    an event that is no HTTP request in payload format 2.0.
    """
    match event:
        case {
            "version": "2.0",
            "rawPath": str(path),
            "rawQueryString": str(query),
            "headers": dict(given),
            "requestContext": {
                "domainName": str(domain),
                "http": {"method": str(method), "sourceIp": str(source)},
            },
        }:
            pass
        case _:
            raise RefusedError(400, NO_REQUEST)
    headers = {str(name).lower(): text for name, text in given.items()}
    cookies = event.get("cookies") or []
    body = event.get("body") or ""
    is_base64 = event.get("isBase64Encoded") is True
    if not (
        isinstance(cookies, list)
        and all(isinstance(text, str) for text in (*headers.values(), *cookies))
        and isinstance(body, str)
        and (body.isascii() or not is_base64)
    ):
        raise RefusedError(400, MALFORMED)
    host, address = _origin(headers, domain, source)
    ours = {
        "host": host,
        "x-forwarded-for": address,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        "x-request-id": context.aws_request_id,
    }
    try:
        return {
            "version": "2.0",
            "rawPath": _native(path if _FUNCTION_URL in domain else quote(path)),
            "rawQueryString": _native(query),
            "cookies": [_native(text) for text in cookies],
            "headers": {name: _native(text) for name, text in headers.items() if _may_pass(name)}
            | ours,
            "requestContext": {
                "http": {"method": method, "protocol": "HTTP/1.1", "sourceIp": address}
            },
            "body": body,
            "isBase64Encoded": is_base64,
        }
    except UnicodeEncodeError as error:
        # Half a surrogate pair: JSON can write one, UTF-8 cannot.
        raise RefusedError(400, MALFORMED) from error


def _origin(headers: Mapping[str, str], domain: str, source: str) -> tuple[str, str]:
    """Return the host that was asked for, and the visitor's address."""
    if not settings.ORIGIN_SECRET:
        return domain, source
    # While the secret is changed CloudFront sends the old word and the new one.
    given = headers.get("x-origin-secret", "").encode(errors="replace").split()
    known = [word.encode() for word in settings.ORIGIN_SECRET]
    # All of them, whichever fits.
    if not sum(compare_digest(word, ours) for word in given for ours in known):
        raise RefusedError(403, NOT_FROM_CLOUDFRONT)
    viewer = _address(headers.get("x-viewer-address", ""))
    return headers.get("x-forwarded-host", domain), viewer or source


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _may_pass(name: str) -> bool:
    # WSGI makes X-Forwarded-For and X_Forwarded_For one variable: servers drop the latter.
    return "_" not in name and name not in _OURS and not name.startswith(_OURS_BEGIN)


def _native(text: str) -> str:
    """Write a text as WSGI wants it: its UTF-8 bytes as if they were Latin-1."""
    return text if text.isascii() else text.encode().decode("latin-1")
