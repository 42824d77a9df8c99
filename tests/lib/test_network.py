"""Addresses: whom a request comes from, and the tag that stands for them."""

import ipaddress

import pytest

from omegle.lib.network import address_tag, caller_tag, client_address, parse_address

PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("203.0.113.5", "", (), "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", (), "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", PROXIES, "203.0.113.5"),
        ("10.0.0.1", "198.51.100.1", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "nonsense, 198.51.100.1", PROXIES, "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, nonsense", PROXIES, "10.0.0.1"),
        ("10.0.0.1", "", PROXIES, "10.0.0.1"),
        ("10.0.0.1", " , ,", PROXIES, "10.0.0.1"),
        ("fd00::1", "2001:db8::7", PROXIES, "2001:db8::7"),
        ("::ffff:10.0.0.1", "198.51.100.1", PROXIES, "198.51.100.1"),
        ("::ffff:203.0.113.5", "", (), "203.0.113.5"),
        (None, "198.51.100.1", (), "::"),
        (None, "198.51.100.1", PROXIES, "198.51.100.1"),
        ("", "", (), "::"),
        ("not an address", "", (), "::"),
    ],
)
def test_address_is_the_peers_or_what_trusted_proxies_say(
    peer: str | None,
    forwarded: str,
    trusted: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...],
    expected: str,
) -> None:
    assert client_address(peer, forwarded, trusted) == ipaddress.ip_address(expected)


def test_zone_of_a_link_local_address_is_dropped() -> None:
    assert parse_address("fe80::1%eth0") == ipaddress.ip_address("fe80::1")


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("203.0.113.5", "203.0.113.5", True),
        ("203.0.113.5", "203.0.113.6", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
def test_tag_stands_for_a_household(a: str, b: str, same: bool) -> None:
    tags = [address_tag(ipaddress.ip_address(text), b"key") for text in (a, b)]
    assert (tags[0] == tags[1]) is same
    assert all(len(tag) == 32 for tag in tags)


def test_tag_changes_with_the_key() -> None:
    address = ipaddress.ip_address("203.0.113.5")
    assert address_tag(address, b"one") != address_tag(address, b"two")


def test_ipv4_in_ipv6_clothes_has_the_tag_of_ipv4() -> None:
    assert caller_tag("::ffff:203.0.113.5", "") == caller_tag("203.0.113.5", "")
