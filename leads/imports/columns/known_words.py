"""Names of columns that are known, by which files tell their encoding and their header."""

from functools import cache

from leads.imports.columns.targets import targets
from leads.imports.files.words import plain_word


@cache
def known_words() -> frozenset[str]:
    """Return all names of columns that are known, as :func:`plain_word` writes them."""
    names = (name for target in targets().values() for name in target.synonyms.split("|"))
    return frozenset(plain_word(name) for name in names)
