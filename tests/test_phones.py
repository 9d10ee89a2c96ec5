# ruff: noqa: RUF001 -- characters that only look like others are meant
"""Telephone numbers as people write them, and the one that their link calls."""

import pytest
from django.conf import LazySettings

from leads.phones import has_number, international, is_national, phone_link


@pytest.mark.parametrize("region", ["", "DE", "US"])
@pytest.mark.parametrize(
    ("phone", "link"),
    [
        # The zero that only their own country dials.
        ("+44 (0)20 7946 0001", "tel:+442079460001"),
        ("+44(0)20 7946 0001", "tel:+442079460001"),
        ("+44 [0] 20 7946 0001", "tel:+442079460001"),
        ("+44 020 7946 0001", "tel:+442079460001"),
        ("+48 (0)22 123 45 67", "tel:+48221234567"),
        # A country of which the zero is dialled from abroad.
        ("+39 (0)6 1234 5678", "tel:+390612345678"),
        # Zeros for a plus sign.
        ("0049 (0)30 1234567", "tel:+49301234567"),
        ("00 49 30 1234567", "tel:+49301234567"),
        ("(0049) 30 1234567", "tel:+49301234567"),
        ("+0049 30 1234567", "tel:+49301234567"),
        # The first of several.
        ("+44 20 7946 0001 / +44 20 7946 0002", "tel:+442079460001"),
        ("+44 20 7946 0001, +1 415 555 0100", "tel:+442079460001"),
        ("+44 20 7946 0001; 0049 30 1234567", "tel:+442079460001"),
        ("+44 20 7946 0001+14155550100", "tel:+442079460001"),
        ("+44 20 7946 0001 (work), +1 415 555 0100 (home)", "tel:+442079460001"),
        ("+44 20 7946 0001 oder 0171 1234567", "tel:+442079460001"),
        ("0049301234567/00491711234567", "tel:+49301234567"),
        ("call me, +44 20 7946 0001", "tel:+442079460001"),
        ("+49 30 1234567/68", "tel:+49301234567"),
        # Extensions.
        ("+1 (415) 555-0100 x12", "tel:+14155550100;ext=12"),
        ("+1 415 555 0100 ext. 12", "tel:+14155550100;ext=12"),
        ("+1 415 555 0100 #12", "tel:+14155550100;ext=12"),
        ("+14155550100;ext=12", "tel:+14155550100;ext=12"),
        ("+14155550100;ext=12; +44 20 7946 0001", "tel:+14155550100;ext=12"),
        # What other programs write around a number.
        ("p:+14155550100", "tel:+14155550100"),
        ("tel:+1-415-555-0100", "tel:+14155550100"),
        ("Tel. +44 20 7946 0001", "tel:+442079460001"),
        ("Tel. 0049 30 1234567", "tel:+49301234567"),
        ("Shop:+44 20 7946 0001", "tel:+442079460001"),
        ("'+44 20 7946 0001", "tel:+442079460001"),
        ("\u202a+44\xa020 7946\u20110001\u202c", "tel:+442079460001"),
        ("\uff0b\uff14\uff14 20 7946 0001", "tel:+442079460001"),
        ("+49 30 1234567 / -68", "tel:+49301234567"),
        ("+49 30 1234567 / 68 / 69", "tel:+49301234567"),
        # Slashes within a number.
        ("0049/30/1234567", "tel:+49301234567"),
        ("+44 / 20 / 7946 0001", "tel:+442079460001"),
        ("+49 33056 / 12345", "tel:+493305612345"),
        ("+49 30/1234567", "tel:+49301234567"),
    ],
)
def test_a_number_that_names_its_country_is_that_everywhere(
    phone: str, link: str, region: str, settings: LazySettings
) -> None:
    settings.PHONE_REGION = region
    assert phone_link(phone) == link


@pytest.mark.parametrize(
    ("phone", "link", "in_germany"),
    [
        ("030 123456", "tel:030123456", "tel:+4930123456"),
        ("p:030 123456", "tel:030123456", "tel:+4930123456"),
        ("０３０－１２３４５６", "tel:030123456", "tel:+4930123456"),
        ("٠٣٠ ١٢٣٤٥٦", "tel:030123456", "tel:+4930123456"),
        ("030\u2011123456", "tel:030123456", "tel:+4930123456"),
        ("030123456.0", "tel:030123456", "tel:+4930123456"),
        # The second one is not called for the first.
        ("030 1234567 030 7654321", "", ""),
        ("030 123456 ext. 5; 0171 1234567", "", "tel:+4930123456;ext=5"),
        ("030 00 14155550100", "tel:0300014155550100", "tel:+49300014155550100"),
        ("030 / 1234567", "tel:0301234567", "tel:+49301234567"),
        ("030 123456 / 0171 654321", "tel:030123456", "tel:+4930123456"),
        ("0171 1234567/0171 7654321", "tel:01711234567", "tel:+491711234567"),
        ("040 1234 / 040 5678", "tel:0401234", "tel:+49401234"),
        ("030 123456, 0049 171 1234567", "tel:030123456", "tel:+4930123456"),
        ("030 1234567 - 0171 1234567", "", "tel:+49301234567"),
        ("030 1234567 x12", "", "tel:+49301234567;ext=12"),
        ("Mobil: 0171 1234567", "", "tel:+491711234567"),
    ],
)
def test_a_number_without_a_country_has_that_of_the_setting(
    phone: str, link: str, in_germany: str, settings: LazySettings
) -> None:
    assert phone_link(phone) == link
    settings.PHONE_REGION = "DE"
    assert phone_link(phone) == in_germany
    settings.PHONE_REGION = "GB"
    assert phone_link(phone, "DE") == in_germany


@pytest.mark.parametrize(
    ("text", "named"),
    [
        *((text, False) for text in ("030 123456", "(030) 123456", "Tel. 030 123456", "1")),
        *((text, False) for text in ("٠٣٠ ١٢٣٤٥٦", "030 123456 / +44 20 7946 0001", "0 0")),
        *((text, True) for text in ("+49 30 123456", "(+49) 30", "tel:+49 30", "＋49 30 1")),
        *((text, True) for text in ("0049 30 123456", "(00)49 30", "", "none", "p:")),
    ],
)
def test_whether_a_number_needs_a_country(text: str, named: bool) -> None:  # noqa: FBT001 -- a case
    assert is_national(text) is not named


@pytest.mark.parametrize(
    ("text", "region", "written"),
    [
        ("030 123456", "DE", "+49 30 123456"),
        ("030 1234567 / 0171 7654321", "DE", "+49 30 1234567 / +49 171 7654321"),
        ("030 123456, +44 20 7946 0001", "DE", "+49 30 123456, +44 20 7946 0001"),
        ("Mobil: 0171 1234567 (mornings)", "DE", "Mobil: +49 171 1234567 (mornings)"),
        ("030 1234567 x12", "DE", "+49 30 1234567 ext. 12"),
        ("06 1234 5678", "IT", "+39 06 1234 5678"),
        ("8 (495) 123-45-67", "RU", "+7 495 123-45-67"),
        ("+49 30 123456", "GB", "+49 30 123456"),
        ("0049 30 123456", "DE", "0049 30 123456"),
        ("call me", "DE", "call me"),
        ("030 123456", "XX", "030 123456"),
    ],
)
def test_a_number_with_its_country_in_front_calls_the_same(
    text: str, region: str, written: str
) -> None:
    assert international(text, region) == written
    assert phone_link(written) == phone_link(text, region)


@pytest.mark.parametrize("region", ["", "US"])
@pytest.mark.parametrize(
    ("phone", "link"),
    [
        ("555/123", "tel:555123"),
        ("555-1234 / 555-9876", "tel:5551234"),
        ("0049 30 1", "tel:0049301"),
        # No number of a country that is none is found in it.
        ("+999 415 555 0100", "tel:+9994155550100"),
        ("+44 (0)20 79", "tel:+442079"),
        ("(555) 123-4567", ""),
        ("+44;ext=5", ""),
        ("call me", ""),
        # Digits are lost.
        ("4.42079E+11", ""),
        ("p:", ""),
        (" / ", ""),
        ("", ""),
        ("1" * 60, ""),
        ("030 1234567 " * 1000, ""),
    ],
)
def test_where_nothing_is_valid_the_digits_stay(
    phone: str, link: str, region: str, settings: LazySettings
) -> None:
    settings.PHONE_REGION = region
    assert phone_link(phone) == link


@pytest.mark.parametrize(
    ("text", "asked", "is_had"),
    [
        ("+44 20 7946 0001", "020 7946 0001", True),
        ("000 0000", "0000000", True),
        ("+44 20 7946 0001", "0000000", False),
        ("000 0000", "+44 20 7946 0001", False),
        ("0000001", "+44 20 7946 0001", False),
    ],
)
def test_zeros_alone_are_no_other_number(text: str, asked: str, is_had: bool) -> None:  # noqa: FBT001 -- a case
    assert has_number(text, asked) is is_had
