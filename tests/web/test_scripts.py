"""What scripts say, they take from the page, in its language."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
# A quote or the end of a value, and two words as they stand in a sentence.
SENTENCE = re.compile(r'["`}](?! else )(?:[A-Z][a-z]+| [a-z]+) [a-z]+')

# What a style sheet writes itself; a text after "/" is what is read aloud.
CONTENT = re.compile(r"[ ;{]content:([^;}]*)")


def script(name: str) -> str:
    path = Path(settings.BASE_DIR, "static", f"{name}.js")
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["app", "desk"])
def test_the_page_brings_every_text_of_a_script(name: str, web: Client) -> None:
    code = script(name)
    used = set(re.findall(r"\btexts\.(\w+)", code))
    used.update(*(re.findall(r'"(\w+)"', said) for said in re.findall(r"\bsay\((.*?),", code)))
    element = re.search(rf'<script src="[^"]*\b{name}\.[^>]*>', web.get("/board/").text)
    assert element
    brought = re.findall(r"\bdata-([a-z][a-z-]+)=", element[0])
    assert {re.sub("-(.)", lambda found: found[1].upper(), one) for one in brought} == used


@pytest.mark.parametrize("name", ["app", "desk"])
def test_a_script_has_no_sentence_of_its_own(name: str) -> None:
    assert not SENTENCE.findall(script(name))


def test_the_style_sheet_has_no_text_of_its_own() -> None:
    path = Path(settings.BASE_DIR, "static", "app.css")
    contents = CONTENT.findall(COMMENT.sub("", path.read_text(encoding="utf-8")))
    assert contents
    quoted = [text for one in contents for text in re.findall(r'"([^"]*)"', one)]
    assert not [text for text in quoted if re.search(r"[^\W\d_]", text)]
