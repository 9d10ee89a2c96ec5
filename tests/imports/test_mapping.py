"""Columns become fields, rows become leads or say why not."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.imports.columns import targets
from leads.imports.columns.headers import read_standing
from leads.imports.columns.mapping import Candidate, Mapping, Rejection, signature, suggest, to_lead
from leads.imports.files.read import Row
from leads.models import MAX_REASON, STAGES, ClosedAs, Standing, Status

EXPORTS = tomllib.loads((Path(__file__).parent / "exports.toml").read_text(encoding="utf-8"))[
    "export"
]


@pytest.mark.parametrize("export", EXPORTS, ids=[export["program"] for export in EXPORTS])
def test_columns_of_common_exports_are_known(export: dict[str, Any]) -> None:
    names = [name.strip() for name in export["header"].split(",")]
    mapping = suggest(names)
    found: dict[str, list[str]] = {}
    for index, target in mapping.columns.items():
        found.setdefault(target, []).append(names[index])
    expected = {
        target: name if isinstance(name, list) else [name]
        for target, name in export["columns"].items()
    }
    assert found == expected
    assert Mapping.model_validate_json(mapping.model_dump_json()) == mapping
    assert Mapping.model_validate(json.loads(mapping.model_dump_json())) == mapping


def test_unknown_columns_are_left_out() -> None:
    assert suggest(["What", "Ever", "", "2026"]) == Mapping()


def test_a_column_with_something_in_it_is_preferred() -> None:
    header = ["Email", "Lead Status", "Lifecycle Stage"]
    assert suggest(header, [["a@b.c", " ", "Customer"]]).columns[2] == targets.STATUS


def test_the_order_of_dates_is_found_in_the_rows() -> None:
    header = ["email", "created at"]
    assert suggest(header, [["a@b.c", "1/2/2026"], ["a@b.c", "31/1/2026"], ["short"]]).day_first
    assert not suggest(header, [["a@b.c", "1/2/2026"]]).day_first


@pytest.mark.parametrize(
    ("header", "is_first"),
    [
        (["Horodateur", "Adresse e-mail", "Nom"], True),
        (["Vorname", "Nachname", "E-Mail", "Datum"], True),
        (["Дата", "Имя", "Телефон"], True),
        (["Timestamp", "Email Address", "Telephone"], False),
        (["氏名", "メールアドレス", "日付"], False),
        (["name", "email", "created"], False),
    ],
)
def test_where_no_row_tells_the_order_the_language_of_the_names_does(
    header: list[str], *, is_first: bool
) -> None:
    assert suggest(header, []).day_first is is_first
    rows = [["2/25/2026"] * len(header)]
    assert not suggest(header, rows).day_first


def test_a_column_that_is_not_known_to_be_the_date_tells_their_order_too() -> None:
    assert suggest(["email", "Datum der Anfrage"], [["a@b.c", "31/1/2026"]]).day_first


def test_the_same_columns_have_the_same_signature() -> None:
    assert signature(["First Name", "E-mail"]) == signature(["first_name", "E-Mail "])
    assert signature(["a", "b"]) != signature(["b", "a"])


def test_a_mapping_says_what_is_wrong_with_it() -> None:
    assert not Mapping(columns={0: "email"}).problems()
    found = Mapping(columns={0: "name", 2: "name"}).problems()
    assert "full name already" in found[2]
    assert "e-mail" in found[None]


TARGETS = list(targets.targets())
EVERYTHING = Mapping(columns=dict(enumerate(TARGETS)))
OWNERS = {"ada@example.com": "u1", "ada li": "u1", "u1": "u1"}


def row(**cells: str) -> Row:
    return Row(7, [cells.get(target, "") for target in TARGETS])


def lead(mapping: Mapping = EVERYTHING, **cells: str) -> Candidate:
    found = to_lead(row(**{"email": "bo@example.com", **cells}), mapping, OWNERS)
    assert isinstance(found, Candidate), found
    return found


def reason(**cells: str) -> str:
    found = to_lead(row(**{"email": "bo@example.com", **cells}), EVERYTHING, OWNERS)
    assert isinstance(found, Rejection), found
    return found.reason


def test_every_field_is_taken() -> None:
    found = lead(
        name="Bo Ek",
        first_name="X",
        email="Bo@Example.com ",
        company="Acme",
        phone="1",
        subject="S",
        message="a\r\nb",
        status="Closed - Converted",
        created_at="2026-01-02",
        owner="ADA LI",
        notes="Call back",
    )
    assert found.fields.model_dump() == {
        "name": "Bo Ek",
        "email": "bo@example.com",
        "company": "Acme",
        "phone": "1",
        "subject": "S",
        "message": "a\nb",
    }
    assert found.status == Status.CONVERTED
    assert found.created_at == "2026-01-02T00:00:00.000Z"
    assert (found.owner_id, found.notes, found.warnings) == ("u1", "Call back", [])


def test_what_a_row_does_not_tell_is_none() -> None:
    found = lead()
    assert (found.status, found.created_at, found.owner_id, found.notes) == (None, None, None, "")
    assert found.fields.name == "bo"
    assert lead(first_name="Bo", last_name="Ek").fields.name == "Bo Ek"
    assert lead(last_name="Ek").fields.name == "Ek"


def test_what_is_unknown_costs_a_warning() -> None:
    found = lead(status="Hot", owner="Nobody " * 20)
    assert (found.status, found.owner_id) == (None, None)
    assert "“Hot”" in found.warnings[0]
    assert "…”" in found.warnings[1]


@pytest.mark.parametrize(
    ("cell", "email", "warnings"),
    [
        ("a@b.c; d@e.f", "a@b.c", 1),
        ("a@b.c ::: d@e.f", "a@b.c", 1),
        ("Ada Li <a@b.c>", "a@b.c", 0),
        ("'a@b.c", "'a@b.c", 0),
        ("a@b.c;", "a@b.c", 0),
        ("mailto:a@b.c", "a@b.c", 0),
        ("'a@b.c'", "a@b.c", 0),
        ("A@b.c.", "a@b.c", 0),
        ("a@b.c / d@e.f", "a@b.c", 1),
        ("info@xn--bckerei-kestrel-0kb.example", "info@bäckerei-kestrel.example", 0),
    ],
)
def test_addresses_as_contacts_have_them(cell: str, email: str, warnings: int) -> None:
    found = lead(email=cell)
    assert found.fields.email == email
    assert len(found.warnings) == warnings


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("Toland, Mira <m@b.c>", "Mira Toland"),
        ('"Abery, Jon" <m@b.c>', "Jon Abery"),
        ("m@b.c (Lea Fenn)", "Lea Fenn"),
        ("m@b.c <m@b.c>", "m"),
    ],
)
def test_a_display_name_fills_an_empty_name(cell: str, name: str) -> None:
    assert lead(email=cell).fields.name == name
    assert lead(email=cell, name="Uma Kay").fields.name == "Uma Kay"
    assert lead(email=cell, last_name="Kay").fields.name == "Kay"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"email": " "}, "no e-mail"),
        ({"email": "nonsense"}, "E-mail: "),
        ({"created_at": "soon"}, "“soon” is no date"),
        ({"created_at": "25/1/2026"}, "month/day/year"),
        ({"created_at": "2098-01-01"}, "in the future"),
        ({"name": "x" * 201}, "Name: At most 200"),
        ({"phone": "1" * 51}, "Phone: At most 50"),
        ({"notes": "x" * 10_001}, "Notes: at most"),
        ({"company": "\u200b"}, "Company: "),
    ],
)
def test_what_cannot_be_right_is_rejected(cells: dict[str, str], told: str) -> None:
    assert told in reason(**cells)


def test_a_row_that_could_not_be_read_is_rejected_for_that() -> None:
    found = to_lead(Row(7, ["x"], "It is broken."), EVERYTHING, OWNERS)
    assert found == Rejection("It is broken.")


@pytest.mark.parametrize("text", ["=1+1", "+49 40 1", "-", "@cmd", "=HYPERLINK(1)", "'=1", "''+1"])
def test_formulas_stay_text_and_the_shield_of_exports_is_taken_off(text: str) -> None:
    assert lead(phone=text if text[0] != "'" else f"'{text}").fields.phone == text
    assert lead(phone=f"'{text}").fields.phone == text
    plain = EVERYTHING.model_copy(update={"shielded": False})
    assert lead(plain, phone=f"'{text}").fields.phone == f"'{text}"
    assert lead(phone="'tis").fields.phone == "'tis"


def test_control_characters_go_and_line_breaks_stay() -> None:
    assert lead(message="a\x00b\x0bc\x1fd").fields.message == "ab\ncd"


@given(st.dictionaries(st.sampled_from(TARGETS), st.text(max_size=30)))
def test_no_cells_are_too_strange(cells: dict[str, str]) -> None:
    found = to_lead(row(**cells), EVERYTHING, OWNERS)
    assert isinstance(found, Candidate | Rejection)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("OPEN", Status.NEW),
        ("Open - Not Contacted", Status.NEW),
        ("New", Status.NEW),
        ("Working - Contacted", Status.CONTACTED),
        ("In Progress", Status.CONTACTED),
        ("IN_PROGRESS", Status.CONTACTED),
        ("Attempted to Contact", Status.CONTACTED),
        ("Marketing Qualified Lead", Status.CONTACTED),
        ("SQL", Status.QUALIFIED),
        ("Opportunity", Status.QUALIFIED),
        ("Closed - Converted", Status.CONVERTED),
        ("Won", Status.CONVERTED),
        ("Customer", Status.CONVERTED),
        ("Closed - Not Converted", ClosedAs.LOST),
        ("Closed Lost", ClosedAs.LOST),
        ("Unqualified", ClosedAs.LOST),
        ("Junk Lead", ClosedAs.SPAM),
        ("Duplicate", ClosedAs.DUPLICATE),
        ("Closed", Status.CLOSED),
        ("Bad timing", None),
        *((status.value, status) for status in STAGES),
        *((status.label, status) for status in STAGES),
    ],
)
def test_stages_of_other_programs(text: str, status: Standing | None) -> None:
    assert read_standing(text) == status


@pytest.mark.parametrize(
    ("cells", "outcome", "why"),
    [
        ({"status": "Lost"}, ClosedAs.LOST, ""),
        ({"status": "Closed Lost", "reason": "No  budget"}, ClosedAs.LOST, "No budget"),
        ({"status": "Unqualified"}, ClosedAs.LOST, "Unqualified"),
        ({"status": "Disqualified", "reason": "Too small"}, ClosedAs.LOST, "Too small"),
        ({"status": "Niet gekwalificeerd"}, ClosedAs.LOST, "Niet gekwalificeerd"),
        ({"status": "Junk"}, ClosedAs.SPAM, ""),
        ({"status": "Doublon"}, ClosedAs.DUPLICATE, ""),
        ({"status": "closed", "outcome": "spam"}, ClosedAs.SPAM, ""),
        ({"status": "closed"}, None, ""),
        ({"outcome": "Lost", "reason": "Price"}, ClosedAs.LOST, "Price"),
    ],
)
def test_a_row_tells_how_a_lead_was_closed_and_why(
    cells: dict[str, str], outcome: ClosedAs | None, why: str
) -> None:
    found = lead(EVERYTHING, **cells)
    assert (found.status, found.outcome, found.reason) == (Status.CLOSED, outcome, why)
    assert found.warnings == []


def test_a_reason_or_a_date_alone_closes_nothing() -> None:
    found = lead(status="Qualified", outcome="lost", reason="Price", closed_at="2026-01-02")
    assert (found.status, found.outcome, found.reason, found.closed_at) == (
        Status.QUALIFIED,
        None,
        "",
        None,
    )
    assert lead(reason="Price").status is None


def test_what_is_odd_about_how_a_lead_was_closed_costs_a_remark_alone() -> None:
    found = lead(status="Lost", outcome="eaten", reason="x" * 200, closed_at="2999-01-01")
    assert (found.outcome, found.closed_at) == (ClosedAs.LOST, None)
    assert len(found.reason) == MAX_REASON
    assert found.warnings == [
        "Closed as: “eaten” is neither lost nor spam nor duplicate.",
        "The reason for closing was too long and was cut.",
        "Closed: “2999-01-01” is no date in the past.",
    ]


@pytest.mark.parametrize(
    ("phone", "region", "kept"),
    [
        ("030 123456", "DE", "+49 30 123456"),
        ("030 123456", "de", "+49 30 123456"),
        ("030 123456", "", "030 123456"),
        ("+44 20 7946 0001", "DE", "+44 20 7946 0001"),
        ("", "DE", ""),
        ("later", "DE", "later"),
    ],
)
def test_a_number_gets_the_country_that_a_column_tells(phone: str, region: str, kept: str) -> None:
    found = lead(phone=phone, phone_region=region)
    assert (found.fields.phone, found.warnings) == (kept, [])


@pytest.mark.parametrize(
    ("phone", "region"), [("030 123456", "Germany"), ("12", "DE"), (f"030 123456 {'x' * 39}", "DE")]
)
def test_a_number_that_cannot_have_its_country_stays_with_a_remark(phone: str, region: str) -> None:
    found = lead(phone=phone, phone_region=region)
    assert found.fields.phone == phone
    assert found.warnings == [
        f"Phone: “{phone}” is no number of a country “{region.upper()}”, and stayed as it is."
    ]
