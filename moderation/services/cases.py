"""Changing cases: every change goes through `case_change`, under the row's lock.

A claim is a lease: it holds for `policy.CLAIM`, is renewed by looking at the case, and a moderator
has one at a time.
"""

from typing import cast

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from moderation.audit import audit_append
from moderation.cases import Event, NotPossible, Stale, Status, transition
from moderation.models import Activity, Case, Evidence, Report
from moderation.policy import CLAIM, Lane, Reason
from moderation.policy.desk import EXPOSURE
from moderation.scoring import ReportWeight, case_score
from moderation.selectors.desk import case_actions, case_queue, permitted_lanes, prior_measures
from moderation.selectors.notices import evidence_hidden
from moderation.selectors.reporters import reports_pending
from moderation.selectors.shifts import lanes_offered
from moderation.services.shifts import exposure_note, moderator_lock
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
        ReportWeight(cast("Reason", report.reason), report.weight, _who_reported(report))
        for report in reports_pending(case)
    ]
    case.score_parts = case_score(cast("Lane", case.lane), weights, prior_measures(case))
    case.score = sum(points for _, points in case.score_parts)
    case.save(update_fields=["score", "score_parts"])


def _who_reported(report: Report) -> str:
    """Give who counts as the reporter; who sent a notice from outside is nobody we know."""
    return report.reference if report.source == Report.Source.NOTICE else report.reporter


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
        NotPossible: somebody holds it, it is decided, the lane is not theirs or closed to them now,
            or their role decides nothing.
    """
    try:
        with transaction.atomic():
            return _claim(case_id, moderator)
    except IntegrityError:  # in another tab, at the same moment
        raise NotPossible("You have just taken another case.") from None


def _claim(case_id: int, moderator: User) -> Case:
    # All of them in one order: two claims that cross would wait for each other for ever.
    locked = (
        Case.objects.select_for_update()
        .filter(Q(pk=case_id) | Q(claimed_by=moderator))
        .order_by("pk")
    )
    cases = {case.pk: case for case in locked}
    if case_id not in cases:
        raise Case.DoesNotExist
    case = cases.pop(case_id)
    _release_lapsed(case)
    moderator_lock(moderator)
    actions = case_actions(case, moderator)
    if case.claimed_by == moderator and not actions.barred:
        return case_renew(case_id, moderator=moderator)
    if not actions.can_claim:
        raise NotPossible(actions.barred)
    for other in cases.values():
        case_change(other, Event.RELEASE, actor=moderator.get_username())
    case.claimed_by, case.claimed_until = moderator, timezone.now() + CLAIM
    case_change(case, Event.CLAIM, actor=moderator.get_username())
    _case_note(case, moderator)  # it is shown next
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
    """Claim the most urgent case that is offered to this moderator; None when there is none."""
    lanes = lanes_offered(moderator)
    only = lanes if lane is None else lanes & {lane}
    for queued in case_queue(moderator, only=only, limit=20):
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
        # One that is locked is being claimed, renewed or decided: it is no longer left.
        lapsed = (
            Case.objects.select_for_update(skip_locked=True)
            .filter(claimed_until__lte=timezone.now())
            .order_by("pk")
        )
        for case in lapsed:
            case_change(case, Event.EXPIRE, actor="automatic")
        if lapsed:
            desk_tell("expire")
    return len(lapsed)


def _release_lapsed(case: Case) -> None:
    if case.claimed_until is not None and case.claimed_until <= timezone.now():
        case_change(case, Event.EXPIRE, actor="automatic")


def evidence_view(evidence: Evidence, *, moderator: User) -> Evidence:
    """Give evidence to a moderator who may see it; every view is written down, and counts.

    Raises:
        NotPossible: the lane is not theirs, or a notice hides it.
    """
    case = evidence.report.case
    if case is None or case.lane not in permitted_lanes(moderator):
        raise NotPossible("You may not see this.")
    if hidden := evidence_hidden(evidence.report, moderator):
        raise NotPossible(hidden)
    with transaction.atomic():
        _case_note(case, moderator)
        audit_append(actor=moderator.get_username(), action="view", target=str(evidence))
    return evidence


def _case_note(case: Case, moderator: User) -> None:
    lane = cast("Lane", case.lane)
    exposure_note(moderator, what=str(case), lane=lane, points=EXPOSURE[lane])


class BadHold(ValueError):
    """A hold lacks its reason; a sentence for the moderator."""


def evidence_hold(evidence: Evidence, *, moderator: User, why: str) -> Evidence:
    """Set a legal hold on evidence; while it is on, nothing deletes or changes it.

    `services.custody` ends one, which takes two persons.

    Raises:
        BadHold: no reason is given.
        NotPossible: they may not, it is so already, or the evidence is gone.
    """
    if not why.strip():
        raise BadHold("Say why.")
    with transaction.atomic():
        # The purge takes the same lock.
        cases = Case.objects.select_for_update(of=("self",))
        case = cases.filter(reports=evidence.report_id).first()
        locked = Evidence.objects.select_for_update().filter(pk=evidence.pk).first()
        if case is None or locked is None:
            raise NotPossible("The evidence is gone.")
        if not may_hold(moderator) or case.lane not in permitted_lanes(moderator):
            raise NotPossible("You may not set a legal hold.")
        if locked.on_hold:
            raise NotPossible("It is on hold already.")
        locked.on_hold = True
        locked.save(update_fields=["on_hold"])
        audit_append(
            actor=moderator.get_username(),
            action="hold",
            target=str(locked),
            detail={"why": why.strip()},
        )
    return locked


def may_hold(moderator: User) -> bool:
    """Whether somebody may set legal holds, in the lanes that are theirs."""
    return moderator.has_perm("moderation.hold_evidence")
