"""Fields of a lead: everything that has to know a field learns of it in one place."""

import csv
import json
from collections.abc import Callable
from html import unescape
from io import StringIO

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.dynamodb import calls
from crm.tables import BOARD_INDEX, LEADS, STATUS_INDEX
from leads import fields, keys, repository
from leads.fields import CUSTOM, MAX_CUSTOM_BYTES, SPELLED_OUT, Field
from leads.imports.columns.mapping import Mapping
from leads.imports.run import staging
from leads.imports.run.models import Duplicates
from leads.maintenance.recount.command import Command as Recount
from leads.models import Lead, LeadFields
from leads.repository import registry
from tests import make
from tests.custom import FIELDS, SIZE, TRADE, set_fields
from tests.imports.files import checked, imported, staged, undone
from tests.web.pages import add_lead, current, hidden

ADDED = {"name": "Ada", "email": "a@b.c", "status": "new"}
VALUES = {
    "x_trade": " Boat   building ",
    "x_budget": "12 500,50",
    "x_notes": "Builds boats.\r\nSince 1898.",
    "x_size": "More",
    "x_start": "2027-01-31",
}
KEPT = {
    "trade": "Boat building",
    "budget": "12500.50",
    "notes": "Builds boats.\nSince 1898.",
    "size": "More",
    "start": "2027-01-31",
}


@pytest.fixture
def custom(tables: None) -> None:
    set_fields(*FIELDS)


def item_of(lead_id: str) -> calls.Item:
    item = calls.get(LEADS, keys.lead(lead_id), consistent=True)
    assert item
    return item


def added(web: Client, **given: str) -> Lead:
    response = web.post("/leads/add/", ADDED | VALUES | given)
    assert response.status_code == 302, unescape(response.content.decode())
    (lead,) = repository.by_email(given.get("email", "a@b.c"))
    return current(lead.lead_id)


def edit(web: Client, lead: Lead, **given: str) -> str:
    """Change fields as a browser does, and return the act."""
    address = f"/leads/{lead.lead_id}/edit/"
    form = web.get(address).context["form"]
    posted = {bound.name: "" if bound.value() is None else bound.value() for bound in form}
    response = web.post(address, posted | given)
    assert response.status_code == 302, unescape(response.content.decode())
    return response["X-Act"]


def undo(web: Client, name: str) -> None:
    assert web.post(f"/changes/{name}/undo/").status_code == 302


def found(text: str) -> list[str]:
    return [lead.name for lead in repository.search(text, repository.Filter()).leads]


def exported(web: Client, kind: str) -> str:
    return web.get(f"/leads/export/?format={kind}").getvalue().decode("utf-8-sig")


def test_what_is_spelled_out_agrees_with_the_fields() -> None:
    names = [field.name for field in SPELLED_OUT]
    assert [*LeadFields.model_fields] == [*names, CUSTOM]
    assert [name for name in Lead.model_fields if name in names] == names
    texts = {field.name: "x" * field.limit for field in SPELLED_OUT}
    texts["email"] = "a@" + "b" * (fields.EMAIL.limit - 2)
    assert LeadFields.read(texts).texts == texts
    for field in SPELLED_OUT:
        with pytest.raises(ValueError, match=field.name):
            LeadFields.read(texts | {field.name: texts[field.name] + "x"})


def test_the_indexes_project_what_is_on_a_card() -> None:
    texts = {field.attribute for field in SPELLED_OUT if field.on_card}
    own = {"version", "stageEnteredAt"}
    assert set(STATUS_INDEX.include) == texts | own | {"ownerId"} | set(STATUS_INDEX.newer)
    # Owner and stage are told by the key.
    assert set(BOARD_INDEX.include) == texts | own | set(STATUS_INDEX.newer)


def test_values_are_typed_kept_and_shown(custom: None, web: Client) -> None:
    page = web.get("/leads/add/").text
    assert 'type="date" name="x_start"' in page
    assert 'inputmode="decimal"' in page
    lead = added(web)
    assert lead.custom == KEPT
    assert item_of(lead.lead_id)[CUSTOM] == KEPT
    for address in (f"/leads/{lead.lead_id}/", f"/leads/{lead.lead_id}/panel/"):
        page = web.get(address).text
        for label, text in (("Annual budget", "12500.50"), ("Start", "31 Jan 2027")):
            assert f"<dt><bdi>{label}</bdi></dt>" in page
            assert text in page, text
    form = web.get(f"/leads/{lead.lead_id}/edit/").context["form"]
    assert form["x_notes"].value() == KEPT["notes"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"x_budget": "1,234"}, "Write 1234 or 1.234: this may be either."),
        ({"x_budget": "much"}, "Enter a number"),
        ({"x_size": "Huge"}, "Huge is not one of the available choices"),
        ({"x_start": "31.1.2027"}, "Enter a date, such as 2026-12-31."),
        ({"x_trade": "x" * 201}, "At most 200 characters, please; this has 201."),
        ({"x_trade": "\u2800"}, "Something to see is needed."),
        ({"x_notes": "\u00e4" * 2000, "x_trade": "y" * 200}, "hold 4 KB together"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    custom: None, web: Client, given: dict[str, str], told: str
) -> None:
    response = web.post("/leads/add/", ADDED | given)
    assert response.status_code == 422
    assert told in unescape(response.text)
    lead = add_lead()
    address = f"/leads/{lead.lead_id}/edit/"
    seen = {name: hidden(web.get(address), name) for name in ("version", "seen")}
    response = web.post(address, ADDED | seen | given)
    assert response.status_code == 422
    assert told in unescape(response.text)
    assert not current(lead.lead_id).custom


def test_an_edit_tells_names_and_is_undone_value_by_value(custom: None, web: Client) -> None:
    lead = added(web)
    first = edit(web, lead, x_budget="7", x_trade="")
    left = {slug: text for slug, text in KEPT.items() if slug != "trade"}
    assert item_of(lead.lead_id)[CUSTOM] == left | {"budget": "7"}
    page = web.get(f"/leads/{lead.lead_id}/").text
    assert "changed Annual budget, Trade" in page
    event = repository.timeline(lead.lead_id).events[0]
    assert {name: (change.old, change.new) for name, change in event.changes.items()} == {
        "x_budget": ("", ""),
        "x_trade": ("", ""),
    }
    assert "12500.50" in web.get(f"/changes/{first}/").text
    edit(web, lead, x_budget="8")
    answer = web.post(f"/changes/{first}/undo/")
    assert "changed Annual budget since" in unescape(answer.text)
    assert current(lead.lead_id).custom == {**KEPT, "budget": "8"}


def test_a_first_value_goes_with_its_undo(custom: None, web: Client) -> None:
    lead = add_lead()
    assert not current(lead.lead_id).has_custom
    undo(web, edit(web, lead, x_trade="Boats"))
    assert current(lead.lead_id).custom == {}
    edit(web, lead, x_trade="Ships")
    assert current(lead.lead_id).custom == {"trade": "Ships"}


def test_a_deleted_lead_comes_back_with_its_values(custom: None, web: Client) -> None:
    lead = added(web)
    answer = web.post(f"/leads/{lead.lead_id}/delete/", {"version": lead.version})
    undo(web, answer["X-Act"])
    assert current(lead.lead_id).custom == KEPT
    assert found("boat") == ["Ada"]


def test_none_can_shadow_anything(web: Client) -> None:
    slugs = ("name", "lead_id", "leadid", "status", "version", "custom", "x_", "extra")
    set_fields(*(fields.custom_field(slug, f"My {slug}") for slug in slugs))
    lead = added(web, **{f"x_{slug}": f"own {slug}" for slug in slugs})
    assert lead.custom == {slug: f"own {slug}" for slug in slugs}
    assert (lead.name, lead.status, lead.version) == ("Ada", "new", 1)
    edit(web, lead, x_status="new again", x_version="7")
    lead = current(lead.lead_id)
    assert (lead.status, lead.version, lead.custom["version"]) == ("new", 2, "7")
    assert lead.custom["status"] == "new again"
    response = web.post(f"/leads/{lead.lead_id}/edit/", {"x_nobody": "x", "x_leadId": "y"})
    assert response.status_code < 500
    assert current(lead.lead_id).custom == lead.custom


def test_what_is_searched_is_found_within_the_budget(custom: None, web: Client) -> None:
    added(web)
    assert found("build") == ["Ada"]
    assert found("12500") == []
    crowd = " ".join(f"{letter}{letter}word" for letter in "abcdefghijklm")
    added(web, name="Bea", subject=crowd, x_trade="zzlast", email="bea@b.c")
    assert found("zzlast") == []
    assert found("aaword") == ["Bea"]


def test_recount_files_anew_what_is_searched_now(
    custom: None, web: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    added(web)
    set_fields(
        *(fields.custom_field(row.slug, str(row.label), searched=row is SIZE) for row in FIELDS)
    )
    assert found("more") == []
    Recount().run_from_argv(["manage.py", "recount"])
    capsys.readouterr()
    assert found("more") == ["Ada"]
    assert found("boat") == []


def test_a_retired_field_keeps_its_values(custom: None, web: Client) -> None:
    lead = added(web)
    form = web.get(f"/leads/{lead.lead_id}/edit/")
    set_fields(*(replaced(row, retired=row is TRADE) for row in FIELDS))
    assert 'name="x_trade"' not in web.get(f"/leads/{lead.lead_id}/edit/").text
    page = web.get(f"/leads/{lead.lead_id}/").text
    assert '<div class="muted">\n    <dt><bdi>Trade</bdi></dt>' in page
    assert json.loads(exported(web, "jsonl"))["x_trade"] == "Boat building"
    edit(web, lead, x_budget="7")
    assert current(lead.lead_id).custom == {**KEPT, "budget": "7"}
    # Whoever was typing when it was retired loses nothing.
    posted = {bound.name: bound.value() or "" for bound in form.context["form"]}
    response = web.post(
        f"/leads/{lead.lead_id}/edit/", posted | {"x_trade": "Ships", "version": "2"}
    )
    assert response.status_code == 302
    assert current(lead.lead_id).custom["trade"] == "Ships"


def replaced(row: Field, *, retired: bool) -> Field:
    return fields.custom_field(
        row.slug,
        str(row.label),
        row.kind,
        choices=row.choices,
        searched=row.searched,
        is_retired=retired,
    )


def test_a_field_added_in_another_process_is_taken_at_once(custom: None, web: Client) -> None:
    known = registry.current()
    wanted = (*FIELDS, fields.custom_field("new", "New"))
    registry.save(wanted, known.version)
    registry._remembered.set(known)  # noqa: SLF001 -- as if another process had saved it
    assert added(web, x_new="there").custom["new"] == "there"


@pytest.mark.parametrize(
    "stored",
    ["no map", 7, ["a"], {"trade": 7, "other": {"a": [1, True, None]}, "gone": None, "": "x"}],
)
def test_what_other_programs_store_is_read_and_kept(
    custom: None, web: Client, stored: calls.Value
) -> None:
    item = make.published("theirs", custom=stored)
    make.write(item)
    page = web.get("/leads/theirs/")
    assert page.status_code == 200
    assert web.get("/leads/theirs/edit/").status_code == 200
    assert "theirs" in exported(web, "csv")
    lead = current("theirs")
    edit(web, lead, x_budget="5", name="Grace")
    kept = item_of("theirs")[CUSTOM]
    assert kept == (stored if isinstance(stored, dict) else {}) | {"budget": "5"}
    if isinstance(stored, dict):
        assert current("theirs").custom["trade"] == "7"
        assert "<dt><bdi>other</bdi></dt>" in web.get("/leads/theirs/").text
        assert found("7") == ["Grace"]


def test_what_is_stored_and_no_choice_or_date_stays(custom: None, web: Client) -> None:
    make.write(make.published("theirs", custom={"size": "Tiny", "start": "soon"}))
    page = web.get("/leads/theirs/edit/")
    assert '<option value="Tiny" selected>' in page.text
    edit(web, current("theirs"), x_start="", name="Grace Hopper")
    assert item_of("theirs")[CUSTOM] == {"size": "Tiny", "start": "soon"}


def test_what_is_over_the_limit_may_stay_and_not_grow(custom: None, web: Client) -> None:
    make.write(make.published("theirs", custom={"other": "x" * MAX_CUSTOM_BYTES, "trade": "abc"}))
    edit(web, current("theirs"), x_trade="a")
    response = web.post("/leads/theirs/edit/", {"x_trade": "ab", "version": "1"})
    assert response.status_code == 422
    assert "hold 4 KB together" in response.text


def test_values_are_imported_exported_and_undone(custom: None, web: Client) -> None:
    header = ["email", "name", "Annual Budget", "x_trade", "size", "Start", "Background"]
    rows = [
        ["a@b.c", "Ada", "1.234,5", "Boats", "more", "31.1.2027", "One\nTwo"],
        ["b@b.c", "Bea", "1.234", "", "", "", ""],
        ["c@b.c", "Cleo", "1,234", "", "", "", ""],
        ["d@b.c", "Dora", "", "", "Huge", "", ""],
    ]
    run = staged(rows, header=header)
    mapping = Mapping.model_validate(run.mapping)
    assert [*mapping.columns.values()][2:] == [
        "x_budget",
        "x_trade",
        "x_size",
        "x_start",
        "x_notes",
    ]
    assert ">Annual budget</option>" in web.get(f"/leads/import/{run.import_id}/").text
    tally = checked(run).check
    assert [*tally.reasons] == [
        "Annual budget: Write 1234 or 1.234: this may be either.",
        "Team size: This is none of the choices.",
    ]
    assert [*tally.notices] == [
        "Annual budget: the point in “1.234” was read as that before decimals."
    ]
    imported(run)
    ada = {lead.name: lead for lead in map(current, ids())}["Ada"]
    told = {"budget": "1234.5", "trade": "Boats", "size": "More", "start": "2027-01-31"}
    assert ada.custom == told | {"notes": "One\nTwo"}
    (row, other) = csv.DictReader(StringIO(exported(web, "csv")))
    if row["name"] != "Ada":
        row = other
    assert {name: row[f"x_{name}"] for name in ada.custom} == ada.custom
    names = ["x_trade", "x_budget", "x_notes", "x_size", "x_start"]
    assert [*row][-6:] == [*names, "customOther"]
    # What was exported comes back as it was.
    again = staged([[*row.values()]], Duplicates.CREATE, [*row])
    imported(again)
    assert sorted(lead.name for lead in map(current, ids()) if lead.custom == ada.custom) == [
        "Ada",
        "Ada",
    ]


def ids() -> list[str]:
    page = repository.listing(repository.Filter())
    return [lead.lead_id for lead in page.leads]


def test_an_import_completes_a_lead_and_its_undo_gives_back(custom: None, web: Client) -> None:
    lead = added(web)
    header = ["email", "x_trade", "x_budget"]
    run = staged([["a@b.c", "Ships", ""]], Duplicates.UPDATE, header)
    imported(run)
    assert current(lead.lead_id).custom == {**KEPT, "trade": "Ships"}
    undone(run)
    assert current(lead.lead_id).custom == KEPT
    too_much = staged([["a@b.c", "x" * 200, ""]], Duplicates.UPDATE, header)
    make.write(item_of(lead.lead_id) | {CUSTOM: {"other": "y" * MAX_CUSTOM_BYTES}})
    run = imported(too_much)
    assert [*run.tally.reasons] == ["All custom fields of a lead hold 4 KB together."]


def test_an_import_goes_on_with_a_field_that_was_retired_meanwhile(
    custom: None, web: Client
) -> None:
    run = staged([["a@b.c", "Boats"]], header=["email", "x_trade"])
    checked(run)
    set_fields(*(replaced(row, retired=True) for row in FIELDS))
    assert web.get(f"/leads/import/{run.import_id}/").status_code == 200
    imported(staging.load(run.import_id))
    (lead,) = map(current, ids())
    assert lead.custom == {"trade": "Boats"}


def test_a_caller_says_which_fields_there_are(tables: None) -> None:
    read = LeadFields.read(ADDED | {"x_trade": "Boats", "x_budget": "7"}, [TRADE])
    assert read.custom == {"trade": "Boats"}
    assert read.contents != LeadFields.read(ADDED, [TRADE]).contents
    assert LeadFields.read(ADDED, [TRADE]).contents == LeadFields.read(ADDED).model_dump_json()
    intake = repository.create(read, submission="one", actor=make.ANN, source="test")
    assert current(intake.lead_id).custom == {"trade": "Boats"}
    assert LeadFields.from_texts(read.texts) == read


def test_the_public_form_and_the_api_know_no_custom_field(custom: None, client: Client) -> None:
    assert "x_trade" not in client.get("/contact/").text
    posted = {"name": "A", "email": "a@example.com", "subject": "S", "message": "M", "x_trade": "B"}
    client.post("/contact/", posted)
    (lead,) = repository.by_email("a@example.com")
    assert not current(lead.lead_id).custom
    answer = client.post("/api/v1/leads", posted, content_type="application/json")
    assert answer.json() == {"errors": {"x_trade": ["There is no such field."]}}


def test_what_could_not_be_saved_is_shown_with_its_label(
    custom: None, client_for: Callable[[User], Client], viewer: User
) -> None:
    lead = add_lead()
    reader = client_for(viewer)
    page = reader.post(f"/leads/{lead.lead_id}/edit/", {"x_trade": "Boats"})
    assert page.status_code == 403
    assert "Boats" in page.text
    assert ">Trade<" in page.text
