"""What is said of leads that hold anything at all, and what is left of those that fail."""

import json
import re
from typing import cast
from urllib.parse import unquote

import pytest
from django.urls import resolve
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.paths import WORDS_UNDER_LEADS
from infra.events.filters import CONVERTED, CREATED, OTHER, SOURCES
from infra.events.workflow import MOST_DEAD_LETTER
from leads.demo_data import history
from leads.fields import MESSAGE
from leads.imports.run import create
from leads.models import STAGES
from tests import ROOT
from tests.infra.events_patterns import matches
from tests.infra.events_workflow import QUEUE, URL, Json, evaluated, is_news, is_taken, said, states

type Attributes = dict[str, dict[str, object]]

NEW: Attributes = {"name": {"S": "Ada"}, "status": {"S": "new"}, "source": {"S": "api"}}
MOST_BYTES = 256 * 1024
DOCUMENTATION = ROOT / "docs" / "events.md"


def record(
    new: Attributes | None = None,
    old: Attributes | None = None,
    lead_id: str = "l-1",
    **more: object,
) -> Json:
    """Return a stream record as it gets to the workflow."""
    key = {"leadId": {"S": lead_id}}
    images = {"NewImage": key | (NEW if new is None else new)}
    if old is not None:
        images["OldImage"] = key | old
    written = {"Keys": key, "SequenceNumber": "111", **images, **more}
    return {
        "eventID": "1",
        "eventName": "INSERT" if old is None else "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": written,
    }


TEXTS = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        ["", " ", "a\r\nBcc: b@c.d", "\u202eada", "Zoë 🦊", "x" * 9999, "\x00", "\uffff"]
    ),
)
VALUES: st.SearchStrategy[dict[str, object]] = st.one_of(
    TEXTS.map(lambda text: {"S": text}),
    st.integers().map(lambda number: {"N": str(number)}),
    st.sampled_from(
        [
            {"NULL": True},
            {"BOOL": False},
            {"L": [{"S": "x"}]},
            {"M": {"S": {"S": "x"}}},
            {"SS": ["x"]},
        ]
    ),
)
NAMES = ("name", "email", "company", "phone", "subject", "message", "status", "source", "writeId")
IMAGES = st.dictionaries(st.sampled_from([*NAMES, "createdAt", "updatedAt"]), VALUES)


@settings(max_examples=50)
@given(new=IMAGES, old=st.none() | IMAGES, lead_id=TEXTS.filter(bool))
def test_whatever_a_lead_holds_is_a_message_that_sns_takes(
    new: Attributes, old: Attributes | None, lead_id: str
) -> None:
    given = record(new, old, lead_id)
    found = said(given)
    assert isinstance(is_news(given), bool)
    assert re.fullmatch(r"[ -~]{1,99}", found.subject)
    assert found.subject[0].isalpha()
    assert found.event in {CREATED, CONVERTED}
    assert found.status in set(STAGES)
    assert found.source in {*SOURCES, OTHER}
    assert len(found.message.encode()) < MOST_BYTES / 10
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\ufffe\uffff]", found.message)
    assert found.message.startswith(("New lead: ", "Lead converted: "))
    assert found.message.rsplit("\n\n", 1)[1].startswith(f"{URL}/leads/")


def test_names_stay_on_their_line_and_long_texts_end() -> None:
    new: Attributes = {
        "name": {"S": " Ada\r\nBcc: eve@example.com\x07\u2028 Lovelace "},
        "company": {"S": "x" * 5000},
        "message": {"S": "\n\x07One\r\n\r\ntwo\rthree\t" + "é" * MESSAGE.limit},
    }
    found = said(record(new))
    assert found.subject == "New lead: Ada Bcc: eve@example.com Lovelace"
    name, _, company, status, source, _, *message = found.message.split("\n")
    assert name == "New lead: Ada Bcc: eve@example.com Lovelace"
    assert company == "Company: " + "x" * 199 + "…"
    assert (status, source) == ("Status: New", "Source: other")
    assert message[:3] == ["One", "", "two"]
    assert message[3].startswith("three\té")
    assert sum(map(len, message[:4])) + 3 == 1000
    assert message[4:] == ["", f"{URL}/leads/l-1/"]


def test_the_message_in_the_documentation_is_one_of_ours() -> None:
    new: Attributes = {
        "name": {"S": "Ada Lovelace"},
        "email": {"S": "ada@example.com"},
        "company": {"S": "Engines & Sons"},
        "subject": {"S": "A question"},
        "message": {"S": "First line\r\nsecond line"},
        "status": {"S": "new"},
        "source": {"S": "contact-form"},
        "createdAt": {"S": "2026-11-21T09:30:00.000Z"},
    }
    found = said(record(new, lead_id="0f8fad5b-d9cb-469f-a165-70867728950e"))
    shown = DOCUMENTATION.read_text(encoding="utf-8")
    assert f"```text\nSubject: {found.subject}\n\n{found.message}\n```" in shown
    assert all(f"`{source}`" in shown for source in (*SOURCES, OTHER))


@pytest.mark.parametrize(
    ("name", "email", "subject"),
    [
        ("Ada", "ada@example.com", "New lead: Ada"),
        ("Zoë", "zoe@example.com", "New lead: zoe@example.com"),
        ("Zoë", "zoë@example.com", "New lead"),
        ("", "", "New lead"),
        ("A" * 150, "", "New lead: " + "A" * 89),
    ],
)
def test_the_subject_is_ascii(name: str, email: str, subject: str) -> None:
    found = said(record({"name": {"S": name}, "email": {"S": email}}))
    assert found.subject == subject
    assert found.message.startswith(f"New lead: {(name or email or 'without a name')[:199]}")


@pytest.mark.parametrize(
    ("more", "when"),
    [
        ({"createdAt": {"S": "2026-11-21T09:30:00.000Z"}}, "2026-11-21 09:30 UTC"),
        ({"createdAt": {"S": "2026-11-21T09:30Z"}}, "2026-11-21 09:30 UTC"),
        ({"createdAt": {"S": "yesterday"}}, "2026-11-21 13:39 UTC"),
        ({"createdAt": {"N": "1790000000"}}, "2026-11-21 13:39 UTC"),
        ({}, "2026-11-21 13:39 UTC"),
    ],
)
def test_when_is_what_is_stored_or_when_it_was_written(more: Attributes, when: str) -> None:
    given = record(NEW | more, ApproximateCreationDateTime=1795268377)
    assert f"\nWhen: {when}\n" in said(given).message


def test_nothing_that_tells_when_is_no_line() -> None:
    assert "When:" not in said(record()).message


@pytest.mark.parametrize(
    "lead_id",
    [
        "0f8fad5b-d9cb",
        "a_B-9",
        *WORDS_UNDER_LEADS,
        "a/b",
        "~tilde",
        "..",
        "a b?#%",
        "Zoë 🦊",
        "line\nbreak",
        "é",
    ],
)
def test_the_link_is_an_address_of_the_application(lead_id: str) -> None:
    link = said(record(lead_id=lead_id)).message.rsplit("\n", 1)[1]
    assert re.fullmatch(r"[!-~]+", link)
    assert resolve(unquote(link.removeprefix(URL))).kwargs == {"lead_id": lead_id}


def test_an_id_that_has_no_agreed_address_leads_to_the_list() -> None:
    assert said(record(lead_id="é/b")).message.endswith(f"\n\n{URL}/leads/")


def test_words_of_the_application_are_the_same_here() -> None:
    assert {create.SOURCE, history.SOURCE} <= set(SOURCES)


def changed(new: object, old: object) -> bool:
    """Tell whether a change of the status, in any type, is announced."""
    images = [
        {} if value is None else {"status": {"S": value} if isinstance(value, str) else value}
        for value in (new, old)
    ]
    given = record(cast("Attributes", images[0]), cast("Attributes", images[1]))
    return is_taken(given) and is_news(given)


@pytest.mark.parametrize("old", ["new", "Won", "", {"N": "3"}, {"NULL": True}, None])
def test_a_change_to_converted_is_a_conversion(old: object) -> None:
    assert changed("converted", old)
    assert changed("CONVERTED", old)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        # These the pipe lets through, and the workflow leaves them out.
        ("converted", "Converted"),
        ("Converted", " converted\t"),
        ("converted", "converted"),
        ("qualified", "converted"),
        (None, "converted"),
        ({"N": "4"}, "new"),
    ],
)
def test_any_other_change_is_none(new: object, old: object) -> None:
    assert not changed(new, old)


def test_a_stream_without_old_images_converts_nobody() -> None:
    given = record({"status": {"S": "converted"}})
    assert not is_taken({**given, "eventName": "MODIFY"})


@pytest.mark.parametrize("text", ["Hello", "é🦊" * 3000, '"\n\\' * 9000])
def test_a_dead_letter_holds_the_record(text: str) -> None:
    failed = {
        "error": {"Error": "SNS.NotFound", "Cause": "gone"},
        "record": record({"m": {"S": text}}),
    }
    sent = cast("dict[str, str]", evaluated(states()["Dead letter"]["Arguments"], failed))
    assert sent["QueueUrl"] == QUEUE
    assert json.loads(sent["MessageBody"]) == failed


def test_a_dead_letter_that_would_not_fit_says_which_lead_it_was() -> None:
    given = record({"message": {"S": "x" * MOST_DEAD_LETTER}}, ApproximateCreationDateTime=1)
    failed = {"error": {"Error": "States.Timeout"}, "record": given}
    sent = cast("dict[str, str]", evaluated(states()["Dead letter"]["Arguments"], failed))
    assert json.loads(sent["MessageBody"]) == {
        "error": {"Error": "States.Timeout"},
        "record": {
            "eventName": "INSERT",
            "dynamodb": {
                "Keys": {"leadId": {"S": "l-1"}},
                "SequenceNumber": "111",
                "ApproximateCreationDateTime": 1,
            },
        },
    }


@pytest.mark.parametrize(
    ("rules", "value"),
    [
        (["a"], "a"),
        (["a", "b"], ["x", "b"]),
        ([{"exists": True}], ""),
        ([{"exists": False}], []),
        ([{"exists": False}], {"leaf": "x"}),
        ([{"anything-but": ["a"]}], "b"),
        ([{"anything-but": ["a"]}, {"exists": False}], {}),
        ([{"equals-ignore-case": "ab"}], "AB"),
    ],
)
def test_patterns_that_match(rules: object, value: object) -> None:
    assert matches({"field": rules}, {"field": value})


@pytest.mark.parametrize(
    ("rules", "value"),
    [
        (["a"], "A"),
        (["1"], 1),
        ([True], 1),
        ([{"exists": True}], {}),
        ([{"exists": False}], "x"),
        ([{"anything-but": "a"}], "a"),
        ([{"anything-but": ["a"]}], {"leaf": "b"}),
        ([{"equals-ignore-case": "3"}], 3),
    ],
)
def test_patterns_that_do_not(rules: object, value: object) -> None:
    assert not matches({"field": rules}, {"field": value})


def test_patterns_and_what_is_missing() -> None:
    nested = {"a": {"b": [{"exists": False}]}}
    assert matches(nested, {})
    assert matches(nested, {"a": "text"})
    assert not matches(nested, {"a": {"b": "x"}})
    assert not matches({"a": [{"anything-but": ["x"]}]}, {})
    assert not matches({"a": ["x"], "b": ["y"]}, {"a": "x"})


@pytest.mark.parametrize(
    "rules",
    ["text", [], [{"anything-but": {"prefix": "x"}}], [{"wildcard": "*"}]],
)
def test_patterns_that_pipes_would_refuse_are_faults(rules: object) -> None:
    with pytest.raises(ValueError, match=r"A field|Pipes|operator"):
        matches({"a": rules}, {"a": "x"})
