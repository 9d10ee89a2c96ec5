"""``/forms/``: the checklist of each view, and what admins do with a form."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.conf import LazySettings
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb.capacity import count_requests
from leads.attribution import Attribution
from leads.definitions import BUILT_IN, MAX_BYTES, Definition
from leads.fields import SPELLED_OUT
from leads.forms import views
from leads.forms.figures import figures
from leads.held import store as held
from leads.intake.usual_texts import USUAL_TEXTS
from leads.models import LeadFields
from leads.repository import forms as store
from tests import dynamodb_local
from tests.forms.making import MESSAGE, added, asking, filled_up, others
from tests.make import ANN
from tests.web.pages import NASTY, Answer, hidden, said, signed_out_goes_to_sign_in

pytestmark = pytest.mark.usefixtures("tables")
UNITS = 0 if dynamodb_local.IS_CHOSEN else 1
LIST, ADD, EDIT = "/forms/", "/forms/add/", "/forms/quote/"
PREVIEW, COPY, SWITCH, DELETE = (f"{EDIT}{act}/" for act in ("preview", "copy", "switch", "delete"))
FILLED = {
    "slug": "quote",
    "language": "en",
    "shown_company": "on",
    "shown_message": "on",
    "required_message": "on",
    "labels_message": "Which engine?",
}


@pytest.fixture
def head(client_for: Callable[[User], Client], admin: User) -> Client:
    """Return the browser of an admin."""
    return client_for(admin)


def stored(slug: str = "quote") -> Definition:
    listed = store.index().find(slug)
    assert listed
    return store.definition(slug, listed.version)


def edit(head: Client, **given: str) -> Answer:
    posted = {**FILLED, "seen": hidden(head.get(EDIT), "seen"), **given}
    return head.post(EDIT, posted)


def test_one_is_written(head: Client) -> None:
    answer = head.post(ADD, FILLED | {"title": NASTY, "consent": "I agree."})
    assert (answer.status_code, answer["Location"]) == (302, EDIT)
    assert said(answer)[-1] == "The form was saved. It takes messages from now on."
    form = stored()
    assert form.title == NASTY
    assert [(one.name, one.required, one.label) for one in form.fields] == [
        ("name", True, ""),
        ("email", True, ""),
        ("company", False, ""),
        ("message", True, "Which engine?"),
    ]
    assert NASTY in unescape(head.get(LIST).text)
    assert "<script>alert" not in head.get(EDIT).text


@pytest.mark.parametrize("slug", ["", "Quote", "a b", "a/b", "x" * 41, "thanks", "ü", "contact"])
def test_an_address_that_cannot_be(head: Client, slug: str) -> None:
    answer = head.post(ADD, FILLED | {"slug": slug})
    assert answer.status_code == 422
    assert 'id="id_slug_error"' in answer.text


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": "x" * 121}, "title"),
        ({"intro": "\x07"}, "intro"),
        ({"language": "xx"}, "language"),
        ({"country": "XX"}, "country"),
        ({"country": "de"}, "country"),
        ({"site_url": "javascript:alert(1)"}, "site_url"),
        ({"privacy_url": "//example.com"}, "privacy_url"),
        ({"thanks_url": "https://elsewhere.example/"}, "thanks_url"),
        ({"origins": "http://example.com"}, "origins"),
        ({"origins": "*"}, "origins"),
        ({"origins": "null"}, "origins"),
        ({"origins": "\n".join(f"https://{one}.example" for one in range(21))}, "origins"),
        ({"labels_message": "x" * 121}, "labels_message"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    head: Client, given: dict[str, str], field: str
) -> None:
    answer = head.post(ADD, FILLED | given)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.text
    assert len(store.index().forms) == 1


def test_more_texts_than_a_form_holds(head: Client) -> None:
    long = "ü" * 999
    texts = dict.fromkeys(("intro", "thanks", "consent"), long)
    answer = head.post(ADD, FILLED | texts)
    assert answer.status_code == 422
    assert "The texts of a form have 4,096 bytes at most" in answer.text
    assert MAX_BYTES == 4_096


def test_a_form_that_is_full_costs_half_a_unit_and_so_does_its_copy(head: Client) -> None:
    full = filled_up()
    posted = {**FILLED, "seen": full.version, "intro": full.intro[:-20] + "x" * 99}
    assert head.post(EDIT, posted).status_code == 422
    assert head.post(COPY).status_code == 302
    for slug in ("quote", "quote-2"):
        with count_requests() as usage:
            found = stored(slug)
        # The list is read consistently.
        assert (found.intro, usage.rru) == (full.intro, 1.5 * UNITS)


def test_origins_are_kept_as_browsers_write_them(head: Client) -> None:
    lines = (
        "HTTPS://Www.Example.com:443/page?x=1\nhttps://www.example.com\nhttps://bücher.example:8443"
    )
    given = {"origins": lines, "thanks_url": "https://www.example.com/merci"}
    assert head.post(ADD, FILLED | given).status_code == 302
    assert stored().origins == ("https://www.example.com", "https://xn--bcher-kva.example:8443")
    assert stored().thanks_url == "https://www.example.com/merci"


def test_it_is_changed(head: Client) -> None:
    added()
    answer = edit(head, title="Ask us")
    assert said(answer)[-1] == "The form was saved. Visitors see it within half a minute."
    assert stored().title == "Ask us"
    # A form keeps its address.
    edit(head, slug="other")
    assert store.index().find("other") is None


@pytest.mark.parametrize(("region", "usual"), [("", "None"), ("GB", "Usual: United Kingdom")])
def test_its_country_is_one_of_all_or_the_usual_one(
    head: Client, settings: LazySettings, region: str, usual: str
) -> None:
    settings.PHONE_REGION = region
    first = added()
    assert f'<option value="" selected>{usual}</option>' in head.get(EDIT).text
    edit(head, country="DE")
    now = stored()
    assert (now.country, now.version == first.version) == ("DE", False)
    assert '<option value="DE" selected>Germany</option>' in head.get(EDIT).text
    edit(head, country="")
    assert "country" not in stored().attributes


def test_a_stale_change_shows_both(head: Client) -> None:
    before = added(title="First", origins=("https://a.example", "https://b.example"))
    fields = tuple(one for one in before.fields if one.name != "subject")
    theirs = before.changed(title="Theirs", language="de", fields=fields)
    store.save(theirs, seen=before.version)
    same = {"origins": "https://a.example\r\nhttps://b.example"}
    posted = {**FILLED, **same, "title": "Mine", "shown_subject": "on", "seen": before.version}
    answer = head.post(EDIT, posted)
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.text
    assert others(answer) == {
        "Title": "Theirs",
        "Language": "Deutsch",
        "Subject: Shown": "no",
        "Message: Label": "\N{EN DASH}",
    }
    again = head.post(EDIT, posted | {"seen": hidden(answer, "seen")})
    assert again.status_code == 302
    assert stored().title == "Mine"


def test_a_second_click_is_no_conflict(head: Client) -> None:
    added()
    posted = {**FILLED, "title": "Ask us", "seen": hidden(head.get(EDIT), "seen")}
    for _ in range(2):
        assert head.post(EDIT, posted).status_code == 302


def test_the_preview_shows_what_is_stored_and_what_is_being_written(head: Client) -> None:
    added(title="Stored")
    page = head.get(PREVIEW)
    assert "Stored" in page.text
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert 'type="button"' in page.text
    assert "<script" not in page.text
    typed = head.post(PREVIEW, FILLED | {"title": "Typed"})
    assert typed.status_code == 200
    assert "Typed" in typed.text
    assert "Which engine?" in typed.text
    assert stored().title == "Stored"
    assert head.post(PREVIEW, FILLED | {"origins": "*"}).status_code == 422


@pytest.mark.parametrize(
    ("language", "title", "direction"),
    [("", "Write to us", "ltr"), ("de", "Schreiben Sie uns", "ltr"), ("ar", "راسلنا", "rtl")],
)
def test_in_the_place_of_an_empty_text_stands_what_visitors_read(
    head: Client, language: str, title: str, direction: str
) -> None:
    fields = asking(*(field.name for field in SPELLED_OUT))
    added(language=language, fields=fields)
    shown = re.findall(
        rf'placeholder="([^"]+)" lang="{language or "en"}" dir="{direction}"',
        head.get("/forms/quote/").text,
    )
    assert title in shown
    assert len(shown) == len(USUAL_TEXTS) + len(SPELLED_OUT)
    web = Client()
    visited = web.get("/contact/quote/").text + web.get("/contact/quote/thanks/").text
    assert [text for text in shown if f">{text}" not in visited.replace("\n        ", "")] == []


def test_it_stands_there_in_the_language_that_was_just_chosen(head: Client) -> None:
    added(language="de")
    page = head.post("/forms/quote/", {"language": "fr", "accent": "#fff"})
    assert page.status_code == 422
    assert 'placeholder="Nom" lang="fr"' in page.text


def test_it_is_copied(head: Client) -> None:
    added(title="Ask us")
    assert head.post(COPY)["Location"] == "/forms/quote-2/"
    assert head.post(COPY)["Location"] == "/forms/quote-3/"
    assert stored("quote-3").title == "Ask us"


def test_a_copy_whose_address_somebody_took_meanwhile(
    head: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    added()
    added("quote-2", title="Theirs")
    monkeypatch.setattr(views, "_free_slug", lambda *_: "quote-2")
    assert said(head.post(COPY))[-1].startswith("Another form got the address")
    assert stored("quote-2").title == "Theirs"


def test_one_that_was_deleted_meanwhile_leaves_what_was_typed(head: Client) -> None:
    before = added()
    store.delete("quote")
    answer = head.post(EDIT, FILLED | {"intro": "Long thought of", "seen": before.version})
    assert answer.status_code == 404
    assert "Long thought of" in answer.text


def test_a_change_switches_nothing_on(head: Client) -> None:
    before = added()
    store.switch("quote", is_on=False)
    head.post(EDIT, FILLED | {"title": "Ask us", "seen": before.version})
    listed = store.index().find("quote")
    assert listed
    assert (stored().title, listed.is_on) == ("Ask us", False)


def test_it_is_switched_off_and_on(head: Client) -> None:
    added()
    assert said(head.post(SWITCH, {"enabled": "0"}))[-1].startswith("The form is off")
    assert "Switch on" in head.get(EDIT).text
    assert (
        said(head.post(SWITCH, {"enabled": "1"}))[-1]
        == "The form is on. Visitors see it within half a minute."
    )
    assert "Switch off" in head.get(EDIT).text


def test_it_is_deleted(head: Client) -> None:
    added()
    for _ in range(2):
        assert head.post(DELETE).status_code == 302
    assert head.get(EDIT).status_code == 404
    assert head.post(EDIT, FILLED).status_code == 404


@pytest.mark.parametrize(("address", "posted"), [(SWITCH, {"enabled": "0"}), (DELETE, {})])
def test_a_second_click_is_no_event(
    head: Client, caplog: pytest.LogCaptureFixture, address: str, posted: dict[str, str]
) -> None:
    added()
    caplog.set_level("INFO", "crm.security")
    assert said(head.post(address, posted))[-1] == said(head.post(address, posted))[-1]
    assert len([one for one in caplog.records if one.name == "crm.security"]) == 1


def test_one_that_something_is_of_is_not_deleted(head: Client) -> None:
    added()
    Client().post("/contact/quote/", MESSAGE)
    row = head.get(LIST).text
    assert '<a href="/leads/?form=quote">1</a>' in row
    answer = head.post(DELETE)
    assert said(answer)[-1].startswith("Leads or held messages are of this form.")
    assert stored().slug == "quote"
    listed = head.get("/leads/?form=quote").text
    assert "Ada Li" in listed
    assert "Ada Li" not in head.get("/leads/?form=contact").text
    assert head.get("/leads/?form=nothing").status_code == 200


def hold(form: Definition, number: int = 0) -> str:
    return held.hold(
        LeadFields.read(MESSAGE),
        submission=f"form:{form.slug} {number}",
        source="contact-form",
        address="203.0.113.9",
        attribution=Attribution(form=form.slug, form_version=form.version),
    ).lead_id


def test_one_of_which_a_message_is_held_is_not_deleted_however_many_are_held(
    head: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leads.forms.figures.MOST_HELD", 2)
    monkeypatch.setattr(held, "_LOOKED_AT", 2)
    only = hold(added())
    for number in range(3):
        hold(BUILT_IN, number)
    assert head.get(LIST).text.count('data-label="Held">2+</td>') == 1
    head.post(DELETE)
    assert store.index().find("quote")
    held.discard(only, ANN)
    assert said(head.post(DELETE))[-1] == "The form was deleted."


def test_the_list_asks_for_no_message_that_is_held(head: Client) -> None:
    form = added()
    for number in range(3):
        hold(form, number)
    page = head.get(LIST).text
    assert 'data-label="Held">3</td>' in page
    assert ">just now</td>" in page
    with count_requests() as usage:
        figures(store.index().forms)
    assert (usage.requests, usage.rru) == (3, 2)


def test_what_is_sent_within_a_day_of_the_deletion_is_taken(head: Client) -> None:
    added()
    Client().get("/contact/quote/")
    head.post(DELETE)
    answer = Client().post("/contact/quote/", MESSAGE)
    assert answer.status_code == 303
    assert "Ada Li" in head.get("/leads/?form=quote").text


def test_the_first_one_is_not_deleted(head: Client) -> None:
    assert "Yes, delete" not in head.get("/forms/contact/").text
    answer = head.post("/forms/contact/delete/")
    assert answer["Location"] == "/forms/contact/"
    assert stored("contact") == BUILT_IN


@pytest.mark.parametrize("address", [LIST, ADD, EDIT, PREVIEW])
def test_pages_need_an_admin(
    client_for: Callable[[User], Client], sales: User, address: str
) -> None:
    added()
    assert signed_out_goes_to_sign_in(address)
    assert client_for(sales).get(address).status_code == 403


@pytest.mark.parametrize("address", [COPY, SWITCH, DELETE])
def test_acts_need_an_admin_and_a_post(
    client_for: Callable[[User], Client], sales: User, head: Client, address: str
) -> None:
    added()
    assert client_for(sales).post(address).status_code == 403
    assert head.get(address).status_code == 405
    assert Client().post(address).status_code == 302
    assert len(store.index().forms) == 2


@pytest.mark.parametrize("act", ["", "preview/", "copy/", "switch/", "delete/"])
@pytest.mark.parametrize("slug", ["nothing", "%00", "ü", "x" * 41])
def test_one_that_is_not_there(head: Client, slug: str, act: str) -> None:
    method = head.get if act in {"", "preview/"} else head.post
    assert method(f"/forms/{slug}/{act}").status_code in {400, 404}
