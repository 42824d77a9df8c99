"""What of evidence takes two persons: ending a legal hold, and taking a copy out of here."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import Case, Evidence, Request
from moderation.selectors.requests import export_barred
from moderation.services.cases import case_locked
from moderation.services.requests import request_make

if TYPE_CHECKING:
    from moderation.services.exports import Export  # type: ignore[import-not-found]


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


def export_ask(case: Case, *, by: User, why: str) -> Request:
    """Ask for a copy of the evidence of a case.

    Raises:
        BadRequest: no reason is given.
        NotPossible: they may not, there is none, or it is asked for already.
    """
    with transaction.atomic():
        # The purge takes the same lock.
        case = case_locked(case.pk)
        if not Evidence.objects.filter(report__case=case).exists():
            raise NotPossible("The evidence is gone.")
        return request_make("export", str(case), by=by, why=why, payload={}, case=case)


def export_fetch(request_id: int, *, by: User) -> "Export":
    """Give the copy to who asked for it, for a while after another approved; every time is audited.

    Raises:
        NotPossible: it is not for them, or not any more.
    """
    with transaction.atomic():
        asked = Request.objects.select_related("case", "by", "decided_by").get(pk=request_id)
        if barred := export_barred(asked, by):
            raise NotPossible(barred)
        assert asked.case is not None  # noqa: S101  (`export_ask` gives both)
        assert asked.decided_by is not None  # noqa: S101
        from moderation.services.exports import evidence_export

        audit_append(actor=by.get_username(), action="fetch", target=str(asked))
        return evidence_export(asked.case, by=by, approved_by=asked.decided_by, why=asked.why)
