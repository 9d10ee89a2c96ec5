"""What a visitor's browser loads for a form: little, and from nobody else."""

import re
from pathlib import Path

import pytest
from django.test import Client

from leads.brand.logos import MAX_LOGO, Logo
from leads.definitions import BUILT_IN, MAX_BYTES, AskedField, Brand, Definition
from leads.fields import Kind, custom_field
from leads.repository import forms as store
from leads.repository.registry import MOST

MOST_LOADED = 60 * 1000
"""Bytes, uncompressed, with the logo."""
STATIC = "/static/"

pytestmark = pytest.mark.usefixtures("tables")


def loaded(page: str) -> set[str]:
    """Return the addresses of what a page shows and runs besides itself."""
    parts = re.findall(r"<(?:link|script|img|iframe|source)\b[^>]*>", page)
    return {address for part in parts for address in re.findall(r'(?:href|src)="([^"]+)"', part)}


def size_of(address: str) -> int:
    if address.startswith(STATIC):
        return Path("static", address.removeprefix(STATIC)).stat().st_size
    return len(Client().get(address).content)


def form_with(kind: Kind, choices: int, words: int) -> Definition:
    """Return a form that asks for all fields that there can be."""
    named = tuple(f"{number:02}" for number in range(choices))
    rows = [custom_field(f"f{n}", f"F{n}", kind, choices=named) for n in range(MOST)]
    asked = [AskedField.of(row, label="", required=True) for row in rows]
    return BUILT_IN.changed(
        slug="quote", fields=(*BUILT_IN.fields, *asked), intro="A word. " * words, consent="Yes."
    )


@pytest.mark.parametrize("kind", [Kind.CHOICE, Kind.LONG])
def test_a_form_as_full_as_it_can_be_is_small_with_all_that_it_loads(kind: Kind) -> None:
    logo = Logo(b"x" * MAX_LOGO, "image/png", 200, 50)
    brand = Brand(site_name="Acme", logo=logo.hash, accent="#0a7d4b")
    choices, words = (36, 0) if kind is Kind.CHOICE else (0, 300)
    form = form_with(kind, choices, words).changed(brand=brand)
    assert MAX_BYTES - 400 < store.stored_size(form) <= MAX_BYTES
    store.add(form, logo=logo)
    page = Client().get("/contact/quote/")
    also = loaded(page.text)
    assert all(re.match(r"/[^/]", address) for address in also), also
    assert {f"/contact/logo/{logo.hash}", "/static/public.css"} < also
    assert len(page.content) + sum(map(size_of, also)) <= MOST_LOADED
