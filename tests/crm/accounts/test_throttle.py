"""The limit on attempts."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm.accounts import throttle
from crm.accounts.throttle import Counter
from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage
from crm.dynamodb.errors import ConflictError
from crm.tables import EPHEMERAL

COUNTER = Counter("test", "account", "ada@example.com", 3)


class Clock:
    """A clock that a test sets."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Take the place of the clock."""
    fake = Clock()
    monkeypatch.setattr(throttle, "time", fake)
    return fake


def test_after_the_limit_one_waits_until_the_window_ends(clock: Clock) -> None:
    assert [throttle.reserve([COUNTER]) for _ in range(3)] == [0, 0, 0]
    clock.now += 100
    assert throttle.reserve([COUNTER]) == 800
    clock.now += 799
    assert throttle.reserve([COUNTER]) == 1
    clock.now += 1
    assert [throttle.reserve([COUNTER]) for _ in range(4)] == [0, 0, 0, 900]


def test_the_window_starts_with_the_first_attempt(clock: Clock) -> None:
    throttle.reserve([COUNTER])
    clock.now += 600
    throttle.reserve([COUNTER])
    throttle.reserve([COUNTER])
    assert throttle.reserve([COUNTER]) == 300


def test_attempts_at_the_same_moment_do_not_get_past_the_limit() -> None:
    counter = Counter("test", "account", "x", 10)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: throttle.reserve([counter]), range(40)))
    assert waits.count(0) == 10


def test_a_new_window_is_started_by_one_of_many(clock: Clock) -> None:
    for _ in range(4):
        throttle.reserve([COUNTER])
    clock.now += 901
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: throttle.reserve([COUNTER]), range(16)))
    assert waits.count(0) == 3


def test_an_attempt_given_back_can_be_made_again() -> None:
    for _ in range(3):
        throttle.reserve([COUNTER])
    throttle.give_back(COUNTER)
    assert throttle.reserve([COUNTER]) == 0
    assert throttle.reserve([COUNTER]) > 0


def test_giving_back_never_earns_attempts() -> None:
    throttle.give_back(COUNTER)
    throttle.reserve([COUNTER])
    for _ in range(5):
        throttle.give_back(COUNTER)
    assert [throttle.reserve([COUNTER]) > 0 for _ in range(4)] == [False, False, False, True]


def test_forgetting_starts_from_nothing() -> None:
    for _ in range(4):
        throttle.reserve([COUNTER])
    throttle.forget(COUNTER)
    assert throttle.reserve([COUNTER]) == 0


def test_one_that_is_refused_is_counted_nowhere() -> None:
    wide = Counter("test", "address", "192.0.2.1", 5)
    waits = [throttle.reserve([wide, COUNTER]) for _ in range(9)]
    assert [bool(wait) for wait in waits] == [False] * 3 + [True] * 6
    other = Counter("test", "account", "other@example.com", 9)
    assert [throttle.reserve([wide, other]) > 0 for _ in range(3)] == [False, False, True]


def test_purposes_kinds_and_subjects_are_counted_apart() -> None:
    counters = {
        Counter(purpose, kind, subject, 1)
        for purpose in ("a", "b")
        for kind in ("account", "address")
        for subject in ("x", "y", "")
    }
    assert all(throttle.reserve([counter]) == 0 for counter in counters)
    assert all(throttle.reserve([counter]) > 0 for counter in counters)


def test_the_item_does_not_tell_who_is_counted() -> None:
    throttle.reserve([COUNTER])
    item = calls.get(EPHEMERAL, COUNTER.key)
    assert item is not None
    assert "ada" not in str(item)


def test_never_settled_is_a_conflict(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_count", lambda *_: {"expiresAt": clock.now - 1})
    monkeypatch.setattr(throttle, "_restart", lambda *_: False)
    with pytest.raises(ConflictError):
        throttle.reserve([COUNTER])


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_addresses_are_counted_one_by_one(address: str, counted: str) -> None:
    assert throttle.by_address("test", address, 3) == Counter("test", "address", counted, 3)


def attempts(*addresses: str) -> int:
    """Return how many of the attempts from these addresses are let through."""
    counters = [throttle.by_address("test", address, 3) for address in addresses]
    return sum(throttle.reserve([counter]) == 0 for counter in counters)


def test_an_ipv6_limit_grows_with_the_network(usage: Usage) -> None:
    def networks(prefix: str) -> list[str]:
        return [f"2001:db8:1:{prefix}0{number:x}::{number + 1}" for number in range(16)]

    assert attempts(*networks("00")[:1] * 9) == 3
    assert attempts(*networks("00")) == 3
    assert attempts(*networks("01"), *networks("02")) == 6
    assert attempts(*networks("02")) == 0
    assert attempts("2001:db8:2::1") == 1
    assert usage.requests <= 9 + 16 * 4 + 1


def test_an_ipv6_attempt_given_back_can_be_made_again(clock: Clock) -> None:
    counter = throttle.by_address("test", "2001:db8::1", 1)
    assert attempts(*["2001:db8::1"] * 5) == 3
    throttle.give_back(counter)
    assert throttle.reserve([throttle.by_address("test", "2001:db8::2", 3)]) == 0
    assert attempts("2001:db8::3") == 0
    clock.now += 901
    assert attempts(*["2001:db8::1"] * 5) == 3


def test_the_item_does_not_tell_which_network_is_counted() -> None:
    counter = throttle.by_address("test", "2001:db8:1:2::3", 3)
    throttle.reserve([counter])
    item = calls.get(EPHEMERAL, counter.key)
    assert item is not None
    assert "2001" not in str(item)


def test_the_account_is_counted_in_whatever_case_it_is_written() -> None:
    first = throttle.sign_in("Ada@Example.com ", "192.0.2.1")
    assert first == throttle.sign_in("ada@example.com", "192.0.2.1")
