"""The country of a form says whose a telephone number is that names no country."""

import subprocess
import sys
from collections.abc import Callable
from html import unescape

import pytest
from django.conf import LazySettings
from django.test import Client

from crm.accounts.models import User
from leads import repository
from leads.definitions import BUILT_IN
from leads.fields import PHONE
from leads.held import store as held
from leads.models import Lead, Status
from tests import ROOT
from tests.forms.making import MESSAGE, added, asking, changed
from tests.make import ANN, act, stored
from tests.web.pages import hidden

URL, API = "/contact/quote/", "/api/v1/leads?form=quote"
FIELDS = (*BUILT_IN.fields, *asking(PHONE.name))
NATIONAL = MESSAGE | {"phone": "030 123456"}
CALLED = 'href="tel:+4930123456"'

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def visitor() -> Client:
    """Return the browser of a stranger."""
    return Client()


@pytest.fixture
def desk(client_for: Callable[[User], Client], sales: User) -> Client:
    """Return the browser of somebody who calls people."""
    return client_for(sales)


def the_lead() -> Lead:
    (lead,) = repository.by_status(Status.NEW).leads
    return repository.get(lead.lead_id, consistent=True)


def page_of(desk: Client, lead: Lead) -> str:
    return desk.get(f"/leads/{lead.lead_id}/").text


def test_the_field_says_what_to_do_elsewhere(visitor: Client) -> None:
    added(country="DE", fields=FIELDS)
    page = visitor.get(URL).text
    help_text = "Outside \u2066+49\u2069, please begin with + and your country code."
    assert f'<div class="help" id="id_phone_helptext">{help_text}</div>' in page
    assert 'aria-describedby="id_phone_helptext"' in page
    assert 'autocomplete="tel"' in page
    assert 'placeholder="' not in page


def test_without_a_country_the_field_is_as_it_was(visitor: Client) -> None:
    added(fields=FIELDS)
    assert "helptext" not in visitor.get(URL).text
    assert visitor.post(URL, NATIONAL).status_code == 303
    assert "phoneRegion" not in stored(the_lead().lead_id)


def test_a_country_that_this_release_does_not_know_is_kept(visitor: Client, desk: Client) -> None:
    added(country="XX", fields=FIELDS)
    assert "helptext" not in visitor.get(URL).text
    assert visitor.post(URL, NATIONAL).status_code == 303
    lead = the_lead()
    assert lead.attribution.phone_region == "XX"
    assert 'href="tel:030123456"' in page_of(desk, lead)


@pytest.mark.parametrize("region", ["", "GB"])
def test_a_national_number_is_called_and_found_as_in_its_country(
    visitor: Client, desk: Client, settings: LazySettings, region: str
) -> None:
    settings.PHONE_REGION = region
    added(country="DE", fields=FIELDS)
    assert visitor.post(URL, NATIONAL).status_code == 303
    lead = the_lead()
    assert (lead.phone, stored(lead.lead_id)["phoneRegion"]) == ("030 123456", "DE")
    page = page_of(desk, lead)
    assert CALLED in page
    assert "Germany" in page
    assert lead.lead_id in desk.get("/leads/", {"q": "+49 30 123456"}).text


@pytest.mark.parametrize("phone", ["+44 20 7946 0001", "(+44) 20 7946 0001", "0044 20 7946 0001"])
def test_one_that_names_its_country_needs_none(visitor: Client, desk: Client, phone: str) -> None:
    added(country="DE", fields=FIELDS)
    assert visitor.post(URL, MESSAGE | {"phone": phone}).status_code == 303
    lead = the_lead()
    assert lead.phone == phone
    assert "phoneRegion" not in stored(lead.lead_id)
    assert 'href="tel:+442079460001"' in page_of(desk, lead)


@pytest.mark.parametrize("phone", ["none", "1", "030 1", "9" * 30, "030 123456 or ask for Ada"])
def test_no_message_is_refused_for_its_number(visitor: Client, phone: str) -> None:
    added(country="DE", fields=FIELDS)
    assert visitor.post(URL, MESSAGE | {"phone": phone}).status_code == 303
    assert the_lead().phone == phone


def test_a_form_that_does_not_ask_for_a_number_keeps_no_country(visitor: Client) -> None:
    added(country="DE")
    assert visitor.post(URL, NATIONAL).status_code == 303
    assert "phoneRegion" not in stored(the_lead().lead_id)


def test_the_version_that_was_filled_in_tells_the_country(visitor: Client) -> None:
    first = added(country="DE", fields=FIELDS)
    changed(first, country="FR")
    assert visitor.post(URL, NATIONAL | {"version": first.version}).status_code == 303
    assert the_lead().attribution.phone_region == "DE"


def test_an_unknown_version_shows_the_country_of_the_newest(visitor: Client) -> None:
    now = added(country="FR", fields=FIELDS)
    answer = visitor.post(URL, NATIONAL | {"version": "0" * 12})
    assert answer.status_code == 422
    assert hidden(answer, "version") == now.version
    assert "+33" in answer.text
    assert 'value="030 123456"' in answer.text


def test_what_went_wrong_elsewhere_keeps_number_and_help(visitor: Client) -> None:
    added(country="DE", fields=FIELDS)
    answer = visitor.post(URL, NATIONAL | {"name": "", "phone": "x" * 300})
    assert answer.status_code == 422
    assert 'aria-describedby="id_phone_helptext id_phone_error"' in answer.text
    assert "+49" in answer.text


def test_the_api_tells_it_by_its_form(visitor: Client) -> None:
    added(country="DE", fields=FIELDS)
    assert visitor.post(API, NATIONAL, content_type="application/json").status_code == 201
    assert the_lead().attribution.phone_region == "DE"


def test_a_held_message_keeps_it_until_its_release(desk: Client, settings: LazySettings) -> None:
    settings.INTAKE_PER_NETWORK = 1
    added(country="DE", fields=FIELDS)
    for text in ("One", "Two"):
        Client(REMOTE_ADDR="203.0.113.9").post(URL, NATIONAL | {"message": text})
    first = the_lead()
    (message,) = held.page().messages
    assert "Germany" in desk.get("/held/").text
    held.release(message.lead_id, ANN)
    released = repository.get(message.lead_id, consistent=True)
    assert released.attribution.phone_region == first.attribution.phone_region == "DE"
    assert CALLED in page_of(desk, released)


def test_who_edits_the_number_is_told_and_keeps_it(visitor: Client, desk: Client) -> None:
    added(country="DE", fields=FIELDS)
    visitor.post(URL, NATIONAL)
    lead = the_lead()
    told = "Without + it is a number of Germany, as on the form that the lead came by."
    assert told in unescape(desk.get(f"/leads/{lead.lead_id}/edit/").text)
    edited = repository.edit(
        lead.lead_id, {"phone": "030 654321"}, version=lead.version, actor=ANN, write_id=act()
    )
    assert 'href="tel:+4930654321"' in page_of(desk, edited)


def test_who_edits_another_lead_is_told_nothing(visitor: Client, desk: Client) -> None:
    visitor.post("/contact/", MESSAGE)
    assert "helptext" not in desk.get(f"/leads/{the_lead().lead_id}/edit/").text


def test_it_takes_no_more_than_its_attribute(visitor: Client) -> None:
    attributes = []
    for country in ("", "DE"):
        slug = f"quote{len(country)}"
        added(slug, country=country, fields=FIELDS)
        visitor.post(f"/contact/{slug}/", NATIONAL)
        (lead,) = repository.listing(repository.Filter(form=slug)).leads
        attributes.append(set(stored(lead.lead_id)))
    assert attributes[1] - attributes[0] == {"phoneRegion"}


def test_visitors_do_not_wait_for_the_rules_of_countries() -> None:
    code = """
import django, sys
django.setup()
from leads.definitions import AskedField, Definition
from leads.intake.context import attribution
from leads.intake.forms import ContactForm
fields = tuple(AskedField(name=name) for name in ("name", "email", "phone"))
asked = Definition(country="DE", fields=fields)
form = ContactForm(asked, {"name": "Ada", "email": "ada@example.com", "phone": "030 123456"})
assert form.is_valid() and "+49" in str(form)
print(attribution(asked, form.lead_fields, {}, {}).phone_region, "phonenumbers" in sys.modules)
"""
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["DE", "False"]
