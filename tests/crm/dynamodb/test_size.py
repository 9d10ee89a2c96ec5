from uuid import uuid4

import pytest

from crm.dynamodb import calls
from crm.dynamodb.calls import Put, Update
from crm.dynamodb.errors import ItemTooLargeError
from crm.dynamodb.items import Item
from crm.dynamodb.size import MAX_ITEM_BYTES, check_size
from crm.tables import EPHEMERAL
from tests.crm.dynamodb.wire import Wire

# Name and value of the key, the name of the text, and what a map may take for itself.
OVERHEAD = len("PK") + len("big") + len("text") + 16
TOO_LARGE: Item = {"PK": "big", "text": "x" * MAX_ITEM_BYTES}


@pytest.mark.parametrize("letter", ["x", "ä", "🦆"])
def test_the_largest_item_is_allowed_and_stored(tables: None, letter: str) -> None:
    length = (MAX_ITEM_BYTES - OVERHEAD) // len(letter.encode())
    calls.put(EPHEMERAL, {"PK": "big", "text": letter * length})
    assert len(str((calls.get(EPHEMERAL, {"PK": "big"}) or {})["text"])) == length


@pytest.mark.parametrize("letter", ["x", "ä", "🦆"])
def test_one_over_400_kb_is_refused(letter: str) -> None:
    length = MAX_ITEM_BYTES // len(letter.encode())
    with pytest.raises(ItemTooLargeError, match="409,6"):
        check_size({"PK": "big", "text": letter * length})


@pytest.mark.parametrize(
    "item",
    [
        {"bytes": b"x" * MAX_ITEM_BYTES},
        {"list": ["x" * 1000] * 410},
        {"map": {f"{number}": "x" * 1000 for number in range(410)}},
        {"set": {f"{number:01000}" for number in range(410)}},
        {"n" * MAX_ITEM_BYTES: True},
    ],
    ids=lambda item: next(iter(item))[:5],
)
def test_every_container_counts(item: Item) -> None:
    with pytest.raises(ItemTooLargeError):
        check_size(item)


def test_it_is_refused_before_any_request(wire: Wire) -> None:
    with pytest.raises(ItemTooLargeError):
        calls.put(EPHEMERAL, TOO_LARGE)
    with pytest.raises(ItemTooLargeError):
        calls.transact([Put(table=EPHEMERAL, item=TOO_LARGE)], "token")
    with pytest.raises(ItemTooLargeError):
        calls.batch_put(EPHEMERAL, [TOO_LARGE])
    assert not wire.sent


def test_an_update_that_makes_an_item_too_large_is_refused_by_the_engine(tables: None) -> None:
    calls.put(EPHEMERAL, {"PK": "big", "text": "x" * (MAX_ITEM_BYTES - OVERHEAD)})
    values = {"more": "x" * 1000}
    with pytest.raises(ItemTooLargeError):
        calls.update(EPHEMERAL, {"PK": "big"}, "SET #more = :more", values=values)
    more = Update(table=EPHEMERAL, key={"PK": "big"}, change="SET #more = :more", values=values)
    with pytest.raises(ItemTooLargeError):
        calls.transact([more], uuid4().hex)
