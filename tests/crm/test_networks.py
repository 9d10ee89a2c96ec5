"""Networks of senders."""

from ipaddress import IPv6Address

import pytest

from crm import networks


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        (" 203.0.113.77 ", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("64:ff9b::203.0.113.77", "203.0.113.0/24"),
        ("64:ff9b:1::203.0.113.77", "64:ff9b:1::/64"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", networks.UNKNOWN),
        ("203.0.113.300", networks.UNKNOWN),
    ],
)
def test_network_of_an_address(address: str, network: str) -> None:
    assert networks.network_of(address) == network


def test_wider_networks_get_more() -> None:
    around = networks.networks_around(IPv6Address("2001:db8:1:2ff::1"))
    assert around == [
        ("2001:db8:1:2ff::/64", 1),
        ("2001:db8:1:200::/56", 2),
        ("2001:db8:1::/48", 4),
    ]


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("172.31.255.255", True),
        ("172.32.0.0", False),
        ("100.64.0.1", True),
        ("fe80::1", True),
        ("::ffff:10.0.0.1", True),
        ("2001:db8::1", False),
        ("203.0.113.1", False),
    ],
)
def test_local_addresses(address: str, local: bool) -> None:  # noqa: FBT001 -- what is expected
    read = networks.read_address(address)
    assert read
    assert networks.is_local(read) is local
