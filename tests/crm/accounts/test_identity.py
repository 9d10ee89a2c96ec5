"""Rules for e-mail addresses, names and ids."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from crm.accounts.identity import (
    clean_email,
    clean_name,
    initials_of,
    is_id,
    name_from_email,
    new_id,
    normalise_email,
)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada@Example.COM \n", "ada@example.com"),
        ("\uff41da@example.com", "ada@example.com"),
        ("ada@b\u00fccher.example", "ada@b\u00fccher.example"),
    ],
)
def test_addresses_are_stored_in_one_form(written: str, stored: str) -> None:
    assert clean_email(written) == stored


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "ada",
        "ada@",
        "a b@example.com",
        "ada@example.com\x00",
        "<script>@example.com",
        "ada@ex\udc80ample.com",
        "a" * 250 + "@example.com",
        "a@" + "b" * 1_000_000 + ".com",
    ],
)
def test_bad_addresses_are_refused(bad: str) -> None:
    with pytest.raises(ValidationError):
        clean_email(bad)


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise_email(text)
    assert normalise_email(once) == once


def test_names_are_trimmed() -> None:
    assert clean_name("  Ada \t  Li\n") == "Ada Li"
    assert clean_name("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627") == (
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
    )


@pytest.mark.parametrize("bad", ["", "   ", "x" * 101, "a\x00b", "a\x1bb", "a\udc80"])
def test_bad_names_are_refused(bad: str) -> None:
    with pytest.raises(ValidationError):
        clean_name(bad)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("ada.li@example.com", "Ada Li"),
        ("ada_li-2+x@example.com", "Ada Li 2 X"),
        ("ada@example.com", "Ada"),
        ("+@example.com", "+@example.com"),
    ],
)
def test_a_missing_name_is_guessed(address: str, name: str) -> None:
    assert name_from_email(address) == name


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Ada Li", "AL"), ("ada", "A"), ("Ada B. Li", "AL"), ("", "?"), ("李 小龙", "李小")],
)
def test_initials(name: str, initials: str) -> None:
    assert initials_of(name) == initials


def test_ids() -> None:
    assert is_id(new_id())
    for bad in ("", "x", "A" * 32, new_id() + "\n", "../" + new_id()):
        assert not is_id(bad)
