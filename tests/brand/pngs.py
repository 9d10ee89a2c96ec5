"""PNGs for tests, as lists of chunks that a test may change."""

import struct
import zlib

type Chunks = list[tuple[bytes, bytes]]


def header(
    width: int = 2, height: int = 2, depth: int = 8, colour: int = 6, *others: int
) -> tuple[bytes, bytes]:
    rest = others or (0, 0, 0)
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, *rest)


def data(pixels: bytes) -> tuple[bytes, bytes]:
    return b"IDAT", zlib.compress(pixels, 9)


END = (b"IEND", b"")
SQUARE: Chunks = [header(), data(b"\0\xff\0\0\xff\0\xff\0\xff" * 2), END]
"""Two by two pixels, red, green and blue with alpha, none of the rows filtered."""


def file(chunks: Chunks) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def chunk(name: bytes, body: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + checksum
