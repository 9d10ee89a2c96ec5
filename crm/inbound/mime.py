"""The parts of a message: found by their boundaries, to a depth and a number, copying nothing."""

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from crm.inbound.headers import MAX_BLOCK, Headers, parameters, readable

MAX_DEPTH = 10
MAX_PARTS = 200
# Of a text, before it is decoded.
MAX_ENCODED = 1024 * 1024
_MULTIPART = "multipart/"
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_SOMETHING = re.compile(rb"\S")
_BLANK_LINES = (b"\n\n", b"\n\r\n")
# Bytes of base64 to a byte: four to three, and a line break after 76.
_BASE64_BYTES = 78 / 57


@dataclass(frozen=True)
class Part:
    """A part of a message: its headers, and where in ``raw`` its body stands."""

    raw: bytes = field(repr=False)
    headers: Headers
    start: int
    end: int
    children: Sequence["Part"] = ()
    # It is said to have parts, and nothing bounds them.
    is_unbounded: bool = False

    @property
    def content_type(self) -> str:
        """Its type, in small letters; plain text where none is named, or no part is found."""
        named = self.headers.word("Content-Type")
        return named if named.count("/") == 1 and not self.is_unbounded else "text/plain"

    @property
    def parameters(self) -> dict[str, str]:
        """What its type says besides, such as a charset."""
        return dict(parameters(self.headers.first("Content-Type")))

    @property
    def file_name(self) -> str:
        """The name of the file that it is, or nothing."""
        disposition = parameters(self.headers.first("Content-Disposition"))
        return disposition.get("filename") or self.parameters.get("name", "")

    @property
    def is_attached(self) -> bool:
        """Whether it comes beside the text, and is none of it."""
        if self.headers.word("Content-Disposition") == "attachment" or self.file_name:
            return True
        return self.content_type not in {"text/plain", "text/html"}

    @property
    def is_blank(self) -> bool:
        """Whether it holds nothing but white space."""
        return _SOMETHING.search(self.raw, self.start, self.end) is None

    @property
    def size(self) -> int:
        """About how many bytes it has once it is decoded."""
        encoded = self.end - self.start
        return int(encoded / _BASE64_BYTES) if self._encoding == "base64" else encoded

    @property
    def is_cut(self) -> bool:
        """Whether there is more of it than is ever decoded."""
        return self.end - self.start > MAX_ENCODED

    def decoded_bytes(self) -> bytes:
        """Return what it holds: what is longer than a long text is cut off."""
        data = self.raw[self.start : min(self.end, self.start + MAX_ENCODED)]
        if self._encoding == "base64":
            plain = _NO_BASE64.sub(b"", data)
            # A single character at the end says nothing, and would be refused.
            return binascii.a2b_base64(plain[: len(plain) - (len(plain) % 4 == 1)] + b"==")
        return binascii.a2b_qp(data) if self._encoding == "quoted-printable" else data

    def walk(self) -> Iterator["Part"]:
        """Yield the parts that hold something, in the order in which they stand."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.walk()

    @property
    def _encoding(self) -> str:
        return self.headers.word("Content-Transfer-Encoding")


class _Section(NamedTuple):
    start: int
    end: int


class _Budget:
    """How many parts may still be looked at."""

    def __init__(self) -> None:
        self.left = MAX_PARTS


def parts_of(raw: bytes) -> Part:
    """Return a message with its parts."""
    start = raw.find(b"\n") + 1 if raw[:5] == b"From " else 0
    return _part(raw, _Section(start, len(raw)), depth=0, budget=_Budget())


def _part(raw: bytes, section: _Section, *, depth: int, budget: _Budget) -> Part:
    budget.left -= 1
    body = _body_start(raw, section)
    headers = Headers(raw[section.start : min(body, section.start + MAX_BLOCK)])
    if depth >= MAX_DEPTH or not headers.word("Content-Type").startswith(_MULTIPART):
        return Part(raw, headers, body, section.end)
    boundary = parameters(headers.first("Content-Type")).get("boundary", "").rstrip()
    delimiter = b"--" + boundary.encode("utf-8", "replace")
    if not boundary or not any(_lines_with(raw, body, section.end, delimiter)):
        return Part(raw, headers, body, section.end, is_unbounded=True)
    children: list[Part] = []
    for inner in _sections(raw, body, section.end, delimiter):
        if not budget.left:
            break
        children.append(_part(raw, inner, depth=depth + 1, budget=budget))
    # Where nothing stands between its boundaries it holds nothing.
    end = section.end if children or not budget.left else body
    return Part(raw, headers, body, end, children)


def _body_start(raw: bytes, section: _Section) -> int:
    """Return where the headers of a section have ended."""
    if raw[section.start : section.start + 1] == b"\n":
        return section.start + 1
    if raw[section.start : section.start + 2] == b"\r\n":
        return section.start + 2
    end = section.end
    for blank in _BLANK_LINES:
        found = raw.find(blank, section.start, end)
        if found >= 0:
            end = found + len(blank)
    return end


def _sections(raw: bytes, start: int, end: int, delimiter: bytes) -> Iterator[_Section]:
    """Yield what stands between the lines with a boundary."""
    begin = None
    for line in _lines_with(raw, start, end, delimiter):
        if begin is not None and begin < line.start:
            yield _Section(begin, line.start)
        begin = line.end
        if raw.startswith(b"--", line.start + len(delimiter)):
            return
    if begin is not None:
        # Whatever should have ended it never came.
        yield _Section(begin, end)


def _lines_with(raw: bytes, start: int, end: int, delimiter: bytes) -> Iterator[_Section]:
    """Yield the lines that are a delimiter, or the closing one."""
    found = raw.find(delimiter, start, end)
    while found >= 0:
        line_end = raw.find(b"\n", found, found + len(delimiter) + 100)
        stop = end if line_end < 0 else line_end + 1
        rest = raw[found + len(delimiter) : min(stop, found + len(delimiter) + 100)]
        is_line = found == start or raw[found - 1 : found] == b"\n"
        if is_line and rest.strip() in {b"", b"--"}:
            yield _Section(found, stop)
        found = raw.find(delimiter, found + len(delimiter), end)


def name_of(part: Part) -> str:
    """Return the name of an attachment as its sender gave it, or nothing."""
    return readable(part.file_name)
