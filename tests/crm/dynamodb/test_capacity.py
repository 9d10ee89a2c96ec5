from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import partial
from threading import Barrier
from uuid import uuid4

import pytest

from crm.dynamodb import calls, capacity
from crm.dynamodb.capacity import count_requests, record, running_account
from crm.dynamodb.client import THREADS
from crm.dynamodb.errors import DynamoDBError
from crm.dynamodb.parallel import parallel, submit
from crm.tables import EPHEMERAL
from tests.crm.dynamodb.wire import Wire, failure

WHO: ContextVar[str] = ContextVar("who", default="nobody")
READ = partial(record, rru=0.5, wru=0.0, milliseconds=1.0)


def test_nobody_asks() -> None:
    READ()
    with count_requests() as usage:
        pass
    assert (usage.requests, usage.rru, usage.wru) == (0, 0, 0)


def test_what_was_counted_so_far() -> None:
    assert running_account().requests == 0
    with count_requests() as usage:
        READ()
        assert running_account() is usage


def test_reads_and_writes_on_the_engine(tables: None) -> None:
    with count_requests() as usage:
        calls.put(EPHEMERAL, {"PK": "a", "text": "x" * 1500})
        calls.get(EPHEMERAL, {"PK": "a"})
        calls.get(EPHEMERAL, {"PK": "a"}, consistent=True)
        calls.transact([calls.Put(table=EPHEMERAL, item={"PK": "b"})], uuid4().hex)
    assert (usage.requests, usage.rru, usage.wru) == (4, 1.5, 4)
    assert usage.milliseconds > 0


def test_threads_count_for_whoever_started_them() -> None:
    with count_requests() as usage:
        parallel(*[READ] * 50)
        for future in [submit(READ) for _ in range(50)]:
            future.result()
    assert (usage.requests, usage.rru) == (100, 50)


def test_a_failed_request_counts_as_one(wire: Wire) -> None:
    wire.answer("GetItem", failure("ValidationException"))
    with count_requests() as usage, pytest.raises(DynamoDBError):
        calls.get(EPHEMERAL, {"PK": "a"})
    assert (usage.requests, usage.rru) == (1, 0)


def test_inner_and_outer_accounts_are_apart() -> None:
    with count_requests() as outer:
        READ()
        with count_requests() as inner:
            READ()
        READ()
    assert (outer.requests, inner.requests) == (2, 1)


def test_web_requests_in_many_threads_are_apart() -> None:
    at_once = Barrier(8)

    def handle(number: int) -> int:
        with count_requests() as usage:
            at_once.wait()
            for _ in range(number):
                parallel(READ, READ)
            return usage.requests

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(handle, range(8))) == [2 * number for number in range(8)]


def test_many_threads_lose_no_count() -> None:
    usage = capacity.Usage()

    def add() -> None:
        for _ in range(2000):
            usage.add(rru=1, wru=0, milliseconds=0)

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(add) for _ in range(8)]:
            future.result()
    assert (usage.requests, usage.rru) == (16000, 16000)


def test_parallel_gives_results_in_order() -> None:
    assert parallel(*(partial(int, number) for number in range(100))) == list(range(100))


def test_parallel_calls_run_at_once() -> None:
    together = Barrier(THREADS)
    parallel(*[partial(together.wait, 30)] * THREADS)


def test_parallel_carries_the_context() -> None:
    token = WHO.set("somebody")
    try:
        assert parallel(WHO.get, WHO.get, WHO.get) == ["somebody"] * 3
    finally:
        WHO.reset(token)
    assert submit(WHO.get).result() == "nobody"


def test_a_change_of_context_stays_in_its_call() -> None:
    parallel(lambda: WHO.set("other"), lambda: None)
    assert WHO.get() == "nobody"


@pytest.mark.parametrize("position", [0, 1, 2])
def test_parallel_raises_the_error_of_any_call(position: int) -> None:
    works = [partial(int, "1")] * 3
    works[position] = partial(int, "x")
    with pytest.raises(ValueError, match="'x'"):
        parallel(*works)
