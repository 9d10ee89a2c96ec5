from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.dynamodb import calls
from crm.dynamodb.items import Item, Value, WireItem, names, plain_item, wire, wire_values
from crm.tables import EPHEMERAL

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
WHOLE = st.integers(-(10**37), 10**37)
# Python's own float-like forms of a Decimal are not what DynamoDB gives back.
NUMBERS = WHOLE | WHOLE.map(Decimal)
SCALARS = TEXT | NUMBERS | st.booleans() | st.none() | st.sets(TEXT, min_size=1, max_size=4)
VALUES: st.SearchStrategy[Value] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_round_trip(item: Item) -> None:
    assert plain_item(wire(item)) == item


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"B": "aGk="}, b"hi"),
        ({"B": b"hi"}, b"hi"),
        ({"BS": ["aGk=", "aG8="]}, [b"hi", b"ho"]),
        ({"NS": ["1", "2.5"]}, [Decimal(1), Decimal("2.5")]),
        ({"L": [{"B": "aGk="}, {"M": {"a": {"NULL": True}}}]}, [b"hi", {"a": None}]),
        ({"M": {"S": {"S": "x"}}}, {"S": "x"}),
        ({"M": {}}, {}),
        ({"BOOL": False}, False),
        ({"N": "1E+100"}, Decimal("1E+100")),
        ({"N": "1" + "0" * 100}, Decimal("1E+100")),
    ],
)
def test_what_other_programs_may_have_stored(value: dict[str, object], expected: Value) -> None:
    raw: WireItem = {"attribute": value}
    assert plain_item(raw) == {"attribute": expected}


def test_every_type_comes_back_from_the_engine(tables: None) -> None:
    item: Item = {
        "PK": "all",
        "text": "ä🦆\n\0",
        "number": Decimal("-1.5"),
        "yes": True,
        "nothing": None,
        "bytes": b"\x00\xff",
        "list": ["a", 1, [b"x"]],
        "map": {"": {"deep": False}},
        "set": {"a", "b"},
        "empty": "",
    }
    calls.put(EPHEMERAL, item)
    assert calls.get(EPHEMERAL, {"PK": "all"}) == item


def test_names_of_expressions() -> None:
    assert names("#a = :a AND begins_with(#bC, :x)", None, "SET #a = :a") == {
        "#a": "a",
        "#bC": "bC",
    }
    assert names(None) == {}


def test_values_of_expressions() -> None:
    assert wire_values({"a": 1}) == {":a": {"N": "1"}}
