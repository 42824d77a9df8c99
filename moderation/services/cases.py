"""Changing cases: every change goes through `case_change`, under the row's lock.

A claim is a lease: it holds for `policy.CLAIM`, is renewed by looking at the case, and a moderator
has one at a time.
"""

from typing import cast

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from moderation.audit import audit_append
from moderation.cases import Event, NotPossible, Stale, Status, transition
from moderation.models import Activity, Case, Evidence
from moderation.policy import CLAIM, Lane, Reason
from moderation.scoring import ReportWeight, case_score
from moderation.selectors import (
    case_actions,
    case_queue,
    permitted_lanes,
    prior_measures,
    reports_pending,
)
from omegle.lib.layer import group_tell

DESK = "desk"


def desk_tell(event: str, case_id: int | None = None, *, by: str = "") -> None:
    """Tell the moderators' open pages, once it is committed, that something has changed."""
    group_tell(DESK, {"type": "desk.changed", "event": event, "case": case_id, "by": by})


def case_change(case: Case, event: Event, *, actor: str, detail: str = "") -> None:
    """Take a locked case to its next status, and write the change down.

    Raises:
        NotPossible: the table has no such change.
    """
    before = Status(case.status)
    case.status = transition(before, event)
    if case.status != Status.CLAIMED:
        case.claimed_by = case.claimed_until = None
    case.version += 1
    case.changed_at = timezone.now()
    case.save()
    Activity.objects.create(
        case=case,
        at=case.changed_at,
        actor=actor,
        event=event,
        before=before,
        after=case.status,
        version=case.version,
        detail=detail,
    )


def case_rescore(case: Case) -> None:
    """Bring the score of a locked case up to date."""
    weights = [
        ReportWeight(
            cast("Reason", report.reason), report.weight, is_automatic=report.source == "automatic"
        )
        for report in reports_pending(case)
    ]
    case.score_parts = case_score(cast("Lane", case.lane), weights, prior_measures(case))
    case.score = sum(points for _, points in case.score_parts)
    case.save(update_fields=["score", "score_parts"])


def case_locked(case_id: int, *, version: int | None = None) -> Case:
    """Give the case with its row locked.

    Raises:
        Stale: it has another version by now.
    """
    case = Case.objects.select_for_update().get(pk=case_id)
    if version is not None and case.version != version:
        raise Stale(f"Changed by {_last_actor(case)}. Reload to see the case as it is now.")
    return case


def _last_actor(case: Case) -> str:
    last = case.activities.first()
    return last.actor if last else "somebody"


def case_claim(case_id: int, *, moderator: User) -> Case:
    """Take a case for a while; whatever else this moderator holds is given back.

    One they hold already stays theirs, for longer.

    Raises:
        NotPossible: somebody holds it, it is decided, or the lane is not theirs.
    """
    with transaction.atomic():
        case = case_locked(case_id)
        _release_lapsed(case)
        actions = case_actions(case, moderator)
        if case.claimed_by == moderator and not actions.barred:
            return case_renew(case_id, moderator=moderator)
        if not actions.can_claim:
            raise NotPossible(actions.barred)
        for other in Case.objects.select_for_update().filter(claimed_by=moderator):
            case_change(other, Event.RELEASE, actor=moderator.get_username())
        case.claimed_by, case.claimed_until = moderator, timezone.now() + CLAIM
        case_change(case, Event.CLAIM, actor=moderator.get_username())
        audit_append(actor=moderator.get_username(), action="claim", target=str(case))
        desk_tell("claim", case.pk, by=moderator.get_username())
    return case


def case_renew(case_id: int, *, moderator: User) -> Case:
    """Hold a claimed case for longer; nothing changes for one that is not held by them."""
    with transaction.atomic():
        case = case_locked(case_id)
        if case.claimed_by == moderator:
            case.claimed_until = timezone.now() + CLAIM
            case.save(update_fields=["claimed_until"])
    return case


def case_release(case_id: int, *, moderator: User) -> Case:
    """Give a claimed case back.

    Raises:
        NotPossible: they do not hold it.
    """
    with transaction.atomic():
        case = case_locked(case_id)
        if case.claimed_by != moderator:
            raise NotPossible("You do not hold this case.")
        case_change(case, Event.RELEASE, actor=moderator.get_username())
        desk_tell("release", case.pk, by=moderator.get_username())
    return case


def case_next(*, moderator: User, lane: Lane | None = None) -> Case | None:
    """Claim the most urgent case there is for this moderator; None when there is none."""
    for queued in case_queue(moderator, lane=lane, limit=20):
        if queued.is_mine:
            continue
        try:
            return case_claim(queued.case.pk, moderator=moderator)
        except NotPossible:
            continue  # somebody was quicker
    return None


def claims_expire() -> int:
    """Give back what was claimed and left; give how many cases."""
    with transaction.atomic():
        lapsed = Case.objects.select_for_update().filter(claimed_until__lte=timezone.now())
        for case in lapsed:
            case_change(case, Event.EXPIRE, actor="automatic")
        if lapsed:
            desk_tell("expire")
    return len(lapsed)


def _release_lapsed(case: Case) -> None:
    if case.claimed_until is not None and case.claimed_until <= timezone.now():
        case_change(case, Event.EXPIRE, actor="automatic")


def evidence_view(evidence: Evidence, *, moderator: User) -> Evidence:
    """Give evidence to a moderator who may see it; every view is written down.

    Raises:
        NotPossible: the lane is not theirs.
    """
    case = evidence.report.case
    if case is None or case.lane not in permitted_lanes(moderator):
        raise NotPossible("You may not see this.")
    audit_append(actor=moderator.get_username(), action="view", target=str(evidence))
    return evidence
