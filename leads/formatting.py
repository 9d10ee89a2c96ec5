"""How values are written for people: ages, and what a search found in a text."""

from collections.abc import Collection
from datetime import UTC, datetime

from leads.repository.search_terms import fold, is_word_character

STEPS = ((31_536_000, "y"), (2_592_000, "mo"), (86_400, "d"), (3_600, "h"), (60, "min"))


def age(moment: datetime | None) -> str:
    """How long ago `moment` was, in its largest unit; "now" under a minute, "" for no moment."""
    if not moment:
        return ""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for size, unit in STEPS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


def word_spans(text: str, words: Collection[str]) -> list[tuple[int, int]]:
    """Return where in ``text`` a word begins with one of ``words``: (start, end) each, in order."""
    folded, origin = _folded_with_origins(text)
    found: list[tuple[int, int]] = []
    for start, letter in enumerate(folded):
        if not is_word_character(letter) or (start and is_word_character(folded[start - 1])):
            continue
        longest = max((len(word) for word in words if folded.startswith(word, start)), default=0)
        # One character may hold several words: ½ is 1 and 2.
        if longest and (not found or found[-1][1] <= origin[start]):
            last = start + longest
            found.append((origin[start], max(origin[last], origin[last - 1] + 1)))
    return found


def _folded_with_origins(text: str) -> tuple[str, list[int]]:
    """Fold a text, and return for each character of the result which one it comes from.

    One letter may fold to several or, a combining accent, to none: it then belongs to the
    letter before.
    """
    if text.isascii():
        return text.lower(), list(range(len(text) + 1))
    folded, origin = "", []
    for index, letter in enumerate(text):
        part = fold(letter)
        folded += part
        origin += [index] * len(part)
    return folded, [*origin, len(text)]
