"""Which IP addresses may be connected to. Allow, not deny: what is not known to be fine is refused.

Sources: the IANA special-purpose registries for IPv4 and IPv6, as far as the standard library knows them, and on top
of that what it lets through or depends on its version (multicast, 6to4, NAT64, site-local, IPv4-compatible).
"""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final


class Reach(Enum):
    """How far from the public internet a server may be."""

    GLOBAL = "global"
    """Public addresses only."""
    PRIVATE = "private"
    """Public ones, RFC 1918 and fc00::/7: a hospital's own network, where the operator says so."""
    LOOPBACK = "loopback"
    """This machine and nothing else: the three literal hosts of the demo profile."""


_UNICAST: Final = ip_network("2000::/3")
_PRIVATE: Final = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
# Inside what is otherwise admitted: translations to IPv4, documentation, overlays, what clouds tell their machines.
_NEVER: Final = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # IETF protocol assignments, among them a cloud's metadata (192.0.0.192)
            "192.88.99.0/24",  # 6to4 relays
            "168.63.129.16/32",  # a cloud's metadata on a public address
            "2001::/23",  # IETF protocol assignments: Teredo, ORCHID, benchmarking
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
            "fd00:ec2::/32",  # a cloud's metadata
            "fd20:ce::/32",  # a cloud's metadata
        ),
    )
)


def admitted(text: str, reach: Reach) -> bool:
    """Whether an address, as a resolver gives it, may be connected to. Whatever is no plain address may not."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if reach is Reach.LOOPBACK:
        return address in (IPv4Address("127.0.0.1"), IPv6Address("::1"))
    if getattr(address, "scope_id", None) or any(address in network for network in _NEVER if _same(network, address)):
        return False
    if reach is Reach.PRIVATE and any(address in network for network in _PRIVATE if _same(network, address)):
        return True
    if isinstance(address, IPv6Address):
        return address in _UNICAST and address.is_global
    return address.is_global and not address.is_multicast


def _same(network: object, address: IPv4Address | IPv6Address) -> bool:
    return getattr(network, "version", None) == address.version
