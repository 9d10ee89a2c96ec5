import pytest

from crm.dynamodb import batch, calls, capacity
from crm.dynamodb.errors import InvalidRequestError, ThrottledError
from crm.dynamodb.items import Item
from crm.tables import EPHEMERAL, RECORDS
from tests.crm.dynamodb.wire import Wire


@pytest.mark.parametrize(
    ("tables_of", "requests"), [("tables", 4), ("moto_tables", 14)], ids=["local", "remote"]
)
def test_hundreds_of_items_are_written_in_few_requests(
    tables_of: str, requests: int, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(tables_of)
    items: list[Item] = [{"PK": f"{number}"} for number in range(333)]
    with capacity.count_requests() as usage:
        calls.batch_put(EPHEMERAL, iter(items))
    assert usage.requests == requests
    keys = [{"PK": f"{number}"} for number in range(333)]
    parts = [keys[at : at + 100] for at in range(0, 333, 100)]
    stored = [item for part in parts for item in calls.batch_get(EPHEMERAL, part)]
    assert {str(item["PK"]) for item in stored} == {str(item["PK"]) for item in items}
    calls.batch_delete(EPHEMERAL, keys)
    assert not [item for part in parts for item in calls.batch_get(EPHEMERAL, part)]


def test_a_transaction_of_large_items_is_cut_before_its_limit(tables: None) -> None:
    items: list[Item] = [{"PK": f"{number}", "text": "x" * 390_000} for number in range(12)]
    with capacity.count_requests() as usage:
        calls.batch_put(EPHEMERAL, items)
    assert usage.requests == 6
    stored = calls.batch_get(EPHEMERAL, [{"PK": f"{number}"} for number in range(12)])
    assert {item["PK"]: item for item in stored} == {item["PK"]: item for item in items}


def new(item: Item) -> calls.Put:
    return calls.Put(table=EPHEMERAL, item=item, condition="attribute_not_exists(#PK)")


def test_appending_leaves_alone_what_is_there(store: str) -> None:
    batch.append(new({"PK": f"{number}", "n": 1}) for number in range(50, 52))
    with capacity.count_requests() as usage:
        batch.append(new({"PK": f"{number}", "n": 2}) for number in range(150))
    assert usage.requests == 3  # two, and what was refused once more
    found = [calls.get(EPHEMERAL, {"PK": f"{number}"}) for number in range(150)]
    assert [item and int(str(item["n"])) for item in found] == [2] * 50 + [1] * 2 + [2] * 98


def test_nothing_is_left_to_append(store: str) -> None:
    for _ in range(2):
        batch.append([new({"PK": "a"})])
    assert calls.get(EPHEMERAL, {"PK": "a"}) == {"PK": "a"}


def test_items_of_several_tables_go_together(store: str) -> None:
    batch.batch_write(
        [
            calls.Put(table=EPHEMERAL, item={"PK": "a"}),
            calls.Put(table=RECORDS, item={"PK": "b", "SK": "c"}),
        ]
    )
    assert calls.get(EPHEMERAL, {"PK": "a"}) == {"PK": "a"}
    assert calls.get(RECORDS, {"PK": "b", "SK": "c"}) == {"PK": "b", "SK": "c"}
    batch.batch_write(
        [
            calls.Delete(table=EPHEMERAL, key={"PK": "a"}),
            calls.Delete(table=RECORDS, key={"PK": "b", "SK": "c"}),
        ]
    )
    assert calls.get(EPHEMERAL, {"PK": "a"}) is None
    assert calls.get(RECORDS, {"PK": "b", "SK": "c"}) is None


def test_no_items_are_no_request(wire: Wire) -> None:
    calls.batch_put(EPHEMERAL, [])
    batch.append([])
    assert not wire.sent


def test_doing_it_again_changes_nothing(store: str) -> None:
    for _ in range(2):
        calls.batch_put(EPHEMERAL, [{"PK": "a", "n": 1}, {"PK": "b"}])
    assert calls.get(EPHEMERAL, {"PK": "a"}) == {"PK": "a", "n": 1}


def test_unprocessed_items_are_sent_again(wire: Wire, pauses: list[float]) -> None:
    left = [{"PutRequest": {"Item": {"PK": {"S": "b"}}}}]
    wire.answer(
        "BatchWriteItem",
        (200, {"UnprocessedItems": {EPHEMERAL.name: left}}),
        (200, {"UnprocessedItems": {}}),
    )
    calls.batch_put(EPHEMERAL, [{"PK": "a"}, {"PK": "b"}])
    assert wire.bodies("BatchWriteItem")[1]["RequestItems"] == {EPHEMERAL.name: left}
    assert len(pauses) == 1


def test_items_that_stay_unprocessed_are_an_error(wire: Wire) -> None:
    left = [{"PutRequest": {"Item": {"PK": {"S": "a"}}}}]
    answer = (200, {"UnprocessedItems": {EPHEMERAL.name: left}})
    wire.answer("BatchWriteItem", *[answer] * batch.ATTEMPTS)
    with pytest.raises(ThrottledError):
        calls.batch_put(EPHEMERAL, [{"PK": "a"}])


@pytest.mark.refused
def test_an_error_in_any_batch_is_raised(tables: None) -> None:
    items: list[Item] = [{"PK": f"{number}"} for number in range(100)]
    items[60] = {"PK": ""}
    with pytest.raises(InvalidRequestError):
        calls.batch_put(EPHEMERAL, items)
