"""Which addresses may be connected to, as a table."""

from __future__ import annotations

import pytest

from cds_service.fhir.client.addresses import Reach, admitted

PUBLIC = ("93.184.216.34", "8.8.8.8", "172.15.255.255", "172.32.0.0", "2606:2800:220:1:248:1893:25c8:1946", "2a00::1")
HOSPITAL = ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456:789a::1")
NEVER = (
    "127.0.0.1",
    "127.0.0.2",
    "::1",
    "0.0.0.0",
    "::",
    "169.254.169.254",  # a cloud's metadata
    "169.254.1.1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",  # site-local, deprecated and still routed by some
    "100.64.0.1",  # carrier-grade NAT
    "100.100.100.200",  # a cloud's metadata
    "168.63.129.16",  # a cloud's metadata on a public address
    "192.0.0.192",  # a cloud's metadata
    "fd00:ec2::254",  # a cloud's metadata inside fc00::/7
    "fd20:ce::254",  # the same
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",  # IPv4-compatible
    "::8.8.8.8",
    "64:ff9b::7f00:1",  # NAT64
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:7f00:1::",  # 6to4
    "2002:808:808::",
    "2001::1",  # Teredo
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "5f00::1",
)
NO_ADDRESS = ("", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1 ", "[::1]", "1.2.3.4.5")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_admitted(address: str) -> None:
    """Production: global addresses, on either side of the private ranges."""
    assert admitted(address, Reach.GLOBAL)
    assert admitted(address, Reach.PRIVATE)
    assert not admitted(address, Reach.LOOPBACK)


@pytest.mark.parametrize("address", HOSPITAL)
def test_a_hospital_address_needs_the_mark(address: str) -> None:
    """contract.md: an entry marked `private` may resolve to RFC 1918 or fc00::/7, no other."""
    assert not admitted(address, Reach.GLOBAL)
    assert admitted(address, Reach.PRIVATE)
    assert not admitted(address, Reach.LOOPBACK)


@pytest.mark.parametrize("address", NEVER)
def test_these_are_never_admitted(address: str) -> None:
    """E4 and the pitfalls: loopback, link-local, metadata, site-local, IPv4-compatible, NAT64, 6to4, Teredo."""
    assert not admitted(address, Reach.GLOBAL)
    assert not admitted(address, Reach.PRIVATE)


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    """E4: other spellings are for nobody to guess at."""
    assert not any(admitted(address, reach) for reach in Reach)


@pytest.mark.parametrize(("address", "fine"), [("127.0.0.1", True), ("::1", True), ("127.0.0.2", False), ("::", False)])
def test_this_machine_is_two_addresses(address: str, fine: bool) -> None:
    """contract.md, demo profile: the literal loopback hosts, and what the name localhost means."""
    assert admitted(address, Reach.LOOPBACK) is fine
