"""Legal holds that are on, and since when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from django.utils import timezone

from moderation.models import AuditEntry, Evidence
from moderation.policy import Lane
from moderation.policy.retention import HOLD_REMINDS


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold that is on."""

    evidence: Evidence
    since: datetime

    @property
    def is_old(self) -> bool:
        """Whether somebody should see if it is still needed."""
        return self.since <= timezone.now() - HOLD_REMINDS


def holds(lanes: Collection[Lane] = get_args(Lane)) -> list[Hold]:
    """Give the legal holds that are on in some lanes, the longest first.

    The audit log has since when; where it has not, it is told from the report.
    """
    held = Evidence.objects.filter(on_hold=True, report__case__lane__in=lanes)
    found = list(held.select_related("report__case"))
    said = AuditEntry.objects.filter(action="hold", target__in=[str(each) for each in found])
    since = dict(said.order_by("id").values_list("target", "at"))  # the last one counts
    on = [Hold(each, since.get(str(each), each.report.created_at)) for each in found]
    return sorted(on, key=lambda each: each.since)
