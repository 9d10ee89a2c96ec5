"""No page shows a text that could not be in another language."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from tests.translations import pseudo, site
from tests.translations.site import Site
from tests.web.pages import Answer


@pytest.mark.parametrize(
    "visit",
    [
        site.board,
        site.listing,
        site.far_search,
        site.bulk,
        site.detail,
        site.imports,
        site.restored,
        site.contact,
        site.accounts,
        site.passwords,
        site.errors,
        site.mails,
    ],
    ids=lambda visit: visit.__name__,
)
@pytest.mark.slow
def test_every_text_of_ours_is_translated(
    visit: Callable[[Site], Iterator[tuple[str, Answer | str]]],
    tables: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pseudo.install(monkeypatch)
    found = []
    for name, page in visit(Site(monkeypatch)):
        text = page if isinstance(page, str) else page.content.decode()
        found += [f"{name}: {left}" for left in pseudo.untranslated(text)]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


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
