"""Which networks may be kept out: of many, public, and none of our own."""

import ipaddress
from typing import Final

from django.conf import settings

from omegle.lib.network import Network

# All that IPv6 gives to anybody (RFC 4291); `::` of the rest is whoever's address is unknown.
_GIVEN: Final = ipaddress.IPv6Network("2000::/3")
# The shortest and the longest prefix. A longer one would name somebody's address.
_PREFIXES: Final = {4: (16, 24), 6: (32, 48)}


class BadRange(ValueError):
    """This is no network that may be kept out; a sentence."""


def range_read(text: str) -> Network:
    """Read a network like `203.0.113.0/24`.

    Raises:
        BadRange: it is none, too small, too big, not public, or has a proxy of ours in it.
    """
    try:
        # A zone would come along: another text for the same network.
        network = ipaddress.ip_network("" if "%" in text else text.strip())
    except ValueError:
        raise BadRange("Write a network such as 203.0.113.0/24 or 2001:db8:7::/48.") from None
    first, last = _PREFIXES[network.version]
    if not first <= network.prefixlen <= last:
        raise BadRange(f"A network of IPv{network.version} is from /{last} to /{first}.")
    is_given = isinstance(network, ipaddress.IPv4Network) or network.subnet_of(_GIVEN)
    if not is_given or not network.is_global or network.is_multicast:
        raise BadRange("This network is not of the public internet.")
    ours = (each for each in settings.TRUSTED_PROXIES if each.version == network.version)
    if any(each.overlaps(network) for each in ours):
        raise BadRange("A proxy of ours is in this network.")
    return network
