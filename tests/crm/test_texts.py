"""What ``{% translate %}`` says is looked up once in each language, and ``shorten`` shortens."""

from gettext import NullTranslations
from typing import override

import pytest
from django.template import Context, Template
from django.utils import translation
from django.utils.translation import trans_real


class Loud(NullTranslations):
    """A language in capitals, which counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    @override
    def gettext(self, message: str) -> str:
        self.asked.append(message)
        return message.replace("\x04", ": ").upper()

    def to_language(self) -> str:
        """Return the code of the language, as Django asks for it."""
        return "xl"


@pytest.fixture
def loud(monkeypatch: pytest.MonkeyPatch) -> Loud:
    language = Loud()
    monkeypatch.setattr(trans_real, "_translations", {"xl": language})
    return language


def _text(template: Template, language: str, **context: str) -> str:
    with translation.override(language):
        return template.render(Context(context))


def test_a_text_is_looked_up_once_in_each_language(loud: Loud) -> None:
    template = Template('{% translate "Board" %} {% translate "100 %" as much %}{{ much }}')
    texts = [_text(template, language) for language in ("en", "xl", "en", "xl")]
    assert texts == ["Board 100 %", "BOARD 100 %"] * 2
    assert loud.asked == ["Board", "100 %%"]


def test_a_text_with_a_context_is_another_text(loud: Loud) -> None:
    template = Template('{% translate "Import" context "verb" %}')
    assert _text(template, "xl") == "VERB: IMPORT"
    assert _text(template, "xl") == "VERB: IMPORT"
    assert loud.asked == ["verb\x04Import"]


@pytest.mark.parametrize("source", ["{% translate text %}", '{% translate "Lead" context text %}'])
def test_what_changes_with_the_page_is_looked_up_each_time(loud: Loud, source: str) -> None:
    template = Template(source)
    first, second = _text(template, "xl", text="one"), _text(template, "xl", text="two")
    assert "ONE" in first
    assert "TWO" in second


def test_what_a_page_puts_into_a_text_is_escaped(loud: Loud) -> None:
    assert _text(Template("{% translate text %}"), "xl", text="<b>") == "&lt;B&gt;"
    assert _text(Template('{% translate "a < b"|lower %}'), "en") == "a < b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("abcde", "abcde"), ("abcdef", "abcd…"), ("<b>&amp;", "&lt;b&gt;&amp;…"), (None, "None")],
)
def test_a_long_text_is_shortened_and_escaped(text: str | None, shown: str) -> None:
    assert Template("{{ text|shorten:5 }}").render(Context({"text": text})) == shown
