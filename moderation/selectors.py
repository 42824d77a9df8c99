"""Reading moderation's records: who is kept out, whose turn it is, what came before.

Nothing here changes anything. The desk needs the same few queries however long the queue is.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast, get_args

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin, User
from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.utils import timezone

from moderation.models import Appeal, Case, Decision, FilterRule, Report, Sanction, Switch
from moderation.policy import (
    APPEAL_WINDOW,
    BANS,
    VIDEO_LOSSES,
    Lane,
    Measure,
    SwitchName,
    lane_permission,
    measure_permission,
    rules_for,
    suggested_measure,
)
from moderation.presence import subjects_online
from moderation.scoring import ONLINE
from moderation.statements import statement_text
from moderation.tags import AddressTag

Staff = User | AnonymousUser | AbstractBaseUser | PermissionsMixin

_WARNINGS_TOLD_FOR = timedelta(days=7)


# --- Who is kept out ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ban:
    """What somebody is told of a sanction: that they are kept out, or warned.

    Attributes:
        decision: its reference.
        until: None for good.
    """

    decision: str
    measure: Measure
    rule: str
    facts: str
    until: datetime | None

    @property
    def statement(self) -> str:
        """Which rule, why, what happens next."""
        return statement_text(
            measure=self.measure, rule=self.rule, facts=self.facts, until=self.until
        )


def _in_force() -> QuerySet[Sanction]:
    """Give the sanctions that have not ended; nothing begins in the future."""
    still = Q(until=None) | Q(until__gt=timezone.now())
    return Sanction.objects.filter(still, end=None, decision__lifting=None)


# What a ban is told from; a sanction and its decision in one row.
_BAN_FIELDS = (
    "tag",
    "decision__reference",
    "measure",
    "decision__rule",
    "decision__facts",
    "until",
)


def visitor_bans(tags: Collection[str] | None = None) -> dict[str, Ban]:
    """Give the ban of each visitor tag that has one, of all visitors without `tags`.

    Of several the one that lasts longest.
    """
    found = _in_force().filter(target=Sanction.Target.VISITOR, measure__in=BANS)
    if tags is not None:
        found = found.filter(tag__in=tags)
    bans: dict[str, Ban] = {}
    for tag, *fields in found.values_list(*_BAN_FIELDS):
        ban = Ban(*fields)
        known = bans.get(tag)
        if known is None or (known.until and (not ban.until or ban.until > known.until)):
            bans[tag] = ban
    return bans


def visitor_warnings() -> dict[str, list[Ban]]:
    """Give what the last days' decisions tell visitors who are not kept out, by tag, oldest first.

    Warnings and losses of video, those that were lifted excepted.
    """
    since = timezone.now() - _WARNINGS_TOLD_FOR
    found = Sanction.objects.filter(
        target=Sanction.Target.VISITOR,
        measure__in=("warn", *VIDEO_LOSSES),
        starts_at__gte=since,
        decision__lifting=None,
    )
    warnings = defaultdict(list)
    for tag, *fields in found.order_by("starts_at").values_list(*_BAN_FIELDS):
        warnings[tag].append(Ban(*fields))
    return dict(warnings)


def address_sanctioned_at(tags: Iterable[AddressTag]) -> datetime | None:
    """Give when somebody behind this address was kept out last, under any live key; None for never.

    Only sanctions in force count.
    """
    same = Q()
    for tag in tags:
        same |= Q(tag=tag.tag, epoch=tag.epoch)
    found = _in_force().filter(same, target=Sanction.Target.ADDRESS)
    latest: datetime | None = found.aggregate(Max("starts_at"))["starts_at__max"]
    return latest


def sanctioned_addresses() -> dict[AddressTag, datetime]:
    """Give the same for every address of which somebody is kept out."""
    found = _in_force().filter(target=Sanction.Target.ADDRESS).order_by("starts_at")
    return {
        AddressTag(epoch, tag): at
        for epoch, tag, at in found.values_list("epoch", "tag", "starts_at")
        if epoch is not None
    }


def video_losses() -> dict[str, datetime]:
    """Give until when each visitor tag has no video."""
    found = _in_force().filter(target=Sanction.Target.VISITOR, measure__in=VIDEO_LOSSES)
    return {
        tag: until
        for tag, until in found.order_by("until").values_list("tag", "until")
        if until is not None
    }


# --- The filter and the switches ------------------------------------------------------------------


def rules_enabled() -> QuerySet[FilterRule]:
    return FilterRule.objects.filter(enabled=True)


def switches_off() -> frozenset[SwitchName]:
    """Give what the operator has switched off."""
    found = Switch.objects.filter(is_off=True).values_list("pk", flat=True)
    return frozenset(cast("SwitchName", name) for name in found)


# --- The desk -------------------------------------------------------------------------------------


def permitted_lanes(moderator: Staff) -> list[Lane]:
    return [
        lane
        for lane in get_args(Lane)
        if moderator.has_perm(f"moderation.{lane_permission(lane)}")  # type: ignore[union-attr]
    ]


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
    reasons: list[str]

    @property
    def score(self) -> int:
        return self.case.score + (ONLINE if self.is_online else 0)

    @property
    def parts(self) -> list[tuple[str, int]]:
        parts = [(why, points) for why, points in self.case.score_parts]
        return [*parts, ("online now", ONLINE)] if self.is_online else parts


def case_queue(moderator: User, *, lane: Lane | None = None, limit: int = 500) -> list[QueuedCase]:
    """Give the open cases this moderator may take, the most urgent first.

    Cases that somebody else holds are left out. With `lane`: only that one.
    """
    now = timezone.now()
    lanes = permitted_lanes(moderator)
    if lane is not None:
        lanes = [each for each in lanes if each == lane]
    waiting = (
        Case.objects.filter(lane__in=lanes, status__in=("open", "claimed"))
        .filter(Q(claimed_by=None) | Q(claimed_by=moderator) | Q(claimed_until__lte=now))
        .prefetch_related(
            Prefetch(
                "reports",
                Report.objects.filter(outcome="").only("case_id", "reason", "reporter", "outcome"),
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
            reasons=sorted({report.reason for report in case.pending}),
        )
        for case in cases
    ]
    return sorted(queued, key=lambda each: (-each.score, each.case.opened_at))


def lane_counts(moderator: User) -> dict[Lane, int]:
    """Give how many cases wait in each lane this moderator may see; also those that are claimed."""
    lanes = permitted_lanes(moderator)
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


# --- Appeals --------------------------------------------------------------------------------------


def appeals_until(decision: Decision) -> datetime:
    """Give when the time is over in which somebody may appeal against a decision about them."""
    return decision.created_at + APPEAL_WINDOW


def appeal_barred(decision: Decision) -> str:
    """Say why nobody can appeal against a decision (any more); empty when they can."""
    if hasattr(decision, "lifting"):
        return "The decision was taken back already."
    if hasattr(decision, "appeal"):
        return "You have appealed against this decision already."
    if appeals_until(decision) <= timezone.now():
        return "The time for an appeal is over."
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
    return Appeal.objects.filter(
        decision__case__lane__in=permitted_lanes(moderator)
    ).select_related("decision__case", "decision__by", "claimed_by", "decided_by")


def may_answer_appeals(moderator: Staff) -> bool:
    return moderator.has_perm("moderation.decide_appeal")  # type: ignore[union-attr]


@dataclass(frozen=True, slots=True)
class AppealActions:
    """What a moderator may do with an appeal now.

    Attributes:
        barred: why they cannot answer it, a sentence; empty when they can.
    """

    can_claim: bool
    barred: str


def appeal_actions(appeal: Appeal, moderator: User) -> AppealActions:
    """Give the permitted actions; what the page shows and what the service checks."""
    decision = appeal.decision
    barred = ""
    if not may_answer_appeals(moderator) or decision.case.lane not in permitted_lanes(moderator):
        barred = "You may not see this."
    elif appeal.outcome:
        barred = "It waits no more."
    elif decision.by_id == moderator.pk:
        barred = "You took this decision: somebody else has to answer."
    elif decision.measure not in permitted_measures(moderator):
        barred = "You may not impose this measure, nor take it back."
    if barred:
        return AppealActions(can_claim=False, barred=barred)
    lasts = appeal.claimed_until is not None and appeal.claimed_until > timezone.now()
    if appeal.claimed_by is None or not lasts:
        return AppealActions(can_claim=True, barred="Claim the appeal to answer it.")
    if appeal.claimed_by != moderator:
        name = appeal.claimed_by.get_username()
        return AppealActions(can_claim=False, barred=f"{name} holds this appeal.")
    return AppealActions(can_claim=False, barred="")


# --- Reporters ------------------------------------------------------------------------------------


def reporter_record(reporter: str) -> tuple[int, int]:
    """Give how many of a reporter's reports were upheld and how many dismissed.

    Several of one person in one room are one.
    """
    resolved = Report.objects.filter(reporter=reporter).exclude(outcome="").order_by()
    each = resolved.values_list("room", "subject", "outcome").distinct()
    counts = Counter(outcome for _, _, outcome in each)
    return counts["upheld"], counts["dismissed"]


def reports_pending(case: Case) -> Sequence[Report]:
    return list(case.reports.filter(outcome=""))
