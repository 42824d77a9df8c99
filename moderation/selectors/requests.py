"""Which requests wait, and who may answer them."""

from datetime import datetime
from typing import Final, cast

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from moderation.models import Case, Request
from moderation.policy import EXPORT_WINDOW, REQUESTS, RequestKind
from moderation.policy.roles import measure_permission
from moderation.rights import ROLE_PERMISSION
from moderation.selectors.desk import Staff, permitted_lanes

# The right to ask for something is the right to approve it.
_PERMISSIONS: Final[dict[RequestKind, str]] = {
    "permanent": f"moderation.{measure_permission('permanent')}",
    "range-ban": "moderation.ban_range",
    "release-hold": "moderation.hold_evidence",
    "export": "moderation.export_evidence",
    "role": ROLE_PERMISSION,
}


def request_kinds(moderator: Staff) -> list[RequestKind]:
    """Give what a moderator may ask for and approve."""
    return [kind for kind in REQUESTS if moderator.has_perm(_PERMISSIONS[kind])]  # type: ignore[union-attr]


def may_ask(kind: RequestKind, moderator: User, case: Case | None) -> bool:
    """Whether somebody may ask for this, or approve it, in the case it is about."""
    is_theirs = case is None or case.lane in permitted_lanes(moderator)
    return moderator.is_active and is_theirs and kind in request_kinds(moderator)


def request_barred(asked: Request, moderator: User, *, now: datetime) -> str:
    """Say why a moderator cannot answer a request at this time; empty when they can."""
    kind = cast("RequestKind", asked.kind)
    if not may_ask(kind, moderator, asked.case):
        return "You may not see this."
    if asked.outcome:
        return "It waits no more."
    if asked.expires_at <= now:
        return "Its time is over: ask again."
    if asked.by_id == moderator.pk:
        return "You asked for this: somebody else has to answer."
    if kind == "role" and asked.payload["account"] == moderator.pk:
        return "This is about you: somebody else has to answer."
    if not may_ask(kind, asked.by, asked.case):
        return "Whoever asked for this may not any more."
    return ""


def requests_shown(moderator: User) -> QuerySet[Request]:
    """Give the requests a moderator may read: of the kinds and in the lanes that are theirs."""
    lanes = Q(case=None) | Q(case__lane__in=permitted_lanes(moderator))
    return Request.objects.filter(lanes, kind__in=request_kinds(moderator)).select_related(
        "by", "decided_by", "case"
    )


def requests_waiting(moderator: User) -> QuerySet[Request]:
    """Give those that wait for an answer, the one that expires first at the front."""
    return requests_shown(moderator).filter(
        outcome=Request.Outcome.PENDING, expires_at__gt=timezone.now()
    )


def requests_over(moderator: User) -> QuerySet[Request]:
    """Give those that wait no more, the last one first."""
    return (
        requests_shown(moderator)
        .exclude(outcome=Request.Outcome.PENDING)
        .order_by("-decided_at", "-pk")
    )


def requests_of_case(case: Case, moderator: User) -> QuerySet[Request]:
    """Give what a moderator may read of what waits in a case."""
    return requests_waiting(moderator).filter(case=case)


def exports_under_way() -> QuerySet[Request]:
    """Give the exports that wait for an answer, or to be fetched: their evidence stays."""
    to_fetch = Q(outcome=Request.Outcome.APPROVED, decided_at__gt=timezone.now() - EXPORT_WINDOW)
    return Request.objects.filter(Q(outcome=Request.Outcome.PENDING) | to_fetch, kind="export")


def export_barred(asked: Request, moderator: User) -> str:
    """Say why somebody cannot fetch what was exported; empty when they can."""
    if asked.kind != "export" or asked.by_id != moderator.pk:
        return "Only who asked for an export fetches it."
    if asked.outcome != Request.Outcome.APPROVED or asked.decided_at is None:
        return "Nobody has approved it."
    if asked.decided_at + EXPORT_WINDOW <= timezone.now():
        return "Its time is over: ask again."
    if not may_ask("export", moderator, asked.case):
        return "You may not export evidence."
    return ""
