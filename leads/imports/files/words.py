"""Cells and words of a text that no dialect is known of yet."""

import re
import unicodedata

_BETWEEN_CELLS = re.compile(r"[,;\t|\"\r\n]+")


def cells_of(text: str) -> list[str]:
    """Return the cells of a text, whatever separates them; none is empty."""
    return [cell for part in _BETWEEN_CELLS.split(text) if (cell := part.strip())]


def plain_word(name: str) -> str:
    """Return the letters and digits of a name in lower case, with their accents."""
    folded = unicodedata.normalize("NFC", name.casefold())
    return "".join(character for character in folded if character.isalnum())
