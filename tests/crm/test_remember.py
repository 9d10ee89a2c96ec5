"""Values that are kept for a while, by the wall clock."""

from threading import Event, Thread

import pytest

from crm import remember
from crm.remember import Remembered


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time, in a list of one."""
    now = [1_000.0]
    monkeypatch.setattr(remember, "time", lambda: now[0])
    return now


def test_a_value_is_kept_for_its_seconds(clock: list[float]) -> None:
    kept: Remembered[str] = Remembered(10)
    assert kept.get() is None
    kept.set("a")
    clock[0] += 9.9
    assert kept.get() == "a"
    clock[0] += 0.1
    assert kept.get() is None


def test_a_clock_that_was_set_back_keeps_nothing(clock: list[float]) -> None:
    kept: Remembered[str] = Remembered(10)
    kept.set("a")
    clock[0] -= 1
    assert kept.get() is None


def test_what_is_dear_is_read_once(clock: list[float]) -> None:
    kept: Remembered[int] = Remembered(10)
    values = iter(range(9))
    assert [kept.get_or_read(lambda: next(values)) for _ in range(3)] == [0, 0, 0]
    clock[0] += 10
    assert kept.get_or_read(lambda: next(values)) == 1
    kept.forget()
    assert kept.get_or_read(lambda: next(values)) == 2


def test_who_wants_it_newer_reads_it_sooner(clock: list[float]) -> None:
    kept: Remembered[int] = Remembered(10)
    kept.set(1)
    clock[0] += 5
    assert (kept.get(), kept.get(within=6), kept.get(within=5)) == (1, 1, None)
    assert kept.get_or_read(lambda: 2, within=6) == 1
    assert kept.get_or_read(lambda: 2, within=5) == 2
    assert kept.get() == 2


def test_what_was_read_before_a_change_is_not_kept_after_it(clock: list[float]) -> None:
    kept: Remembered[str] = Remembered(10)

    def read() -> str:
        kept.forget()
        return "old"

    assert kept.get_or_read(read) == "old"
    assert kept.get() is None


def test_of_many_at_once_one_replaces(clock: list[float]) -> None:
    kept: Remembered[int] = Remembered(10)
    start, first = Event(), []

    def replace(number: int) -> None:
        start.wait()
        if kept.replace(number) is None:
            first.append(number)

    threads = [Thread(target=replace, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    start.set()
    for thread in threads:
        thread.join()
    assert [kept.get()] == first
    clock[0] += 10
    assert kept.replace(99) is None


def test_all_is_forgotten_at_once(clock: list[float]) -> None:
    one: Remembered[str] = Remembered(10)
    other: Remembered[str] = Remembered(10)
    one.set("a")
    other.set("b")
    remember.forget_all()
    assert (one.get(), other.get()) == (None, None)
