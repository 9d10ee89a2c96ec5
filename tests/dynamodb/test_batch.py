import pytest

from crm.dynamodb import batch, calls, capacity
from crm.dynamodb.errors import InvalidRequestError, ThrottledError
from crm.dynamodb.items import Item
from crm.dynamodb.schema import EPHEMERAL
from tests.dynamodb.wire import Wire


def test_hundreds_of_items_are_written_and_counted(tables: None) -> None:
    items: list[Item] = [{"PK": f"{number}"} for number in range(333)]
    with capacity.measured() as usage:
        calls.batch_put(EPHEMERAL, iter(items))
    keys = [{"PK": f"{number}"} for number in range(333)]
    parts = (keys[at : at + 100] for at in range(0, 333, 100))
    stored = [item for part in parts for item in calls.batch_get(EPHEMERAL, part)]
    assert {str(item["PK"]) for item in stored} == {str(item["PK"]) for item in items}
    assert (usage.requests, usage.wru, usage.rru) == (14, 333, 0)


def test_no_items_are_no_request(wire: Wire) -> None:
    calls.batch_put(EPHEMERAL, [])
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


def test_an_error_in_any_batch_is_raised(tables: None) -> None:
    items: list[Item] = [{"PK": f"{number}"} for number in range(100)]
    items[60] = {"PK": ""}
    with pytest.raises(InvalidRequestError):
        calls.batch_put(EPHEMERAL, items)
