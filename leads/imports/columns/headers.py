"""What other programs call columns and stages: the files of ``words/``, and how names compare."""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache
from importlib.resources import files
from itertools import chain

from leads.models import ClosedAs, FrozenModel, Standing, Status

# Letters that Unicode does not take apart, and an apostrophe that counts as one.
_LETTERS = str.maketrans({"\u0131": "i", "ł": "l", "ø": "o", "æ": "ae", "đ": "d", "\u02bc": ""})
_FILES = ("google", "outlook", "forms", "crms", "languages")
_DIGITS = re.compile(r"\d")
# Languages that write the day before the month between slashes, too.
_DAY_FIRST = frozenset(
    {"cs", "da", "de", "el", "es", "fi", "fr", "he", "it", "nl", "no", "pl", "pt", "ru", "sv", "tr"}
    | {"uk"}
)


def letters_and_digits(name: str) -> str:
    """Return the letters and digits of a name alone, in lower case and without accents."""
    folded = unicodedata.normalize("NFKD", name.casefold()).translate(_LETTERS)
    return re.sub(r"[^\w]|_", "", "".join(c for c in folded if not unicodedata.combining(c)))


# What stands before names: Pipedrive's "Person - " and the like, the "your-" of Contact Form 7,
# and how forms ask.
_PREFIXES = """Person | Lead | Contact | Deal | Your | What's your | What is your | Enter your
    | Ihr | Ihre | Dein | Deine | Wie lautet Ihr | Wie lautet Ihre | Votre | Quel est votre | Su
    | Tu | Il tuo | La tua | Il suo | La sua | Seu | Sua | Uw | Je | Jouw | Din | Ditt | Dit | Twój
    | Twoje | Váš | Vaše | Ваш | Ваша | Ваше | お | ご | 貴 | あなたの | 您的 | 你的"""
# The longest one first: "Ihre" begins with "Ihr".
PREFIXES = tuple(sorted(map(letters_and_digits, _PREFIXES.split("|")), key=len, reverse=True))


def without_prefix(name: str) -> str:
    """Return what stands after the longest of :data:`PREFIXES` that begins it."""
    prefix = max((one for one in PREFIXES if name.startswith(one)), key=len, default="")
    return name.removeprefix(prefix)


def without_digits(name: str) -> str:
    """Return a name without numbers: the second e-mail of somebody is one, too."""
    return _DIGITS.sub("", name)


class Words(FrozenModel):
    """What a program calls columns, by target, and stages or outcomes, in a language.

    ``reasons`` are those of its names for lost leads that say why, too.

    ``source`` says where that stands. Without one they are ``unconfirmed``: likely, but met in no
    file and no documentation. Those with a ``beside`` count only in a file that has such a column,
    and there before all others: what they mean depends on the program.
    """

    program: str
    language: str = ""
    source: str = ""
    unconfirmed: bool = False
    beside: str = ""
    columns: dict[str, list[str]] = {}
    stages: dict[Status | ClosedAs, list[str]] = {}
    reasons: list[str] = []


@cache
def all_words() -> list[Words]:
    """Return everything that the files of words say."""
    folder = files("leads.imports.columns") / "words"
    texts = ((folder / f"{name}.toml").read_text(encoding="utf-8") for name in _FILES)
    return [Words.model_validate(words) for text in texts for words in tomllib.loads(text)["words"]]


@cache
def words_for(target: str, *, unconfirmed: bool) -> list[str]:
    """Return the names of columns for a target, as :func:`letters_and_digits` writes them."""
    return [
        letters_and_digits(name)
        for words in all_words()
        if words.unconfirmed == unconfirmed and not words.beside
        for name in words.columns.get(target, [])
    ]


def words_beside(names: Collection[str], target: str) -> list[str]:
    """Return the names for a target that only the program has that these ``names`` are from."""
    return [
        letters_and_digits(name)
        for words in all_words()
        if words.beside and letters_and_digits(words.beside) in names
        for name in words.columns.get(target, [])
    ]


@cache
def _languages() -> dict[str, set[str]]:
    """Return the languages of names of columns, as far as their tables tell one."""
    languages: dict[str, set[str]] = {}
    for words in all_words():
        for name in chain.from_iterable(words.columns.values()) if words.language else ():
            languages.setdefault(letters_and_digits(name), set()).add(words.language)
    return languages


def is_day_first_language(header: Iterable[str]) -> bool:
    """Tell whether more names are in languages that write the day first than are in English."""
    known = [_languages().get(letters_and_digits(name), set()) for name in header]
    english = sum("en" in languages for languages in known)
    others = sum("en" not in one and not _DAY_FIRST.isdisjoint(one) for one in known)
    return others > english


@cache
def _standings() -> dict[str, Standing]:
    return {
        letters_and_digits(name): standing
        for words in all_words()
        for standing, names in words.stages.items()
        for name in names
    } | {letters_and_digits(name): ClosedAs.LOST for name in _reasons()}


@cache
def _reasons() -> frozenset[str]:
    return frozenset(letters_and_digits(name) for words in all_words() for name in words.reasons)


def read_standing(text: str) -> Standing | None:
    """Read a stage or an outcome by any of its names; ``None`` for what is none of ours."""
    return _standings().get(letters_and_digits(text))


def is_reason(text: str) -> bool:
    """Tell whether a name of an outcome says why a lead was closed, too."""
    return letters_and_digits(text) in _reasons()
