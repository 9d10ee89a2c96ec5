"""PNG, chunk by chunk: what draws the picture is kept, and nothing that only goes with it.

See the Portable Network Graphics Specification of the W3C, third edition.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_SIDE = 1024

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Length, name and checksum of a chunk.
_AROUND = 12
# What is kept, in its order, each with its letter in _ORDER.
_KEPT = {b"IHDR": "h", b"PLTE": "p", b"tRNS": "t", b"IDAT": "d", b"IEND": "e"}
_ORDER = re.compile(r"h\.*+p?+\.*+t?+\.*+d++\.*+e")
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGBA = 0, 2, 3, 4, 6
_SAMPLES = {_GREY: 1, _RGB: 3, _PALETTE: 1, _GREY_ALPHA: 2, _RGBA: 4}
_DEPTHS = {_GREY: {1, 2, 4, 8, 16}, _PALETTE: {1, 2, 4, 8}}
_OTHER_DEPTHS = {8, 16}
_MOST_FILTER = 4
# Each pass over a picture: its first column and row, and the steps to the next ones.
_PASSES = (
    ((0, 0, 1, 1),),
    (
        *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
        *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
    ),
)


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    colour: int
    compression: int
    filtering: int
    interlace: int


def clean_png(data: bytes) -> tuple[bytes, int, int]:
    """Return a PNG of nothing but its picture, its width and its height in pixels.

    Raises ``ValidationError`` for what is no PNG to the last byte, moves, or is too large.
    """
    chunks = list(_chunks(data))
    if any(name == b"acTL" for name, _body in chunks):
        raise ValidationError(_("This PNG is animated: a logo has to stand still."))
    for name, _body in chunks:
        if name not in _KEPT and name[:1].isupper():
            raise _damaged(name.decode())
    if not _ORDER.fullmatch("".join(_KEPT.get(name, ".") for name, _body in chunks)):
        raise _damaged("IDAT")
    parts = {kept: [body for name, body in chunks if name == kept] for kept in _KEPT}
    bodies = {name: b"".join(found) for name, found in parts.items() if found}
    header = _header(bodies[b"IHDR"])
    _check_colours(header, bodies)
    _check_picture(header, bodies[b"IDAT"])
    cleaned = b"".join(_chunk(name, body) for name, body in bodies.items())
    return _SIGNATURE + cleaned, header.width, header.height


def _damaged(part: str) -> ValidationError:
    text = _("This PNG is damaged (%(part)s): save it once more, as a plain PNG.")
    return ValidationError(text % {"part": part})


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(_SIGNATURE):
        raise ValidationError(_("This is no PNG: save the logo once more, as PNG or SVG."))
    at = len(_SIGNATURE)
    while at < len(data):
        head, name = data[at : at + 4], data[at + 4 : at + 8]
        end = at + _AROUND + int.from_bytes(head)
        body = data[at + 8 : end - 4]
        if not name.isalpha() or _chunk(name, body) != data[at:end]:
            raise _damaged(name.decode("ascii", "replace"))
        yield name, body
        at = end


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), name) + body + struct.pack(">I", zlib.crc32(name + body))


def _header(body: bytes) -> _Header:
    if len(body) != struct.calcsize(">IIBBBBB"):
        raise _damaged("IHDR")
    header = _Header(*struct.unpack(">IIBBBBB", body))
    is_known = header.colour in _SAMPLES and header.interlace < len(_PASSES)
    is_deep = header.depth in _DEPTHS.get(header.colour, _OTHER_DEPTHS)
    is_empty = not header.width or not header.height
    if not is_known or not is_deep or is_empty or header.compression or header.filtering:
        raise _damaged("IHDR")
    if max(header.width, header.height) > MAX_SIDE:
        text = _(
            "The PNG is %(width)s by %(height)s pixels large, and may be %(most)s by %(most)s."
        )
        sizes = {"width": header.width, "height": header.height, "most": MAX_SIDE}
        raise ValidationError(text % sizes)
    return header


def _check_colours(header: _Header, bodies: dict[bytes, bytes]) -> None:
    colours, rest = divmod(len(bodies.get(b"PLTE", b"")), 3)
    most = {_PALETTE: 2**header.depth, _RGB: 256, _RGBA: 256}.get(header.colour, 0)
    fewest = 1 if header.colour == _PALETTE or b"PLTE" in bodies else 0
    if rest or not fewest <= colours <= most:
        raise _damaged("PLTE")
    lengths = {_GREY: [2], _RGB: [6], _PALETTE: range(1, colours + 1)}
    if b"tRNS" in bodies and len(bodies[b"tRNS"]) not in lengths.get(header.colour, []):
        raise _damaged("tRNS")
    if bodies[b"IEND"]:
        raise _damaged("IEND")


def _check_picture(header: _Header, compressed: bytes) -> None:
    """Inflate at most what the picture may have, and look at what begins each row."""
    rows = list(_row_lengths(header))
    size = sum(rows)
    unpacking = zlib.decompressobj()
    try:
        pixels = unpacking.decompress(compressed, size + 1)
    except zlib.error as error:
        raise _damaged("IDAT") from error
    if len(pixels) != size or not unpacking.eof or unpacking.unused_data:
        raise _damaged("IDAT")
    at = 0
    for length in rows:
        if pixels[at] > _MOST_FILTER:
            raise _damaged("IDAT")
        at += length


def _row_lengths(header: _Header) -> Iterator[int]:
    bits = _SAMPLES[header.colour] * header.depth
    for column, row, across, down in _PASSES[header.interlace]:
        width = len(range(column, header.width, across))
        if width:
            height = len(range(row, header.height, down))
            yield from [1 + (width * bits + 7) // 8] * height
