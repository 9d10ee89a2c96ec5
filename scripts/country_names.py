"""Write the countries that forms can have: their English names and their calling codes.

``country_names.py > leads/countries.py`` takes the names from Unicode's CLDR, by way of Babel,
which only scripts need, and the codes from phonenumbers: whoever shows a form waits for neither.
"""

import sys
from collections.abc import Iterable
from unicodedata import normalize

from babel import Locale
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region


def main() -> int:
    """Write the module to standard output."""
    sys.stdout.buffer.write(module().encode())
    return 0


def module() -> str:
    """Return the module: names in their order, codes in that of the regions."""
    territories = Locale("en").territories
    names = sorted(
        ((region, territories[region]) for region in SUPPORTED_REGIONS),
        key=lambda named: normalize("NFD", named[1]).encode("ascii", "ignore"),
    )
    codes = [(region, country_code_for_region(region)) for region in sorted(SUPPORTED_REGIONS)]
    lines = [
        "# ruff: noqa: RUF001 -- names as they are written",
        '"""The countries of telephone numbers, by their two letters.',
        "",
        "Written by ``scripts/country_names.py``: change nothing here.",
        '"""',
        "",
        *_table("NAMES: dict[str, str]", (f'"{region}": "{name}"' for region, name in names)),
        *_table("CALLING_CODES: dict[str, int]", (f'"{region}": {code}' for region, code in codes)),
    ]
    return "\n".join(lines) + "\n"


def _table(name: str, entries: Iterable[str]) -> list[str]:
    return [f"{name} = {{", *(f"    {entry}," for entry in entries), "}"]


if __name__ == "__main__":
    sys.exit(main())
