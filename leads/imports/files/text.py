"""The text of a file in its encoding, and its lines, with a way back to where a record begins."""

import codecs
from collections import deque
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import BinaryIO

from django.utils.translation import gettext as _

CHUNK = 64 * 1024
# Stands for bytes that are not in the chosen encoding; no encoding decodes to it.
MARK = "\udcff"
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
