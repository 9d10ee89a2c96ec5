"""Believable visitors and what they write, in many scripts. The same dice, the same visitor."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from leads.models import LeadFields

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "\u0131": "i", "ß": "ss", "æ": "ae", "'": ""})
# How many sentences a message has: mostly few, at times a page.
_LENGTHS = (0, 1, 1, 2, 2, 2, 3, 3, 4, 5, 7, 24)


@dataclass(frozen=True)
class Locale:
    """The words of one corner of the world; see ``words.toml``."""

    given: list[str]
    family: list[str]
    words: list[str]
    companies: list[str]
    subjects: list[str]
    greetings: list[str]
    sentences: list[str]
    closings: list[str]
    weight: int
    join: str = " "
    family_first: bool = False


@cache
def _locales() -> list[Locale]:
    text = (files("leads.demo_data") / "words.toml").read_text(encoding="utf-8")
    locales = [Locale(**locale) for locale in tomllib.loads(text)["locale"]]
    return [locale for locale in locales for _ in range(locale.weight)]


def visitor(dice: Random) -> LeadFields:
    """Throw the dice for a person, a company and a message, valid as they are."""
    pick = dice.choice
    locale = pick(_locales())
    given, family, word = pick(locale.given), pick(locale.family), pick(locale.words)
    names = (
        [_display_name(family), _display_name(given)]
        if locale.family_first
        else [_display_name(given), _display_name(family)]
    )
    words = {
        "family": _display_name(family),
        "word": _display_name(word),
        "n": str(dice.randint(2, 60)),
    }
    # Constructed without validation, which would cost more than all the rest: these words
    # are trimmed and short, and a test holds them against the rules.
    return LeadFields.model_construct(
        name=locale.join.join(names),
        email=_email(dice, given, family, word),
        company="" if chance(dice, 0.25) else pick(locale.companies).format_map(words),
        phone="",
        subject=pick(locale.subjects).format_map(words),
        message=_message(dice, locale).format_map(words),
    )


def chance(dice: Random, probability: float) -> bool:
    """Throw the dice for something that happens with a probability from 0 to 1."""
    return dice.random() < probability


def phone(dice: Random) -> str:
    """Throw the dice for a number of the ranges that are kept free for fiction."""
    return f"+1 555 01{dice.randrange(100):02} {dice.randrange(10_000):04}"


def _message(dice: Random, locale: Locale) -> str:
    length = dice.choice(_LENGTHS)
    greeting, closing = dice.choice(locale.greetings), dice.choice(locale.closings)
    most = min(length, len(locale.sentences))
    said = dice.sample(locale.sentences, most) if length else [closing]
    paragraphs = [" ".join(said[start : start + 4]) for start in range(0, len(said), 4)]
    if length < 2:  # noqa: PLR2004 -- one-liners come without ceremony
        return paragraphs[0]
    return "\n\n".join([greeting, *paragraphs, closing])


def _email(dice: Random, given: str, family: str, word: str) -> str:
    person = _latin(given) if chance(dice, 0.3) else f"{_latin(given)}.{_latin(family)}"
    number = str(dice.randrange(1, 99)) if chance(dice, 0.4) else ""
    # .example is reserved: nobody can ever be written to by mistake.
    return f"{person}{number}@{_latin(word)}.example"


def _display_name(name: str) -> str:
    return name.partition("/")[0]


@cache
def _latin(name: str) -> str:
    spelled = name.partition("/")[2] or name
    plain = unicodedata.normalize("NFKD", spelled.lower().translate(_LETTERS))
    return re.sub(r"[^a-z0-9]", "", plain)
