"""No page shows a text that could not be in another language."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from tests.translations import catalogs, pseudo, site
from tests.translations.site import Site
from tests.web.pages import Answer

IDS = {"id", "act", "lead", "gone"}


@pytest.fixture
def language(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the brackets around texts."""
    pseudo.install(monkeypatch)
    yield
    translation.deactivate()


def heard(answer: Answer) -> Iterator[str]:
    """Yield what scripts are given to say."""
    for header in ("HX-Trigger", "HX-Trigger-After-Swap", "HX-Trigger-After-Settle"):
        for details in json.loads(answer.get(header, "{}")).values():
            yield from (str(text) for name, text in details.items() if name not in IDS)


@pytest.mark.parametrize(
    "visit",
    [
        site.board,
        site.listing,
        site.far_search,
        site.bulk,
        site.closing,
        site.follow_ups,
        site.steps,
        site.undo,
        site.held,
        site.all_held,
        site.detail,
        site.conversation,
        site.replies,
        site.imports,
        site.restored,
        site.contact,
        site.accounts,
        site.passwords,
        site.own_account,
        site.arrivals,
        site.leaving,
        site.custom_fields,
        site.company_forms,
        site.desk_settings,
        site.sessions,
        site.errors,
        site.form_only,
        site.mails,
    ],
    ids=lambda visit: visit.__name__,
)
@pytest.mark.slow
def test_every_text_of_ours_is_translated(
    visit: Callable[[Site], Iterator[tuple[str, Answer | str]]],
    tables: None,
    language: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = []
    for name, page in visit(Site(monkeypatch)):
        texts = [page] if isinstance(page, str) else [page.content.decode(), *heard(page)]
        found += [f"{name}: {left}" for text in texts for left in pseudo.untranslated(text)]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_what_programs_read_of_errors_stays_english(
    tables: None, language: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, answer in site.api(Site(monkeypatch)):
        assert pseudo.untranslated(json.loads(answer.content)["detail"]), name


@pytest.mark.parametrize(
    ("page", "left"),
    [
        ("<p>⟦Hello⟧ 12 · Жанна</p>", []),
        ("<p>⟦Hello⟧ you</p>", ["you"]),
        ("<p>⟦Hello <b title='you'>⟦you⟧</b> there⟧</p>", []),
        ("<p title='Hello'>⟦Hello⟧</p>", ["title: Hello"]),
        ("<p data-text='Undo' data-status='new'></p>", ["data-text: Undo"]),
        ("<input type=submit value=Go><input value=Go>", ["value: Go"]),
        ("<p>⟦Hello</p>", ["a bracket is not closed"]),
        ("<script>let it = 1;</script><title>⟦Board⟧ · Leadbook</title>", []),
    ],
)
def test_what_is_not_translated_is_found(page: str, left: list[str]) -> None:
    assert pseudo.untranslated(page) == left


def test_pages_do_not_differ_by_language_while_there_is_one(tables: None) -> None:
    assert "Accept-Language" not in Client().get("/contact/").get("Vary", "")


def test_no_translation_breaks_out_of_an_attribute() -> None:
    for path in Path(settings.BASE_DIR, "locale").rglob("*.po"):
        assert not catalogs.unsafe(path.read_text(encoding="utf-8")), path


CATALOG = r"""# German
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Language-Team: Us <us@example.com>\n"

#: templates/base.html
msgctxt "noun"
msgid "Import"
msgstr %s

msgid "A <b>bold</b> word"
msgstr ""
"Ein <b>fettes</b> "
"Wort"

#, python-format
msgid "%%(number)s lead"
msgid_plural "%%(number)s leads"
msgstr[0] "%%(number)s Lead"
msgstr[1] "%%(number)s Leads"
"""


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('"Import"', []),
        ('"„Import“"', []),
        (r'"\"Import\""', ['"Import"']),
        ('""\n"<i>"\n"Import</i>"', ["<i>Import</i>"]),
        ('"Im- & Export"', ["Im- & Export"]),
    ],
)
def test_a_translation_that_breaks_out_is_found(written: str, found: list[str]) -> None:
    assert catalogs.unsafe(CATALOG % written) == found
