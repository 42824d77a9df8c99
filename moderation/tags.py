"""Tags: what is kept of a visitor and of an address.

Keyed hashes. Their keys are derived from TAG_KEY, outside the database (ADR 23): whoever has both
can make any tag again, so what is to be forgotten has to be deleted. An address tag's key changes
every 30 days and is live for one more period; what is under a key that is no longer live is deleted
by `services.upkeep`, so an address is forgotten within 60 days.
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
        """When the key is live for the last time."""
        return _START + (self.epoch + 2) * _PERIOD


def visitor_tag(visitor: str) -> str:
    """Give 128 bits, in hex, that stand for a visitor id."""
    digest = hmac.new(derived_key("visitor-tag"), visitor.encode(), hashlib.sha256)
    return digest.hexdigest()[:32]


def address_tags(address: Address) -> tuple[AddressTag, AddressTag]:
    """Give the address under each live key, today's first."""
    epoch = oldest_live_epoch() + 1
    first, second = (
        AddressTag(each, address_tag(address, derived_key(f"address-sanction:{each}")))
        for each in (epoch, epoch - 1)
    )
    return first, second


def oldest_live_epoch() -> int:
    """Give the first epoch whose key is matched; every later one up to today's is too."""
    return (timezone.now() - _START) // _PERIOD - 1


@lru_cache(maxsize=8)
def derived_key(purpose: str) -> bytes:
    """Give the key for one purpose, made of TAG_KEY."""
    return hmac.digest(settings.TAG_KEY.encode(), purpose.encode(), "sha256")
