"""Files of translations, as far as tests look at them."""

import ast
import re
from collections.abc import Iterator

# What an attribute of a template does not bear: nothing escapes a translation there.
UNSAFE = '"<&'
_TEXT = re.compile(r'^(msgid|msgid_plural|msgstr(?:\[\d+\])?)? *(".*")$')


def unsafe(catalog: str) -> list[str]:
    """Return the translations that hold what breaks a page and their original does not."""
    return [
        translation
        for original, translation in _pairs(catalog)
        if original and any(mark in translation and mark not in original for mark in UNSAFE)
    ]


def _pairs(catalog: str) -> Iterator[tuple[str, str]]:
    """Yield originals with their translations: all forms of a plural count as one original."""
    for entry in re.split(r"\n\s*\n", catalog):
        texts: list[tuple[str, str]] = []
        for line in entry.splitlines():
            if not (found := _TEXT.match(line)):
                # Such as a context: its further lines are no text either.
                texts.append(("", ""))
            elif found[1]:
                texts.append((found[1], ast.literal_eval(found[2])))
            elif texts:
                kind, text = texts.pop()
                texts.append((kind, text + ast.literal_eval(found[2])))
        original = "".join(text for kind, text in texts if kind.startswith("msgid"))
        yield from ((original, text) for kind, text in texts if kind.startswith("msgstr"))
