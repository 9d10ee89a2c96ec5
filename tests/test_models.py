from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leads.fields import EMAIL, SPELLED_OUT
from leads.models import (
    MAX_LOGGED,
    Lead,
    LeadFields,
    Status,
    cleaned_fields,
    editable,
    moment,
    shorten_for_timeline,
    timestamp,
)

NAMES = [field.name for field in SPELLED_OUT]

VALID = {"name": "Ada", "email": "ada@example.com"}
# DynamoDB stores neither NaN nor infinity.
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
ANYTHING: st.SearchStrategy[object] = st.recursive(
    st.text() | st.none() | st.booleans() | st.binary() | st.integers() | NUMBERS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


def faults(**given: str) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        LeadFields.model_validate(VALID | given)
    return {str(error["loc"][0]) for error in caught.value.errors()}


def test_fields_are_cleaned() -> None:
    fields = LeadFields.model_validate(
        {
            "name": "\t Ada\u00a0 King\n",
            "email": "\ufeff ADA@Example\x00.com. ",
            "company": "  ",
            "subject": "a\r\nb",
            "message": "\r\n one\r\ntwo\rthree\n\n  four \n",
        }
    )
    assert fields.name == "Ada King"
    assert fields.email == "ada@example.com"
    assert fields.company == fields.phone == ""
    assert fields.subject == "a b"
    assert fields.message == "one\ntwo\nthree\n\n  four"


@pytest.mark.parametrize("name", ["", " ", "\n\t", "\u3000", "x" * 201, "a\x00b", "\x1b[0m"])
def test_names_that_are_refused(name: str) -> None:
    assert faults(name=name) == {"name"}


@pytest.mark.parametrize(
    "email",
    [
        "",
        " ",
        "ada",
        "@",
        "ada@",
        "@example.com",
        "a b@example.com",
        "a@b@example.com",
        "a\n@example.com",
        "a@" + "b" * (EMAIL.limit - 1),
        "a\xa0b@example.com",
    ],
)
def test_addresses_that_are_refused(email: str) -> None:
    assert faults(email=email) == {"email"}


@pytest.mark.parametrize(
    "email", ["a@b", "ädä@exämple.com", "o'hara+x@mail.example.com", "a@[::1]"]
)
def test_addresses_that_are_taken(email: str) -> None:
    assert LeadFields.model_validate(VALID | {"email": email}).email == email


def test_every_fault_is_named() -> None:
    assert faults(name="", email="", message="x" * 10_001) == {"name", "email", "message"}


@given(st.fixed_dictionaries({name: st.text() for name in NAMES}))
def test_cleaning_twice_is_cleaning_once(texts: dict[str, str]) -> None:
    try:
        fields = LeadFields.model_validate(texts)
    except ValidationError:
        return
    assert LeadFields.model_validate(fields.model_dump()) == fields


def test_an_edit_is_checked_field_by_field() -> None:
    assert cleaned_fields({"name": " Bo ", "owner_id": " u "}) == {"name": "Bo", "owner_id": " u "}
    assert cleaned_fields({}) == {}
    with pytest.raises(ValidationError):
        cleaned_fields({"email": ""})


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("new", Status.NEW),
        ("CONVERTED", Status.CONVERTED),
        (" qualified\n", Status.QUALIFIED),
        ("archived", Status.NEW),
        ("", Status.NEW),
    ],
)
def test_statuses_as_others_write_them(text: str, status: Status) -> None:
    assert Status.read(text) is status


def test_choices_of_statuses() -> None:
    assert Status.choices() == [
        ("new", "New"),
        ("contacted", "Contacted"),
        ("qualified", "Qualified"),
        ("converted", "Converted"),
    ]


@given(st.datetimes(timezones=st.timezones()))
def test_timestamps_round_trip_to_the_millisecond(when: datetime) -> None:
    try:
        text = timestamp(when)
    except OverflowError:
        return
    assert len(text) == 24
    assert text.endswith("Z")
    read = moment(text)
    assert read is not None
    assert timedelta(0) <= when - read < timedelta(milliseconds=1)


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2))
def test_timestamps_sort_as_their_times(times: list[datetime]) -> None:
    by_text = sorted(times, key=timestamp)
    assert [timestamp(when) for when in sorted(times)] == [timestamp(when) for when in by_text]


@given(st.text() | st.none())
def test_illegible_timestamps_are_no_error(text: str | None) -> None:
    read = moment(text)
    assert read is None or read.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+02:00", datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("1700000000", None),
    ],
)
def test_timestamps_as_others_write_them(text: str, expected: datetime | None) -> None:
    assert moment(text) == expected


@pytest.mark.slow
@given(
    st.dictionaries(
        st.sampled_from(
            [
                *editable().values(),
                "status",
                "version",
                "createdAt",
                "updatedAt",
                "stageEnteredAt",
                "writeId",
                "source",
            ]
        ),
        ANYTHING,
    ),
    st.text(),
)
def test_any_item_is_a_lead(item: dict[str, object], lead_id: str) -> None:
    lead = Lead.from_item({**item, "leadId": lead_id})
    assert lead.lead_id == lead_id
    assert lead.version >= 0
    for when in (lead.created, lead.updated, lead.stage_entered):
        assert when is None or when.tzinfo is UTC
    assert lead.title == lead.name or lead.title in {lead.email, lead_id}


@pytest.mark.parametrize(
    ("stored", "version"),
    [
        (Decimal(3), 3),
        (7, 7),
        (Decimal(0), 0),
        (Decimal(-2), 0),
        (Decimal("0.5"), 0),
        (Decimal("1E+100"), 0),
        ("3", 0),
        (True, 0),
        (None, 0),
    ],
)
def test_versions(stored: object, version: int) -> None:
    assert Lead.from_item({"leadId": "a", "version": stored}).version == version


def test_a_lead_without_a_stage_time_is_in_its_stage_since_it_came_in() -> None:
    lead = Lead(lead_id="a", created_at="2026-01-02T00:00:00.000Z")
    assert lead.stage_entered == lead.created


@given(st.text(min_size=0, max_size=3 * MAX_LOGGED) | st.none())
def test_logged_texts_are_cut(text: str | None) -> None:
    cut = shorten_for_timeline(text)
    assert len(cut) <= MAX_LOGGED
    assert cut == (text or "") or cut.endswith("…")


@pytest.mark.parametrize("name", ["\u202e", "\u200b\u200b", "\u2060 \u2060", "\u3164\u2800"])
def test_a_name_has_something_to_see(name: str) -> None:
    with pytest.raises(ValidationError):
        LeadFields(name=name, email="ada@example.com")
