"""What is noted of a request, and which requests are refused before they are sent."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path

from crm.dynamodb import batch, calls
from crm.tables import EPHEMERAL, LEADS, RECORDS, STATUS_INDEX
from leads.demo_data.run import seed_leads
from leads.repository.events import event_put
from tests.plugins import strict
from tests.plugins.called import called
from tests.plugins.parts import acting, aside, listen
from tests.plugins.recording import Recorder

PING = {"PK": "ping", "SK": "ping"}


@login_not_required
def read(request: HttpRequest) -> HttpResponse:
    """Read something, also in a thread."""
    calls.submit(lambda: calls.get(RECORDS, PING)).result()
    return HttpResponse("read")


@login_not_required
def streamed(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(str(calls.get(RECORDS, PING)) for _ in range(2))


urlpatterns = [
    path("contact/", read),
    path("elsewhere/", read),
    path("streamed/", streamed),
]


class Notes:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def hear(self, part: str, call: str) -> None:
        self.calls.append((part, call))


@pytest.fixture
def noted(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> Iterator[list[tuple[str, str]]]:
    """What is noted during a test."""
    notes = Notes()
    recorder = pytestconfig.pluginmanager.get_plugin("dynamodb-calls")
    if recorder:
        # A run that is recorded must not take what these tests send for Leadbook's.
        monkeypatch.setattr(recorder, "hear", notes.hear)
        yield notes.calls
    else:
        stop = listen(notes)
        yield notes.calls
        stop()


@pytest.mark.urls("tests.plugins.test_recording")
@pytest.mark.parametrize(
    ("address", "cookie", "part"),
    [
        ("/contact/", "", "form"),
        ("/contact/", "session", "web"),
        ("/elsewhere/", "", "web"),
        ("/streamed/", "", "web"),
    ],
)
def test_pages_are_told_from_the_form(
    tables: None, noted: list[tuple[str, str]], address: str, cookie: str, part: str
) -> None:
    browser = Client()
    if cookie:
        browser.cookies["sessionid"] = cookie
    response = browser.get(address)
    b"".join(response)
    assert (part, "CrmRecords GetItem ping") in noted
    assert {one for one, _ in noted} == {part}


def test_what_a_test_does_itself_is_of_no_part(tables: None, noted: list[tuple[str, str]]) -> None:
    calls.get(RECORDS, PING)
    with aside():
        calls.get(RECORDS, PING)
    assert noted == []


def test_a_call_that_is_not_listed_is_told_with_its_test(pytestconfig: pytest.Config) -> None:
    recorder = Recorder(pytestconfig)
    recorder.hear("web", "CrmRecords Scan *")
    known = {"form": ["CrmRecords Query USERS"], "web": ["CrmRecords Query USERS"]}
    (told,) = recorder.unknown(known)
    assert told.startswith(
        "new: web: CrmRecords Scan * [tests/plugins/test_recording.py::test_a_call"
    )
    assert recorder.unknown({"web": ["CrmRecords Scan *"]}) == []
    assert recorder.unused(known) == [
        "no longer: form: CrmRecords Query USERS",
        "no longer: web: CrmRecords Query USERS",
    ]


def test_a_batch_is_one_on_every_engine(store: str, noted: list[tuple[str, str]]) -> None:
    with acting("maintenance"):
        calls.batch_put(EPHEMERAL, [{"PK": f"SEEN#{number}"} for number in range(30)])
        batch.append([event_put({"PK": "LEAD#1", "SK": "EVENT#1"})])
    assert set(noted) == {
        ("maintenance", "CrmEphemeral BatchWriteItem SEEN#*"),
        ("maintenance", "CrmRecords TransactWriteItems:PutItem LEAD#*"),
    }


def test_bulk_writers_put_events_by_transaction(store: str, noted: list[tuple[str, str]]) -> None:
    with acting("maintenance"):
        list(seed_leads(1, 20))
    told = {call for _, call in noted if call.endswith(" LEAD#*")}
    assert told == {"CrmRecords TransactWriteItems:PutItem LEAD#*"}


def test_a_query_of_an_index_and_another_table(tables: None) -> None:
    indexed = {"TableName": LEADS.name, "IndexName": STATUS_INDEX.name}
    assert [*called("query", indexed)] == ["ContactFormLeads/status-index Query *"]
    assert [*called("scan", {"TableName": "another"})] == ["restored Scan *"]


def test_what_the_form_asks_back_is_told(tables: None) -> None:
    put = {"TableName": EPHEMERAL.name, "Item": {"PK": {"S": "a"}}, "ReturnValues": "ALL_OLD"}
    assert [*called("put_item", put)] == ["CrmEphemeral PutItem a"]
    assert [*called("put_item", put, is_told=True)] == [
        "CrmEphemeral PutItem a ReturnValues=ALL_OLD"
    ]


def put(**more: object) -> dict[str, object]:
    return {"TableName": EPHEMERAL.name, "Item": {"PK": {"S": "a"}}, **more}


def many(number: int, *, key: str = "") -> list[dict[str, object]]:
    return [{"Put": put(Item={"PK": {"S": key or f"{n}"}})} for n in range(number)]


@pytest.mark.parametrize(
    ("method", "parameters", "fault"),
    [
        ("put_item", put(Item={"PK": {"S": ""}}), "the key PK"),
        ("put_item", put(Item={"PK": {"S": "x" * 2049}}), "the key PK"),
        ("put_item", put(Item={"PK": {"N": "1"}}), "the key PK"),
        ("put_item", put(ConditionExpression="PK = :x"), "names stand as they are: ['PK']"),
        ("put_item", put(ExpressionAttributeNames={}), "ExpressionAttributeNames is empty"),
        ("put_item", put(ExpressionAttributeNames={"#a": "a"}), "ExpressionAttributeNames"),
        ("put_item", put(ExpressionAttributeValues={":a": {"S": "a"}}), "AttributeValues"),
        ("put_item", put(ConditionExpression="#a = " + ":x" * 3000), "longer than 4096"),
        ("transact_write_items", {"TransactItems": []}, "0 items"),
        ("transact_write_items", {"TransactItems": many(101)}, "101 items, 100 at most"),
        ("transact_write_items", {"TransactItems": many(2, key="a")}, "the same item twice"),
        (
            "transact_write_items",
            {"TransactItems": many(1), "ClientRequestToken": "x" * 37},
            "ClientRequestToken",
        ),
        (
            "transact_write_items",
            {"TransactItems": [{"Put": put(Item={"PK": {"S": "a"}, "x": {"S": "x" * 2**22}})}]},
            "more than 4 MB",
        ),
        (
            "batch_write_item",
            {"RequestItems": {"t": [{"PutRequest": one["Put"]} for one in many(26)]}},
            "26 items, 25 at most",
        ),
        ("batch_get_item", {"RequestItems": {"t": {"Keys": []}}}, "0 items"),
        ("query", {"TableName": "t", "Limit": 0}, "a Limit below 1"),
    ],
)
def test_what_amazon_dynamodb_refuses_is_not_sent(
    tables: None, method: str, parameters: dict[str, object], fault: str
) -> None:
    with pytest.raises(strict.RefusedError) as caught:
        strict.check(method, _named(parameters))
    assert fault in str(caught.value)


def _named(parameters: dict[str, object]) -> dict[str, object]:
    """Return the table the name that it has in this test."""
    text = {"TableName": EPHEMERAL.name} if "TableName" in parameters else {}
    named = {**parameters, **text}
    items = parameters.get("TransactItems")
    if isinstance(items, list):
        named["TransactItems"] = [
            {"Put": one["Put"] | {"TableName": EPHEMERAL.name}} for one in items
        ]
    return named


def test_a_sort_key_has_its_own_limit(tables: None) -> None:
    key = {"PK": {"S": "x" * 2048}, "SK": {"S": "x" * 1024}}
    strict.check("get_item", {"TableName": RECORDS.name, "Key": key})
    with pytest.raises(strict.RefusedError, match="the key SK"):
        strict.check(
            "get_item", {"TableName": RECORDS.name, "Key": key | {"SK": {"S": "x" * 1025}}}
        )
