"""A logo as it is kept: a PNG or an SVG, made anew from an uploaded file."""

import re
from hashlib import sha256
from pathlib import PurePath
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from leads.brand.png import clean_png
from leads.brand.svg import clean_svg

MAX_LOGO = 8 * 1024
"""So many bytes a logo may have as it is kept."""
MAX_UPLOAD = 256 * 1024
"""So many bytes a file may have: programs write far more beside a picture than it has."""

_KINDS = {".png": ("image/png", clean_png), ".svg": ("image/svg+xml", clean_svg)}
_SIGNATURES = (
    ("PNG", re.compile(rb"\x89PNG")),
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("GIF", re.compile(rb"GIF8")),
    ("WebP", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("SVG", re.compile(rb"(\xef\xbb\xbf)?\s*<(\?xml|!--|!DOCTYPE svg|svg)")),
    ("SVGZ", re.compile(rb"\x1f\x8b")),
)


class Logo(NamedTuple):
    """A checked logo: its bytes, their exact type, and its size in pixels of CSS."""

    data: bytes
    content_type: str
    width: int
    height: int

    @property
    def hash(self) -> str:
        """Return what the logo is filed and addressed by: 32 hexadecimal digits."""
        return sha256(self.data).hexdigest()[:32]


def read_logo(name: str, data: bytes) -> Logo:
    """Return the logo that a file of this name holds.

    What is taken is taken again, unchanged. Raises ``ValidationError`` for all else, and
    takes a few milliseconds, with the largest of files well below a second.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in _KINDS:
        raise ValidationError(_("Choose a PNG or an SVG: a file whose name ends in .png or .svg."))
    if not data:
        raise ValidationError(_("The file is empty."))
    if len(data) > MAX_UPLOAD:
        raise ValidationError(too_large())
    _refuse_other(suffix.removeprefix(".").upper(), data)
    content_type, clean = _KINDS[suffix]
    cleaned, width, height = clean(data)
    if len(cleaned) > MAX_LOGO:
        raise ValidationError(
            _(
                "The logo has %(size)s KB without what pages do not need of it, and may have"
                " %(most)s KB: save it smaller or simpler."
            )
            % {"size": -(-len(cleaned) // 1024), "most": MAX_LOGO // 1024}
        )
    return Logo(cleaned, content_type, width, height)


def too_large() -> str:
    """Say how large a logo and its file may be."""
    text = _("The file is too large: a logo has at most %(most)s KB, and its file %(file)s KB.")
    return text % {"most": MAX_LOGO // 1024, "file": MAX_UPLOAD // 1024}


def _refuse_other(kind: str, data: bytes) -> None:
    for found, signature in _SIGNATURES:
        if found != kind and signature.match(data):
            text = _(
                "The file is called %(name)s and holds a picture of another kind (%(found)s):"
                " save it as PNG or SVG."
            )
            raise ValidationError(text % {"name": f".{kind.lower()}", "found": found})
