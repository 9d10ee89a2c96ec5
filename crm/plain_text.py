"""Texts as they are stored: with plain line breaks, and without what cannot be seen or typed."""

from django.utils.translation import gettext as _


def plain_text(text: str) -> str:
    """Return a text with plain line breaks. Raises ``ValueError`` for control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if any(character < " " and character not in "\n\t" for character in text):
        message = _("Control characters are not allowed.")
        raise ValueError(message)
    return text
