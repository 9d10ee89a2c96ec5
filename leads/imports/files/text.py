"""The text of a file in its encoding, and its lines, with a way back to where a record begins."""

import codecs
import re
from collections import deque
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

CHUNK = 64 * 1024
_BEGINNING = 2000
# Stands for bytes that are not in the chosen encoding; no encoding decodes to it.
MARK = "\udcff"
_KNOWN = {
    b"%PDF": gettext_lazy("This is a PDF: export the leads as CSV and try again."),
    b"\x89PNG": gettext_lazy("This is a picture: choose a file of leads."),
    b"\xff\xd8\xff": gettext_lazy("This is a picture: choose a file of leads."),
    b"\x1f\x8b": gettext_lazy("This file is compressed: unpack it and try again."),
}
# How a text begins that is no table, whatever its file is called.
_NO_TABLES = (
    (
        re.compile(r"begin:vcard", re.IGNORECASE),
        gettext_lazy("This is a vCard, not a table: export the contacts as CSV and try again."),
    ),
    (
        re.compile(r"begin:vcalendar", re.IGNORECASE),
        gettext_lazy("This is a calendar, not a table: export the contacts as CSV and try again."),
    ),
    (
        re.compile(
            r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*+<(!doctype\s+html|html|head|meta|body|style|div|table)\b",
            re.IGNORECASE | re.DOTALL,
        ),
        gettext_lazy("This is HTML, a web page: export the leads as CSV and try again."),
    ),
    (
        re.compile(r"<[?!a-z]", re.IGNORECASE),
        gettext_lazy("This is XML, not a table: export the leads as CSV and try again."),
    ),
    (
        re.compile(
            r"(from|to|cc|date|subject|received|return-path|delivered-to|mime-version|message-id"
            r"|x-[\w-]+):[^\n]*\n([\w-]+:|[ \t])",
            re.IGNORECASE,
        ),
        gettext_lazy("This is an e-mail, not a table: export the contacts as CSV and try again."),
    ),
    (
        re.compile(r"(--|/\*)[^\n]*(dump|sql)|(insert\s+into|create\s+table)\s", re.IGNORECASE),
        gettext_lazy("This is SQL, not a table: export the leads as CSV and try again."),
    ),
    (
        re.compile(r"\{\\rtf"),
        gettext_lazy("This is a text document (RTF): export the leads as CSV and try again."),
    ),
    (
        re.compile(r"(dn|version): ?\S[^\n]*\n[^\n]*(dn|objectclass|cn):", re.IGNORECASE),
        gettext_lazy("This is LDIF, not a table: export the contacts as CSV and try again."),
    ),
    (
        re.compile(r"\[\s*[{\]]"),
        gettext_lazy("This is a JSON list: write each object on a line of its own."),
    ),
)
# Escapes within other text: no file is written in them.
_NO_FILES = {"idna", "punycode", "unicode_escape", "raw_unicode_escape"}


class UnreadableFileError(Exception):
    """A file that holds no rows; the text says why, for people."""


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return bad.decode("cp1252", "replace"), error.end


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK, error.end


codecs.register_error("leadbook-windows", _as_windows)
codecs.register_error("leadbook-mark", _mark_undecodable)


def chosen_encoding(name: str) -> str:
    """Check an encoding that somebody chose; raises :class:`UnreadableFileError`."""
    try:
        "a".encode(name)
        encoding = codecs.lookup(name).name
    except (LookupError, ValueError):
        encoding = ""
    if not encoding or encoding.replace("-", "_") in _NO_FILES:
        raise UnreadableFileError(
            _("There is no encoding called “%(name)s”.") % {"name": name[:40]}
        )
    return encoding


def refuse_known(start: bytes, sample: str) -> None:
    """Raise :class:`UnreadableFileError` for what people pick by mistake."""
    for magic, text in _KNOWN.items():
        if start.startswith(magic):
            raise UnreadableFileError(str(text))
    beginning = sample[:_BEGINNING].lstrip("\ufeff \t\r\n")
    for pattern, text in _NO_TABLES:
        if pattern.match(beginning):
            raise UnreadableFileError(str(text))


def decode_pieces(
    start: bytes, stream: BinaryIO, encoding: str, *, is_detected: bool
) -> Iterator[str]:
    """Yield the text in pieces, the first one for the bytes read already.

    In a file that began as UTF-8, other bytes further on are read as Windows-1252; in an
    encoding that was chosen, they become :data:`MARK`. Raises :class:`UnreadableFileError`.
    """
    errors = "leadbook-windows" if is_detected and encoding.startswith("utf-8") else "leadbook-mark"
    if is_detected and encoding == "cp1252":
        errors = "replace"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    piece = start
    try:
        while piece:
            yield decoder.decode(piece)
            piece = stream.read(CHUNK)
        yield decoder.decode(b"", final=True)
    except ValueError as error:
        raise UnreadableFileError(
            _("The file is not written in %(encoding)s.") % {"encoding": encoding}
        ) from error


# Characters of one line, and of all lines of a record: far above any that can be imported.
MAX_RECORD = 4 * 1024 * 1024


class UnclosedError(Exception):
    """A record does not end: its quote is never closed."""


def lines_of(texts: Iterable[str]) -> Iterator[str]:
    r"""Cut at ``\n``, ``\r\n`` and ``\r``, mixed or not, and keep these ends.

    Of a line longer than ``MAX_RECORD`` characters the rest is left out.
    """
    rest, is_overlong = "", False
    for text in texts:
        whole = rest + text
        # A last "\r" may be half of "\r\n".
        held = whole[-1:] == "\r"
        lines = list(StringIO(whole[:-1] if held else whole, newline=""))
        rest = "\r" if held else ""
        if lines and not lines[-1].endswith(("\n", "\r")):
            rest = lines.pop() + rest
        for line in lines:
            if not is_overlong:
                yield line
            is_overlong = False
        if len(rest) > MAX_RECORD:
            if not is_overlong:
                yield rest[:MAX_RECORD]
            rest, is_overlong = rest[-1:] if held else "", True
    if rest and not is_overlong:
        yield rest


class Feed:
    """Lines for ``csv.reader``, which asks for as many as a record takes."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._fed: list[str] = []
        self._size = 0
        self._number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Return the next line; raises :class:`UnclosedError` if the record has no end."""
        if self._size > MAX_RECORD:
            raise UnclosedError
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None:
            if self._fed:
                raise UnclosedError
            raise StopIteration
        self._number += 1
        self._fed.append(line)
        self._size += len(line)
        return line

    def begin(self) -> int:
        """Begin a record; returns the number of its first line, from 1."""
        self._fed, self._size = [], 0
        return self._number + 1

    def give_back(self) -> str:
        """Take back all lines of the record but the first, and return that one."""
        first, *others = self._fed
        self._again.extendleft(reversed(others))
        self._number -= len(others)
        return first.rstrip("\r\n")
