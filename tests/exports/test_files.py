"""Export as a file format: safe in spreadsheets, and import gives back what was stored."""

import csv
import json
import re
import tracemalloc
from collections.abc import Iterator
from io import BytesIO, StringIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from leads.attribution import ATTRIBUTES, MARK_NAMES, Attribution
from leads.csv_escaping import BROKEN, escape_formula, unescape_formula
from leads.exports.files import OTHER_VALUES, Format, chunks, columns
from leads.fields import SPELLED_OUT, custom_field
from leads.imports.columns.mapping import Candidate, Rejection, suggest, to_lead
from leads.imports.files.read import read_rows
from leads.models import STAGES, STANDINGS, ClosedAs, Lead, LeadFields, Status
from tests.custom import FIELDS

NAMES = [field.name for field in SPELLED_OUT]

OWNERS = {"u1": "ann@example.com", "u2": "bob@example.com"}
# What an import looks owners up by.
ACCOUNTS = {"ann@example.com": "u1", "bob@example.com": "u2"}
AT = "2026-01-02T03:04:05.678Z"
CLOSED_AT = "2026-02-03T04:05:06.789Z"
# Whatever can be stored, with more of what CSV, spreadsheets and readers stumble over.
texts = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
        st.sampled_from(["'", "=", "+", "-", "@", '"', ",", ";", "\t", "\n", " ", "\ufeff", "|"]),
    ),
    max_size=8,
).map("".join)


def exported(kind: Format, *pages: list[Lead]) -> bytes:
    return b"".join(chunks(kind, iter(pages), OWNERS))


def imported(file: bytes) -> list[Candidate | Rejection]:
    table = read_rows(BytesIO(file))
    mapping = suggest(table.header, file_format=table.format)
    return [to_lead(row, mapping, ACCOUNTS) for row in table.rows]


@st.composite
def stored_leads(draw: st.DrawFn) -> Lead:
    """Make a lead as it can be stored by a form or an import."""
    fields = {name: draw(texts) for name in ("name", "company", "subject", "message", "phone")}
    fields["name"] = f"{fields['name']}x"[-200:]
    fields["phone"] = fields["phone"][:50]
    try:
        valid = LeadFields.model_validate(fields | {"email": "ada@example.com"})
    except ValidationError:
        valid = LeadFields(name="Ada", email="ada@example.com")
    standing = draw(st.sampled_from(STANDINGS))
    is_stage = standing in STAGES
    return Lead(
        lead_id=draw(st.uuids(version=4)).hex,
        **valid.model_dump(),
        status=Status(standing) if is_stage else Status.CLOSED,
        outcome=standing if isinstance(standing, ClosedAs) else None,
        reason="" if is_stage else draw(st.sampled_from(["", "No budget", "=1+1"])),
        stage_entered_at=CLOSED_AT,
        created_at=AT,
        updated_at=AT,
        version=1,
        owner_id=draw(st.sampled_from([None, "u1", "u2"])),
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(Format))
@given(leads=st.lists(stored_leads(), min_size=1, max_size=5))
def test_import_gives_back_what_was_exported(kind: Format, leads: list[Lead]) -> None:
    back = imported(exported(kind, leads))
    assert len(back) == len(leads)
    for lead, found in zip(leads, back, strict=True):
        assert isinstance(found, Candidate), found
        wanted = {name: getattr(lead, name) or "" for name in NAMES}
        assert found.fields.model_dump() == wanted
        assert (found.status, found.created_at, found.owner_id) == (lead.status, AT, lead.owner_id)
        assert (found.outcome, found.reason) == (lead.outcome, lead.reason)
        assert found.closed_at == (CLOSED_AT if lead.is_closed else None)
        assert found.warnings == []


@pytest.mark.parametrize("kind", list(Format))
def test_a_number_comes_back_with_the_country_of_its_form(kind: Format) -> None:
    came = Attribution(form="shop", phone_region="DE")
    lead = Lead(
        lead_id="1", name="Ada", email="ada@example.com", phone="030 123456", attribution=came
    )
    file = exported(kind, [lead])
    assert b"030 123456" in file
    (back,) = imported(file)
    assert isinstance(back, Candidate)
    assert back.fields.phone == "+49 30 123456"


@given(text=st.text(st.sampled_from("'=+-@\t\r\n＝＋－＠ x1"), max_size=6))  # noqa: RUF001
@example("=1+1")
@example("'=1")
@example("''@x")
@example("'plain")
@example("\n=1")
@example("＝1")  # noqa: RUF001
def test_no_cell_is_a_formula_and_one_quote_comes_off(text: str) -> None:
    cell = escape_formula(text)
    assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))  # noqa: RUF001
    assert unescape_formula(cell) == text


@given(text=st.text(st.sampled_from("'=+-@\t\r\n;＝－ (x1"), max_size=8))  # noqa: RUF001
@example("Hello;=1+1")
@example("Hello\t@x")
@example("Hello\n'=1")
@example("Hello;-(1)")
@example("+1;+1\n+1")
def test_read_with_another_delimiter_no_cell_is_a_formula_either(text: str) -> None:
    cell = escape_formula(text)
    parts = re.split(r"[;\t\r\n]", cell)
    assert not any(re.match(r"[=@＝＠]|[+\-＋－][\d(]", part) for part in parts)  # noqa: RUF001
    assert unescape_formula(cell) == text


@pytest.mark.parametrize("text", ["Two things:\n- desks\n- chairs", "a; b", "1-2\n3+4", "x;y@z"])
def test_lists_in_a_message_stay_as_they_are(text: str) -> None:
    assert escape_formula(text) == text


@given(rows=st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), max_size=4))
def test_whatever_another_program_stored_stays_in_its_cell(rows: list[list[str]]) -> None:
    leads = [Lead(lead_id=f"id{i}", message="".join(row)) for i, row in enumerate(rows)]
    file = exported(Format.CSV, leads).decode("utf-8-sig")
    read = list(csv.DictReader(StringIO(file, newline="")))
    assert [row["leadId"] for row in read] == [lead.lead_id for lead in leads]
    assert [row["message"] for row in read] == [escape_formula(lead.message) for lead in leads]


def test_csv_is_as_excel_and_the_rfc_want_it() -> None:
    file = exported(Format.CSV, [Lead(lead_id="1", name='Ada "A" Li', message="a,b\nc")])
    assert file.startswith(b'\xef\xbb\xbf"leadId","name","email",')
    assert file.count(b"\xef\xbb\xbf") == 1
    header, row = file.decode("utf-8-sig").split("\r\n", 1)
    assert header == ",".join(f'"{name}"' for name in columns())
    came_from = ',""' * len([*ATTRIBUTES, *MARK_NAMES, OTHER_VALUES])
    assert (
        row == f'"1","Ada ""A"" Li","","","","","a,b\nc","new","","","","","","",""{came_from}\r\n'
    )


@pytest.mark.parametrize("kind", list(Format))
def test_no_leads_are_a_file_all_the_same(kind: Format) -> None:
    file = exported(kind)
    header = ",".join(f'"{name}"' for name in columns())
    assert file.decode() == f"\ufeff{header}\r\n" * (kind is Format.CSV)


@pytest.mark.parametrize("kind", list(Format))
def test_import_rejects_the_line_that_says_it_is_incomplete(kind: Format) -> None:
    def pages() -> Iterator[list[Lead]]:
        yield [Lead(lead_id="1", name="Ada", email="ada@example.com")]
        raise TimeoutError

    received: list[bytes] = []
    with pytest.raises(TimeoutError):
        received.extend(chunks(kind, pages(), {}))
    whole, broken = imported(b"".join(received))
    assert isinstance(whole, Candidate)
    assert isinstance(broken, Rejection)
    assert BROKEN.encode() in received[-1]


def test_owners_are_e_mails_and_unknown_ones_stay_ids() -> None:
    leads = [Lead(lead_id="1", owner_id="u1"), Lead(lead_id="2", owner_id="gone")]
    file = exported(Format.CSV, leads).decode("utf-8-sig")
    found = [row["owner"] for row in csv.DictReader(StringIO(file, newline=""))]
    assert found == ["ann@example.com", "gone"]


def test_memory_stays_the_same_however_many_leads() -> None:
    page = [Lead(lead_id=str(n), name="Ada", message="x" * 1_000) for n in range(100)]

    def peak(pages: int) -> int:
        tracemalloc.start()
        try:
            size = sum(map(len, chunks(Format.CSV, (page for _ in range(pages)), {})))
            assert size > pages * 100_000
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(100) < 1.5 * peak(5)


@pytest.mark.parametrize("kind", list(Format))
def test_custom_values_come_back_and_those_of_no_field_are_in_a_column_of_their_own(
    kind: Format,
) -> None:
    own = {"trade": "=Desks;+1", "budget": "12.50", "notes": "One\n-two", "start": "2026-12-31"}
    lead = Lead(
        lead_id="1",
        name="Ada",
        email="ada@example.com",
        custom={**own, "old": "kept", "theirs": "“7”", "more": "8"},
    )
    retired = custom_field("old", "Old", is_retired=True)
    file = b"".join(chunks(kind, iter([[lead]]), {}, (*FIELDS, retired)))
    table = read_rows(BytesIO(file))
    mapping = suggest(table.header, file_format=table.format, custom=FIELDS)
    (row,) = table.rows
    shown = dict(zip(table.header, row.cells, strict=True))
    assert shown["x_old"] == "kept"
    assert json.loads(shown[OTHER_VALUES]) == {"theirs": "“7”", "more": "8"}
    found = to_lead(row, mapping, {}, FIELDS)
    assert isinstance(found, Candidate), found
    assert found.fields.custom == own


def test_what_an_import_does_not_take_it_takes_for_nothing() -> None:
    header = columns(FIELDS)
    taken = suggest(header, custom=FIELDS).columns
    left = [name for index, name in enumerate(header) if index not in taken]
    marks = ("marks.seconds", "marks.honeypot")
    came_from = [name for name in ATTRIBUTES.values() if name != "phoneRegion"]
    assert left == ["leadId", "updatedAt", "source", *came_from, *marks, OTHER_VALUES]


def test_marks_are_numbers_in_columns_of_their_own() -> None:
    came = Attribution(form="contact", marks={"seconds": 2, "honeypot": 1, "other": 3})
    leads = [Lead(lead_id="1", attribution=came), Lead(lead_id="2")]
    rows = [*csv.DictReader(StringIO(exported(Format.CSV, leads).decode("utf-8-sig"), newline=""))]
    assert [(row["marks.seconds"], row["marks.honeypot"]) for row in rows] == [("2", "1"), ("", "")]
