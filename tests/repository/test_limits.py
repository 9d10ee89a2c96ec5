"""How messages of a network are counted, on every engine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings

from crm.dynamodb import calls
from crm.dynamodb.capacity import count_requests
from crm.dynamodb.client import client
from crm.networks import networks_around, read_address
from crm.tables import HELD
from leads import keys
from leads.held import clock, limits
from leads.held.limits import Verdict, verdict
from tests.held.helpers import NETWORK, STRANGER, set_time

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
ACCEPT, HOLD = Verdict.ACCEPT, Verdict.OVER_NETWORK


@pytest.fixture(autouse=True)
def small(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.INTAKE_PER_NETWORK = 2
    set_time(monkeypatch, NOON)


@pytest.fixture
def other_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Remember no network, as if another process were asked each time."""
    monkeypatch.setattr(limits._over_limit, "has", lambda *_: False)  # noqa: SLF001 -- see above
    return iter(())


def verdicts(*senders: str) -> list[Verdict]:
    return [verdict(sender) for sender in senders]


def counted(network: str) -> dict[str, int]:
    item = calls.get(HELD, keys.intake_count(clock.window().hour, network), consistent=True) or {}
    names = item.keys() - {"PK", "expiresAt"}
    return {name: int(str(item[name])) for name in names}


def test_a_network_has_its_limit_and_no_more(store: str) -> None:
    assert verdicts(STRANGER, "203.0.113.9", STRANGER, "198.51.100.1") == [
        *(ACCEPT, ACCEPT, HOLD, ACCEPT)
    ]


def test_what_is_refused_is_not_counted(store: str, other_process: None) -> None:
    assert verdicts(*[STRANGER] * 4) == [ACCEPT, ACCEPT, HOLD, HOLD]
    assert counted(NETWORK) == {"all": 2}


def test_the_next_hour_counts_anew(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verdicts(*[STRANGER] * 3)[-1] is HOLD
    set_time(monkeypatch, NOON + timedelta(minutes=59, seconds=59))
    assert verdict(STRANGER) is HOLD
    set_time(monkeypatch, NOON + timedelta(hours=1))
    assert verdict(STRANGER) is ACCEPT


def test_a_count_expires_after_its_hour(store: str) -> None:
    verdict(STRANGER)
    item = calls.get(HELD, keys.intake_count("2026-11-29T12", NETWORK), consistent=True)
    assert item
    assert int(str(item["expiresAt"])) > (NOON + timedelta(hours=1)).timestamp()


def test_wider_ipv6_networks_have_more(store: str) -> None:
    of_a_64 = [f"2001:db8:1:200::{number}" for number in range(3)]
    assert verdicts(*of_a_64) == [ACCEPT, ACCEPT, HOLD]
    of_the_56 = [f"2001:db8:1:2{number:02x}::1" for number in range(1, 4)]
    assert verdicts(*of_the_56) == [ACCEPT, ACCEPT, HOLD]
    of_the_48 = [f"2001:db8:1:{number:x}00::1" for number in range(3, 8)]
    assert verdicts(*of_the_48) == [ACCEPT] * 4 + [HOLD]
    assert verdict("2001:db8:2::1") is ACCEPT
    assert counted("2001:db8:1::/48")["all"] == 8


def test_attributes_of_networks_differ_as_the_networks_do(store: str) -> None:
    senders = ["2001:db8:1::1", "2001:db8:1:1::1", "2001:db8:1:100::1", "2001:db8:1:ffff::1"]
    for sender in senders:
        verdict(sender)
    addresses = map(read_address, senders)
    networks = {
        one.name for ip in addresses if ip and ip.version == 6 for one in networks_around(ip)
    }
    assert len(counted("2001:db8:1::/48")) == len(networks) == 8


def test_messages_at_the_same_moment_do_not_get_past_the_limit_together(
    tables: None, settings: LazySettings, other_process: None
) -> None:
    settings.INTAKE_PER_NETWORK = 5
    client()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(verdict, [STRANGER] * 24))
    assert (found.count(ACCEPT), found.count(HOLD)) == (5, 19)


@pytest.mark.parametrize("sender", [STRANGER, "2001:db8:1:2::1"])
def test_counting_costs_one_request_and_two_units_at_most(tables: None, sender: str) -> None:
    with count_requests() as usage:
        verdict(sender)
    assert (usage.requests, usage.rru) == (1, 0)
    assert usage.wru <= 2


def test_counting_a_busy_ipv6_network_costs_two_units_at_most(
    tables: None, settings: LazySettings
) -> None:
    settings.INTAKE_PER_NETWORK = 20
    for number in range(79):
        assert verdict(f"2001:db8:1:{number << 8 | number:x}::1") is ACCEPT
    with count_requests() as usage:
        assert verdict("2001:db8:1:ff00::1") is ACCEPT
    assert usage.wru <= 2


def test_a_network_over_its_limit_is_not_asked_for_again(tables: None) -> None:
    verdicts(*[STRANGER] * 3)
    with count_requests() as usage:
        assert verdicts(*[STRANGER] * 50) == [HOLD] * 50
    assert usage.requests == 0


def test_so_many_networks_are_remembered(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_REMEMBERED", 1)
    for sender in (STRANGER, "198.51.100.1"):
        assert verdicts(*[sender] * 3)[-1] is HOLD
    with count_requests() as usage:
        assert verdicts(STRANGER, "198.51.100.1") == [HOLD, HOLD]
    assert usage.requests == 1
