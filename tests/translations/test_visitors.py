"""Visitors are spoken to in the language of the form, and people who sign in in English."""

from collections.abc import Callable, Iterator
from gettext import GNUTranslations
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, override

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.template.autoreload import reset_loaders
from django.test import Client
from django.utils.translation import to_locale, trans_real

from crm.accounts.models import User
from leads import repository
from leads.definitions import LANGUAGES
from leads.models import Status
from leads.repository import forms as store
from tests.forms.making import MESSAGE, added
from tests.translations import pseudo, visitors
from tests.web.pages import current

HERE = Path(settings.BASE_DIR, "locale")
OTHERS = [language for language in LANGUAGES if language != "en"]


class Looked(pseudo.Pseudo):
    """A language with brackets around what its catalogs know; it notes what is asked."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._name = language
        self._real: Any = trans_real.DjangoTranslation(language)
        self.asked: set[str] = set()

    @override
    def gettext(self, message: str) -> str:
        self.asked.add(message)
        is_known = message in self._real._catalog  # noqa: SLF001 -- an equal text may be meant
        return super().gettext(self._real.gettext(message)) if is_known else message

    @override
    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.asked.add(msgid1)
        text = self._real.ngettext(msgid1, msgid2, n)
        return text if text in {msgid1, msgid2} else super().gettext(text)

    @override
    def to_language(self) -> str:
        return self._name


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Looked]]:
    """Return what puts such a language in its place."""
    reset_loaders()  # Templates keep texts.

    def put(language: str) -> Looked:
        found = Looked(language)
        monkeypatch.setattr(trans_real, "_translations", {language: found})
        return found

    yield put
    reset_loaders()


def folder(language: str) -> Path:
    return HERE / to_locale(language) / "LC_MESSAGES"


def catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def compiled(file: BytesIO) -> dict[object, str]:
    found: dict[object, str] = dict(GNUTranslations(file)._catalog)  # type: ignore[attr-defined] # noqa: SLF001
    found.pop("")
    return found


def ids(found: Catalog) -> set[str]:
    """Return the texts of a catalog, as gettext asks for them."""
    texts = [(one.context, one.id if isinstance(one.id, str) else one.id[0]) for one in found]
    return {
        f"{context}{pseudo.CONTEXT}{text}" if context else text for context, text in texts if text
    }


@pytest.mark.slow
@pytest.mark.parametrize("language", OTHERS)
def test_every_page_is_whole_in_the_language_of_the_form(
    language: str, tables: None, looked: Callable[[str], Looked]
) -> None:
    first, spoken = visitors.form(language), looked(language)
    found = []
    for name, page in visitors.visit(first):
        text = page.content.decode()
        assert f'<html lang="{language}"' in text, name
        assert ('dir="rtl"' in text) == (language == "ar"), name
        found += [f"{name}: {left}" for left in pseudo.untranslated(text)]
    assert not found
    core = Path(django.__file__).parent / "conf" / "locale" / "de" / "LC_MESSAGES" / "django.mo"
    djangos = visitors.keys(compiled(BytesIO(core.read_bytes())))
    ours = ids(catalog(HERE / "public.pot"))
    assert spoken.asked - djangos == ours - djangos


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalog_has_the_texts_of_the_public_pages(language: str) -> None:
    listed, found = (
        catalog(path) for path in (HERE / "public.pot", folder(language) / "django.po")
    )
    if language not in dict(settings.LANGUAGES):
        assert ids(found) == ids(listed)
    for one in found:
        texts = [one.string] if isinstance(one.string, str) else one.string or [""]
        assert all(texts), one.id
        assert not one.fuzzy or not one.id, one.id


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    expected = BytesIO()
    write_mo(expected, catalog(folder(language) / "django.po"))
    expected.seek(0)
    assert compiled(BytesIO((folder(language) / "django.mo").read_bytes())) == compiled(expected)


def test_each_language_of_forms_is_here_and_on_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(settings.BASE_DIR, "scripts")))
    packaged = import_module("trim_packages").PUBLIC_LANGUAGES
    here = {path.name for path in HERE.iterdir() if path.is_dir()}
    assert here == packaged == {to_locale(one) for one in OTHERS}


def test_people_who_sign_in_read_english_whatever_forms_and_browsers_speak(
    tables: None, client_for: Callable[[User], Client], admin: User
) -> None:
    added(language="de")
    staff = client_for(admin)
    german = {"Accept-Language": "de"}
    assert "Write to us" in staff.get("/contact/", headers=german).text
    assert "Schreiben Sie uns" in staff.get("/contact/quote/").text
    assert "Schreiben Sie uns" in staff.get("/forms/quote/preview/", headers=german).text
    for address in ("/board/", "/accounts/me/", "/forms/", "/none/"):
        page = staff.get(address, headers=german)
        assert '<html lang="en"' in page.text, address
        assert "Skip to content" in page.text, address
        assert "Accept-Language" not in page.get("Vary", ""), address


def test_what_is_stored_of_a_message_is_the_same_in_every_language(tables: None) -> None:
    for language in ("en", "ja"):
        added(language, language=language)
        Client().post(f"/contact/{language}/", MESSAGE)
    stored = []
    for found in repository.by_status(Status.NEW).leads:
        lead, events = current(found.lead_id), repository.timeline(found.lead_id).events
        stored.append(
            (lead.subject, lead.source, [(one.type, one.actor, one.changes) for one in events])
        )
    assert stored[0] == stored[1]


def test_what_went_wrong_is_said_in_the_language_of_the_form(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitors.form("de")
    added(language="ja")
    web = Client()
    languages = {"/contact/": "de", "/contact/quote/": "ja", "/contact/none/": "de"}
    for _ in range(2):
        for address, language in languages.items():
            assert f'<html lang="{language}"' in web.put(address).text
        # From now on it is remembered.
        monkeypatch.setattr(store, "get", None)
