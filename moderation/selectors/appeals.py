"""Which appeals wait, and who may answer them."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from moderation.models import Appeal, Decision
from moderation.policy import APPEAL_WINDOW, Lane
from moderation.selectors.claims import ClaimActions, claim_actions
from moderation.selectors.desk import Staff, permitted_lanes, permitted_measures, shown_lanes
from moderation.selectors.shifts import lanes_closed


def appeals_until(decision: Decision) -> datetime:
    """Give when the time is over in which somebody may appeal against a decision about them."""
    return decision.created_at + APPEAL_WINDOW


def appeal_barred(decision: Decision) -> str:
    """Say why nobody can appeal against a decision (any more); empty when they can."""
    if hasattr(decision, "lifting"):
        return gettext("The decision was taken back already.")
    if hasattr(decision, "appeal"):
        return gettext("You have appealed against this decision already.")
    if appeals_until(decision) <= timezone.now():
        return gettext("The time for an appeal is over.")
    return ""


def appeal_queue(moderator: User) -> QuerySet[Appeal]:
    """Give the appeals that wait in the lanes of a moderator, the first come first."""
    return _appeals_of(moderator).filter(outcome=Appeal.Outcome.PENDING)


def appeals_answered(moderator: User) -> QuerySet[Appeal]:
    """Give those that wait no more, the last one first."""
    return _appeals_of(moderator).exclude(outcome=Appeal.Outcome.PENDING).order_by("-decided_at")


def _appeals_of(moderator: User) -> QuerySet[Appeal]:
    if not may_answer_appeals(moderator):
        return Appeal.objects.none()
    return Appeal.objects.filter(decision__case__lane__in=shown_lanes(moderator)).select_related(
        "decision__case", "decision__by", "claimed_by", "decided_by"
    )


def may_answer_appeals(moderator: Staff) -> bool:
    return moderator.has_perm("moderation.decide_appeal")  # type: ignore[union-attr]


def appeal_actions(
    appeal: Appeal, moderator: User, *, closed: Mapping[Lane, str] | None = None
) -> ClaimActions:
    """Give the permitted actions; what the page shows and what the service checks.

    `closed`: the moderator's `lanes_closed`, where many are asked for.
    """
    decision = appeal.decision
    barred = ""
    if not may_answer_appeals(moderator) or decision.case.lane not in permitted_lanes(moderator):
        barred = "You may not see this."
    elif appeal.outcome:
        barred = "It waits no more."
    elif moderator.pk in (decision.by_id, decision.approved_by_id):
        barred = "You took this decision: somebody else has to answer."
    elif decision.measure not in permitted_measures(moderator):
        barred = "You may not impose this measure, nor take it back."
    if barred:
        return ClaimActions(can_claim=False, barred=barred)
    closed = lanes_closed(moderator) if closed is None else closed
    lane = cast("Lane", decision.case.lane)
    return claim_actions(
        appeal, moderator, what="appeal", do="to answer it", closed=closed.get(lane, "")
    )
