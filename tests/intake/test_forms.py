"""The company's forms as visitors meet them: addresses, texts, versions, off and gone."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from crm import remember
from crm.dynamodb import calls
from crm.dynamodb.errors import UnavailableError
from leads import repository
from leads.definitions import BUILT_IN, AskedField, Brand, Definition, consent_hash
from leads.fields import Kind
from leads.models import Lead, Status, timestamp
from leads.repository import form_index, known_forms
from leads.repository import forms as store
from tests.forms.making import MESSAGE, added, asking, changed
from tests.web.pages import NASTY, hidden

pytestmark = pytest.mark.usefixtures("tables")
URL, THANKS = "/contact/quote/", "/contact/quote/thanks/"


@pytest.fixture
def visitor() -> Client:
    """Return the browser of a stranger."""
    return Client()


def all_leads() -> list[Lead]:
    return repository.by_status(Status.NEW, limit=100).leads


def test_it_shows_its_own_texts_and_fields(visitor: Client) -> None:
    added(
        title=NASTY,
        intro="One\n\nTwo",
        button="Go",
        description="About engines",
        brand=Brand(
            site_name="Acme",
            site_url="https://acme.example",
            privacy_url="https://acme.example/privacy",
        ),
        fields=asking("name", "email", "phone"),
    )
    page = visitor.get(URL).text
    assert "&lt;script&gt;alert(&#x27;1&#x27;)" in page
    for text in ("<p>One</p>", "<p>Two</p>", "Acme", "About engines", "/privacy"):
        assert text in page
    assert re.search(r">\s*Go\s*</button>", page)
    assert 'name="phone"' in page
    assert 'name="subject"' not in page
    assert "Leadbook" not in page


def test_a_message_becomes_a_lead(visitor: Client) -> None:
    added(fields=asking("name", "email"), thanks="Merci")
    page = visitor.get(URL)
    sent = MESSAGE | {"submission": hidden(page, "submission"), "version": hidden(page, "version")}
    answer = visitor.post(URL, sent)
    assert (answer.status_code, answer["Location"]) == (303, THANKS)
    (lead,) = all_leads()
    # What the form does not ask for is not taken.
    assert (lead.name, lead.subject) == ("Ada Li", "")
    came = repository.get(lead.lead_id).attribution
    assert (came.form, came.form_version) == ("quote", hidden(page, "version"))
    assert "Merci" in visitor.get(THANKS).text


def test_the_first_one_has_two_addresses(visitor: Client) -> None:
    assert visitor.get("/contact/contact/").status_code == 200
    answer = visitor.post("/contact/contact/", MESSAGE)
    assert (answer.status_code, answer["Location"]) == (303, "/contact/thanks/")


def test_a_thank_you_page_of_the_company(visitor: Client) -> None:
    added(thanks_url="https://acme.example/thanks")
    assert visitor.post(URL, MESSAGE)["Location"] == "https://acme.example/thanks"


@pytest.mark.parametrize("slug", ["nothing", "add", "logo", "Quote", "x" * 41])
def test_one_that_is_not_there(visitor: Client, slug: str) -> None:
    answer = visitor.get(f"/contact/{slug}/")
    assert answer.status_code == 404
    assert "Leadbook" not in answer.text
    answer = visitor.post(f"/contact/{slug}/", MESSAGE)
    assert answer.status_code == 404
    assert all_leads() == []


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods(visitor: Client, method: str) -> None:
    added()
    assert visitor.generic(method.upper(), URL).status_code == 405


def test_a_consent_has_to_be_given(visitor: Client) -> None:
    added(consent="You may <b>write</b> to me.")
    assert "You may &lt;b&gt;write&lt;/b&gt; to me." in visitor.get(URL).text
    answer = visitor.post(URL, MESSAGE)
    assert answer.status_code == 422
    assert "Twelve, please" in answer.text
    for refusal in ("", "0", "no", "Off", "false"):
        assert visitor.post(URL, MESSAGE | {"consent": refusal}).status_code == 422
    assert visitor.post(URL, MESSAGE | {"consent": "on"}).status_code == 303
    (lead,) = all_leads()
    came = repository.get(lead.lead_id).attribution
    assert came.consent_version == consent_hash("You may <b>write</b> to me.")
    assert came.consent_at


def test_an_older_version_is_judged_by_what_it_asked_for(visitor: Client) -> None:
    first = added()
    changed(first, fields=asking("name", "email", "company", "subject", "message"))
    answer = visitor.post(URL, MESSAGE | {"version": first.version})
    assert answer.status_code == 303
    assert visitor.post(URL, MESSAGE).status_code == 422


def test_where_it_leads_is_told_by_the_newest_version(visitor: Client) -> None:
    first = added()
    changed(first, thanks_url="https://acme.example/thanks")
    answer = visitor.post(URL, MESSAGE | {"version": first.version})
    assert answer["Location"] == "https://acme.example/thanks"


def test_what_went_wrong_in_an_older_version_is_said_in_its_words(visitor: Client) -> None:
    first = added(title="First")
    changed(first, title="Second")
    answer = visitor.post(URL, {**MESSAGE, "name": "", "version": first.version})
    assert answer.status_code == 422
    assert "First" in answer.text
    assert hidden(answer, "version") == first.version


@pytest.mark.parametrize("version", ["0" * 12, "x" * 5_000, "../../etc", NASTY, "\x00"])
def test_an_unknown_version_shows_the_form_as_it_is_with_everything_typed(
    visitor: Client, version: str
) -> None:
    now = added(title="As it is")
    answer = visitor.post(URL, MESSAGE | {"version": version})
    assert answer.status_code == 422
    assert "This form has changed since you opened it." in answer.text
    assert "As it is" in answer.text
    assert "Twelve, please" in answer.text
    assert hidden(answer, "version") == now.version
    assert all_leads() == []


def test_nobody_agrees_to_words_that_they_have_not_seen(visitor: Client) -> None:
    added(consent="I agree to everything.")
    agreed = MESSAGE | {"consent": "on"}
    answer = visitor.post(URL, agreed | {"version": "0" * 12})
    box = re.search(r'<input type="checkbox" name="consent"[^>]*>', answer.text)
    assert box
    assert "checked" not in box[0]
    assert 'id="id_consent_error"' in answer.text
    refused = visitor.post(URL, agreed | {"name": ""}).text
    kept = re.search(r'<input type="checkbox" name="consent"[^>]*>', refused)
    assert kept
    assert "checked" in kept[0]


def test_a_version_that_was_replaced_long_ago_is_unknown(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = added()
    changed(first, title="Second")
    monkeypatch.setattr(form_index, "TAKEN_FOR", timedelta(0))
    assert visitor.post(URL, MESSAGE | {"version": first.version}).status_code == 422


def test_one_that_is_off_says_how_else_to_reach_the_company(visitor: Client) -> None:
    before = added(contact="Call 555-0100")
    store.switch("quote", is_on=False)
    answer = visitor.get(URL)
    assert answer.status_code == 410
    assert "Call 555-0100" in answer.text
    assert "<textarea" not in answer.text
    # Somebody had it open.
    assert visitor.post(URL, MESSAGE | {"version": before.version}).status_code == 303


def test_one_that_was_switched_off_yesterday_keeps_the_text(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = AskedField(name="x_budget", usual="Your budget")
    added(contact="Call 555-0100", fields=(*asking("name", "email", "message"), budget))
    store.switch("quote", is_on=False)
    remember.forget_all()
    monkeypatch.setattr(form_index, "GRACE", timedelta(0))
    answer = visitor.post(URL, MESSAGE | {"x_budget": "1,200"})
    assert answer.status_code == 410
    # A process of the form alone reads no registry.
    assert re.search(r"Your budget</label>\s*<textarea[^>]*>\s*1,200", answer.text)
    assert "Twelve, please" in answer.text
    assert "Call 555-0100" in answer.text
    assert all_leads() == []


def test_the_text_is_kept_whatever_the_form_asked_for(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = AskedField(name="x_budget", usual="What you can spend")
    added(fields=(*asking("name", "email"), asked))
    store.switch("quote", is_on=False)
    remember.forget_all()
    monkeypatch.setattr(form_index, "GRACE", timedelta(0))
    sent = MESSAGE | {"x_budget": "12500", "x_gone": "Brass"}
    page = visitor.post(URL, sent).text
    for text in ("What you can spend", "12500", "gone", "Brass", "Twelve, please"):
        assert text in page
    store.delete("quote")
    answer = visitor.post(URL, sent)
    assert answer.status_code == 404
    for text in ("12500", "Brass", "Twelve, please"):
        assert text in answer.text


def test_one_that_was_deleted_takes_what_was_open(visitor: Client) -> None:
    before = added()
    store.delete("quote")
    assert visitor.get(URL).status_code == 410
    assert visitor.post(URL, MESSAGE | {"version": before.version}).status_code == 303
    assert len(all_leads()) == 1


def other_fields(form: Definition) -> None:
    changed(form, fields=asking("name", "email", "phone"), title="Newer")


def copied(form: Definition) -> None:
    store.add(form.changed(slug=f"{form.slug}-2"))


def switched(form: Definition) -> None:
    store.switch(form.slug, is_on=False)


def deleted(form: Definition) -> None:
    store.delete(form.slug)


def all_at_once(form: Definition) -> None:
    for act in (other_fields, copied, switched, deleted):
        act(form)


@pytest.mark.parametrize("act", [other_fields, copied, switched, deleted, all_at_once])
def test_what_admins_do_while_it_is_filled_in_loses_no_message(
    visitor: Client, act: Callable[[Definition], None]
) -> None:
    before = added()
    page = visitor.get(URL)
    act(before)
    remember.forget_all()
    given = {name: hidden(page, name) for name in ("version", "submission")}
    for _ in range(2):
        answer = visitor.post(URL, MESSAGE | given)
        assert (answer.status_code, answer["Location"]) == (303, THANKS)
    (lead,) = all_leads()
    came = repository.get(lead.lead_id).attribution
    assert (came.form, came.form_version) == ("quote", before.version)


def test_when_the_store_does_not_answer_the_first_form_is_there(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise UnavailableError("nobody there")

    store.save(BUILT_IN.changed(title="Ours"), seen=BUILT_IN.version)
    version = added().version
    remember.forget_all()
    monkeypatch.setattr(form_index, "get", silent)
    assert "Ours" not in visitor.get("/contact/").text
    assert visitor.get(URL).status_code == 503
    for address in (URL, "/contact/"):
        answer = visitor.post(address, MESSAGE | {"version": version, "x_budget": "12500"})
        assert answer.status_code == 503
        assert "Twelve, please" in answer.text
        assert "12500" in answer.text
    # The page that was shown.
    assert visitor.post("/contact/", MESSAGE | {"version": BUILT_IN.version}).status_code == 303
    answer = visitor.post("/api/v1/leads?form=quote", MESSAGE, content_type="application/json")
    assert answer.status_code == 503


def test_what_another_process_made_just_now_is_there(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError

    first = added()
    before = form_index.known_index()
    added("other")
    second = changed(first, title="Second")
    form_index._remembered.set(before)  # noqa: SLF001 -- as another process has it
    sent = MESSAGE | {"version": second.version}
    # It was read just now: what is unknown costs nothing.
    with monkeypatch.context() as patch:
        patch.setattr(form_index, "get", fail)
        for number in range(100):
            assert visitor.get(f"/contact/other-{number}/").status_code == 404
        assert visitor.post(URL, sent).status_code == 422
    monkeypatch.setattr(form_index, "LEAST_AGE", 0)
    assert visitor.post(URL, sent).status_code == 303
    form_index._remembered.set(before)  # noqa: SLF001 -- as another process has it
    assert visitor.get("/contact/other/").status_code == 200


def test_texts_and_errors_are_of_the_language_of_the_form(visitor: Client) -> None:
    added(language="ar", fields=asking("name", "email", "phone", "message"))
    page = visitor.get(URL).text
    assert '<html lang="ar" dir="rtl">' in page
    assert re.search(r'<input type="tel" [^>]*dir="ltr"', page)
    answer = visitor.post(URL, MESSAGE | {"name": "x" * 300})
    # Django's own words for a text that is too long.
    assert "at most" not in answer.text


def test_what_went_wrong_is_said_in_the_language_of_the_form_by_a_process_that_never_showed_it(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise UnavailableError("nobody there")

    store.save(BUILT_IN.changed(language="de"), seen=BUILT_IN.version)
    added(language="ja")
    monkeypatch.setattr(known_forms, "_definitions", {})
    assert '<html lang="ja">' in visitor.put(URL).text
    for address in ("/contact/nothing/", "/contact/logo/x", "/contact/brand/x.css"):
        assert '<html lang="de">' in visitor.get(address).text
    monkeypatch.setattr(known_forms, "_definitions", {})
    monkeypatch.setattr(calls, "get", silent)
    assert '<html lang="en">' in visitor.put(URL).text


def test_the_api_names_a_form(visitor: Client) -> None:
    added(fields=asking("name", "email"), consent="I agree.")
    address = "/api/v1/leads?form=quote"
    sent: dict[str, object] = {"name": "Ada Li", "email": "ada@example.com"}
    answer = visitor.post(address, sent, content_type="application/json")
    assert [*answer.json()["errors"]] == ["consent"]
    for agreed in (True, "on"):
        answer = visitor.post(address, sent | {"consent": agreed}, content_type="application/json")
        assert answer.status_code == 201
    for refused in (False, "no"):
        answer = visitor.post(address, sent | {"consent": refused}, content_type="application/json")
        assert answer.status_code == 422
    unknown = visitor.post("/api/v1/leads?form=no", sent, content_type="application/json")
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("given", "kept"), [(3, "3"), (-2.5, "-2.5"), ("12,5", "12.5"), (True, ""), ([1], "")]
)
def test_the_api_takes_numbers_where_a_form_asks_for_them(
    visitor: Client, given: object, kept: str
) -> None:
    desks = AskedField(name="x_desks", usual="Desks", kind=Kind.NUMBER)
    plain = AskedField(name="x_note", usual="Note")
    added(fields=(*asking("name", "email"), desks, plain))
    sent = {"name": "Ada Li", "email": "ada@example.com", "x_desks": given}
    address = "/api/v1/leads?form=quote"
    answer = visitor.post(address, sent, content_type="application/json")
    if not kept:
        assert answer.json()["errors"] == {"x_desks": ["This must be a string."]}
        return
    assert repository.get(answer.json()["leadId"]).custom == {"desks": kept}
    answer = visitor.post(address, sent | {"x_note": 3}, content_type="application/json")
    assert [*answer.json()["errors"]] == ["x_note"]


def test_the_api_is_judged_by_the_version_that_it_names(visitor: Client) -> None:
    before = added(fields=asking("name", "email"), consent="I agree.")
    newer = changed(before, fields=asking("name", "email", "subject"), consent="I agree to more.")
    sent = {"name": "Ada Li", "email": "ada@example.com", "consent": "on"}

    def answer(version: object) -> tuple[int, list[str]]:
        document = sent | {"version": version}
        found = visitor.post("/api/v1/leads?form=quote", document, content_type="application/json")
        return found.status_code, [*found.json().get("errors", {})]

    assert answer(before.version) == (201, [])
    assert answer(newer.version) == (422, ["subject"])
    assert answer(None) == answer("") == (422, ["subject"])
    for unknown in ("0" * 12, "\0", "ä" * 9_000):
        assert answer(unknown) == (422, ["subject", "version"])
    assert answer(12) == (422, ["subject", "version"])
    (lead,) = all_leads()
    came = repository.get(lead.lead_id).attribution
    assert came.form_version == before.version
    assert came.consent_version == consent_hash("I agree.")


def test_the_api_takes_nothing_for_a_form_that_is_off(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    added()
    store.switch("quote", is_on=False)
    remember.forget_all()
    monkeypatch.setattr(form_index, "GRACE", timedelta(0))
    answer = visitor.post("/api/v1/leads?form=quote", MESSAGE, content_type="application/json")
    assert answer.status_code == 410


def test_an_installation_that_never_had_forms_has_what_it_had(visitor: Client) -> None:
    page = visitor.get("/contact/")
    assert hidden(page, "version") == BUILT_IN.version
    assert visitor.post("/contact/", MESSAGE).status_code == 303
    assert timestamp(datetime.now(UTC))[:10] in all_leads()[0].created_at
