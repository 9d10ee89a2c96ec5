"""Numbers as people type them, with whatever separates thousands and decimals."""

import re
import unicodedata

from django.utils.translation import gettext as _

_SPACES = re.compile("[\\s'\u2019\u066c]")
_SIGNS = str.maketrans({"\N{MINUS SIGN}": "-", "\u066b": "."})
_PLAIN = re.compile(r"([+-]?)(\d+)(?:\.(\d+))?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,])\d{3}(?:\1\d{3})*")
# One separator and three digits: a thousand to some, a thousandth to others.
_DOUBTFUL = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}")


def normal_number(text: str) -> str:
    """Return a number with a point before its decimals, which stay as many as were typed.

    Thousands may be separated by spaces, apostrophes, commas or points. Raises ``ValueError``
    for what is no number, and for ``1,234``, which may be two.
    """
    typed = _bare(text)
    if _DOUBTFUL.fullmatch(typed) and "," in typed:
        names = {"plain": typed.replace(",", ""), "point": typed.replace(",", ".")}
        raise ValueError(_("Write %(plain)s or %(point)s: this may be either.") % names)
    found = _PLAIN.fullmatch(_with_point(typed))
    if not found:
        raise ValueError(_("Enter a number, such as 1250 or 12.5."))
    sign, whole, decimals = found.groups()
    number = f"{whole.lstrip('0') or '0'}{f'.{decimals}' if decimals else ''}"
    return f"-{number}" if sign == "-" and number.strip("0.") else number


def is_doubtful(text: str) -> bool:
    """Tell whether a number may be a thousand times what it is read as: ``1.234``."""
    return bool(_DOUBTFUL.fullmatch(_bare(text)))


def _bare(text: str) -> str:
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text)).translate(_SIGNS)
    return "".join(str(int(one)) if one.isdecimal() else one for one in plain)


def _with_point(typed: str) -> str:
    """Return what was typed with a point before the decimals and nothing between thousands."""
    separators = [character for character in typed if character in ",."]
    if len({*separators}) > 1:
        at = max(typed.rfind(","), typed.rfind("."))
        return f"{_ungrouped(typed[:at])}.{typed[at + 1 :]}"
    return _ungrouped(typed) if len(separators) > 1 else typed.replace(",", ".")


def _ungrouped(typed: str) -> str:
    grouped = _GROUPED.fullmatch(typed)
    return typed.replace(grouped[1], "") if grouped else typed
