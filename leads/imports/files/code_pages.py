"""Which code page a text that is no Unicode was written in, and how sure that is.

Each page decodes the text, and each of its languages says how probable the result would be.
Where no page leads clearly, people are asked.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from leads.imports.files import alphabets
from leads.imports.files.alphabets import Costs
from leads.imports.files.words import cells_of, plain_word

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class CodePage:
    """An encoding of spreadsheets, with what its ``languages`` (as browsers name them) write.

    One that is not ``can_be_chosen`` is offered, and never taken unasked; one that ``is_rare``
    has to be much more probable than others.
    """

    encoding: str
    label: "StrOrPromise"
    alphabets: list[Costs]
    languages: str = ""
    can_be_chosen: bool = True
    is_rare: bool = False


CODE_PAGES = (
    CodePage("cp1252", _("Western European (Windows-1252)"), alphabets.WESTERN),
    CodePage(
        "cp1250",
        _("Central European (Windows-1250)"),
        alphabets.CENTRAL,
        "pl cs sk hu hr sl bs ro sq",
    ),
    CodePage("cp1251", _("Cyrillic (Windows-1251)"), alphabets.CYRILLIC, "ru uk bg sr be mk kk"),
    CodePage("cp1253", _("Greek (Windows-1253)"), alphabets.GREEK, "el"),
    CodePage("cp1254", _("Turkish (Windows-1254)"), alphabets.TURKISH, "tr az"),
    CodePage("cp1257", _("Baltic (Windows-1257)"), alphabets.BALTIC, "lt lv et"),
    CodePage("cp1255", _("Hebrew (Windows-1255)"), alphabets.HEBREW, "he iw yi"),
    CodePage("cp1256", _("Arabic (Windows-1256)"), alphabets.ARABIC, "ar fa ur"),
    CodePage("cp932", _("Japanese (Shift JIS)"), alphabets.JAPANESE, "ja"),
    CodePage("cp949", _("Korean (Windows-949)"), alphabets.KOREAN, "ko"),
    CodePage("gb18030", _("Chinese, simplified (GB 18030)"), alphabets.SIMPLIFIED, "zh"),
    CodePage("cp950", _("Chinese, traditional (Big5)"), alphabets.TRADITIONAL, "zh"),
    *(
        CodePage(encoding, label, letters, can_be_chosen=False)
        for encoding, label, letters in (
            ("mac_roman", _("Western European (Mac)"), alphabets.WESTERN),
            ("cp850", _("Western European (DOS)"), alphabets.WESTERN),
            ("cp437", _("American (DOS)"), alphabets.WESTERN),
            ("iso8859_2", _("Central European (ISO 8859-2)"), alphabets.CENTRAL),
            ("cp852", _("Central European (DOS)"), alphabets.CENTRAL),
            ("koi8_r", _("Cyrillic (KOI8-R)"), alphabets.CYRILLIC),
            ("cp866", _("Cyrillic (DOS)"), alphabets.CYRILLIC),
            ("mac_cyrillic", _("Cyrillic (Mac)"), alphabets.CYRILLIC),
        )
    ),
    *(
        CodePage(encoding, label, letters, can_be_chosen=False, is_rare=True)
        for encoding, label, letters in (
            ("iso8859_5", _("Cyrillic (ISO 8859-5)"), alphabets.CYRILLIC),
            ("mac_latin2", _("Central European (Mac)"), alphabets.CENTRAL),
            ("cp737", _("Greek (DOS)"), alphabets.GREEK),
            ("mac_greek", _("Greek (Mac)"), alphabets.GREEK),
            ("cp857", _("Turkish (DOS)"), alphabets.TURKISH),
            ("mac_turkish", _("Turkish (Mac)"), alphabets.TURKISH),
            ("cp775", _("Baltic (DOS)"), alphabets.BALTIC),
            ("cp862", _("Hebrew (DOS)"), alphabets.HEBREW),
            ("euc_jp", _("Japanese (EUC)"), alphabets.JAPANESE),
            ("cp874", _("Thai (Windows-874)"), alphabets.THAI),
            ("cp1258", _("Vietnamese (Windows-1258)"), alphabets.VIETNAMESE),
        )
    ),
)
# In nats: a letter or a symbol that no language of the page writes, an ideograph that is in no
# daily use, a capital within a word or a word of two scripts, a rare page, the language of the
# reader, and what the first has to lead by.
_LETTER, _SYMBOL, _IDEOGRAPH, _ODDITY, _RARE = 7.5, 12.0, 10.5, 5.0, 5.0
_PREFERRED, _CLEAR = 3.0, 7.0
# What is sure may have so many characters that no language of the page writes, and no more.
_FOREIGN = 0.08
# A byte that is met often tells no more than one that is met three times.
_COUNTED = 3
# One wrong byte among so many does not rule an encoding out.
_BYTES_A_FAULT = 400
_FIRST_IDEOGRAPHS = "\u1100"
_LAST_LATIN = "\u024f"
# After a letter these are the second byte of an ideograph more often than themselves.
_UNUSUAL = "[\\]^`{}~"
_LAST_ASCII = 0x7F
_HEADER_LINES = 5
# What is not in the page, controls, and what the page leaves to private use.
_NO_TEXT = re.compile("[\ufffd\x80-\x9f\ue000-\uf8ff]")
MOST_OFFERED = 6
_USUAL = "cp1252"


@dataclass(frozen=True)
class Ranking:
    """Code pages that show different texts, the most probable first; never empty.

    ``is_sure`` says that the first one needs no confirmation.
    """

    encodings: list[str]
    is_sure: bool


@dataclass(frozen=True)
class _Reading:
    """A text, and the pages that show it. ``cost`` is what its most probable language says."""

    pages: list[CodePage]
    cost: float
    foreign: float
    is_preferred: bool
    knows_header: bool

    @property
    def can_be_chosen(self) -> bool:
        return any(page.can_be_chosen for page in self.pages)


def rank_code_pages(
    data: bytes, languages: Sequence[str] = (), known_words: AbstractSet[str] = frozenset()
) -> Ranking:
    """Rank the code pages for lines that hold bytes beyond ASCII.

    ``languages`` are the reader's, such as ``pl``; ``known_words`` the names of columns as
    :func:`plain_word` writes them.
    """
    pages: dict[str, list[CodePage]] = {}
    for page in CODE_PAGES:
        text = data.decode(page.encoding, "replace")
        if len(_NO_TEXT.findall(text)) * _BYTES_A_FAULT <= len(data):
            pages.setdefault(text, []).append(page)
    numbers = Counter(byte for byte in data if byte > _LAST_ASCII)
    weights = {byte: min(number, _COUNTED) / number for byte, number in numbers.items()}
    readings = [_reading(text, pages[text], weights, languages, known_words) for text in pages]
    readings.sort(key=lambda one: (not one.knows_header, one.cost - _PREFERRED * one.is_preferred))
    encodings = [one.pages[0].encoding for one in readings]
    chosen = next((one for one in readings if one.can_be_chosen), None)
    if chosen is None or (chosen is not readings[0] and chosen.foreign > _FOREIGN):
        first = _USUAL
    else:
        first = chosen.pages[0].encoding
    offered = [first, *(one for one in encodings if one != first)]
    return Ranking(offered[:MOST_OFFERED], is_sure=chosen is readings[0] and _is_sure(readings))


def _is_sure(readings: Sequence[_Reading]) -> bool:
    first, *others = readings
    if first.knows_header and not any(one.knows_header for one in others):
        return True
    next_cost = min((one.cost for one in others), default=float("inf"))
    return next_cost - first.cost >= _CLEAR and first.foreign <= _FOREIGN


def _reading(
    text: str,
    pages: list[CodePage],
    weights: Mapping[int, float],
    languages: Sequence[str],
    known_words: AbstractSet[str],
) -> _Reading:
    counts = Counter(character for character in text if not character.isascii())
    total = counts.total() or 1
    pairs = {pair: number for pair, number in Counter(pairwise(text)).items() if _is_odd(*pair)}
    oddities = sum(pairs.values())
    known = [letters for page in pages for letters in page.alphabets]
    encoding, is_rare = pages[0].encoding, pages[0].is_rare
    weighted = {one: number * _weight(one, encoding, weights) for one, number in counts.items()}
    written = set().union(*known)
    unknown = sum(number for character, number in counts.items() if character not in written)
    spoken = {language for page in pages for language in page.languages.split()}
    names = cells_of("\n".join(text.splitlines()[:_HEADER_LINES]))
    odd = sum(number * _weight("".join(pair), encoding, weights) for pair, number in pairs.items())
    return _Reading(
        pages,
        min(_cost(weighted, letters) for letters in known) + _ODDITY * odd + _RARE * is_rare,
        (unknown + oddities) / total,
        not spoken.isdisjoint(languages),
        any(not name.isascii() and plain_word(name) in known_words for name in names),
    )


def _weight(characters: str, encoding: str, weights: Mapping[int, float]) -> float:
    """Return how much some characters tell: as much as their bytes beyond ASCII do on average.

    An encoding of many characters would else cost the more, the longer a text is.
    """
    data = characters.encode(encoding, "ignore")
    told = [weights[byte] for byte in data if byte in weights]
    return fmean(told) if told else 1


def _cost(weighted: Mapping[str, float], alphabet: Costs) -> float:
    return sum(
        number * (alphabet.get(character) or _cost_beyond(character))
        for character, number in weighted.items()
    )


def _cost_beyond(character: str) -> float:
    if not character.isalpha():
        return _SYMBOL
    return _IDEOGRAPH if character >= _FIRST_IDEOGRAPHS else _LETTER


def _is_odd(before: str, after: str) -> bool:
    """Tell whether two characters side by side are in no word of any language."""
    if before.isascii() and after.isascii():
        return False
    if (before.islower() and after.isupper()) or after in _UNUSUAL:
        return True
    is_latin = (before <= _LAST_LATIN, after <= _LAST_LATIN)
    return before.isalpha() and after.isalpha() and is_latin[0] != is_latin[1]
