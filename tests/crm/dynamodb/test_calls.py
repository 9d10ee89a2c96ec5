import pytest

from crm.dynamodb import calls
from crm.dynamodb.calls import Key
from crm.dynamodb.errors import (
    ConditionFailedError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    ThrottledError,
)
from crm.dynamodb.scan import scan
from crm.dynamodb.schema import Table
from crm.tables import EPHEMERAL, LEADS, RECORDS, TABLES
from tests.crm.dynamodb.wire import Wire, failure

KEY: Key = {"PK": "p", "SK": "s"}


def test_put_get_update_delete(store: str) -> None:
    assert calls.get(RECORDS, KEY) is None
    calls.put(RECORDS, {**KEY, "n": 1})
    assert calls.get(RECORDS, KEY, consistent=True) == {**KEY, "n": 1}
    changed = calls.update(RECORDS, KEY, "SET #a = :a ADD #n :n", values={"a": "x", "n": 2})
    assert changed == {**KEY, "n": 3, "a": "x"}
    calls.delete(RECORDS, KEY)
    calls.delete(RECORDS, KEY)
    assert calls.get(RECORDS, KEY) is None


def test_reserved_words_are_names_like_others(store: str) -> None:
    calls.put(RECORDS, {**KEY, "status": "new", "name": "a"})
    changed = calls.update(RECORDS, KEY, "SET #status = :status REMOVE #name", values={"status": 1})
    assert changed == {**KEY, "status": 1}


def test_a_refused_write_brings_what_is_stored(store: str) -> None:
    calls.put(RECORDS, {**KEY, "n": 1})
    with pytest.raises(ConditionFailedError) as put:
        calls.put(RECORDS, {**KEY, "n": 2}, condition="attribute_not_exists(#PK)")
    with pytest.raises(ConditionFailedError) as update:
        calls.update(RECORDS, KEY, "SET #n = :n", values={"n": 2, "o": 9}, condition="#n = :o")
    with pytest.raises(ConditionFailedError) as delete:
        calls.delete(RECORDS, KEY, condition="#n = :o", values={"o": 9})
    for caught in (put, update, delete):
        assert caught.value.item == {**KEY, "n": 1}
    assert calls.get(RECORDS, KEY) == {**KEY, "n": 1}


def test_query_pages(store: str) -> None:
    for number in range(7):
        calls.put(RECORDS, {"PK": "p", "SK": f"{number}", "odd": number % 2})
    seen: list[str] = []
    start: Key | None = None
    while True:
        page = calls.query(
            RECORDS, "#PK = :pk", {"pk": "p"}, newest_first=True, limit=3, start=start
        )
        assert len(page.items) <= 3
        seen += [str(item["SK"]) for item in page.items]
        start = page.last_key
        if start is None:
            break
    assert seen == list("6543210")


def test_query_where_filters_what_was_read(store: str) -> None:
    for number in range(6):
        calls.put(RECORDS, {"PK": "p", "SK": f"{number}", "odd": number % 2})
    page = calls.query(
        RECORDS,
        "#PK = :pk AND #SK BETWEEN :a AND :b",
        {"pk": "p", "a": "1", "b": "4", "one": 1},
        where="#odd = :one",
        consistent=True,
    )
    assert [item["SK"] for item in page.items] == ["1", "3"]


def test_query_all_follows_pages_of_1_mb(tables: None) -> None:
    calls.batch_put(
        RECORDS, [{"PK": "p", "SK": f"{number:02}", "t": "x" * 300_000} for number in range(10)]
    )
    first = calls.query(RECORDS, "#PK = :pk", {"pk": "p"})
    assert len(first.items) < 10
    items = calls.query_all(RECORDS, "#PK = :pk", {"pk": "p"})
    assert [item["SK"] for item in items] == [f"{number:02}" for number in range(10)]


def test_query_of_an_empty_partition(store: str) -> None:
    assert calls.query(RECORDS, "#PK = :pk", {"pk": "none"}) == calls.Page([], None)


def test_batch_get(store: str) -> None:
    keys = [{"leadId": f"{number}"} for number in range(100)]
    calls.batch_put(LEADS, [{**key} for key in keys[:60]])
    found = calls.batch_get(LEADS, keys)
    assert sorted(str(item["leadId"]) for item in found) == sorted(map(str, range(60)))
    assert calls.batch_get(LEADS, []) == []


def test_batch_get_asks_again_for_unprocessed_keys(wire: Wire, pauses: list[float]) -> None:
    table = LEADS.name
    wire.answer(
        "BatchGetItem",
        (
            200,
            {
                "Responses": {table: [{"leadId": {"S": "a"}}]},
                "UnprocessedKeys": {table: {"Keys": [{"leadId": {"S": "b"}}]}},
            },
        ),
        (200, {"Responses": {table: [{"leadId": {"S": "b"}}]}, "UnprocessedKeys": {}}),
    )
    found = calls.batch_get(LEADS, [{"leadId": "a"}, {"leadId": "b"}])
    assert found == [{"leadId": "a"}, {"leadId": "b"}]
    asked = [body["RequestItems"] for body in wire.bodies("BatchGetItem")]
    assert asked[1] == {table: {"Keys": [{"leadId": {"S": "b"}}], "ConsistentRead": False}}
    assert len(pauses) == 1


def test_batch_get_gives_up_loudly(wire: Wire) -> None:
    left = {"UnprocessedKeys": {LEADS.name: {"Keys": [{"leadId": {"S": "a"}}]}}}
    wire.answer("BatchGetItem", *[(200, left)] * calls.ATTEMPTS)
    with pytest.raises(ThrottledError):
        calls.batch_get(LEADS, [{"leadId": "a"}])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.setting)
def test_ping(store: str, table: Table) -> None:
    calls.ping(table)


def test_ping_of_a_missing_table(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.EPHEMERAL_TABLE_NAME", "no-such-table")
    with pytest.raises(NotFoundError):
        calls.ping(EPHEMERAL)


def test_scan_reads_a_table_to_its_end(tables: None) -> None:
    calls.batch_put(
        EPHEMERAL,
        [{"PK": f"{number}", "t": "x" * 300_000, "odd": number % 2} for number in range(10)],
    )
    found = scan(EPHEMERAL, where="#odd = :one", values={"one": 1})
    assert sorted(str(item["PK"]) for item in found) == list("13579")


@pytest.mark.refused
def test_a_malformed_request_says_so(tables: None) -> None:
    with pytest.raises(InvalidRequestError):
        calls.get(RECORDS, {"PK": "no sort key"})
    with pytest.raises(InvalidRequestError):
        calls.put(LEADS, {"leadId": "a", "status": 5})


CONFLICT = failure("TransactionConflictException")


def test_a_single_write_that_meets_a_transaction_is_tried_again(
    wire: Wire, pauses: list[float]
) -> None:
    wire.answer("PutItem", CONFLICT, CONFLICT, (200, {}))
    wire.answer("UpdateItem", CONFLICT, (200, {"Attributes": {"n": {"N": "3"}}}))
    wire.answer("DeleteItem", CONFLICT, (200, {}))
    calls.put(RECORDS, {**KEY, "n": 1})
    assert calls.update(RECORDS, KEY, "ADD #n :n", values={"n": 2}) == {"n": 3}
    calls.delete(RECORDS, KEY)
    assert len(wire.sent) == 7
    assert len(pauses) == 4


def test_one_that_meets_transactions_without_end_ends(wire: Wire, pauses: list[float]) -> None:
    wire.answer("UpdateItem", *[CONFLICT] * calls.ATTEMPTS)
    with pytest.raises(ConflictError):
        calls.update(RECORDS, KEY, "SET #n = :n", values={"n": 2})
    assert len(wire.sent) == calls.ATTEMPTS
