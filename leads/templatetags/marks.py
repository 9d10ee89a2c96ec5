"""`{% load marks %}`: what a search found, marked in its text; where an address may break."""

from collections.abc import Collection

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from leads.formatting import word_spans

register = template.Library()


@register.filter
def mark_words(text: str, words: Collection[str]) -> str | SafeString:
    """Escape ``text`` and mark each beginning of a word that is one of the folded ``words``."""
    found = word_spans(text, words) if words else []
    if not found:
        return text
    ends = [0, *(end for _, end in found)]
    before = [text[end:start] for end, (start, _) in zip(ends, found, strict=False)]
    parts = [(left, text[start:end]) for left, (start, end) in zip(before, found, strict=True)]
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", parts), text[ends[-1] :])


@register.filter
def breakable(address: str) -> SafeString:
    """Escape ``address`` and let it break before its ``@``."""
    return format_html_join(SafeString("<wbr>@"), "{}", ([part] for part in address.split("@")))
