"""Limits of all senders together, of whom no address tells, and what trouble does to them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from django.conf import LazySettings

from crm.dynamodb import calls
from crm.dynamodb.capacity import Usage, count_requests
from crm.dynamodb.errors import DynamoDBError, ThrottledError, UnavailableError
from crm.tables import HELD
from leads import keys
from leads.held import clock, limits, trouble
from leads.held.limits import Verdict, totals, verdict
from leads.held.totals import Totals
from tests.held.helpers import STRANGER, set_time

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
ACCEPT, REFUSE = Verdict.ACCEPT, Verdict.REFUSE
HOLD, FULL = Verdict.OVER_NETWORK, Verdict.OVER_TOTAL
PROXY = "10.0.0.7"

pytestmark = pytest.mark.usefixtures("tables", "noon")


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch, tables: None) -> Iterator[None]:
    set_time(monkeypatch, NOON)
    yield
    limits.forget_all()


def accept(number: int) -> None:
    """Let so many messages of somewhere else come in."""
    for _ in range(number):
        totals.add(accepted=True)
    totals.wait()


def stranger(number: int) -> str:
    return f"198.51.{number}.1"


# --- All together -----------------------------------------------------------------------


def test_over_the_total_senders_within_a_quarter_of_their_limit_come_in(
    settings: LazySettings,
) -> None:
    settings.INTAKE_PER_NETWORK, settings.INTAKE_TOTAL = 20, 30
    accept(30)
    assert [verdict(STRANGER) for _ in range(6)] == [ACCEPT] * 5 + [FULL]
    assert verdict(stranger(1)) is ACCEPT


@pytest.mark.parametrize(("limit", "left"), [(2, 2), (8, 3), (16, 4)])
def test_what_is_left_is_three_at_least_and_never_more_than_the_limit(
    settings: LazySettings, limit: int, left: int
) -> None:
    settings.INTAKE_PER_NETWORK, settings.INTAKE_TOTAL = limit, 1
    accept(1)
    assert [verdict(STRANGER) for _ in range(left + 1)] == [ACCEPT] * left + [FULL]


def test_who_is_over_the_quarter_may_send_again_when_the_total_may(
    settings: LazySettings,
) -> None:
    settings.INTAKE_PER_NETWORK, settings.INTAKE_TOTAL = 4, 1
    accept(1)
    assert [verdict(STRANGER) for _ in range(4)] == [ACCEPT] * 3 + [FULL]
    settings.INTAKE_TOTAL = 2
    assert [verdict(STRANGER) for _ in range(2)] == [ACCEPT, HOLD]


def test_over_the_total_messages_without_a_limit_of_their_own_are_held(
    settings: LazySettings,
) -> None:
    settings.INTAKE_TOTAL, settings.INTAKE_TRUSTED = 1, [ip_network("203.0.113.0/24")]
    assert [verdict(sender) for sender in (STRANGER, PROXY, "")] == [ACCEPT] * 3
    accept(1)
    assert [verdict(sender) for sender in (STRANGER, PROXY, "")] == [FULL] * 3
    settings.INTAKE_TRUSTED, settings.INTAKE_PER_NETWORK = [], 0
    assert verdict(STRANGER) is FULL


def test_above_the_ceiling_nothing_is_asked(settings: LazySettings) -> None:
    settings.INTAKE_TOTAL, settings.INTAKE_CEILING = 1, 2
    totals.add(accepted=True)
    totals.add(accepted=True)
    totals.wait()
    with count_requests() as usage:
        assert verdict(STRANGER) is REFUSE
    assert usage.requests == 0


@pytest.mark.parametrize("wide", ["203.0.113.{}", "2001:db8:1:{}::1"])
def test_who_fills_the_ceiling_is_refused_and_shuts_out_nobody(
    settings: LazySettings, caplog: pytest.LogCaptureFixture, wide: str
) -> None:
    settings.INTAKE_PER_NETWORK, settings.INTAKE_TOTAL, settings.INTAKE_CEILING = 1, 0, 30
    found = [take(wide.format(number % 250)) for number in range(40)]
    assert found[-10:] == [REFUSE] * 10
    assert found.count(ACCEPT) + found.count(HOLD) == 30
    assert "whoever is over a limit is refused" in caplog.text
    assert take("198.51.100.9") is ACCEPT
    assert take("198.51.100.9") is REFUSE
    settings.INTAKE_CEILING = 0
    assert take("198.51.100.9") is HOLD


def take(sender: str) -> Verdict:
    """Decide about a message, and count it as the intake does."""
    found = verdict(sender)
    if found is not REFUSE:
        totals.add(accepted=found is ACCEPT)
    return found


def test_each_limit_that_is_reached_is_told_once(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    settings.INTAKE_PER_NETWORK, settings.INTAKE_TOTAL, settings.INTAKE_CEILING = 3, 1, 2
    accept(1)
    for _ in range(6):
        verdict(STRANGER)
    accept(1)
    assert [verdict(STRANGER) for _ in range(2)] == [REFUSE] * 2
    told = [one.getMessage() for one in caplog.records if one.name == "leads.held.limits"]
    assert len(told) == 3
    for text, line in zip(("INTAKE_TOTAL", "203.0.113.0/24", "INTAKE_CEILING"), told, strict=True):
        assert text in line


def test_held_messages_are_in_no_total_but_in_the_ceiling(settings: LazySettings) -> None:
    settings.INTAKE_TOTAL, settings.INTAKE_CEILING = 2, 4
    for _ in range(3):
        totals.add(accepted=False)
    assert (totals.accepted(), totals.taken()) == (0, 3)
    assert verdict(STRANGER) is ACCEPT


def test_the_next_hour_begins_with_nothing(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INTAKE_CEILING = settings.INTAKE_TOTAL = 1
    accept(1)
    assert verdict(STRANGER) is REFUSE
    assert clock.seconds_left() == 3600
    set_time(monkeypatch, NOON + timedelta(hours=1))
    assert verdict(STRANGER) is ACCEPT
    accept(1)
    assert totals.taken() == 1


def test_zero_switches_each_limit_off(settings: LazySettings, usage: Usage) -> None:
    settings.INTAKE_PER_NETWORK = settings.INTAKE_TOTAL = settings.INTAKE_CEILING = 0
    accept(100)
    assert [verdict(STRANGER) for _ in range(50)] == [ACCEPT] * 50
    assert usage.requests == 0


# --- Counted by process, and settled ----------------------------------------------------


def test_processes_learn_from_each_other_every_ten_messages(usage: Usage) -> None:
    other = Totals()
    accept(9)
    assert usage.requests == 0
    for accepted in (True, False) * 5:
        other.add(accepted=accepted)
    other.wait()
    assert (other.accepted(), other.taken()) == (5, 10)
    accept(1)
    assert (totals.accepted(), totals.taken()) == (15, 20)
    assert (usage.requests, usage.wru) == (2, 2)


def test_the_item_carries_its_hour_in_the_key_and_expires() -> None:
    accept(10)
    item = calls.get(HELD, keys.intake_totals("2026-11-29T12"), consistent=True)
    assert item
    assert (item["accepted"], item["taken"]) == (10, 10)
    assert int(str(item["expiresAt"])) > (NOON + timedelta(hours=1)).timestamp()


def test_a_low_limit_is_settled_sooner(settings: LazySettings, usage: Usage) -> None:
    settings.INTAKE_TOTAL = 60
    accept(2)
    assert usage.requests == 1


def test_on_lambda_it_is_settled_before_the_answer(settings: LazySettings) -> None:
    settings.ON_LAMBDA = True
    with count_requests() as usage:
        for _ in range(10):
            totals.add(accepted=True)
    assert (usage.requests, usage.wru) == (1, 1)


def test_what_could_not_be_settled_still_counts_here(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.INTAKE_CEILING = settings.INTAKE_TOTAL = 1

    def fail(*_: object, **__: object) -> None:
        raise UnavailableError("no answer")

    monkeypatch.setattr(calls, "update", fail)
    accept(1)
    assert "not counted" in caplog.text
    assert verdict(STRANGER) is REFUSE


def test_after_a_fault_of_ours_the_next_messages_are_settled(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INTAKE_CEILING = settings.INTAKE_TOTAL = 1
    tried: list[str] = []

    def fail(*_: object, **__: object) -> None:
        tried.append("update")
        raise ValueError

    monkeypatch.setattr(calls, "update", fail)
    accept(1)
    accept(1)
    assert len(tried) == 2


# --- Whose address tells nothing --------------------------------------------------------


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


@pytest.mark.parametrize(
    "sender", ["127.0.0.1", "::1", PROXY, "172.31.0.1", "192.168.1.1", "169.254.1.1", "fd00::1"]
)
def test_a_proxy_that_nobody_told_of_has_no_limit_and_is_named_once(
    settings: LazySettings, caplog: pytest.LogCaptureFixture, sender: str
) -> None:
    settings.INTAKE_PER_NETWORK = 1
    with count_requests() as usage:
        assert [verdict(sender) for _ in range(3)] == [ACCEPT] * 3
    assert usage.requests == 0
    (line,) = warnings(caplog)
    assert sender in line
    assert "BEHIND_TLS_PROXY" in line


def test_behind_a_proxy_a_private_sender_has_a_limit_and_is_named_once(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.INTAKE_PER_NETWORK, settings.BEHIND_TLS_PROXY = 1, True
    assert [verdict(PROXY) for _ in range(2)] == [ACCEPT, HOLD]
    (line,) = warnings(caplog)
    assert PROXY in line
    assert "X-Forwarded-For" in line


def test_nobody_is_warned_of_their_own_machine(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PRODUCTION = False
    assert verdict("127.0.0.1") is ACCEPT
    assert warnings(caplog) == []


def test_a_trusted_network_has_no_limit(settings: LazySettings) -> None:
    settings.INTAKE_PER_NETWORK = 1
    settings.INTAKE_TRUSTED = [ip_network("203.0.113.0/28"), ip_network("2001:db8::/32")]
    assert [verdict("203.0.113.5") for _ in range(3)] == [ACCEPT] * 3
    assert [verdict("2001:db8::1") for _ in range(3)] == [ACCEPT] * 3
    assert [verdict("203.0.113.99") for _ in range(2)] == [ACCEPT, HOLD]


# --- CrmHeld in trouble -----------------------------------------------------------------


@pytest.mark.parametrize("error", [ThrottledError("slow"), UnavailableError("no answer")])
def test_a_table_in_trouble_lets_everybody_in(
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: DynamoDBError,
) -> None:
    settings.INTAKE_PER_NETWORK = 1
    asked = []

    def fail(*_: object, **__: object) -> None:
        asked.append(1)
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(calls, "update", fail)
        assert [verdict(STRANGER) for _ in range(3)] == [ACCEPT] * 3
    assert len(asked) == 1
    assert type(error).__name__ in caplog.text
    trouble._recent.forget()  # noqa: SLF001 -- as when the pause is over
    assert [verdict(STRANGER) for _ in range(2)] == [ACCEPT, HOLD]


def test_without_the_table_there_are_no_limits_and_one_warning(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    real, settings.INTAKE_PER_NETWORK = HELD.name, 1
    settings.HELD_TABLE_NAME = "no-such-table"
    for _ in range(3):
        assert verdict(STRANGER) is ACCEPT
        trouble._recent.forget()  # noqa: SLF001 -- as when the pause is over
    settings.HELD_TABLE_NAME = real
    (line,) = warnings(caplog)
    assert "create_tables" in line
    assert [verdict(STRANGER) for _ in range(2)] == [ACCEPT, HOLD]
