"""What a search looks at: the words of a lead, and the prefixes that they are filed under.

A lead is filed under the beginnings of its words, at the lengths in ``LENGTHS``, and once
under the empty prefix. A word that is typed is looked up in its :func:`bucket`, the
longest such prefix of it, which holds every lead that has a word with this beginning.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from leads.fields import EMAIL, SPELLED_OUT
from leads.models import Lead
from leads.repository import registry

LENGTHS = (0, 2, 3, 5)
# A change of a lead writes the old and the new ones; a transaction takes 100 items.
MAX_TOKENS = 25
# So many words of each text come before the rest of any: no text crowds out the others.
FIRST_WORDS = 4
MAX_WORD = 40
# An item that holds them stays under 1 KB, and one write unit.
MAX_WORDS_BYTES = 700
# From here on one character says as much as a syllable or a word elsewhere.
_FIRST_IDEOGRAPH = "\u2e80"

# Words that are in so many leads that a prefix of their own would find little less than
# everything: they are filed under the empty prefix alone.
_COMMON = """
a about an and are as at be by can for from has have how i if in is it my of on or our that
the this to us we what when which with you your
auf aus bei der die ein eine einen einer es fur im ist mit nach oder sie und uns von wie wir
zu zum zur
au aux avec ce dans des du en est et la le les nous par pas pour que qui sur un une vous
al como con del el las los mas mi nos para por se sin sobre su una y
ag bv corp gmbh inc kft kg limited llc llp ltd nv oy plc pty sa sarl sas spa srl
aol gmail gmx googlemail hotmail icloud live mail msn outlook proton protonmail web yahoo
at au br ca ch cn co com de dk edu eu example fr gov ie info io it jp me net nl no org pl pt
ru se uk www
"""
COMMON = frozenset(_COMMON.split())
_BEGINNINGS = frozenset(word[:end] for word in COMMON for end in range(1, len(word) + 1))

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "æ": "ae", "đ": "d", "ð": "d", "œ": "oe", "þ": "th", "ħ": "h"}
    | {"\u0131": "i"}
)
_ASCII_WORD = re.compile("[a-z0-9]+")
# Modifier letters, which stand for sounds between others; the kashida, which stretches a word;
# what chooses among shapes of a letter; letters that show nothing. Signs that are letters, as in
# Japanese and Thai, stay.
_UNTYPED = re.compile(
    "[\u02b0-\u02ff\u0640\u034f\u115f\u1160\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
# What some write within a word, others leave out, and to others is a gap.
_JOINT = re.compile(
    "['`\u00b4\u2018\u2019\u201b\uff07\u02b0-\u02ff\u00ad\u200b-\u200f\u2060\ufeff]"
)


def fold(text: str) -> str:
    """Return ``text`` without case, accents and other differences that nobody types."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", _UNTYPED.sub("", text)).casefold()
    plain = _UNTYPED.sub("", unicodedata.normalize("NFKD", plain))
    return "".join(part for part in plain if not _is_unseen(part)).translate(_LETTERS)


def _is_unseen(part: str) -> bool:
    return bool(unicodedata.combining(part)) or unicodedata.category(part) == "Cf"


def words(text: str) -> list[str]:
    """Return the words of ``text``, folded, each once: runs of letters and digits.

    They are what somebody looks for; a lead is found by its :func:`filed_words`.
    """
    folded = fold(text)
    if not folded.isascii():
        # Vowels of Indic scripts are marks that belong to the letter before.
        folded = "".join(part if is_word_character(part) else " " for part in folded)
        return _unique(folded.split())
    return _unique(_ASCII_WORD.findall(folded))


def filed_words(text: str) -> list[str]:
    """Return the words that ``text`` is found by, whichever way their joints are typed.

    With an apostrophe, a modifier letter or an invisible character in it, a word is filed in
    its parts and whole: somebody looks for O'Brien, Brien or OBrien.
    """
    if not _JOINT.search(text):
        return words(text)
    return _unique([*words(text), *words(_JOINT.sub(" ", text)), *words(_JOINT.sub("", text))])


def is_joint(letter: str) -> bool:
    """Tell whether what follows a character within a word may be looked for by itself."""
    return bool(_JOINT.fullmatch(letter))


def searched_texts(lead: Lead) -> tuple[str, ...]:
    """Return what is searched of any lead, as people read it, the most telling text first."""
    return tuple(
        lead.readable_email if field is EMAIL else lead.text(field.name)
        for field in SPELLED_OUT
        if field.searched
    )


def searched_values(lead: Lead) -> tuple[str, ...]:
    """Return what is searched of the custom fields of a lead, in their order.

    Costs what the registry costs, and nothing for a lead without such values.
    """
    if not lead.custom:
        return ()
    return tuple(lead.text(field.name) for field in registry.current().rows if field.searched)


def lead_words(lead: Lead) -> list[str]:
    """Return the words that a lead is found by, best first; those of custom fields come last.

    Those that do not fit into ``MAX_TOKENS`` and ``MAX_WORDS_BYTES`` are left out.
    """
    found: list[str] = []
    filed = {""}
    size = 0
    own, custom = searched_texts(lead), searched_values(lead)
    for word in _best_words_first(*([*map(filed_words, texts)] for texts in (own, custom))):
        more = filed.union(prefixes(word))
        more_size = size + 1 + len(word.encode())
        if len(more) <= MAX_TOKENS and more_size <= MAX_WORDS_BYTES:
            found.append(word)
            filed, size = more, more_size
    return found


def _best_words_first(*groups: Sequence[Sequence[str]]) -> list[str]:
    """Return the words of groups of texts, each once: common ones tell the least."""
    found: list[str] = []
    for texts in groups:
        found += [word for text in texts for word in text[:FIRST_WORDS]]
        found += [word for text in texts for word in text[FIRST_WORDS:]]
    return sorted(dict.fromkeys(found), key=COMMON.__contains__)


# Those of the rows of a file are much the same.
@lru_cache(maxsize=4096)
def prefixes(word: str) -> tuple[str, ...]:
    """Return the prefixes that a lead with this word is filed under."""
    if word in COMMON:
        return ("",)
    return tuple(word[:length] for length in _lengths(word) if length <= len(word))


def bucket(word: str) -> str:
    """Return the one prefix under which all leads with a word that begins so are filed."""
    return "" if word in _BEGINNINGS else prefixes(word)[-1]


def beginning(word: str) -> str:
    """Return what :func:`joined_words` words contain if one of them begins so."""
    return f" {word}"


def joined_words(found: Sequence[str]) -> str:
    """Put words into one text, each after a space."""
    return "".join(f" {word}" for word in found)


def has_words(lead: Lead, wanted: Sequence[str]) -> bool:
    """Tell whether each of the ``wanted`` words is the beginning of a word of the lead."""
    texts = (*searched_texts(lead), *searched_values(lead))
    text = joined_words(filed_words("\n".join(texts)))
    return all(beginning(word) in text for word in wanted)


def _lengths(word: str) -> Iterator[int]:
    for length in LENGTHS:
        yield length
        if length == 0 and word[:1] >= _FIRST_IDEOGRAPH:
            yield 1


def is_word_character(part: str) -> bool:
    """Tell whether a character of a folded text belongs to a word."""
    return part.isalnum() or unicodedata.category(part)[0] == "M"


def _unique(found: list[str]) -> list[str]:
    return list(dict.fromkeys(word[:MAX_WORD] for word in found))
