"""Answering requests: what another approves is carried out in the same transaction.

A request about a case is answered under the lock of the case, and every one under its own.
"""

from collections.abc import Callable
from typing import Final, cast

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import Request
from moderation.policy import RequestKind
from moderation.selectors.requests import request_barred
from moderation.services.cases import case_locked
from moderation.services.custody import hold_release
from moderation.services.decisions import decision_make_permanent
from moderation.services.ranges import range_ban
from moderation.services.ranks import rank_give
from moderation.services.requests import request_detail, why_read


def request_approve(request_id: int, *, by: User, answer: str = "") -> Request:
    """Approve what another person asked for; it is carried out at once.

    Raises:
        NotPossible: it is their own, its time is over, or what it rests on is no longer so.
        BadRequest: the answer is too long.
    """
    return _answer(request_id, Request.Outcome.APPROVED, by=by, answer=answer)


def request_refuse(request_id: int, *, by: User, answer: str) -> Request:
    """Refuse what another person asked for, with a reason.

    Raises:
        NotPossible: it is their own, or its time is over.
        BadRequest: no reason is given, or one that is too long.
    """
    why_read(answer)
    return _answer(request_id, Request.Outcome.REFUSED, by=by, answer=answer)


def _answer(request_id: int, outcome: Request.Outcome, *, by: User, answer: str) -> Request:
    answer = why_read(answer) if answer.strip() else ""
    with transaction.atomic():
        asked = _locked(request_id)
        now = timezone.now()
        if barred := request_barred(asked, by, now=now):
            raise NotPossible(barred)
        asked.outcome, asked.answer = outcome, answer
        asked.decided_by, asked.decided_at = by, now
        asked.save(update_fields=["outcome", "answer", "decided_by", "decided_at"])
        kind = cast("RequestKind", asked.kind)
        audit_append(
            actor=by.get_username(),
            action="approve" if outcome == Request.Outcome.APPROVED else "refuse",
            target=str(asked),
            detail=request_detail(asked) | {"by": asked.by.get_username()},
        )
        if outcome == Request.Outcome.APPROVED:
            _FOLLOWS[kind](asked, by)
    return asked


def _locked(request_id: int) -> Request:
    case_id = Request.objects.only("case_id").get(pk=request_id).case_id
    case = case_locked(case_id) if case_id is not None else None
    # Alone: what is joined to a row that was waited for is as it was before the wait.
    asked = Request.objects.select_for_update().get(pk=request_id)
    asked.case = case
    return asked


def _ban_for_good(asked: Request, by: User) -> None:
    assert asked.case is not None  # noqa: S101  (`case_decide` gives it)
    decision_make_permanent(asked.case, asked.payload["decision"], by=asked.by, approved_by=by)


def _nothing(asked: Request, by: User) -> None:
    """Leave it to who asked: `exports.export_fetch`."""


_FOLLOWS: Final[dict[RequestKind, Callable[[Request, User], None]]] = {
    "permanent": _ban_for_good,
    "range-ban": range_ban,
    "release-hold": hold_release,
    "export": _nothing,
    "role": rank_give,
}
