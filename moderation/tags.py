"""Tags: what is kept of a visitor and of an address.

Keyed hashes with keys outside the database. An address tag's key changes every 30 days and is
matched for one more period, so an address is forgotten within 60 days whatever anybody does.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from omegle.lib.network import Address, address_tag

_PERIOD = timedelta(days=30)
_START = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AddressTag:
    """An address under the key of an epoch."""

    epoch: int
    tag: str

    @property
    def key_ends(self) -> datetime:
        """When the key is matched for the last time."""
        return _START + (self.epoch + 2) * _PERIOD


def visitor_tag(visitor: str) -> str:
    """Give 128 bits, in hex, that stand for a visitor id."""
    digest = hmac.new(_key("visitor-tag"), visitor.encode(), hashlib.sha256)
    return digest.hexdigest()[:32]


def address_tags(address: Address) -> tuple[AddressTag, AddressTag]:
    """Give the address under each live key, today's first."""
    epoch = (timezone.now() - _START) // _PERIOD
    first, second = (
        AddressTag(each, address_tag(address, _key(f"address-sanction:{each}")))
        for each in (epoch, epoch - 1)
    )
    return first, second


@lru_cache(maxsize=8)
def _key(purpose: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), purpose.encode(), "sha256")
