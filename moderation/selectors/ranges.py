"""Which networks are kept out."""

from django.db.models import QuerySet
from django.utils import timezone

from moderation.models import RangeBan


def range_bans_in_force() -> QuerySet[RangeBan]:
    return RangeBan.objects.filter(until__gt=timezone.now(), lifting=None)


def range_bans_over() -> QuerySet[RangeBan]:
    """Give those that ran out or were lifted, while they are kept; the last begun first."""
    return RangeBan.objects.exclude(pk__in=range_bans_in_force().values("pk")).select_related(
        "lifting"
    )
