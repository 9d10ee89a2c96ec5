"""A brand: of the installation and of a form, its logo and its accent on public pages."""

import re
from base64 import b64decode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm import remember
from crm.accounts import drafts
from crm.accounts.models import User
from crm.dynamodb.capacity import count_requests
from crm.dynamodb.errors import UnavailableError
from crm.dynamodb.transaction import Write, transact
from leads.brand.accents import sheet_hash, style_sheet
from leads.definitions import AskedField, Brand, Definition
from leads.fields import SPELLED_OUT
from leads.repository import brand, form_index, looks
from leads.repository import forms as store
from leads.repository.brand import StaleBrandError
from tests.custom import FIELDS, set_fields
from tests.forms.making import added, changed, filled_up, others
from tests.web.pages import NASTY, hidden, said, signed_out_goes_to_sign_in

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

pytestmark = pytest.mark.usefixtures("tables")
BRAND, EDIT = "/forms/brand/", "/forms/quote/"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10"><path d="M0 0h20v10z"/></svg>'
ACCENT = "#0a7d4b"


@pytest.fixture
def head(client_for: Callable[[User], Client], admin: User) -> Client:
    """Return the browser of an admin."""
    return client_for(admin)


def file_of(data: bytes = SVG, name: str = "logo.svg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def stored(slug: str = "quote") -> Definition:
    listed = store.index().find(slug)
    assert listed
    return store.definition(slug, listed.version)


def post(head: Client, **given: object) -> "_MonkeyPatchedWSGIResponse":
    return head.post(BRAND, {"seen": hidden(head.get(BRAND), "seen"), **given})


def test_all_forms_have_it_but_for_what_is_their_own(head: Client) -> None:
    added(own=Brand(site_name="Shop"), brand=Brand(site_name="Shop"))
    answer = post(head, site_name="Acme", site_url="https://acme.example", accent=ACCENT)
    assert said(answer)[-1] == "The brand was saved, and all forms have it within half a minute."
    for slug, name in (("contact", "Acme"), ("quote", "Shop")):
        assert stored(slug).brand.site_name == name
        assert stored(slug).brand.accent == ACCENT
    assert stored("quote").own == Brand(site_name="Shop")
    post(head, site_name="Acme & Sons")
    assert stored("contact").brand == Brand(site_name="Acme & Sons")


def test_a_new_form_has_it_too(head: Client) -> None:
    post(head, site_name="Acme")
    head.post("/forms/add/", {"slug": "quote", "language": "en"})
    assert stored().brand.site_name == "Acme"
    assert stored().own == Brand()
    page = Client().get("/contact/quote/").text
    assert "Acme" in page


@pytest.mark.parametrize(
    ("url", "posted"),
    [
        ("/forms/add/", {"slug": "new", "language": "en"}),
        ("/forms/quote/copy/", {}),
        ("/forms/quote/", {"language": "en", "title": "Newer", "site_name": ""}),
    ],
)
@pytest.mark.parametrize("changes", ["brand", "fields"])
def test_no_form_is_stored_with_what_is_changed_in_that_moment(
    head: Client, monkeypatch: pytest.MonkeyPatch, url: str, posted: dict[str, str], changes: str
) -> None:
    added(own=Brand(site_name="Shop"), brand=Brand(site_name="Shop"))
    before = store.index()

    def late(writes: Sequence[Write], token: str) -> None:
        monkeypatch.setattr("leads.repository.forms.transact", transact)
        if changes == "brand":
            brand.save(Brand(site_name="Acme"), seen=0)
        else:
            set_fields(*FIELDS)
        transact(writes, token)

    monkeypatch.setattr("leads.repository.forms.transact", late)
    posted = posted | {"seen": stored().version}
    assert head.post(url, posted).status_code == 503
    slugs = [one.slug for one in before.forms]
    assert [one.slug for one in store.index().forms] == slugs
    assert stored().title == ""
    assert head.post(url, posted).status_code == 302
    expected = {"brand": "Acme", "fields": ""}[changes]
    if url != "/forms/quote/copy/":
        assert stored("new" if "add" in url else "quote").brand.site_name == expected


def test_a_form_keeps_what_is_its_own_and_takes_back_the_rest(head: Client) -> None:
    added()
    post(head, site_name="Acme", accent=ACCENT)
    posted = {"language": "en", "seen": stored().version}
    head.post(EDIT, posted | {"accent": "#ad241c"})
    assert (stored().brand.site_name, stored().brand.accent) == ("Acme", "#ad241c")
    head.post(EDIT, posted | {"seen": stored().version})
    assert stored().brand.accent == ACCENT


def test_a_logo_is_served_under_its_contents(head: Client) -> None:
    post(head, site_name="Acme", logo=file_of())
    shown = stored("contact").brand
    assert (shown.logo_width, shown.logo_height) > (0, 0)
    address = f"/contact/logo/{shown.logo}"
    page = Client().get("/contact/").text
    assert f'<img src="{address}"' in page
    assert 'alt="Acme"' in page
    answer = Client().get(address)
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "immutable" in answer["Cache-Control"]
    assert answer.content.startswith(b"<svg")
    # It stays where texts are changed, and goes where that is asked for.
    post(head, site_name="Acme & Sons")
    assert stored("contact").brand.logo == shown.logo
    post(head, logo_gone="on")
    assert stored("contact").brand.logo == ""
    # Pages of before still show it.
    assert Client().get(address).status_code == 200


def test_a_page_of_visitors_is_small_tells_what_it_is_and_asks_no_other_site(head: Client) -> None:
    logo = SVG.replace(b'd="M0 0h20v10z"', b'd="' + b"M0 0h20v10z" * 720 + b'"')
    post(head, site_name="Acme", accent=ACCENT, logo=file_of(logo))
    asked = tuple(AskedField.of(one, label="", required=True) for one in (*SPELLED_OUT, *FIELDS))
    own = {"title": "Offers", "language": "ar", "description": "Within a day.", "consent": "Yes."}
    filled_up(brand=brand.read().brand, fields=asked, **own)
    page = Client().get("/contact/quote/").text
    assert '<html lang="ar" dir="rtl">' in page
    assert "<title>Offers · Acme</title>" in page
    assert '<meta name="description" content="Within a day.">' in page
    loaded = set(re.findall(r'<(?:link|script|img)\b[^>]*? (?:href|src)="([^"]*)"', page))
    assert {address.partition("/")[0] for address in loaded} == {""}
    sizes = {address: loaded_bytes(address) for address in loaded}
    assert max(sizes.values()) > 7_500
    assert len(page.encode()) + sum(sizes.values()) <= 60 * 1024


def loaded_bytes(address: str) -> int:
    if address.startswith("/static/"):
        return Path(settings.BASE_DIR, address.lstrip("/")).stat().st_size
    return len(Client().get(address).content)


def test_an_accent_is_a_style_sheet_of_its_own(head: Client) -> None:
    post(head, accent=" #0A7D4B ")
    address = f"/contact/brand/{sheet_hash(style_sheet(ACCENT))}.css"
    assert address in Client().get("/contact/").text
    answer = Client().get(address)
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert ACCENT in answer.text


def test_what_another_process_made_just_now_is_there(
    head: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = form_index.known_index()
    post(head, accent=ACCENT, logo=file_of())
    address = f"/contact/logo/{stored('contact').brand.logo}"
    form_index._remembered.set(old)  # noqa: SLF001 -- as the other process has it
    monkeypatch.setattr(form_index, "LEAST_AGE", -1)
    assert Client().get(address).status_code == 200


@pytest.mark.parametrize(
    "address", ["logo/" + "0" * 32, "logo/x", "brand/x.css", "logo/..%2f..%2f", "brand/.css"]
)
def test_looks_that_are_not_there(address: str) -> None:
    answer = Client().get(f"/contact/{address}")
    assert answer.status_code == 404
    assert "Leadbook" not in answer.text


def test_looks_stay_while_the_store_does_not_answer(
    head: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise UnavailableError("nobody there")

    post(head, logo=file_of(), accent=ACCENT)
    brand = stored("contact").brand
    addresses = [f"/contact/logo/{brand.logo}", f"/contact/brand/{brand.sheet}.css"]
    assert [Client().get(address).status_code for address in addresses] == [200, 200]
    looks.forget()
    monkeypatch.setattr(looks, "get", silent)
    assert [Client().get(address).status_code for address in addresses] == [200, 200]
    remember.forget_all()
    answer = Client().get(addresses[0])
    assert (answer.status_code, "immutable" in answer["Cache-Control"]) == (503, False)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"accent": "#fff"}, "accent"),
        ({"accent": "red"}, "accent"),
        ({"site_url": "javascript:alert(1)"}, "site_url"),
        ({"logo": b"GIF89a", "name": "logo.png"}, "logo"),
        ({"logo": b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"}, "logo"),
        ({"logo": b"x" * 300_000}, "logo"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    head: Client, given: dict[str, object], field: str
) -> None:
    data, name = given.pop("logo", None), str(given.pop("name", "logo.svg"))
    if isinstance(data, bytes):
        given = given | {"logo": file_of(data, name)}
    answer = post(head, **given)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.text
    assert brand.read().version == 0


def test_names_are_texts(head: Client) -> None:
    post(head, site_name=NASTY)
    assert "<script>alert" not in Client().get("/contact/").text


def test_a_stale_change_says_so_and_keeps_what_was_typed(head: Client) -> None:
    seen = hidden(head.get(BRAND), "seen")
    brand.save(Brand(site_name="Theirs", accent=ACCENT), seen=0)
    answer = head.post(BRAND, {"seen": seen, "site_name": "Mine", "logo": file_of()})
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.text
    assert others(answer) == {"Name of your site": "Theirs", "Colour of buttons and links": ACCENT}
    assert "Choose the logo once more" in answer.text
    again = {"seen": hidden(answer, "seen"), "site_name": "Mine"}
    for _ in range(2):
        assert head.post(BRAND, again).status_code == 302
    assert brand.read() == (Brand(site_name="Mine"), 2)


def test_what_was_typed_while_a_session_ended_is_kept(head: Client) -> None:
    posted = {"seen": "0", "site_name": "Acme & Söhne"}
    shown = head.post(BRAND, posted | {drafts.SHOW: "1"})
    assert shown.status_code == 200
    assert 'value="Acme &amp; Söhne"' in shown.text
    head.session.delete(head.session.session_key)
    refused = head.post(BRAND, posted).text
    assert "Your session has ended" in refused
    assert "Acme &amp; Söhne" in refused
    assert brand.read().version == 0


def test_the_browser_can_say_why_a_file_is_not_sent(head: Client) -> None:
    for address in (BRAND, "/forms/contact/"):
        page = head.get(address).text
        assert 'data-too-large="The file is too large: a logo has at most 8 KB' in page


def test_a_file_is_not_kept_beside_an_error_and_the_page_says_so(head: Client) -> None:
    answer = post(head, accent="red", logo=file_of())
    assert answer.status_code == 422
    assert "Choose the logo once more" in answer.text
    assert "Choose the logo once more" not in post(head, accent="red").text


def test_it_is_changed_with_all_forms_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise UnavailableError("killed")

    added()
    with monkeypatch.context() as patch:
        patch.setattr(store, "transact", fail)
        with pytest.raises(UnavailableError):
            brand.save(Brand(site_name="Acme"), seen=0)
    assert brand.read() == (Brand(), 0)
    assert stored().brand == stored("contact").brand == Brand()
    with count_requests() as usage:
        brand.save(Brand(site_name="Acme"), seen=0)
    # The list, a form and what it looks like are read, and all is written at once.
    assert usage.requests == 4
    assert stored().brand.site_name == stored("contact").brand.site_name == "Acme"
    with pytest.raises(StaleBrandError):
        brand.save(Brand(site_name="Other"), seen=0)
    assert stored().brand.site_name == "Acme"


def test_a_form_that_changes_meanwhile_has_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    before = added()
    definition = store.definition

    def overtaken(slug: str, version: str) -> Definition:
        found = definition(slug, version)
        monkeypatch.setattr(store, "definition", definition)
        changed(before, title="Theirs")
        return found

    monkeypatch.setattr(store, "definition", overtaken)
    brand.save(Brand(site_name="Acme"), seen=0)
    assert (stored().title, stored().brand.site_name) == ("Theirs", "Acme")


def test_a_form_without_room_for_it_is_named(head: Client) -> None:
    full = filled_up(title="Ask us")
    answer = post(head, site_name="Acme", site_url="https://acme.example")
    assert answer.status_code == 422
    assert "The form “Ask us” would have" in answer.text
    assert 'value="Acme"' in answer.text
    assert brand.read() == (Brand(), 0)
    assert stored().version == full.version
    assert stored("contact").brand == Brand()


def test_a_preview_shows_what_is_not_saved_yet(head: Client) -> None:
    before = added()
    posted = {"language": "en", "accent": ACCENT, "logo": file_of()}
    answer = head.post(f"{EDIT}preview/", posted)
    found = re.findall(r'"data:(text/css|image/svg\+xml);base64,([^"]+)"', answer.text)
    sheet, logo = (b64decode(content).decode() for _type, content in found)
    assert sheet == style_sheet(ACCENT)
    assert "<path" in logo
    policy = answer["Content-Security-Policy"]
    assert "style-src 'self' data:; img-src 'self' data:" in policy
    assert stored().version == before.version


def test_a_logo_is_a_picture_alone_and_has_a_name(head: Client) -> None:
    post(head, logo=file_of(), site_url="https://www.acme.example/shop")
    page = Client().get("/contact/").text
    assert page.count("/contact/logo/") == 1
    assert re.search(r'<img src="/contact/logo/[^>]* alt="www.acme.example">', page, re.DOTALL)


def test_it_needs_an_admin(client_for: Callable[[User], Client], sales: User) -> None:
    assert signed_out_goes_to_sign_in(BRAND)
    assert client_for(sales).get(BRAND).status_code == 403
    assert client_for(sales).post(BRAND, {"seen": "0"}).status_code == 403


def test_the_form_shows_what_is_stored(head: Client) -> None:
    post(head, site_name="Acme", logo=file_of())
    remember.forget_all()
    page = head.get(BRAND).text
    assert 'value="Acme"' in page
    assert "The logo as it is now" in page
