"""The accent of public pages: what of a colour can be read on them, in light and in dark.

On light pages a colour is taken as it is, or refused with the nearest that would do. On dark
ones, which visitors choose and companies seldom look at, a lighter shade stands in for a
colour that could not be seen there. Links, which are thin, have a shade of their own on both.
"""

import re
from hashlib import sha256
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

TEXT = 4.5
"""The contrast that WCAG 2.2 wants for text (1.4.3)."""
SHAPE = 3.0
"""The contrast that WCAG 2.2 wants for all else that has to be seen (1.4.11)."""

_BLACK, _WHITE = "#000000", "#ffffff"
_COLOUR = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})")
# Below it, a channel is proportional to its light.
_LINEAR = 0.04045
# How much of the accent is in what lies behind a note, in per cent.
_WASH = 10
# How much a button may change that is pointed at, in per cent.
_HOVERS = (18, 12, 6)


class Scheme(NamedTuple):
    """What pages are like: the tokens that an accent stands on, and where readable shades lie."""

    paper: str
    surface: str
    toward: str


LIGHT = Scheme("#f6f5f1", "#ffffff", _BLACK)
DARK = Scheme("#131519", "#1f2228", _WHITE)


class Shades(NamedTuple):
    """What an accent gives to the pages of one scheme."""

    button: str
    hover: str
    on_button: str
    link: str
    wash: str


def read_accent(text: str) -> str:
    """Return the colour that a text is, as ``#rrggbb``.

    Raises ``ValidationError`` for what is none, and for what cannot be seen on a light page.
    """
    found = _COLOUR.fullmatch(text.strip().lower())
    if not found:
        raise ValidationError(_("Write the colour as # and six digits, such as #2f4a8f."))
    short = len(found[1]) == len("rgb")
    accent = "#" + "".join(digit * 2 if short else digit for digit in found[1])
    nearest = _visible(accent, LIGHT)
    if nearest != accent:
        refusal = _(
            "A button of this colour can hardly be seen on a light page: their contrast is below"
            " 3 : 1. The nearest colour that can be seen is %(nearest)s."
        )
        raise ValidationError(refusal % {"nearest": nearest})
    return accent


def shades(accent: str, scheme: Scheme) -> Shades:
    """Return what buttons, links and notes need: all of it readable, whatever the accent."""
    button = _visible(accent, scheme)
    on_button = _WHITE if contrast(_WHITE, button) >= TEXT else _BLACK
    wash = _mix(scheme.surface, button, _WASH)
    link = _shade(button, scheme.toward, TEXT, [scheme.paper, scheme.surface, wash])
    return Shades(button, _hover(button, on_button, scheme), on_button, link, wash)


def style_sheet(accent: str) -> str:
    """Return what gives public pages an accent that :func:`read_accent` has read."""
    light, dark = shades(accent, LIGHT), shades(accent, DARK)
    names = ("--accent", "--accent-strong", "--on-accent", "--link", "--accent-wash")
    tokens = zip(names, light, dark, strict=True)
    lines = "".join(f"  {name}: light-dark({one}, {other});\n" for name, one, other in tokens)
    return f":root {{\n{lines}}}\n"


def sheet_hash(sheet: str) -> str:
    """Return what a style sheet is addressed by: 32 hexadecimal digits."""
    return sha256(sheet.encode()).hexdigest()[:32]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted([_luminance(one), _luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def _hover(button: str, on_button: str, scheme: Scheme) -> str:
    """Return the most different shade that can be seen and read like the button itself."""
    for share in _HOVERS:
        for toward in (_BLACK, _WHITE):
            hover = _mix(button, toward, share)
            is_readable = contrast(hover, on_button) >= TEXT
            if is_readable and button != hover == _visible(hover, scheme):
                return hover
    return button


def _visible(colour: str, scheme: Scheme) -> str:
    return _shade(colour, scheme.toward, SHAPE, [scheme.paper, scheme.surface])


def _shade(colour: str, toward: str, least: float, surfaces: list[str]) -> str:
    """Return the nearest shade of a colour that has a contrast with each surface."""
    shades_of_it = (_mix(colour, toward, share) for share in range(101))
    return next(
        shade for shade in shades_of_it if all(contrast(shade, each) >= least for each in surfaces)
    )


def _mix(colour: str, other: str, share: int) -> str:
    """Return a colour with so many per cent of another one in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    mixed = (round(one + (two - one) * share / 100) for one, two in pairs)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(colour: str) -> list[int]:
    return list(bytes.fromhex(colour[1:]))


def _luminance(colour: str) -> float:
    shares = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (
        share / 12.92 if share <= _LINEAR else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
