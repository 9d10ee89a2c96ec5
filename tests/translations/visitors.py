"""Every page and every error that a visitor of a form can be shown."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.http import HttpResponse
from django.test import Client

from crm.dynamodb.errors import UnavailableError
from leads.definitions import BUILT_IN, AskedField, Brand, Definition
from leads.fields import SPELLED_OUT, Kind, custom_field
from leads.intake import pages, views
from leads.intake.taking import IntakeFullError
from leads.repository import forms as store
from leads.repository import registry
from leads.repository.form_index import Listed
from tests.forms.making import added, changed
from tests.web.pages import Answer

MESSAGE = {"name": "Жанна", "email": "1@example.com", "subject": "Столы", "message": "Да"}
# Letters that are no Latin ones, so that nothing of them looks like a text of ours.
ROWS = (
    custom_field("budget", "Бюджет", Kind.NUMBER),
    custom_field("size", "Размер", Kind.CHOICE, choices=("Ж", "Ю")),
    custom_field("start", "Начало", Kind.DATE),
    *(custom_field(slug, "Ещё", Kind.LONG) for slug in ("more", "most")),
)
WRONG = (
    {"name": "ж" * 300, "email": "ж", "subject": "", "message": "ж" * 20_000},
    {"name": "\x00", "x_size": "э"},
    {"subject": "\x01"},
    {"x_budget": "ж", "x_start": "ж"},
    {"x_budget": "1,234", "x_more": "\x07"},
    {"x_more": "\u3164", "x_most": "ж" * 3_000},
    {"x_more": "ж" * 1_500, "x_most": "ж" * 1_500},
)


def form(language: str) -> Definition:
    """Store a first form that asks for everything, and one that is off; return the first."""
    registry.save(ROWS, 0)
    asked = [AskedField.of(one, label="", required=one.required) for one in (*SPELLED_OUT, *ROWS)]
    required = [one.model_copy(update={"required": one.name != "company"}) for one in asked[:6]]
    brand = Brand(site_name="Ж", site_url="https://ж.example", privacy_url="https://ж.example/1")
    said = {"language": language, "brand": brand, "contact": "12"}
    added("off", **said)
    store.switch("off", is_on=False)
    site = "https://1.example"
    said |= {"origins": (site,), "thanks_url": f"{site}/1", "country": "JP"}
    return changed(BUILT_IN, **said, fields=(*required, *asked[6:]))


def visit(first: Definition) -> Iterator[tuple[str, Answer | HttpResponse]]:
    """Meet all of it, at a first form as :func:`form` makes it."""
    web = Client(raise_request_exception=False)
    message = MESSAGE | {"phone": "1", "version": first.version}
    yield "form", web.get("/contact/")
    yield "preview", pages.preview(first)
    yield "thanks", web.get("/contact/thanks/")
    yield "nothing", web.post("/contact/", {})
    for field in MESSAGE:
        yield f"no {field}", web.post("/contact/", message | {field: ""})
    for number, wrong in enumerate(WRONG):
        yield f"wrong {number}", web.post("/contact/", message | wrong)
    yield "unknown version", web.post("/contact/", message | {"version": "1"})
    elsewhere = {"Referer": "https://2.example/", "Sec-Fetch-Dest": "iframe"}
    yield "a frame that is refused", web.get("/contact/?embed", headers=elsewhere)
    yield "thanks in a frame", web.get("/contact/thanks/?embed")
    yield "too large", web.post("/contact/", {"message": "ж" * 1024 * 1024})
    yield "off", web.get("/contact/off/")
    with patch.object(Listed, "is_in_grace", return_value=False):
        yield "too late", web.post("/contact/off/", MESSAGE)
    for error in (UnavailableError(), IntakeFullError(60), ValueError()):
        with _failing("take", error):
            yield f"{type(error).__name__} at the end", web.post("/contact/", message)
    with _failing("meant", UnavailableError()):
        yield "the store is silent", web.get("/contact/")
        yield "the store is silent for a message", web.post("/contact/", message)
    yield "not found", web.get("/contact/none/")
    yield "gone", web.post("/contact/none/", MESSAGE)
    yield "wrong method", web.put("/contact/")
    yield "bad address", web.get("/contact/?a=%00")


def keys(found: Iterable[object]) -> set[str]:
    """Return what catalogs call texts, of a plural the one for one."""
    return {str(key[0] if isinstance(key, tuple) else key) for key in found} - {""}


@contextmanager
def _failing(name: str, error: Exception) -> Iterator[None]:
    with patch.object(views, name, side_effect=error):
        yield
