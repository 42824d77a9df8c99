"""Asking for what takes two persons: making a request, taking it back, letting it run out.

What another answers, and what then follows, is in `services.approvals`.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import Case, Decision, Request
from moderation.policy import REQUEST_WINDOW, RequestKind
from moderation.selectors.requests import may_ask

WHY_CHARS: Final = 500


class BadRequest(ValueError):
    """A request or its answer lacks its reason, or something else of it is no good; a sentence."""


def why_read(why: str) -> str:
    """Give a reason as it is kept.

    Raises:
        BadRequest: there is none, or one that is too long or that PostgreSQL does not keep.
    """
    why = why.strip()
    if not 1 <= len(why) <= WHY_CHARS or "\0" in why:
        raise BadRequest(f"Say why, in up to {WHY_CHARS} characters.")
    return why


def request_make(
    kind: RequestKind,
    target: str,
    *,
    by: User,
    why: str,
    payload: Mapping[str, Any],
    case: Case | None = None,
) -> Request:
    """Ask for something that another has to approve; the caller has checked what it is about.

    Raises:
        BadRequest: no reason is given, or one that is too long.
        NotPossible: they may not ask for it, or it waits already.
    """
    why = why_read(why)
    if not may_ask(kind, by, case):
        raise NotPossible("You may not ask for this.")
    now = timezone.now()
    try:
        with transaction.atomic():
            _end(Request.objects.filter(kind=kind, target=target, expires_at__lte=now), "expired")
            asked = Request.objects.create(
                kind=kind,
                target=target,
                case=case,
                payload=dict(payload),
                why=why,
                by=by,
                created_at=now,
                expires_at=now + REQUEST_WINDOW,
            )
    except IntegrityError:
        raise NotPossible("It is asked for already, and waits.") from None
    audit_append(
        actor=by.get_username(),
        action="request",
        target=str(asked),
        detail=request_detail(asked),
    )
    return asked


def request_detail(asked: Request) -> dict[str, str]:
    """Give what the audit log says of a request: no network, which may be one household's."""
    return {"kind": asked.kind} | ({"target": asked.target} if asked.kind != "range-ban" else {})


def request_withdraw(request_id: int, *, by: User) -> Request:
    """Take one's own request back.

    Raises:
        NotPossible: it is not theirs, or waits no more.
    """
    with transaction.atomic():
        asked = Request.objects.select_for_update().get(pk=request_id)
        if asked.by_id != by.pk:
            raise NotPossible("Somebody else asked for this: refuse it.")
        if asked.outcome:
            raise NotPossible("It waits no more.")
        _end(Request.objects.filter(pk=asked.pk), "withdrawn")
        audit_append(actor=by.get_username(), action="withdraw", target=str(asked))
    asked.refresh_from_db()
    return asked


def requests_overtake(case: Case, decision: Decision | None = None) -> None:
    """Withdraw the permanent bans asked for in a locked case that was decided anew.

    With `decision`: what rests on it, for it was taken back.
    """
    waiting = Request.objects.filter(kind="permanent", case=case)
    if decision is not None:
        waiting = waiting.filter(payload__decision=decision.reference)
    _end(waiting, "withdrawn")


def requests_expire() -> int:
    """Write down which requests nobody answered in time; give how many."""
    return _end(Request.objects.filter(expires_at__lte=timezone.now()), "expired")


def _end(requests: QuerySet[Request], outcome: str) -> int:
    waiting = requests.filter(outcome=Request.Outcome.PENDING)
    return waiting.update(outcome=outcome, decided_at=timezone.now())
