"""Whether a person speaks in a message, or a program: then nothing may follow from it."""

from collections.abc import Set as AbstractSet

from crm.inbound.headers import Headers, parameters
from crm.inbound.mime import Part
from crm.inbound.models import Kind

# A message that went through more servers goes in a circle.
MAX_HOPS = 50
_NOTIFIERS = {"mailer-daemon", "postmaster", "mdaemon"}
_ANSWERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Auto-Reply-From")
_LISTS = ("List-Id", "List-Post", "X-Mailing-List", "Mailing-List")
_BULK = {"bulk", "junk", "list"}
_AUTOMATIC = {"auto_reply", "auto-reply", "autoreply"}


def kind_of(message: Part, sender: str, own: AbstractSet[str]) -> Kind:
    """Return what a message is; ``own`` are the addresses that we send from and receive at."""
    headers = message.headers
    if {sender.lower(), _unextended(sender)} & own or len(headers.all("Received")) > MAX_HOPS:
        return Kind.LOOP
    if _is_bounce(message, sender):
        return Kind.BOUNCE
    if _is_automatic(headers):
        return Kind.AUTOMATIC
    is_bulk = any(headers.all(name) for name in _LISTS) or headers.word("Precedence") in _BULK
    return Kind.BULK if is_bulk else Kind.ORDINARY


def _unextended(address: str) -> str:
    """Return an address without what stands behind the ``+`` before its ``@``."""
    local_part, _, domain = address.lower().partition("@")
    return f"{local_part.partition('+')[0]}@{domain}"


def _is_bounce(message: Part, sender: str) -> bool:
    headers = message.headers
    if headers.word("Content-Type") == "multipart/report":
        return _report_type(headers) != "disposition-notification"
    if headers.all("X-Failed-Recipients"):
        return True
    is_notifier = sender.lower().partition("@")[0] in _NOTIFIERS
    return is_notifier and (_has_no_return_path(headers) or not _says_automatic(headers))


def _is_automatic(headers: Headers) -> bool:
    if headers.word("Content-Type") == "multipart/report" or _has_no_return_path(headers):
        return True
    if headers.word("X-Auto-Response-Suppress") not in {"", "none"}:
        return True
    is_answer = any(headers.all(name) for name in _ANSWERS)
    return is_answer or _says_automatic(headers) or headers.word("Precedence") in _AUTOMATIC


def _says_automatic(headers: Headers) -> bool:
    return headers.word("Auto-Submitted") not in {"", "no"}


def _has_no_return_path(headers: Headers) -> bool:
    return any(value.strip() == "<>" for value in headers.all("Return-Path"))


def _report_type(headers: Headers) -> str:
    return parameters(headers.first("Content-Type")).get("report-type", "").lower()
