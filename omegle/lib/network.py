"""Addresses: who is calling, and the keyed tag that stands for it.

A raw address is used in memory only; what is stored or counted is `address_tag`. Forwarded
addresses are believed from `TRUSTED_PROXIES` alone.
"""

import datetime
import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_UNKNOWN = ipaddress.IPv6Address(0)


def parse_address(text: str) -> Address | None:
    """Read an address; IPv4 in IPv6 clothes is unfolded, a zone id dropped."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def client_address(peer: str | None, forwarded: str, trusted: Sequence[Network]) -> Address:
    """Give the visitor's address: the peer, or what trusted proxies say of it.

    `forwarded` is the joined X-Forwarded-For. It is read from the right while the one who wrote
    it is trusted, so whatever a visitor sends in front of it changes nothing. A peer without an
    address (a unix socket) is trusted only when any proxy is.
    """
    address = parse_address(peer) if peer else None
    if address is None and not (trusted and forwarded):
        return _UNKNOWN
    hops = [part for part in forwarded.split(",") if part.strip()] if trusted else []
    while hops and (address is None or _is_in(address, trusted)):
        hop = parse_address(hops.pop())
        if hop is None:
            break
        address = hop
    return address or _UNKNOWN


def address_tag(address: Address, key: bytes) -> str:
    """Give 128 bits, in hex, that stand for the address under this key.

    IPv4 counts whole, IPv6 by its /64: that is what one household gets.
    """
    prefix = 32 if address.version == 4 else 64
    network = ipaddress.ip_network((address, prefix), strict=False)
    return hmac.new(key, network.network_address.packed, hashlib.sha256).hexdigest()[:32]


def wide_network(address: Address) -> Network:
    """Give the network in which this is one of many: the /24 of IPv4, the /48 of IPv6.

    What is kept out by network is never smaller, so that this alone tells whether it is in one.
    """
    return ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False)


def caller_address(peer: str | None, forwarded: str) -> Address:
    """Give the address of whoever calls, as this copy's proxies say."""
    return client_address(peer, forwarded, settings.TRUSTED_PROXIES)


def caller_tag(peer: str | None, forwarded: str) -> str:
    """Give the tag of whoever calls, under today's key."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return address_tag(caller_address(peer, forwarded), _key_of(today))


@lru_cache(maxsize=2)
def _key_of(day: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"address-tag:{day}".encode(), "sha256")


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == net.version and address in net for net in networks)
