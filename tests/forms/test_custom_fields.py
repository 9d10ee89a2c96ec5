"""Custom fields on forms: what they ask, how values are judged, what changes with the registry."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from crm.accounts.models import User
from leads import repository
from leads.definitions import AskedField, Definition
from leads.fields import Field, Kind, custom_field
from leads.models import Lead, Status
from leads.repository import forms as store
from leads.repository import registry
from tests.forms.making import MESSAGE, added, filled_up
from tests.web.pages import current, hidden

pytestmark = pytest.mark.usefixtures("tables")
URL = "/contact/quote/"
BUDGET = custom_field("budget", "Budget", Kind.NUMBER)
SIZE = custom_field("size", "Size", Kind.CHOICE, choices=("Small", "Large"))
START = custom_field("start", "Start", Kind.DATE)
NOTES = custom_field("notes", "Notes", Kind.LONG, searched=True)
ROWS = (BUDGET, SIZE, START, NOTES)
VALUES = {"x_budget": "12500", "x_size": "Large", "x_start": "2027-01-31", "x_notes": "Brass\nonly"}


@pytest.fixture
def head(client_for: Callable[[User], Client], admin: User) -> Client:
    """Return the browser of an admin."""
    return client_for(admin)


@pytest.fixture(autouse=True)
def _registry(tables: None) -> None:
    registry.save(ROWS, 0)


def asking(*fields: Field, required: bool = False) -> Definition:
    own = [AskedField(name=name, required=True) for name in ("name", "email")]
    custom = [AskedField.of(field, label="", required=required) for field in fields]
    return added(fields=(*own, *custom))


def only_lead() -> Lead:
    (found,) = repository.by_status(Status.NEW).leads
    return current(found.lead_id)


def test_values_become_the_leads() -> None:
    asking(*ROWS)
    page = Client().get(URL).text
    for text in ('name="x_budget"', "<select", "Large", 'type="date"', "<textarea"):
        assert text in page
    assert Client().post(URL, MESSAGE | VALUES).status_code == 303
    custom = {"budget": "12500", "size": "Large", "start": "2027-01-31", "notes": "Brass\nonly"}
    assert only_lead().custom == custom
    (found,) = repository.search("brass").leads
    assert found.lead_id == only_lead().lead_id


def test_the_same_with_other_values_is_another_message() -> None:
    asking(BUDGET)
    sent = MESSAGE | {"submission": "s" * 20}
    for budget in ("1", "1", "2"):
        Client().post(URL, sent | {"x_budget": budget})
    assert len(repository.by_status(Status.NEW).leads) == 2


def test_what_is_not_asked_for_is_not_taken() -> None:
    asking(BUDGET)
    Client().post(URL, MESSAGE | VALUES)
    assert only_lead().custom == {"budget": "12500"}


@pytest.mark.parametrize(
    "given",
    [
        {"x_budget": "much"},
        {"x_size": "Medium"},
        {"x_start": "tomorrow"},
        {"x_notes": "x" * 3_000},
        {"x_notes": "\x07"},
        {"x_budget": ""},
    ],
)
def test_a_value_that_cannot_be_is_said_beside_its_field(given: dict[str, str]) -> None:
    asking(*ROWS, required=True)
    answer = Client().post(URL, MESSAGE | VALUES | given)
    assert answer.status_code == 422
    (name,) = given
    assert f'id="id_{name}_error"' in answer.text
    assert "Twelve" not in answer.text
    assert repository.by_status(Status.NEW).leads == []


def test_all_that_is_wrong_is_told_at_once_and_stays_as_it_was_typed() -> None:
    asking(*ROWS)
    typed = {"x_budget": "a lot", "x_size": "Medium", "x_start": "<soon>", "x_notes": "Brass"}
    page = Client().post(URL, {"name": "Ada", "email": "ada"} | typed).text
    summary = page[page.index('id="errors"') : page.index("form-row")]
    named = re.findall(r'<a href="#id_(\w+)">', summary)
    assert named == ["email", "x_budget", "x_size", "x_start"]
    assert "This is none of the choices." in summary
    assert '<option value="Medium" selected>Medium</option>' in page
    assert '<input type="text" name="x_start" value="&lt;soon&gt;"' in page
    assert 'name="x_budget" value="a lot"' in page
    assert ">\nBrass</textarea>" in page


def test_a_choice_is_known_however_its_capitals_are() -> None:
    asking(*ROWS)
    assert Client().post(URL, MESSAGE | VALUES | {"x_size": "LARGE"}).status_code == 303
    assert only_lead().custom["size"] == "Large"


def test_by_the_api() -> None:
    asking(BUDGET)
    sent = {"name": "Ada Li", "email": "ada@example.com", "x_budget": "12500"}
    address = "/api/v1/leads?form=quote"
    answer = Client().post(address, sent, content_type="application/json")
    assert answer.status_code == 201
    assert only_lead().custom == {"budget": "12500"}
    wrong = Client().post(address, sent | {"x_budget": "much"}, content_type="application/json")
    assert [*wrong.json()["errors"]] == ["x_budget"]


def test_an_admin_chooses_them(head: Client) -> None:
    posted = {"slug": "quote", "language": "en", "shown_x_size": "on", "required_x_size": "on"}
    assert head.post("/forms/add/", posted).status_code == 302
    listed = store.index().find("quote")
    assert listed
    (*_, size) = store.definition("quote", listed.version).fields
    assert (size.name, size.required, size.choices) == ("x_size", True, ("Small", "Large"))


def test_forms_follow_the_registry(head: Client) -> None:
    asking(*ROWS)
    version = registry.read().version
    head.post("/settings/fields/x_size/retire/", {"version": version})
    assert "x_size" not in Client().get(URL).text
    posted = {"version": version + 1, "label": "What you can spend"}
    assert head.post("/settings/fields/x_budget/", posted).status_code == 302
    assert "What you can spend" in Client().get(URL).text


def test_a_form_has_them_as_they_are_now_wherever_they_were_changed(head: Client) -> None:
    asking(SIZE)
    before = registry.current()
    more = custom_field("size", "Size", Kind.CHOICE, choices=("Small", "Large", "Huge"))
    registry.save([more], before.version)
    registry._remembered.set(before)  # noqa: SLF001 -- as another process does
    page = head.get("/forms/quote/")
    given = {"shown_x_size": "on", "language": "en", "title": "Ask us"}
    answer = head.post("/forms/quote/", {"seen": hidden(page, "seen"), **given})
    assert answer.status_code == 302
    assert "Huge" in Client().get(URL).text


def test_a_form_without_room_for_more_choices_is_named(head: Client) -> None:
    asked = [AskedField(name=name, required=True) for name in ("name", "email")]
    asked.append(AskedField.of(SIZE, label="", required=False))
    full = filled_up(fields=tuple(asked))
    version = registry.read().version
    posted = {"version": version, "label": "Size", "choices": "Small\nLarge\nVery large"}
    answer = head.post("/settings/fields/x_size/", posted)
    assert answer.status_code == 422
    assert "The form “quote” would have" in answer.text
    assert "Very large" in answer.text
    assert registry.read().version == version
    (listed,) = store.index().forms[1:]
    assert listed.version == full.version


def test_showing_a_form_reads_no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise AssertionError

    asking(*ROWS)
    monkeypatch.setattr(registry, "_read_any", fail)
    registry._remembered.forget()  # noqa: SLF001 -- as in another process
    assert Client().get(URL).status_code == 200


def test_what_is_wrong_with_a_value_is_told() -> None:
    asking(BUDGET, START)
    page = Client().post(URL, MESSAGE | {"x_budget": "much", "x_start": "tomorrow"}).text
    assert "Enter a number, such as 1250 or 12.5." in page
    assert "Enter a date, such as 2026-12-31." in page
