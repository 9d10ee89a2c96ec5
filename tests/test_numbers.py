"""Numbers as people type them."""

import pytest

from leads.numbers import is_doubtful, normal_number


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1250", "1250"),
        ("0012", "12"),
        ("+3", "3"),
        ("-3.50", "-3.50"),
        ("\N{MINUS SIGN}3", "-3"),
        ("-0", "0"),
        ("0,5", "0.5"),
        ("0,125", "0.125"),
        ("12,5", "12.5"),
        ("1.234", "1.234"),
        ("1,234.5", "1234.5"),
        ("1.234,50", "1234.50"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("1 234,5", "1234.5"),
        ("1'234", "1234"),
        ("1\u202f234", "1234"),
        ("１２", "12"),  # noqa: RUF001 -- in full width
        ("\u0661\u0662\u066b\u0665", "12.5"),
    ],
)
def test_a_number_has_one_form(typed: str, number: str) -> None:
    assert normal_number(typed) == number
    assert normal_number(number) == number


@pytest.mark.parametrize("typed", ["1,234", "-12,345"])
def test_what_may_be_two_is_asked(typed: str) -> None:
    with pytest.raises(ValueError, match="either"):
        normal_number(typed)


@pytest.mark.parametrize(
    "typed",
    ["", "-", "x", "1e5", "1,2,3", "1.2.3", "1,23.4", "1.234.5", "12 EUR", "1..2", "1.234,5,6"],
)
def test_what_is_none_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="Enter a number"):
        normal_number(typed)


def test_what_a_point_may_mean_is_told() -> None:
    assert is_doubtful("1.234")
    assert not is_doubtful("1.2345")
    assert not is_doubtful("0.234")
