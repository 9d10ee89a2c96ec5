# ruff: noqa: RUF001 -- the colon of Chinese and Japanese
"""Where what somebody wrote ends, and what they answer begins."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

# So many lines that may begin a quote are looked at, in so many characters each.
MAX_LOOKED_AT = 50
MAX_CHARACTERS = 200
# What introduces a quote may be broken into so many lines.
_INTRODUCTION = 3
_HEADER_BLOCK = 5
_HEADER = re.compile(r"[>*\s]*[^\W\d_][\w ]{0,24}\s?[:：].*")
_RULE = re.compile(r"[>\s]*[-_]{5,}[^-_]{0,60}[-_]*\s*")


def split(text: str) -> tuple[str, str]:
    """Return what is new in a text, and what it quotes; answers between quotes stay new."""
    lines = text.split("\n")
    begin, end = _quote(lines)
    above, quoted, below = (
        "\n".join(part).strip("\n").rstrip()
        for part in (lines[:begin], lines[begin:end], lines[end:])
    )
    return "\n\n".join(filter(None, [above, below])), quoted


def _quote(lines: Sequence[str]) -> tuple[int, int]:
    """Return where the quote begins and has ended: nowhere, if answers stand within it."""
    introduced = next(_introductions(lines), None)
    marked = next((at for at, line in enumerate(lines) if _is_marked(line)), None)
    found = [at for at in (introduced, _with_date(lines, marked), marked) if at is not None]
    begin = min(found, default=len(lines))
    if marked is None or not _is_introduction(lines[begin:marked]):
        return begin, len(lines)
    answers = _changes(lines[marked:])
    if answers > 1:
        return len(lines), len(lines)
    return begin, _last_marked(lines) + 1 if answers else len(lines)


def _with_date(lines: Sequence[str], marked: int | None) -> int | None:
    """Return the line above the first with a mark, if it says in whatever language when."""
    above = [at for at in range(marked or 0) if lines[at].strip()][-2:]
    if not above or not lines[above[-1]].rstrip().endswith((":", "：")):
        return None
    # It may be broken in two.
    for begin in reversed(above):
        is_short = above[-1] - begin < _INTRODUCTION - 1 and len(lines[begin]) <= MAX_CHARACTERS
        if is_short and any(character.isdigit() for character in lines[begin]):
            return begin
    return None


def _is_introduction(lines: Sequence[str]) -> bool:
    """Tell whether these lines, above one with a mark, quote nothing themselves.

    What Outlook quotes has no marks, except those of older quotes.
    """
    return sum(bool(line.strip()) for line in lines) <= _INTRODUCTION


def _changes(lines: Sequence[str]) -> int:
    """Count how often text without marks follows some with them."""
    count, was_marked = 0, False
    for line in lines:
        if not line.strip():
            continue
        is_marked = _is_marked(line)
        count += was_marked and not is_marked
        was_marked = is_marked
    return count


def _last_marked(lines: Sequence[str]) -> int:
    return max(at for at, line in enumerate(lines) if _is_marked(line))


def _is_marked(line: str) -> bool:
    return line.lstrip().startswith(">")


def _introductions(lines: Sequence[str]) -> Iterator[int]:
    """Yield the lines with which programs introduce a quote, in any language that is known."""
    short = [line[:MAX_CHARACTERS].strip() for line in lines]
    looked_at = 0
    for at, line in enumerate(short):
        if looked_at == MAX_LOOKED_AT:
            return
        if line.endswith((":", "：")):
            looked_at += 1
            begin = _introduction(short, at)
            if begin is not None:
                yield begin
        elif _HEADER.fullmatch(line) and at + 1 < len(short) and _HEADER.fullmatch(short[at + 1]):
            looked_at += 1
            if _is_introduced(short[at : at + _HEADER_BLOCK], to_its_end=False):
                has_rule = at > 0 and _RULE.fullmatch(short[at - 1])
                yield at - 1 if has_rule else at
        elif _RULE.fullmatch(line):
            looked_at += 1
            if _is_introduced([line], to_its_end=True):
                yield at


def _introduction(lines: Sequence[str], end: int) -> int | None:
    """Return where an introduction begins that ends with a line."""
    for begin in range(end, max(end - _INTRODUCTION, -1), -1):
        if _is_introduced(lines[begin : end + 1], to_its_end=True):
            return begin
    return None


def _is_introduced(lines: Sequence[str], *, to_its_end: bool) -> bool:
    text = "\n".join(lines)
    found = _introduction_pattern().match(text)
    return bool(found and (found.end() == len(text) or not to_its_end))


@cache
def _introduction_pattern() -> re.Pattern[str]:
    # Compiling what is known of all languages takes a while, and most processes read no mail.
    # The package's own reader takes time that grows with the square of a line, and warns.
    from mailparser_reply.constants import (  # noqa: PLC0415
        GENERIC_MAIL_SEPARATOR,
        MAIL_LANGUAGES,
    )

    known = [
        words[name]
        for words in MAIL_LANGUAGES.values()
        for name in ("wrote_header", "from_header")
        if name in words
    ]
    return re.compile("|".join([*known, GENERIC_MAIL_SEPARATOR]), re.MULTILINE | re.IGNORECASE)
