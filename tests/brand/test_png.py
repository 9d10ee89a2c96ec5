"""A PNG is its picture and nothing else, or refused."""

import struct
import zlib

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from leads.brand.png import clean_png
from tests.brand.pngs import END, SQUARE, Chunks, chunk, data, file, header

_RED = b"\xff\0\0"
_TEXT = (b"tEXt", b"Author\0Mira Toland")


def _refusal(raw: bytes) -> str:
    with pytest.raises(ValidationError) as refused:
        clean_png(raw)
    return str(refused.value.messages[0])


def _picture(colour: int, depth: int, pixels: int, *chunks: tuple[bytes, bytes]) -> Chunks:
    return [header(1, 1, depth, colour), *chunks, data(bytes(1 + pixels)), END]


def test_a_picture_stays_as_it_is() -> None:
    assert clean_png(file(SQUARE)) == (file(SQUARE), 2, 2)


def test_metadata_are_left_out_and_data_joined() -> None:
    (_idat, packed) = SQUARE[1]
    noisy = [
        *(SQUARE[0], (b"iCCP", b"x" * 3000), (b"eXIf", b"where it was taken"), _TEXT),
        *((b"IDAT", packed[:5]), (b"IDAT", b""), (b"IDAT", packed[5:])),
        *((b"tIME", b"1234567"), (b"prVt", b"<script>"), END),
    ]
    assert clean_png(file(noisy)) == (file(SQUARE), 2, 2)


_PICTURES = [
    *(_picture(0, depth, 1) for depth in (1, 2, 4, 8)),
    _picture(0, 16, 2, (b"tRNS", b"\0\1")),
    _picture(2, 8, 3, (b"tRNS", bytes(6))),
    _picture(2, 16, 6, (b"PLTE", _RED)),
    *(_picture(3, depth, 1, (b"PLTE", _RED * 2)) for depth in (1, 2, 4, 8)),
    _picture(3, 8, 1, (b"PLTE", _RED * 256), (b"tRNS", bytes(256))),
    _picture(4, 8, 2),
    _picture(4, 16, 4),
    _picture(6, 8, 4, (b"PLTE", _RED * 256)),
    _picture(6, 16, 8),
    # Rows of less than a byte, and the five filters.
    [header(9, 5, 1, 0), data(b"\0aa\1bb\2cc\3dd\4ee"), END],
    # Interlaced: of seven passes, eleven rows with 25 pixels.
    [header(5, 5, 8, 0, 0, 0, 1), data(bytes(11 + 25)), END],
    # The first pass has it all.
    [header(1, 1, 8, 0, 0, 0, 1), data(bytes(2)), END],
    [header(1024, 1024, 1, 0), data(bytes(129 * 1024)), END],
]


@pytest.mark.parametrize("chunks", _PICTURES)
def test_every_kind_of_picture_is_taken(chunks: Chunks) -> None:
    cleaned, _width, _height = clean_png(file(chunks))
    assert cleaned == file(chunks)


_BLACK = data(bytes(5))


@pytest.mark.parametrize(
    ("part", "chunks"),
    [
        # Headers.
        *(("IHDR", _picture(colour, 8, 4)) for colour in (1, 5, 7, 255)),
        *(("IHDR", _picture(0, depth, 4)) for depth in (0, 3, 32)),
        *(("IHDR", _picture(colour, 4, 4)) for colour in (2, 4, 6)),
        ("IHDR", _picture(3, 16, 2, (b"PLTE", _RED))),
        ("IHDR", [header(0, 1), _BLACK, END]),
        ("IHDR", [header(1, 0), _BLACK, END]),
        ("IHDR", [header(1, 1, 8, 6, 1, 0, 0), _BLACK, END]),
        ("IHDR", [header(1, 1, 8, 6, 0, 1, 0), _BLACK, END]),
        ("IHDR", [header(1, 1, 8, 6, 0, 0, 2), _BLACK, END]),
        ("IHDR", [(b"IHDR", bytes(12)), _BLACK, END]),
        # Palettes.
        ("PLTE", _picture(3, 8, 1)),
        ("PLTE", _picture(3, 8, 1, (b"PLTE", b""))),
        ("PLTE", _picture(3, 8, 1, (b"PLTE", _RED + b"\0"))),
        ("PLTE", _picture(3, 1, 1, (b"PLTE", _RED * 3))),
        ("PLTE", _picture(3, 8, 1, (b"PLTE", _RED * 257))),
        ("PLTE", _picture(2, 8, 3, (b"PLTE", b""))),
        ("PLTE", _picture(0, 8, 1, (b"PLTE", _RED))),
        ("PLTE", _picture(4, 8, 2, (b"PLTE", _RED))),
        # Transparency.
        ("tRNS", _picture(3, 8, 1, (b"PLTE", _RED), (b"tRNS", b"12"))),
        ("tRNS", _picture(3, 8, 1, (b"PLTE", _RED), (b"tRNS", b""))),
        ("tRNS", _picture(0, 8, 1, (b"tRNS", b"1"))),
        ("tRNS", _picture(2, 8, 3, (b"tRNS", b"12"))),
        ("tRNS", _picture(4, 8, 2, (b"tRNS", b"12"))),
        ("tRNS", _picture(6, 8, 4, (b"tRNS", b"123456"))),
        # Data: too short, too long, of no filter, not packed, with something behind it.
        ("IDAT", [header(1, 1), data(bytes(4)), END]),
        ("IDAT", [header(1, 1), data(bytes(6)), END]),
        ("IDAT", [header(1, 1), data(bytes(50_000_000)), END]),
        ("IDAT", [header(1, 1), data(b"\5\0\0\0\0"), END]),
        ("IDAT", [header(5, 5, 8, 0, 0, 0, 1), data(bytes(35)), END]),
        ("IDAT", [header(1, 1), (b"IDAT", b""), END]),
        ("IDAT", [header(1, 1), (b"IDAT", b"<script>"), END]),
        ("IDAT", [header(1, 1), (b"IDAT", _BLACK[1][:-1]), END]),
        ("IDAT", [header(1, 1), (b"IDAT", _BLACK[1][:-1] + b"x"), END]),
        ("IDAT", [header(1, 1), (b"IDAT", _BLACK[1] + b"PK\3\4"), END]),
        ("IEND", [header(1, 1), _BLACK, (b"IEND", b"<script>")]),
        # What no reader knows and may not leave out.
        ("JUNK", [header(1, 1), (b"JUNK", b""), _BLACK, END]),
    ],
)
def test_what_is_wrong_is_refused_by_its_name(part: str, chunks: Chunks) -> None:
    assert f"damaged ({part})" in _refusal(file(chunks))


@pytest.mark.parametrize(
    "order",
    [
        *("", "h", "he", "de", "hd", "dhe", "hed", "xhde", "hdex", "hdxde", "hhde", "hdee"),
        *("hppde", "httde", "htpde", "hdpe", "hdte", "phde", "hptd"),
    ],
)
def test_chunks_have_their_order(order: str) -> None:
    chunks = {
        "h": header(1, 1, 8, 3),
        "p": (b"PLTE", _RED),
        "t": (b"tRNS", b"\0"),
        "d": data(b"\0\0"),
        "e": END,
        "x": _TEXT,
    }
    assert clean_png(file([chunks[letter] for letter in "hptde"]))
    assert "damaged" in _refusal(file([chunks[letter] for letter in order]))


@pytest.mark.parametrize(
    "raw",
    [
        file(SQUARE) + b"\0",
        file(SQUARE) + b"PK\3\4 what a ZIP would be",
        file(SQUARE) + file(SQUARE),
        file(SQUARE)[:-1],
        file(SQUARE)[:40],
        # A length that leads out of the file, and one over all limits.
        file(SQUARE[:2]) + struct.pack(">I", 200) + b"tEXt" + bytes(40),
        file(SQUARE[:2]) + struct.pack(">I", 2**32 - 1) + b"tEXt" + bytes(40),
        # A name that is none.
        file([SQUARE[0], (b"t3Xt", b""), *SQUARE[1:]]),
        # A byte that its checksum does not know.
        file(SQUARE).replace(b"IDATx", b"IDATy"),
        file(SQUARE)[:-4] + struct.pack(">I", zlib.crc32(b"IEND") ^ 1),
    ],
)
def test_every_byte_of_the_file_is_accounted_for(raw: bytes) -> None:
    assert raw != file(SQUARE)
    assert "damaged" in _refusal(raw)


def test_a_file_that_only_begins_like_one_is_none() -> None:
    assert "no PNG" in _refusal(b"\x89PNG\n\x1a\n" + file(SQUARE)[8:])


def test_a_picture_that_moves_is_refused() -> None:
    moving = [SQUARE[0], (b"acTL", struct.pack(">II", 1, 0)), *SQUARE[1:]]
    assert "animated" in _refusal(file(moving))


@pytest.mark.parametrize(("width", "height"), [(1025, 1), (1, 1025), (2**32 - 1, 2**32 - 1)])
def test_a_large_picture_is_refused_before_it_is_unpacked(width: int, height: int) -> None:
    refusal = _refusal(file([header(width, height), _BLACK, END]))
    assert f"{width} by {height} pixels" in refusal
    assert "1024" in refusal


def test_many_chunks_that_end_nowhere_are_refused() -> None:
    assert "damaged" in _refusal(file([header(), *[_TEXT] * 5_000]))


_CHUNKS = st.one_of(
    st.sampled_from([_TEXT, (b"IDAT", b""), (b"PLTE", _RED), (b"tRNS", b"\0\0"), header(), END]),
    st.tuples(st.sampled_from([b"tEXt", b"IHDR", b"IDAT", b"ABCD"]), st.binary(max_size=20)),
)


@given(st.sampled_from(_PICTURES), st.lists(st.tuples(st.integers(0, 6), _CHUNKS), max_size=2))
def test_what_is_taken_is_taken_again(
    picture: Chunks, others: list[tuple[int, tuple[bytes, bytes]]]
) -> None:
    chunks = list(picture)
    for at, other in others:
        chunks.insert(at, other)
    try:
        taken = clean_png(file(chunks))
    except ValidationError:
        return
    assert clean_png(taken[0]) == taken


@given(st.integers(0, len(file(SQUARE)) - 1), st.integers(1, 255))
def test_no_byte_can_be_another(at: int, change: int) -> None:
    raw = bytearray(file(SQUARE))
    raw[at] ^= change
    with pytest.raises(ValidationError):
        clean_png(bytes(raw))


def test_the_chunks_of_these_tests_are_right() -> None:
    assert chunk(b"IEND", b"") == bytes.fromhex("0000000049454e44ae426082")
