"""Networks of senders: what one customer of an internet provider usually has, and what is wider."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

type Address = IPv4Address | IPv6Address

UNKNOWN = "unknown"
_IPV4_PREFIX = 24
# A customer gets a /64, a /56 or a /48, and nothing tells which.
_IPV6_PREFIXES = {64: 1, 56: 2, 48: 4}
# All of IPv4, as a server sees it that has IPv6 alone (RFC 6052): one /64 for everybody.
_NAT64 = IPv6Network("64:ff9b::/96")


class Network(NamedTuple):
    """A network as text; ``factor`` tells how many times a limit for one sender it gets."""

    name: str
    factor: int


# What no sender on the internet has. Not ipaddress's "private", which has more in it.
_LOCAL = [
    ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
        *("127.0.0.0/8", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"),
    )
]


def is_local(address: Address) -> bool:
    """Tell whether an address is of this machine, or of a private or shared network."""
    return any(address in network for network in _LOCAL)


def read_address(text: str) -> Address | None:
    """Return an address, an IPv4 one that stands in IPv6 as itself; ``None`` if it is none."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def network_of(text: str) -> str:
    """Return the network of an address, IPv4 /24 or IPv6 /64; ``UNKNOWN`` if it is none."""
    address = read_address(text)
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv4Address):
        return str(IPv4Network((int(address), _IPV4_PREFIX), strict=False))
    return str(IPv6Network((int(address), 64), strict=False))


def networks_around(address: IPv6Address) -> list[Network]:
    """Return the /64 of an address and the wider networks that its sender may own, in order."""
    return [
        Network(str(IPv6Network((int(address), prefix), strict=False)), factor)
        for prefix, factor in _IPV6_PREFIXES.items()
    ]
