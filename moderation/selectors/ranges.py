"""Which networks are kept out, and what whoever comes from one is told."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from moderation.models import RangeBan
from moderation.statements import range_statement
from omegle.lib.network import Network


@dataclass(frozen=True, slots=True)
class KeptOut:
    """A network that is kept out.

    Attributes:
        decision: the reference of its range ban.
    """

    network: Network
    decision: str
    rule: str
    facts: str
    until: datetime

    @property
    def statement(self) -> str:
        """Which rule, why, what happens next."""
        return range_statement(rule=self.rule, facts=self.facts, until=self.until)

    def holds(self, network: Network) -> bool:
        """Whether it keeps out those of a `wide_network`."""
        is_same = self.network.version == network.version
        return is_same and network.subnet_of(self.network) and self.until > timezone.now()  # type: ignore[arg-type]


def networks_kept_out() -> list[KeptOut]:
    return [
        KeptOut(ipaddress.ip_network(ban.network), ban.reference, ban.rule, ban.facts, ban.until)
        for ban in range_bans_in_force()
    ]


def range_ban_of(network: Network, kept_out: Iterable[KeptOut]) -> KeptOut | None:
    """Give what keeps those of a `wide_network` out; of several the one that lasts longest."""
    found = (each for each in kept_out if each.holds(network))
    return max(found, key=lambda each: each.until, default=None)


def range_bans_in_force() -> QuerySet[RangeBan]:
    return RangeBan.objects.filter(until__gt=timezone.now(), lifting=None)


def range_bans_over() -> QuerySet[RangeBan]:
    """Give those that ran out or were lifted, while they are kept; the last begun first."""
    return RangeBan.objects.exclude(pk__in=range_bans_in_force().values("pk")).select_related(
        "lifting"
    )
