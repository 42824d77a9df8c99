"""Which notices wait, who may decide them, and what is hidden until they are decided."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, get_args

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from moderation.models import Decision, Notice, Report
from moderation.policy import Lane, NoticeKind, notice_lane
from moderation.selectors.claims import ClaimActions, claim_actions
from moderation.selectors.desk import Staff, permitted_lanes, shown_lanes

_REFERENCE: Final = re.compile(r"\b[RD](?:-[0-9A-Z]{4}){2}\b")
HIDDEN: Final = (
    "Hidden because of a notice from outside: it waited too long, or was found right. Legal and "
    "admin see it."
)


def report_named(text: str) -> Report | None:
    """Give the report that a text names, by a reference of ours or the link of a page that has one.

    A decision stands for the newest report whose evidence it rests on.
    """
    found = _REFERENCE.search(text.upper())
    if found is None:
        return None
    if found[0].startswith("R"):
        return Report.objects.filter(reference=found[0]).first()
    decision = Decision.objects.filter(reference=found[0]).first()
    if decision is None:
        return None
    return Report.objects.filter(
        case=decision.case_id, evidence__digest__in=decision.evidence
    ).first()


def may_decide_notices(moderator: Staff) -> bool:
    return moderator.has_perm("moderation.decide_notice")  # type: ignore[union-attr]


def notice_queue(moderator: User) -> QuerySet[Notice]:
    """Give the notices that wait in the lanes a moderator sees, with the least time left first."""
    return _shown(moderator).filter(outcome=Notice.Outcome.PENDING)


def notices_decided(moderator: User) -> QuerySet[Notice]:
    """Give those that wait no more, the last one first."""
    return _shown(moderator).exclude(outcome=Notice.Outcome.PENDING).order_by("-decided_at")


def notices_of(moderator: User) -> QuerySet[Notice]:
    """Give all that a moderator may look at."""
    return _notices_in(permitted_lanes(moderator), moderator)


def _shown(moderator: User) -> QuerySet[Notice]:
    return _notices_in(shown_lanes(moderator), moderator)


def _notices_in(lanes: Collection[Lane], moderator: User) -> QuerySet[Notice]:
    if not may_decide_notices(moderator):
        return Notice.objects.none()
    kinds = [kind for kind in get_args(NoticeKind) if notice_lane(kind) in lanes]
    return Notice.objects.filter(kind__in=kinds).select_related(
        "claimed_by", "decided_by", "report__case", "opened__case"
    )


@dataclass(frozen=True, slots=True)
class NoticeCounts:
    """How many notices wait, how many of these for long, and how many of those for too long."""

    waiting: int
    late: int
    overdue: int


def notice_counts(moderator: User) -> NoticeCounts:
    """Count what waits in the lanes of a moderator."""
    marks = list(notice_queue(moderator).values_list("alerted_at", "overdue_at"))
    return NoticeCounts(
        waiting=len(marks),
        late=sum(alerted is not None for alerted, _ in marks),
        overdue=sum(overdue is not None for _, overdue in marks),
    )


def notice_actions(notice: Notice, moderator: User) -> ClaimActions:
    """Give the permitted actions; what the page shows and what the service checks."""
    lane = notice_lane(notice.kind)  # type: ignore[arg-type]
    if not may_decide_notices(moderator) or lane not in permitted_lanes(moderator):
        return ClaimActions(can_claim=False, barred="You may not see this.")
    if notice.outcome:
        return ClaimActions(can_claim=False, barred="It is decided.")
    return claim_actions(notice, moderator, what="notice", do="to decide it")


def evidence_hidden(report: Report, moderator: Staff) -> str:
    """Say why a moderator may not see the evidence of a report and its still; empty when they may.

    What a notice is about is hidden once that has waited too long, and for good once it was found
    right: then only a legal hold keeps it at all.
    """
    if moderator.has_perm("moderation.hold_evidence"):  # type: ignore[union-attr]
        return ""
    hides = Q(outcome=Notice.Outcome.PENDING, overdue_at__isnull=False) | Q(
        outcome=Notice.Outcome.REMOVED
    )
    return HIDDEN if Notice.objects.filter(hides, report=report).exists() else ""
