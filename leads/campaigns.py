"""What strangers tell of where they come from: cleaned, and never a reason to refuse a message.

Campaigns are one line, short, without control and invisible characters; addresses of pages have
neither query nor fragment nor credentials. What is not known is empty. ``docs/adr/0068`` has
the limits and why they are so.
"""

import re
from base64 import b32encode
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import SplitResult, urlsplit

from django.utils.encoding import uri_to_iri

from leads.addresses import without_invisible
from leads.attribution import ATTRIBUTES

MOST_BYTES = 230
"""What campaign and pages may have together, with the names of their attributes."""
# In bytes, the most telling first: what follows gets what is left.
_LIMITS = {
    "utm_source": 60,
    "page": 120,
    "utm_campaign": 60,
    "utm_medium": 40,
    "referrer": 80,
    "landing": 120,
    "utm_term": 40,
    "utm_content": 40,
}
_ADDRESSES = {"page", "landing", "referrer"}
# Of what is longer nothing is looked at but the beginning.
_MOST_READ = 2_000
_MORE = "…"
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.?|[0-9a-f:.]+")
# No name on the internet is longer.
_MOST_OF_HOST = 253
_KEY_LENGTH = 5


def clean_texts(given: Mapping[str, str]) -> dict[str, str]:
    """Return campaign, pages and referrer as they are kept; names that are none are left out.

    What is too long is cut, and ends in an ellipsis; what there is no room for is left out.
    """
    kept: dict[str, str] = {}
    room = MOST_BYTES
    for name, limit in _LIMITS.items():
        clean = _address if name in _ADDRESSES else clean_line
        text = clean(given.get(name, "")[:_MOST_READ])
        room_for_it = room - len(ATTRIBUTES[name])
        text = _cut(text, min(limit, room_for_it))
        if text:
            kept[name] = text
            room = room_for_it - len(text.encode())
    return kept


def clean_source(text: str) -> str:
    """Return a source as messages have it: how admins list one."""
    return _cut(clean_line(text[:_MOST_READ]), _LIMITS["utm_source"])


def source_key(text: str) -> str:
    """Return the short name of a source: the same one for capital and small letters."""
    return b32encode(sha256(text.casefold().encode()).digest())[:_KEY_LENGTH].decode().lower()


def clean_line(text: str) -> str:
    """Return a text as one line of what can be seen."""
    seen = (character if character.isprintable() else " " for character in without_invisible(text))
    return " ".join("".join(seen).split())


def origin_of(address: str) -> str:
    """Return scheme, host and port of a page's address; "" for what is none."""
    parts = _web_address(address[:_MOST_READ])
    return _origin(parts) if parts else ""


def host_of(address: str) -> str:
    """Return the host of a page's address, in letters; "" for what is none."""
    parts = _web_address(address[:_MOST_READ])
    return _host(parts) if parts else ""


def _address(text: str) -> str:
    parts = _web_address(text)
    return _origin(parts) + clean_line(uri_to_iri(parts.path)) if parts else ""


def _web_address(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(clean_line(text))
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return None
    is_web = parts.scheme in _PORTS and "\\" not in parts.netloc and has_port
    host = _host(parts)
    return parts if is_web and len(host) <= _MOST_OF_HOST and _HOST.fullmatch(host) else None


def _origin(parts: SplitResult) -> str:
    host = _host(parts)
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _host(parts: SplitResult) -> str:
    """Return a host with its labels in letters, as people read it."""
    return ".".join(map(_in_letters, (parts.hostname or "").split(".")))


def _in_letters(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        letters = label.encode().decode("idna")
    except UnicodeError:
        return label
    # Of what such a name is in letters, a part may be invisible: then it stays as it is.
    return letters if without_invisible(letters) == letters else label


def _cut(text: str, most: int) -> str:
    """Return a text of so many bytes at most: whole, or its beginning, or nothing of it."""
    if len(text.encode()) <= most:
        return text
    beginning = text.encode()[: max(most - len(_MORE.encode()), 0)].decode(errors="ignore")
    return f"{beginning.rstrip()}{_MORE}" if beginning.strip() else ""
