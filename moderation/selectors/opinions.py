"""Second opinions: which decisions are asked about, who may give one, and how well they agree."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import cast

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from moderation.agreement import Pair, is_near
from moderation.models import Decision, Evidence, Sanction, SecondOpinion
from moderation.policy import Lane, Measure, rules_for, suggested_measure
from moderation.policy.desk import SECOND_OPINION_DAYS, SECOND_OPINIONS
from moderation.policy.roles import measure_permission
from moderation.selectors.desk import permitted_lanes, permitted_measures, shown_lanes
from moderation.selectors.shifts import claim_barred


def decisions_sampled() -> list[Decision]:
    """Give what is to be asked about, of each of the last days that are over.

    The same whenever it is asked: by each decision's reference, which nobody chooses. What rests
    on no evidence, as a bulk dismissal does, and what automation decided is left out.
    """
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=SECOND_OPINION_DAYS)
    made = Decision.objects.filter(
        by__isnull=False, created_at__gte=first, created_at__lt=today
    ).order_by("created_at")
    days: dict[object, list[Decision]] = {}
    for decision in made:
        if decision.evidence:
            days.setdefault(decision.created_at.date(), []).append(decision)
    return [each for day in days.values() for each in _sample(day)]


def _sample(day: Sequence[Decision]) -> list[Decision]:
    """Give the policy's share of a day's decisions, and one at least."""
    ranked = sorted(day, key=lambda each: sha256(each.reference.encode()).digest())
    return ranked[: max(1, round(SECOND_OPINIONS * len(ranked)))]


def evidence_before(reference: str) -> Exists:
    """Whether a decision's evidence is still there; `reference` leads to the decision."""
    return Exists(
        Evidence.objects.filter(
            report__case=OuterRef(f"{reference}case"),
            report__created_at__lte=OuterRef(f"{reference}created_at"),
        )
    )


def opinion_queue(moderator: User) -> list[SecondOpinion]:
    """Give the questions this moderator may answer, the oldest first."""
    waiting = (
        SecondOpinion.objects.filter(by=None, decision__case__lane__in=shown_lanes(moderator))
        .exclude(decision_by=moderator)
        .select_related("decision__case", "decision_by")
    )
    authors: dict[int, User] = {}
    for each in waiting:
        # One object for each of them, which remembers what they may do.
        each.decision_by = authors.setdefault(each.decision_by_id, each.decision_by)
    return [each for each in waiting if not opinion_refused(each, moderator)]


def opinion_refused(opinion: SecondOpinion, moderator: User) -> str:
    """Say why a question is not for somebody, whenever they ask; empty when it is.

    They may do all that who decided may: else they would have to agree.
    """
    lane = opinion.decision.case.lane
    measures = set(permitted_measures(moderator))
    if lane not in permitted_lanes(moderator) or not measures:
        return "You may not see this."
    if moderator.pk in (opinion.decision_by_id, opinion.decision.approved_by_id):
        return "This is your own decision: somebody else is asked."
    if not {opinion.decision.measure, *permitted_measures(opinion.decision_by)} <= measures:
        return "This is for somebody who may impose more."
    if opinion.by_id is not None:
        return "Somebody has answered this."
    return ""


def opinion_barred(opinion: SecondOpinion, moderator: User) -> str:
    """Say why somebody cannot give this opinion now; empty when they can."""
    lane = cast("Lane", opinion.decision.case.lane)
    return opinion_refused(opinion, moderator) or claim_barred(moderator, lane)


def priors_then(decision: Decision) -> list[Decision]:
    """Give what was decided about the same person before this decision, the newest first."""
    return list(
        Decision.objects.filter(subject=decision.subject, created_at__lt=decision.created_at)
        .select_related("case")
        .order_by("-created_at")
    )


def rules_then(decision: Decision) -> list[tuple[str, Measure]]:
    """Give each rule with the ladder's step for it, as it was when the decision was taken."""
    counted = (
        Sanction.objects.filter(
            target=Sanction.Target.VISITOR,
            tag=decision.subject,
            decision__created_at__lt=decision.created_at,
        )
        .filter(Q(decision__lifting=None) | Q(decision__lifting__at__gte=decision.created_at))
        .exclude(decision__case=decision.case_id, automated=True)
    )
    priors = [cast("Measure", each) for each in counted.values_list("measure", flat=True)]
    lane = cast("Lane", decision.case.lane)
    return [(rule, suggested_measure(rule, priors)) for rule in rules_for(lane)]


def may_see_disagreements(moderator: User) -> bool:
    """Whether somebody is shown where two people differ: who may impose everything."""
    return moderator.has_perm(f"moderation.{measure_permission('permanent')}")


def disagreements(moderator: User, *, limit: int) -> list[SecondOpinion]:
    """Give what two people saw differently, in the lanes of a senior; the last one first."""
    if not may_see_disagreements(moderator):
        return []
    given = (
        _given(shown_lanes(moderator)).select_related("decision__case").order_by("-at").iterator()
    )
    far = (each for each in given if not is_near(_pair(each.decision.measure, each.measure)))
    return [each for each, _ in zip(far, range(limit), strict=False)]


def opinion_pairs(
    lanes: Collection[Lane], begin: datetime, end: datetime
) -> list[tuple[Lane, Pair]]:
    """Give first and second measures, by lane, of the decisions of a time."""
    found = _given(lanes).filter(decision__created_at__gte=begin, decision__created_at__lt=end)
    rows = found.values_list("decision__case__lane", "decision__measure", "measure")
    return [(cast("Lane", lane), _pair(first, second)) for lane, first, second in rows]


def _given(lanes: Collection[Lane]) -> QuerySet[SecondOpinion]:
    return SecondOpinion.objects.filter(by__isnull=False, decision__case__lane__in=lanes)


def _pair(first: str, second: str) -> Pair:
    return cast("Measure", first), cast("Measure", second)
