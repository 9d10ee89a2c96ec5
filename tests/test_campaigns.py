"""What strangers tell of where they come from: readable, short, and without tricks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.attribution import ATTRIBUTES, NOWHERE, Attribution
from leads.campaigns import (
    MOST_BYTES,
    clean_line,
    clean_source,
    clean_texts,
    host_of,
    origin_of,
    source_key,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("newsletter", "newsletter"),
        ("  Spring\r\nsale\t2026 ", "Spring sale 2026"),
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("pay\u202emoc.live\u200b", "paymoc.live"),
        ("\u2028one\u2029two\u3164", "one two"),
        ("Frühling, 日本", "Frühling, 日本"),
        ("\ud800", ""),
        ("<script>", "<script>"),
    ],
)
def test_a_campaign_is_one_line_of_what_can_be_seen(typed: str, kept: str) -> None:
    assert clean_texts({"utm_campaign": typed}) == ({"utm_campaign": kept} if kept else {})


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://shop.example/desks?token=1#top", "https://shop.example/desks"),
        ("HTTP://Shop.Example:80/", "http://shop.example/"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://ada:secret@shop.example/a", "https://shop.example/a"),
        ("https://xn--bckerei-5wa.example/%C3%B6fen/a%20b", "https://bäckerei.example/öfen/a%20b"),
        ("https://shop.example/%E2%80%AEgpj.exe", "https://shop.example/gpj.exe"),
        ("http://[2001:db8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//shop.example/a", ""),
        ("/desks", ""),
        ("https://", ""),
        ("https://shop.example:99999/", ""),
        ("https://shop.example\\@evil.example/", ""),
        ("https://shop example/", ""),
        ("https://[::1/", ""),
        ("https://xn--a/", "https://xn--a/"),
    ],
)
def test_an_address_has_no_query_and_no_secret(address: str, kept: str) -> None:
    assert clean_texts({"page": address}) == ({"page": kept} if kept else {})


def test_what_is_too_long_is_cut_and_says_so() -> None:
    texts = clean_texts({"utm_source": "ü" * 200, "page": f"https://shop.example/{'a' * 3000}"})
    assert len(texts["utm_source"].encode()) <= 60
    assert texts["utm_source"].endswith("ü…")
    assert len(texts["page"].encode()) <= 120
    assert texts["page"].endswith("a…")


NAMES = sorted(ATTRIBUTES.keys() - {"form", "form_version", "consent_version", "consent_at"})


@given(st.dictionaries(st.sampled_from([*NAMES, "else"]), st.text(max_size=300)))
def test_whatever_is_told_has_room_and_is_kept_again_as_it_is(told: dict[str, str]) -> None:
    kept = clean_texts(told)
    names = [ATTRIBUTES[name] for name in kept]
    assert sum(map(len, names)) + len("".join(kept.values()).encode()) <= MOST_BYTES
    assert clean_texts(kept) == kept
    assert all(text == clean_line(text) for text in kept.values())


def test_of_much_the_most_telling_is_kept() -> None:
    everything = dict.fromkeys(NAMES, "x" * 200) | dict.fromkeys(
        ("page", "landing", "referrer"), f"https://shop.example/{'x' * 200}"
    )
    kept = clean_texts(everything)
    assert {"utm_source", "page"} <= kept.keys()
    assert len(kept["page"].encode()) == 120


def test_a_source_is_the_same_in_capitals_and_as_messages_have_it() -> None:
    long = "ü" * 200
    assert source_key("Newsletter") == source_key("newsletter")
    assert source_key("Newsletter") != source_key("newsletters")
    assert clean_source(f" {long}\n") == clean_texts({"utm_source": long})["utm_source"]


def test_origin_and_host() -> None:
    assert origin_of("https://ada@shop.example:444/desks?x") == "https://shop.example:444"
    assert (origin_of("about:blank"), host_of("")) == ("", "")
    assert host_of("http://Shop.example:8000/") == "shop.example"


def test_what_other_programs_call_a_form_is_none_of_ours() -> None:
    theirs = Attribution.from_item({"form": "Main form", "sourceKey": "abcde", "page": 7})
    assert (theirs.form, theirs.origin, theirs.page) == ("", "", "7")
    assert Attribution.from_item({"form": None, "marks": "many"}) == NOWHERE
    for key in ("a b", "ABCDE", "#abcd", "abcdef"):
        assert Attribution.from_item({"form": "shop", "sourceKey": key}).origin == "shop#"
    ours = Attribution(form="shop", source_key="abcde", marks={"seconds": 4})
    assert Attribution.from_item(ours.attributes) == ours
    assert ours.origin == "shop#abcde"
