"""Who reports: how often rightly, muted or not, and what of theirs waits."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from moderation.models import Case, Mute, Report
from moderation.policy import URGENT_LANES
from moderation.selectors.desk import permitted_lanes


def reporter_record(reporter: str, *, before: datetime | None = None) -> tuple[int, int]:
    """Give how many of a reporter's reports were upheld and how many dismissed.

    Several of one person in one room are one. `before`: what was resolved before then.
    """
    resolved = Report.objects.filter(reporter=reporter).exclude(outcome="").order_by()
    if before is not None:
        resolved = resolved.filter(resolved_at__lt=before)
    each = resolved.values_list("room", "subject", "outcome").distinct()
    counts = Counter(outcome for _, _, outcome in each)
    return counts["upheld"], counts["dismissed"]


def mutes_in_force() -> QuerySet[Mute]:
    return Mute.objects.filter(until__gt=timezone.now())


def reporter_mute(reporter: str) -> Mute | None:
    """Give the mute that holds for a reporter now, None when there is none."""
    return mutes_in_force().select_related("by").filter(reporter=reporter).first()


def reports_to_set_aside(reporter: str, moderator: User) -> QuerySet[Report]:
    """Give what of a reporter waits and may be set aside in bulk by this moderator, oldest first.

    Nothing of an urgent lane, and nothing of a case that somebody else holds.
    """
    lanes = set(permitted_lanes(moderator)) - URGENT_LANES
    held = Q(case__claimed_until__gt=timezone.now()) & ~Q(case__claimed_by=moderator)
    waiting = Report.objects.filter(reporter=reporter, outcome="", case__lane__in=lanes)
    return waiting.exclude(held).order_by("created_at")


def may_mute(moderator: User) -> bool:
    """Whether somebody may mute reporters and set their reports aside."""
    return moderator.has_perm("moderation.mute_reporter")


def reports_pending(case: Case) -> Sequence[Report]:
    return list(case.reports.filter(outcome=""))
