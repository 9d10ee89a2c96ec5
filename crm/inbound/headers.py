"""The headers of a message or of a part, as far as anybody can read them."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import getaddresses, parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from crm.inbound.charsets import decoded, one_line
from crm.inbound.models import MAX_LINE, Mailbox

MAX_BLOCK = 256 * 1024
# Of one header; those that name receivers or messages may be many.
MAX_VALUE = 4_000
MAX_LIST = 64 * 1024
MAX_RECEIVERS = 500
MAX_REFERENCES = 50
# A line of a header has at most 998 bytes.
_IDS = re.compile(r"<([^<>\s]{1,998})>")
_BETWEEN = re.compile(r"[\s<>,;:\"()\[\]]+")
_PARAMETER = re.compile(r';\s*([^\s=;"]++)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|([^;]*))', re.DOTALL)
_SECTION = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Headers:
    """Headers by their names, in the order in which they stand."""

    def __init__(self, block: bytes) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in _unfolded(block[:MAX_BLOCK]):
            self._values.setdefault(name, []).append(value)

    def all(self, name: str) -> list[str]:
        """Return the values of a header, the topmost first, as they travel."""
        return self._values.get(name.lower(), [])

    def first(self, name: str) -> str:
        """Return the first value of a header, or nothing."""
        return self.all(name)[0][:MAX_VALUE] if self.all(name) else ""

    def word(self, name: str) -> str:
        """Return what a header says before its parameters, in small letters."""
        return self.first(name).partition(";")[0].strip().lower()

    def line(self, name: str, limit: int = MAX_LINE) -> str:
        """Return the first value of a header as people read it."""
        return one_line(readable(self.first(name)), limit)


def readable(value: str) -> str:
    """Return a header's value with its encoded words decoded."""
    value = " ".join(value.splitlines())
    try:
        parts = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(
        part if isinstance(part, str) else decoded(part, charset or "") for part, charset in parts
    )


def mailboxes(value: str) -> list[Mailbox]:
    """Return the addresses of a header with their names; nothing of what is malformed."""
    try:
        found = getaddresses([value[:MAX_VALUE]])
    except (IndexError, RecursionError, ValueError):
        return []
    return [
        Mailbox(address=one_line(address, MAX_LINE), name=one_line(readable(name), MAX_LINE))
        for name, address in found
        if "@" in address
    ]


def addresses_in(values: list[str]) -> Iterator[str]:
    """Yield whatever looks like an address in headers, in small letters."""
    for value in values:
        for word in _BETWEEN.split(value[:MAX_LIST]):
            local_part, _, domain = word.partition("@")
            if local_part and domain and len(word) <= MAX_LINE:
                yield one_line(word, MAX_LINE).lower()


def message_ids(value: str) -> list[str]:
    """Return the ids of messages in a header, without their brackets."""
    return _IDS.findall(value[:MAX_LIST])


def moment(value: str) -> datetime | None:
    """Return the date of a header; ``None`` for what is none."""
    try:
        read = parsedate_to_datetime(value[:100])
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ArithmeticError, IndexError, TypeError, ValueError):
        return None


def parameters(value: str) -> Mapping[str, str]:
    """Return the parameters of a header, those in pieces or with a charset put together."""
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for name, quoted, bare in _PARAMETER.findall(value[:MAX_VALUE]):
        found = _SECTION.fullmatch(name.lower())
        text = _ESCAPED.sub(r"\1", quoted) if quoted else bare.strip()
        if found:
            base, number, is_encoded = found.groups()
            sections.setdefault(base, []).append((int(number or 0), bool(is_encoded), text))
    return {name: _joined(parts) for name, parts in sections.items()}


def _joined(parts: list[tuple[int, bool, str]]) -> str:
    parts.sort(key=lambda part: part[0])
    if not any(is_encoded for _, is_encoded, _ in parts):
        return readable("".join(text for _, _, text in parts))
    charset, data = "", b""
    for number, is_encoded, text in parts:
        rest = text
        if is_encoded and number == 0 and text.count("'") > 1:
            charset, _, rest = text.split("'", 2)
        encoded = rest.encode(errors="replace")
        data += unquote_to_bytes(encoded) if is_encoded else encoded
    return decoded(data, charset)


def _unfolded(block: bytes) -> Iterator[tuple[str, str]]:
    """Yield each header of a block; lines that belong to none are passed over."""
    name, pieces = "", [b""]
    for line in block.split(b"\n"):
        if line[:1] in {b" ", b"\t"}:
            pieces.append(line.strip())
            continue
        if name:
            yield name, decoded(b" ".join(pieces))
        before, colon, value = line.partition(b":")
        before = before.strip()
        is_header = colon and before and b" " not in before
        name = before.decode("ascii", "replace").lower() if is_header else ""
        pieces = [value.strip()]
    if name:
        yield name, decoded(b" ".join(pieces))
