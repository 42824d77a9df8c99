"""Ending a legal hold, which takes two persons; `services.cases.evidence_hold` sets one."""

from django.contrib.auth.models import User
from django.db import transaction

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import Evidence, Request
from moderation.services.cases import case_locked
from moderation.services.requests import request_make


def hold_release_ask(evidence: Evidence, *, by: User, why: str) -> Request:
    """Ask for the end of a legal hold; until another approves it, it stays.

    Raises:
        BadRequest: no reason is given.
        NotPossible: they may not, it is not on hold, or that is asked for already.
    """
    if evidence.report.case_id is None:
        raise NotPossible("It is not on hold.")
    with transaction.atomic():
        case = case_locked(evidence.report.case_id)
        if not Evidence.objects.filter(pk=evidence.pk, on_hold=True).exists():
            raise NotPossible("It is not on hold.")
        return request_make(
            "release-hold",
            str(evidence),
            by=by,
            why=why,
            payload={"evidence": evidence.pk},
            case=case,
        )


def hold_release(asked: Request, by: User) -> None:
    """End the legal hold of an approved request, whose case is locked: the purge waits for it."""
    evidence = Evidence.objects.select_for_update().filter(pk=asked.payload["evidence"]).first()
    if evidence is None or not evidence.on_hold:
        raise NotPossible("It is not on hold any more.")
    evidence.on_hold = False
    evidence.save(update_fields=["on_hold"])
    audit_append(
        actor=by.get_username(),
        action="release-hold",
        target=asked.target,
        detail={"why": asked.why, "by": asked.by.get_username()},
    )
