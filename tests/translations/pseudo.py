"""A language in which every text of ours stands between ⟦ and ⟧, and what of a page does not."""

import re
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import override

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import trans_real

from leads import countries

LANGUAGE = "xx"
CONTEXT = "\x04"
# What a person sees or hears of an element besides its text.
SHOWN = {"title", "aria-label", "aria-description", "placeholder", "alt", "label"}
# Data of scripts that no person sees.
MACHINE = {
    *(
        "data-lead-id",
        "data-user-id",
        "data-import-id",
        "data-status",
        "data-outcome",
        "data-state",
        "data-type",
    ),
    "data-single-keys",
    *(
        *("data-version", "data-act", "data-undone"),
        "data-total",
        "data-created",
        *("data-age", "data-tone"),
        "data-tag",
        "data-level",
        "data-open",
        "data-now",
        "data-posted",
        *("data-draft", "data-key", "data-kind", "data-note"),
        "data-most",
        "data-stamp",
        "data-step",
        "data-leads",
        "data-part",
        *("data-copy", "data-measure", "data-origins"),
        "data-delivery",
    ),
}
_COUNTRIES = "|".join(map(re.escape, sorted(countries.NAMES.values(), key=len, reverse=True)))
# The same in every language.
_NAMES = re.compile(
    r"Leadbook"  # the product
    rf"|{_COUNTRIES}"  # in English, as the back office is
    r"|\bRe:"  # of an answer, in every language
    r"|[^\s@]+@[^\s@]+\.\w+"  # addresses are data
    r"|https?://\S*"
    r"|#[0-9a-f]{6}"  # colours
    r"|/?\bcontact\b/?"  # the slug of the first form, and its address
    r"|Čeština|Dansk|Deutsch|English|Español|Suomi|Français|Italiano"  # as each calls itself
    r"|Norsk bokmål|Nederlands|Polski|Português|Svenska"
    r"|\btopic\b"  # the field that nobody sees
    r"|\btestserver\b"  # where the tests have it
    r"|\{\w+\}"  # filled by a script
    r"|\b[DEFJKMNPRUX]\b"  # keys
    r"|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # the id of a lead that is gone
)
_HOLE = re.compile(r"%\(\w+\)[sd]")
_LATIN = re.compile(r"[A-Za-z]")


class Pseudo(NullTranslations):
    """Puts brackets around every text that goes through gettext, and not around what fills it."""

    @override
    def gettext(self, message: str) -> str:
        return f"⟦{_HOLE.sub(r'⟧\g<0>⟦', message.rpartition(CONTEXT)[2])}⟧"

    @override
    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def language(self) -> str:
        """Return the code of the language."""
        return LANGUAGE

    def to_language(self) -> str:
        """Return the code of the language, as Django asks for it."""
        return LANGUAGE


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the language in the place of English, in every thread."""
    translation.deactivate()
    monkeypatch.setattr(trans_real, "_default", Pseudo())
    # Where another language was spoken for a moment.
    monkeypatch.setattr(trans_real, "_translations", {LANGUAGE: Pseudo(), "en": Pseudo()})
    # What is kept for each language is kept for this one apart.
    monkeypatch.setattr(settings, "LANGUAGE_CODE", LANGUAGE)


def untranslated(page: str) -> list[str]:
    """Return the texts of a page, or of plain text, that stand outside of all brackets."""
    reader = _Reader()
    reader.feed(page.replace("<wbr>", ""))  # a text that may break is one
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    """Reads a page in its order: a translated sentence may hold elements."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._depth = 0
        self._unseen = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "code"}:
            self._unseen = tag
        is_button = tag == "button" or ("type", "submit") in attrs
        for name, value in attrs:
            is_data = name.startswith("data-") and name not in MACHINE
            if name in SHOWN or is_data or (name == "value" and tag == "input" and is_button):
                self._look(f"{name}: ", value or "", self._depth)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = ""

    @override
    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._depth = self._look("", data, self._depth)

    @override
    def close(self) -> None:
        super().close()
        if self._depth:
            self.found.append("a bracket is not closed")

    def _look(self, where: str, text: str, depth: int) -> int:
        outside = ""
        for letter in text:
            depth += (letter == "⟦") - (letter == "⟧")
            outside += letter if depth == 0 and letter != "⟧" else " "
        # Most texts have none: only of the others a part may be a name.
        if _LATIN.search(outside) and _LATIN.search(_NAMES.sub("", outside)):
            self.found.append(where + " ".join(outside.split()))
        return depth
