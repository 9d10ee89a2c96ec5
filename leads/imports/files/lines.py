"""Lines of a text that comes in pieces, with a way back to the beginning of a record."""

from collections import deque
from collections.abc import Iterable, Iterator
from io import StringIO

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
        """Give the next line; raises :class:`UnclosedError` if the record has no end."""
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
        """Begin a record; gives the number of its first line, from 1."""
        self._fed, self._size = [], 0
        return self._number + 1

    def give_back(self) -> str:
        """Take back all lines of the record but the first, and give that one."""
        first, *others = self._fed
        self._again.extendleft(reversed(others))
        self._number -= len(others)
        return first.rstrip("\r\n")
