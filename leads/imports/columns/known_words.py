"""Names of columns that are known, by which files tell their encoding and their header."""

from functools import cache
from itertools import chain

from leads.imports.columns.headers import all_words
from leads.imports.columns.targets import targets
from leads.imports.files.words import plain_word


@cache
def known_words() -> frozenset[str]:
    """Return all names of columns that are known, as :func:`plain_word` writes them."""
    own = (name for target in targets().values() for name in target.synonyms.split("|"))
    listed = (names for words in all_words() for names in words.columns.values())
    words = map(plain_word, chain(own, chain.from_iterable(listed)))
    return frozenset(filter(None, words))
