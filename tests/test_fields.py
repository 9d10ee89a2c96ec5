"""The registry of fields: everything that has to know a field learns of it there."""

import csv
from collections.abc import Callable
from io import StringIO

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb import calls
from crm.tables import BOARD_INDEX, LEADS, STATUS_INDEX
from leads import fields, keys, repository
from leads.fields import Field, all_fields
from leads.models import Lead, LeadFields
from tests.imports.files import imported, staged
from tests.web.pages import current, said

BUDGET = Field("budget", "annualBudget", "Budget", 40, searched=True, synonyms="budget | etat")
MESSAGE = {
    "name": "Ada Byron",
    "email": "ada@example.com",
    "subject": "Engines",
    "message": "Do you sell them?",
}
ADDED = {"name": "Ada", "email": "a@b.c", "status": "new"}


@pytest.fixture
def budget(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "EXTRA", (BUDGET,))


@pytest.fixture
def web(sales: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(sales)


def test_what_is_spelled_out_agrees_with_the_registry() -> None:
    names = [field.name for field in fields.SPELLED_OUT]
    assert [*LeadFields.model_fields] == names
    assert [name for name in Lead.model_fields if name in names] == names
    texts = {field.name: "x" * field.limit for field in fields.SPELLED_OUT}
    texts["email"] = "a@" + "b" * (fields.EMAIL.limit - 2)
    assert LeadFields.read(texts).texts == texts
    for field in fields.SPELLED_OUT:
        with pytest.raises(ValueError, match=field.name):
            LeadFields.read(texts | {field.name: texts[field.name] + "x"})


def test_the_indexes_project_what_is_on_a_card() -> None:
    texts = {field.attribute for field in all_fields() if field.on_card}
    own = {"version", "stageEnteredAt"}
    assert set(STATUS_INDEX.include) == texts | own | {"ownerId"} | set(STATUS_INDEX.newer)
    # Owner and stage are told by the key.
    assert set(BOARD_INDEX.include) == texts | own | set(STATUS_INDEX.newer)


def test_a_new_field_is_edited_and_its_change_is_told(budget: None, web: Client) -> None:
    added = web.post("/leads/add/", ADDED | {"budget": "low"})
    address = added["Location"]
    (lead,) = repository.by_email("a@b.c")
    form = web.get(f"{address}edit/").context["form"]
    assert form["budget"].value() == "low"
    posted = {bound.name: bound.value() or "" for bound in form}
    answer = web.post(f"{address}edit/", posted | {"budget": "high"})
    assert said(answer) == ["The lead “Ada” was changed."]
    assert current(lead.lead_id).extra == {"budget": "high"}
    page = web.get(address).text
    assert "changed Budget" in page
    long = web.post(f"{address}edit/", posted | {"budget": "x" * 41})
    assert long.status_code == 422
    assert "At most 40 characters, please; this has 41." in long.text
    web.post(f"{address}edit/", posted | {"budget": "", "version": "2", "seen": ""})
    item = calls.get(LEADS, keys.lead(lead.lead_id))
    assert item
    assert "annualBudget" not in item


def test_a_new_field_is_searched_where_it_says_so(budget: None, web: Client) -> None:
    web.post("/leads/add/", ADDED | {"budget": "generous"})
    found = repository.search("gener", repository.Filter())
    assert [lead.extra for lead in found.leads] == [{"budget": "generous"}]


def test_a_new_field_is_imported_and_exported(budget: None, web: Client) -> None:
    header = ["email", "name", "Etat"]
    run = staged([["a@b.c", "Ada", "one million"]], header=header)
    assert run.mapping
    assert run.mapping["columns"] == {"0": "email", "1": "name", "2": "budget"}
    assert ">Budget</option>" in web.get(f"/leads/import/{run.import_id}/").text
    imported(run)
    (lead,) = repository.by_email("a@b.c")
    assert current(lead.lead_id).extra == {"budget": "one million"}
    file = web.get("/leads/export/?format=csv").getvalue().decode("utf-8-sig")
    (row,) = csv.DictReader(StringIO(file))
    assert row["annualBudget"] == "one million"
