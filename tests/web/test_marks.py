"""What a search found is marked where it stands, and nothing else becomes markup."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.repository.search_terms import words
from leads.templatetags.marks import breakable, mark_words

TEXTS = st.text(st.sampled_from("abß éÉǆﬁ<&>\"'@.-1½İ\u0131łदी田\u0301"), max_size=30) | st.text()


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        ("Maya Lindqvist", "ma li", "<mark>Ma</mark>ya <mark>Li</mark>ndqvist"),
        ("Maya", "aya", "Maya"),
        ("maya@nordwind.example", "NORD", "maya@<mark>nord</mark>wind.example"),
        ("Mar Marsh", "mar marsh", "<mark>Mar</mark> <mark>Marsh</mark>"),
        ("Zoë Ångström", "zoe ang", "<mark>Zoë</mark> <mark>Ång</mark>ström"),
        ("Zoe\u0301!", "zoe", "<mark>Zoe\u0301</mark>!"),
        ("Straße", "strass", "<mark>Straß</mark>e"),
        ("Straße", "stras", "<mark>Straß</mark>e"),
        ("田中 太郎", "太", "田中 <mark>太</mark>郎"),
        ("O\u02bcBrien", "brien", "O\u02bc<mark>Brien</mark>"),
        ("O\u02bcBrien", "obrien", "<mark>O\u02bcBrien</mark>"),
        ("Zell\u00adweger", "zellw", "<mark>Zell\u00adw</mark>eger"),
        ("<b>Bo & Co", "b co", "&lt;<mark>b</mark>&gt;<mark>B</mark>o &amp; <mark>Co</mark>"),
        ("Bo", "", "Bo"),
        ("", "bo", ""),
    ],
)  # fmt: skip
def test_marks_beginnings_of_words(text: str, typed: str, shown: str) -> None:
    assert mark_words(text, words(typed)) == shown


@given(text=TEXTS, typed=TEXTS)
def test_marks_add_nothing_and_lose_nothing(text: str, typed: str) -> None:
    shown = mark_words(text, words(typed))
    if "<mark>" in shown and shown != text:
        bare = re.sub("</?mark>", "", shown)
        assert "<" not in bare
        assert unescape(bare) == text
        assert "<mark></mark>" not in shown
    else:
        assert shown == text


@given(text=TEXTS)
def test_every_word_of_a_text_marks_something(text: str) -> None:
    for word in words(text):
        assert mark_words(text, [word]) != text


def test_an_address_may_break_before_its_at() -> None:
    assert breakable("a<b>@nordwind.example") == "a&lt;b&gt;<wbr>@nordwind.example"
    assert breakable("+49 30 1") == "+49 30 1"
