"""The queue, what a moderator may do with a case, and what came before it.

The queue needs the same few queries however long it is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin, User
from django.db.models import Count, Prefetch, Q
from django.utils import timezone

from moderation.models import Case, Decision, Report, Sanction
from moderation.policy import Lane, Measure, rules_for, suggested_measure
from moderation.policy.roles import lane_permission, measure_permission
from moderation.presence import subjects_online
from moderation.scoring import ONLINE
from moderation.selectors.shifts import claim_barred, lanes_opted_out

Staff = User | AnonymousUser | AbstractBaseUser | PermissionsMixin


def permitted_lanes(moderator: Staff) -> list[Lane]:
    return [
        lane
        for lane in get_args(Lane)
        if moderator.has_perm(f"moderation.{lane_permission(lane)}")  # type: ignore[union-attr]
    ]


def shown_lanes(moderator: User) -> list[Lane]:
    """Give the permitted lanes without those that somebody chose not to see."""
    out = lanes_opted_out(moderator)
    return [lane for lane in permitted_lanes(moderator) if lane not in out]


def permitted_measures(moderator: Staff) -> list[Measure]:
    return [
        measure
        for measure in get_args(Measure)
        if moderator.has_perm(f"moderation.{measure_permission(measure)}")  # type: ignore[union-attr]
    ]


@dataclass(frozen=True, slots=True)
class QueuedCase:
    """A case as the queue shows it."""

    case: Case
    is_online: bool
    is_mine: bool
    reporters: int
    sources: list[str]
    reasons: list[str]

    @property
    def score(self) -> int:
        return self.case.score + (ONLINE if self.is_online else 0)

    @property
    def parts(self) -> list[tuple[str, int]]:
        parts = [(why, points) for why, points in self.case.score_parts]
        return [*parts, ("online now", ONLINE)] if self.is_online else parts


def case_queue(
    moderator: User, *, only: Collection[Lane] | None = None, limit: int = 500
) -> list[QueuedCase]:
    """Give the open cases this moderator may take, the most urgent first.

    Cases that somebody else holds are left out. `only`: of these lanes.
    """
    now = timezone.now()
    lanes = shown_lanes(moderator)
    if only is not None:
        lanes = [each for each in lanes if each in only]
    waiting = (
        Case.objects.filter(lane__in=lanes, status__in=("open", "claimed"))
        .filter(Q(claimed_by=None) | Q(claimed_by=moderator) | Q(claimed_until__lte=now))
        .prefetch_related(
            Prefetch(
                "reports",
                Report.objects.filter(outcome="").only(
                    "case_id", "reason", "reporter", "source", "outcome"
                ),
                to_attr="pending",
            )
        )
        .order_by("-score", "opened_at")[:limit]
    )
    cases = list(waiting)
    online = subjects_online([case.subject for case in cases])
    queued = [
        QueuedCase(
            case,
            is_online=case.subject in online,
            is_mine=case.claimed_by_id == moderator.pk,
            reporters=len({report.reporter for report in case.pending} - {""}),
            sources=sorted({report.source for report in case.pending}),
            reasons=sorted({report.reason for report in case.pending}),
        )
        for case in cases
    ]
    return sorted(queued, key=lambda each: (-each.score, each.case.opened_at))


def lane_counts(moderator: User) -> dict[Lane, int]:
    """Give how many cases wait in each lane this moderator sees; also those that are claimed."""
    lanes = shown_lanes(moderator)
    counted = (
        Case.objects.filter(status__in=("open", "claimed"), lane__in=lanes)
        .values_list("lane")
        .annotate(Count("pk"))
    )
    counts = dict(counted)
    return {lane: counts.get(lane, 0) for lane in lanes}


def prior_decisions(case: Case) -> list[Decision]:
    """Give what was decided about the subject before, in every lane; the newest first."""
    return list(
        Decision.objects.filter(subject=case.subject)
        .select_related("by", "case")
        .order_by("-created_at")
    )


def prior_measures(case: Case) -> list[Measure]:
    """Give the sanctions that count for the ladder: of the subject, and of its address.

    What was lifted does not count, nor what automation did in this very case. An address counts for
    as long as its tag is known.
    """
    addresses = case.reports.exclude(subject_address="").order_by().distinct()
    same = Q(target=Sanction.Target.VISITOR, tag=case.subject) | Q(
        target=Sanction.Target.ADDRESS, tag__in=addresses.values("subject_address")
    )
    sanctions = Sanction.objects.filter(same, decision__lifting=None).exclude(
        decision__case=case, automated=True
    )
    by_decision = dict(sanctions.values_list("decision", "measure"))
    return [cast("Measure", measure) for measure in by_decision.values()]


@dataclass(frozen=True, slots=True)
class CaseActions:
    """What a moderator may do with a case now.

    Attributes:
        rules: (rule, the ladder's next step for it), the closest rule first.
        measures: those this moderator may impose; empty unless they hold the case.
        barred: why there are none, a sentence.
    """

    rules: list[tuple[str, Measure]]
    measures: list[Measure]
    can_claim: bool
    barred: str


def case_actions(case: Case, moderator: User) -> CaseActions:
    """Give the permitted actions; what the form shows and what the service checks."""
    now = timezone.now()
    lane = cast("Lane", case.lane)
    priors = prior_measures(case)
    rules = [(rule, suggested_measure(rule, priors)) for rule in rules_for(lane)]
    if lane not in permitted_lanes(moderator):
        return CaseActions(rules, [], can_claim=False, barred="You may not review this lane.")
    if case.status == "decided":
        return CaseActions(rules, [], can_claim=False, barred="This case is decided.")
    measures = permitted_measures(moderator)
    if not measures:
        return CaseActions(rules, [], can_claim=False, barred="Your role decides nothing.")
    held = case.claimed_by_id is not None and cast("datetime", case.claimed_until) > now
    if not held and (closed := claim_barred(moderator, lane)):
        return CaseActions(rules, [], can_claim=False, barred=closed)
    if not held:
        return CaseActions(rules, [], can_claim=True, barred="Claim the case to decide it.")
    if case.claimed_by_id != moderator.pk:
        name = case.claimed_by.get_username() if case.claimed_by else ""
        return CaseActions(rules, [], can_claim=False, barred=f"{name} holds this case.")
    return CaseActions(rules, measures, can_claim=False, barred="")


def still_barred(case: Case, moderator: User) -> str:
    """Say why a moderator may not see the stills of a case now; empty when they may.

    Of a decided case, which nobody can hold, whoever sees stills and the lane sees them.
    """
    lanes = permitted_lanes(moderator)
    if case.lane not in lanes or not moderator.has_perm("moderation.view_still"):
        return "Your role does not see stills."
    if case.status == "decided":
        return ""
    lasts = case.claimed_until is not None and case.claimed_until > timezone.now()
    if case.claimed_by_id != moderator.pk or not lasts:
        return "Only who holds the case sees it."
    return ""
