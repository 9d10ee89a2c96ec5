from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.dynamodb import calls, transaction
from crm.dynamodb.calls import Check, Delete, Put, Update, transact
from crm.dynamodb.errors import ConflictError, ThrottledError, TransactionRefusedError
from crm.dynamodb.transaction import request_token
from crm.tables import EPHEMERAL, RECORDS
from tests.crm.dynamodb.wire import Answer, Wire, failure

A, B, C = ({"PK": name} for name in "abc")
ADD = Update(table=EPHEMERAL, key=A, change="ADD #n :one", values={"one": 1})


def cancelled(*codes: str) -> Answer:
    reasons = [{"Code": code} for code in codes]
    return failure("TransactionCanceledException", "cancelled", CancellationReasons=reasons)


def test_all_kinds_of_writes_across_tables(store: str) -> None:
    calls.put(EPHEMERAL, {**B, "n": 1})
    calls.put(EPHEMERAL, {**C})
    transact(
        [
            Put(table=RECORDS, item={"PK": "p", "SK": "s"}, condition="attribute_not_exists(#PK)"),
            ADD,
            Delete(table=EPHEMERAL, key=B, condition="#n = :n", values={"n": 1}),
            Check(table=EPHEMERAL, key=C, condition="attribute_exists(#PK)"),
        ],
        uuid4().hex,
    )
    assert calls.get(RECORDS, {"PK": "p", "SK": "s"})
    assert calls.get(EPHEMERAL, A) == {**A, "n": 1}
    assert calls.get(EPHEMERAL, B) is None
    assert calls.get(EPHEMERAL, C) == C


def test_one_failed_condition_refuses_them_all(store: str) -> None:
    calls.put(EPHEMERAL, {**B, "n": 1})
    with pytest.raises(TransactionRefusedError) as caught:
        transact(
            [
                ADD,
                Check(table=EPHEMERAL, key=B, condition="#n = :n", values={"n": 2}),
                Delete(table=EPHEMERAL, key=C, condition="attribute_exists(#PK)"),
            ],
            uuid4().hex,
        )
    assert caught.value.failed == {1: {**B, "n": 1}, 2: None}
    assert calls.get(EPHEMERAL, A) is None


def test_the_same_token_is_applied_once(tables: None) -> None:
    token = uuid4().hex
    for _ in range(3):
        transact([ADD], token)
    assert calls.get(EPHEMERAL, A) == {**A, "n": 1}
    transact([ADD], uuid4().hex)
    assert calls.get(EPHEMERAL, A) == {**A, "n": 2}


@pytest.mark.parametrize(
    "answer",
    [
        cancelled("None", "TransactionConflict"),
        cancelled("ThrottlingError", "None"),
        failure("TransactionInProgressException"),
    ],
)
def test_contention_is_tried_again_with_the_same_token(
    wire: Wire, pauses: list[float], answer: Answer
) -> None:
    wire.answer("TransactWriteItems", answer, answer, (200, {}))
    transact([ADD], "token")
    sent = wire.bodies("TransactWriteItems")
    assert [body["ClientRequestToken"] for body in sent] == ["token"] * 3
    assert len(pauses) >= 2


def test_a_failed_condition_is_an_answer_and_not_tried_again(wire: Wire) -> None:
    wire.answer("TransactWriteItems", cancelled("ConditionalCheckFailed", "TransactionConflict"))
    with pytest.raises(TransactionRefusedError):
        transact([ADD], "token")
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [("TransactionConflict", ConflictError), ("ThrottlingError", ThrottledError)],
)
def test_endless_contention_ends(wire: Wire, code: str, expected: type[Exception]) -> None:
    wire.answer("TransactWriteItems", *[cancelled(code)] * transaction.ATTEMPTS)
    with pytest.raises(expected):
        transact([ADD], "token")
    assert len(wire.sent) == transaction.ATTEMPTS


@pytest.mark.slow
@given(st.lists(st.text(max_size=80), min_size=2, max_size=20, unique=True))
def test_tokens_stay_within_36_characters_and_apart(texts: list[str]) -> None:
    tokens = [request_token(text) for text in texts]
    assert all(len(token) <= 36 for token in tokens)
    assert len(set(tokens)) == len(tokens)
