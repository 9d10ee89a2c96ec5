"""Write the names of months and days that dates of imported files are read by.

``month_names.py > leads/imports/columns/words/months.toml`` takes them from Unicode's CLDR, by way
of Babel, which only this script needs. A name that means two months, in two languages, is left out.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import version
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
    for month, name in _names("months"):
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
