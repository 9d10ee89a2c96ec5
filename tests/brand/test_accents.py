"""A colour can be read on the pages of visitors, in light and in dark, or is refused."""

import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from leads.brand.accents import (
    DARK,
    LIGHT,
    SHAPE,
    TEXT,
    Scheme,
    contrast,
    read_accent,
    shades,
    sheet_hash,
    style_sheet,
)

_COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def _refusal(text: str) -> str:
    with pytest.raises(ValidationError) as refused:
        read_accent(text)
    return str(refused.value.messages[0])


@cache
def _tokens() -> dict[str, list[str]]:
    sheet = Path(settings.BASE_DIR, "static", "public.css").read_text()
    found = re.findall(r"(--[a-z-]+): light-dark\((#\w+), (#\w+)\);", sheet)
    return {name: [light, dark] for name, light, dark in found}


@pytest.mark.parametrize(
    ("text", "accent"),
    [
        *(("#2f4a8f", "#2f4a8f"), (" #2F4A8F\n", "#2f4a8f"), ("2f4a8f", "#2f4a8f")),
        *(("#06c", "#0066cc"), ("#06C", "#0066cc"), ("#000", "#000000")),
    ],
)
def test_a_colour_has_one_spelling(text: str, accent: str) -> None:
    assert read_accent(text) == accent


@pytest.mark.parametrize(
    "text",
    [
        *("", "#", "#12", "#1234", "#12345", "#1234567", "#2f4a8f80", "##06c", "#0g0", "# 06c"),
        *("red", "rgb(0,0,0)", "#06c;", "#06c}a{", "url(#a)", "#٠٦٦", "#06c #06c", "\0#06c"),
    ],
)
def test_what_is_no_colour_is_refused(text: str) -> None:
    assert "# and six digits" in _refusal(text)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("#fff", "#8c8c8c"), ("#ffd400", "#a88c00"), ("#f60", "#f06000"), ("#f6f5f1", "#8f8e8c")],
)
def test_what_nobody_could_see_is_refused_with_the_nearest(text: str, nearest: str) -> None:
    assert nearest in _refusal(text)
    assert read_accent(nearest) == nearest


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", "#ffffff", 21), ("#ffffff", "#767676", 4.54), ("#777777", "#ffffff", 4.48)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, expected: float) -> None:
    assert contrast(one, other) == pytest.approx(expected, abs=0.005)


def test_the_schemes_are_those_of_the_pages() -> None:
    tokens = _tokens()
    assert [LIGHT.paper, DARK.paper] == tokens["--paper"]
    assert [LIGHT.surface, DARK.surface] == tokens["--surface"]


@given(_COLOURS)
@example("#000000")
@example("#7f7f7f")
@example("#ff6600")
def test_all_that_is_taken_can_be_read(colour: str) -> None:
    try:
        accent = read_accent(colour)
    except ValidationError as error:
        accent = read_accent(error.messages[0].split()[-1].rstrip("."))
    else:
        assert shades(accent, LIGHT).button == accent == colour
    _check(accent, LIGHT, 0)
    _check(accent, DARK, 1)


def _check(accent: str, scheme: Scheme, which: int) -> None:
    inks = [_tokens()[name][which] for name in ("--ink", "--ink-soft")]
    button, hover, on_button, link, wash = shades(accent, scheme)
    for surface in (scheme.paper, scheme.surface):
        assert contrast(button, surface) >= SHAPE
        assert contrast(hover, surface) >= SHAPE
    for surface in (scheme.paper, scheme.surface, wash):
        assert contrast(link, surface) >= TEXT
    assert contrast(on_button, button) >= TEXT
    assert contrast(on_button, hover) >= TEXT
    assert all(contrast(ink, wash) >= TEXT for ink in inks)


def test_a_button_that_is_pointed_at_shows_it() -> None:
    for accent in ("#000000", "#2f4a8f", "#e8590c"):
        button, hover, *_others = shades(accent, LIGHT)
        assert hover != button
    # Where neither way is readable, it stays as it is.
    assert shades("#000000", DARK).hover == shades("#000000", DARK).button


def test_in_the_dark_a_colour_that_can_be_seen_is_itself() -> None:
    assert shades("#e8590c", DARK).button == "#e8590c"
    assert shades("#2f4a8f", DARK).button != "#2f4a8f"


def test_the_style_sheet_has_the_tokens_of_both_schemes() -> None:
    assert style_sheet("#2f4a8f") == (
        ":root {\n"
        "  --accent: light-dark(#2f4a8f, #546ba3);\n"
        "  --accent-strong: light-dark(#273d75, #5e74a9);\n"
        "  --on-accent: light-dark(#ffffff, #ffffff);\n"
        "  --link: light-dark(#2f4a8f, #7d8fb9);\n"
        "  --accent-wash: light-dark(#eaedf4, #242934);\n"
        "}\n"
    )


@given(_COLOURS)
def test_a_style_sheet_has_colours_and_nothing_else(colour: str) -> None:
    sheet = style_sheet(colour)
    assert re.fullmatch(
        r":root \{\n(  --[a-z-]+: light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\);\n){5}\}\n", sheet
    )


def test_a_style_sheet_is_addressed_by_what_it_says() -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", sheet_hash(style_sheet("#2f4a8f")))
    assert sheet_hash(style_sheet("#2f4a8f")) != sheet_hash(style_sheet("#2f4a90"))
