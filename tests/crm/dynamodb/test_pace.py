"""A limit on capacity units, by a clock that only waiting moves on."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm.dynamodb.capacity import record
from crm.dynamodb.pace import Bucket, Pace
from tests.maintenance.helpers import FakeTime


def use(pace: Pace, *, rru: float = 0, wru: float = 0) -> None:
    with pace.hold():
        record(rru=rru, wru=wru, milliseconds=1)


def test_a_full_bucket_lasts_for_a_second() -> None:
    time = FakeTime()
    bucket = Bucket(10, clock=time.clock, wait=time.wait)
    bucket.pay(10)
    assert time.waits == []
    bucket.pay(5)
    assert time.waits == [0.5]


def test_a_pause_fills_it_once_and_no_further() -> None:
    time = FakeTime()
    bucket = Bucket(10, clock=time.clock, wait=time.wait)
    time.now += 3600
    bucket.pay(30)
    assert time.waits == [2]


@pytest.mark.parametrize("units", [0.5, 4, 130, 1000])
def test_the_rate_holds_whatever_a_request_consumes(units: float) -> None:
    time = FakeTime()
    bucket = Bucket(100, clock=time.clock, wait=time.wait)
    began = time.now
    for _ in range(1000):
        bucket.pay(units)
    assert time.now - began == pytest.approx(max(0, (1000 * units - 100) / 100), abs=0.01)


def test_reads_and_writes_have_limits_of_their_own() -> None:
    time = FakeTime()
    pace = Pace(10, 20, clock=time.clock, wait=time.wait)
    use(pace, rru=10, wru=20)
    assert time.waits == []
    use(pace, rru=5)
    use(pace, wru=40)
    assert time.waits == [0.5, pytest.approx(1.5)]
    assert (pace.used.rru, pace.used.wru) == (15, 60)


def test_without_a_limit_nobody_waits() -> None:
    time = FakeTime()
    pace = Pace(clock=time.clock, wait=time.wait)
    use(pace, rru=10**9, wru=10**9)
    assert time.waits == []
    assert pace.used.requests == 1


def test_what_failed_is_counted_too() -> None:
    pace = Pace()

    def fail() -> None:
        with pace.hold():
            record(rru=3, wru=0, milliseconds=1)
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert pace.used.rru == 3


def test_threads_share_it() -> None:
    time = FakeTime()
    pace = Pace(100, clock=time.clock, wait=time.waits.append)
    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(use, pace, rru=10) for _ in range(80)]:
            future.result()
    assert pace.used.rru == 800
    assert max(time.waits) == 7  # the last one waits for all that is owed
