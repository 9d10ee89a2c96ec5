"""A file is a logo, or refused with the reason."""

from hashlib import sha256, shake_128

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from leads.brand.logos import MAX_LOGO, MAX_UPLOAD, Logo, read_logo
from tests.brand.pngs import END, SQUARE, data, file, header

_PNG = file(SQUARE)
_SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="512" height="256" viewBox="0 0 2 1">'
    b'<path d="M0 0h2v1z" /></svg>'
)


def _refusal(name: str, raw: bytes) -> str:
    with pytest.raises(ValidationError) as refused:
        read_logo(name, raw)
    return str(refused.value.messages[0])


@pytest.mark.parametrize(
    ("name", "raw", "logo"),
    [
        ("logo.png", _PNG, Logo(_PNG, "image/png", 2, 2)),
        ("Logo (2).PNG", _PNG, Logo(_PNG, "image/png", 2, 2)),
        ("logo.svg", _SVG, Logo(_SVG, "image/svg+xml", 512, 256)),
        ("logo.min.Svg", b"\xef\xbb\xbf\n" + _SVG, Logo(_SVG, "image/svg+xml", 512, 256)),
    ],
)
def test_a_logo_has_its_exact_type_and_a_hash(name: str, raw: bytes, logo: Logo) -> None:
    assert read_logo(name, raw) == logo
    assert logo.hash == sha256(logo.data).hexdigest()[:32]


@pytest.mark.parametrize(
    ("name", "raw", "found"),
    [
        ("logo.png", b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        ("logo.png", b"GIF89a\1\0\1\0", "GIF"),
        ("logo.png", b"RIFF\x1a\0\0\0WEBPVP8L", "WebP"),
        ("logo.png", _SVG, "SVG"),
        ("logo.png", b"\xef\xbb\xbf <?xml version='1.0'?><svg/>", "SVG"),
        ("logo.svg", _PNG, "PNG"),
        ("logo.svg", b"GIF89a/*" + _SVG, "GIF"),
        ("logo.svg", b"\x1f\x8b\x08\0", "SVGZ"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    name: str, raw: bytes, found: str
) -> None:
    assert f"holds a picture of another kind ({found})" in _refusal(name, raw)


@pytest.mark.parametrize("name", ["logo.png", "logo.svg"])
@pytest.mark.parametrize(
    "raw", [b"%PDF-1.7", b"BM6\0", b"\0\0\0\x1cftypavif", b"MZ", b"PK\3\4", b"hello", b"\0", b"\n"]
)
def test_so_is_all_else(name: str, raw: bytes) -> None:
    assert _refusal(name, raw)


@pytest.mark.parametrize("name", ["logo.jpg", "logo.gif", "logo.svgz", "logo", "png", "", ".png"])
def test_the_name_says_png_or_svg(name: str) -> None:
    assert "ends in .png or .svg" in _refusal(name, _PNG)


@pytest.mark.parametrize("name", ["logo.png", "logo.svg"])
def test_an_empty_or_a_huge_file_is_refused(name: str) -> None:
    assert "empty" in _refusal(name, b"")
    assert "256 KB" in _refusal(name, _SVG + b" " * MAX_UPLOAD)


def test_what_counts_is_the_size_without_what_is_left_out() -> None:
    noisy = [SQUARE[0], (b"eXIf", bytes(100_000)), *SQUARE[1:]]
    assert read_logo("logo.png", file(noisy)).data == _PNG
    padded = _SVG.replace(b"<path", b"<!-- " + b"x" * 100_000 + b" --><path")
    assert read_logo("logo.svg", padded).data == _SVG


def test_a_picture_of_more_than_8_kb_is_refused() -> None:
    rows = b"".join(b"\0" + shake_128(bytes([row])).digest(100) for row in range(100))
    large = file([header(100, 100, 8, 0), data(rows), END])
    assert "has 10 KB" in _refusal("logo.png", large)
    assert "has 9 KB" in _refusal("logo.svg", _SVG.replace(b"M0", b"M0" + b" 0" * 4100))


def test_a_picture_of_8_kb_is_not() -> None:
    full = _SVG.replace(b"M0", b"M" + b"0" * (MAX_LOGO - len(_SVG) + 1))
    assert len(read_logo("logo.svg", full).data) == MAX_LOGO


def test_a_large_area_of_one_colour_is_small() -> None:
    area = file([header(1024, 1024, 8, 6), data(bytes(4097 * 1024)), END])
    assert read_logo("logo.png", area).width == 1024


_NAMES = st.sampled_from(["logo.png", "logo.svg"])
_BEGINNINGS = st.sampled_from([b"", _PNG, _PNG[:8], _PNG[:33], _SVG, _SVG[:85], b"<?xml "])


@given(_NAMES | st.text(max_size=9), _BEGINNINGS, st.binary(max_size=200))
def test_no_bytes_raise_anything_else(name: str, beginning: bytes, rest: bytes) -> None:
    try:
        logo = read_logo(name, beginning + rest)
    except ValidationError as error:
        assert error.messages  # noqa: PT017 -- whatever it says
    else:
        assert read_logo(name, logo.data) == logo
