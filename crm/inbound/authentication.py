"""Whether the server that received a message says that its sender's address is theirs.

It says so in ``Authentication-Results`` (RFC 8601), and so may anybody in theirs: only the
topmost of these headers counts, and only if it bears our server's name.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from crm.inbound.headers import MAX_VALUE, Headers

_PIECES = re.compile(r'"(?:[^"\\]|\\.)*+"|[()]|\\.|[^"()\\]+|["\\]', re.DOTALL)
_RESULT = re.compile(r"\s*([a-z0-9-]+)(?:/\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(r'\b(header|smtp)\.([a-z-]+)\s*=\s*"?([^\s;"]+)', re.IGNORECASE)
_TOP = "Authentication-Results"
# Of which property a method's domain is, the first of them that is there.
_DOMAINS = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom", "smtp.from")}


class _Result(NamedTuple):
    method: str
    outcome: str
    properties: Mapping[str, str]


def is_verified(headers: Headers, address: str, server: str) -> bool:
    """Tell whether ``server``, which is ours, vouches for the address of the only sender.

    By DMARC, or by DKIM or SPF for the address's own domain or one above it.
    """
    domain = _domain(address)
    if not (server and domain) or len(headers.all("From")) != 1:
        return False
    name, *parts = _without_comments(headers.first(_TOP)).split(";")
    if name.lower().split()[:1] != [server.lower()]:
        return False
    results = [result for part in parts if (result := _result(part))]
    policies = [result for result in results if result.method == "dmarc"]
    if policies:
        return all(result.outcome == "pass" and _is_of(result, domain) for result in policies)
    return any(result.outcome == "pass" and _is_aligned(result, domain) for result in results)


def _is_of(result: _Result, domain: str) -> bool:
    return _domain(result.properties.get("header.from", domain)) == domain


def _is_aligned(result: _Result, domain: str) -> bool:
    names = _DOMAINS.get(result.method, ())
    signed = next((_domain(value) for name in names if (value := result.properties.get(name))), "")
    # Whoever has a domain speaks for those below it, and nobody of these for it.
    return "." in signed and (domain == signed or domain.endswith(f".{signed}"))


def _result(part: str) -> _Result | None:
    found = _RESULT.match(part)
    if not found:
        return None
    properties = {f"{kind}.{name}".lower(): value for kind, name, value in _PROPERTY.findall(part)}
    return _Result(found[1].lower(), found[2].lower(), properties)


def _domain(address: str) -> str:
    """Return the domain of an address or of itself, as it travels."""
    domain = address.rpartition("@")[2].strip().rstrip(".").lower()
    try:
        return domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        return ""


def _without_comments(value: str) -> str:
    """Return a header without what stands in parentheses."""
    depth, kept = 0, []
    for piece in _PIECES.findall(value[:MAX_VALUE]):
        if piece in {"(", ")"}:
            depth = max(0, depth + (1 if piece == "(" else -1))
        elif not depth:
            # What a server was told, in quotes, separates nothing.
            kept.append(piece.replace(";", " ") if piece[0] == '"' else piece)
    return "" if depth else " ".join(kept)
