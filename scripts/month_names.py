"""Write the names of months and days that dates of imported files are read by.

``month_names.py > leads/imports/columns/words/months.toml`` takes them from Unicode's CLDR, by way
of Babel, which only this script needs, and from :data:`OTHERS`. A name that means two months, in
two languages, is left out.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import chain
from pathlib import Path

from babel import Locale

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from leads.imports.columns.headers import letters_and_digits  # noqa: E402 - found from here on

# The languages of docs/importing.md, and the countries that name a month in a way of their own.
LOCALES = (
    *("cs", "da", "de", "de_AT", "el", "en", "en_AU", "en_CA", "en_GB", "es", "es_MX", "fi", "fr"),
    *("fr_CA", "he", "hu", "it", "ja", "ko", "nl", "no", "pl", "pt", "pt_PT", "ru", "sv", "tr"),
    *("uk", "zh_Hans", "zh_Hant"),
)
_WIDTHS = ("wide", "abbreviated")
# What Windows, and with it Excel, abbreviates otherwise, and names without their letters.
OTHERS = (
    *((1, "Jaenner"), (2, "фев"), (3, "Mrz"), (3, "Maerz"), (4, "кві"), (5, "тра"), (6, "чер")),
    *((9, "сен"), (9, "setiembre"), (10, "жов"), (11, "ноя"), (11, "лис")),
    *((8, "сер"), (12, "гру")),  # noqa: RUF001 - Cyrillic
)


def main() -> int:
    """Write the table to standard output."""
    sys.stdout.buffer.write(table().encode())
    return 0


def table() -> str:
    """Return the table as TOML: twelve lists of months, and one of days of the week."""
    cldr = f"Babel {version('babel')}"
    lines = [
        f"# Written by scripts/month_names.py from the CLDR data of {cldr}: change nothing here.",
        f"# Languages: {', '.join(LOCALES)}.",
        "# In lower case, without accents, letters alone.",
        "months = [",
        *(f"  {_list(names)}," for names in _months()),
        "]",
        "days = " + _list(name for _, name in _names("days")),
    ]
    return "\n".join(lines) + "\n"


def _months() -> Iterator[set[str]]:
    meanings: dict[str, set[int]] = defaultdict(set)
    others = ((month, letters_and_digits(name)) for month, name in OTHERS)
    for month, name in chain(_names("months"), others):
        meanings[name].add(month)
    for month in range(1, 13):
        yield {name for name, means in meanings.items() if means == {month}}


def _list(names: Iterable[str]) -> str:
    return f"[{', '.join(f'"{name}"' for name in sorted(set(names)))}]"


def _names(kind: str) -> Iterator[tuple[int, str]]:
    for code in LOCALES:
        contexts = getattr(Locale.parse(code), kind)
        for context in ("format", "stand-alone"):
            for width in _WIDTHS:
                for index, name in contexts[context][width].items():
                    folded = letters_and_digits(name)
                    # "3月" is a number, which is read as one.
                    if not any(character.isdigit() for character in folded):
                        yield index, folded


if __name__ == "__main__":
    sys.exit(main())
