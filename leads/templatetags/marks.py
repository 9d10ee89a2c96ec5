"""`{% load marks %}`: what a search found, marked in the text it was found in."""

from collections.abc import Collection

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from leads.repository.search_terms import fold, in_word

register = template.Library()


@register.filter
def marked(text: str, words: Collection[str]) -> str | SafeString:
    """Escape ``text`` and mark each beginning of a word that is one of the folded ``words``."""
    found = spans(text, words) if words else []
    if not found:
        return text
    ends = [0, *(end for _, end in found)]
    before = [text[end:start] for end, (start, _) in zip(ends, found, strict=False)]
    parts = [(left, text[start:end]) for left, (start, end) in zip(before, found, strict=True)]
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", parts), text[ends[-1] :])


def spans(text: str, words: Collection[str]) -> list[tuple[int, int]]:
    """Give where in ``text`` a word begins with one of ``words``: (start, end) each, in order."""
    folded, origin = _folded(text)
    found: list[tuple[int, int]] = []
    for start, letter in enumerate(folded):
        if not in_word(letter) or (start and in_word(folded[start - 1])):
            continue
        longest = max((len(word) for word in words if folded.startswith(word, start)), default=0)
        # One character may hold several words: ½ is 1 and 2.
        if longest and (not found or found[-1][1] <= origin[start]):
            last = start + longest
            found.append((origin[start], max(origin[last], origin[last - 1] + 1)))
    return found


def _folded(text: str) -> tuple[str, list[int]]:
    """Fold a text, and give for each character of the result which one it comes from.

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
