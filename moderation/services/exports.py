"""Giving out the evidence of a case, as a file for a person to file with an authority."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.exports import ExportedCase, ExportedReport, ExportedStill, archive
from moderation.models import AuditEntry, Case, Decision, Evidence, Report, Request
from moderation.policy import ABOUT, LANES, MEASURES, REASONS, RULES
from moderation.sealing import BadSeal, unseal
from moderation.selectors.exports import case_audit
from moderation.selectors.notices import HIDDEN, evidence_hidden
from moderation.selectors.requests import export_barred
from moderation.services.cases import case_locked
from moderation.services.requests import request_make

_GONE: Final = "The evidence is gone."


@dataclass(frozen=True, slots=True)
class Export:
    """A file for an authority.

    Attributes:
        name: what to save it as.
        data: a ZIP.
        digest: SHA-256 of it in hex, as the audit log has it.
    """

    name: str
    data: bytes
    digest: str


def export_ask(case: Case, *, by: User, why: str) -> Request:
    """Ask for a copy of the evidence of a case; another person has to approve it.

    Raises:
        BadRequest: no reason is given.
        NotPossible: they may not, there is none, or it is asked for already.
    """
    with transaction.atomic():
        # The purge takes the same lock.
        case = case_locked(case.pk)
        if not Evidence.objects.filter(report__case=case).exists():
            raise NotPossible(_GONE)
        return request_make("export", str(case), by=by, why=why, payload={}, case=case)


def export_fetch(request_id: int, *, by: User) -> Export:
    """Give all there is of a case to who asked for it, for a while after another approved.

    That it is given out is committed to the log before, every time.

    Raises:
        NotPossible: it is not for them, or not any more; or the evidence is gone, hidden, sealed
            with a key that is not here, or not what its digest says.
    """
    with transaction.atomic():
        asked = Request.objects.select_related("decided_by").get(pk=request_id)
        # In this order a decision, a hold and the purge take their locks too.
        case = Case.objects.select_for_update(of=("self",)).filter(requests=asked).first()
        if barred := export_barred(asked, by):
            raise NotPossible(barred)
        if case is None or not Evidence.objects.filter(report__case=case).exists():
            raise NotPossible(_GONE)
        if any(evidence_hidden(report, by) for report in case.reports.all()):
            raise NotPossible(HIDDEN)
        data = archive(_exported(case))
        digest = hashlib.sha256(data).hexdigest()
        audit_append(
            actor=by.get_username(),
            action="export",
            target=str(case),
            detail={
                "approved_by": asked.decided_by.get_username() if asked.decided_by else "",
                "why": asked.why,
                "sha256": digest,
            },
        )
    return Export(name=f"case-{case.pk}-{digest[:12]}.zip", data=data, digest=digest)


def _exported(case: Case) -> ExportedCase:
    reports = case.reports.select_related("evidence__still").order_by("created_at", "pk")
    decisions = case.decisions.select_related("by", "lifting__by").order_by("created_at", "pk")
    return ExportedCase(
        label=str(case),
        lane=LANES[case.lane],  # type: ignore[index]
        subject=case.subject,
        is_child_safety=case.lane == "child_safety",
        site=settings.SITE_NAME,
        url=settings.PUBLIC_URL,
        reports=tuple(_report(each) for each in reports),
        decisions=tuple(_decision(each) for each in decisions),
        audit=tuple(_audit_entry(each) for each in case_audit(case)),
    )


def _report(report: Report) -> ExportedReport:
    evidence: Evidence | None = getattr(report, "evidence", None)
    try:
        note = report.note
        content = evidence.content if evidence is not None else None
        still = _still(report, evidence) if evidence is not None else None
    except BadSeal:
        raise NotPossible(f"None of the present keys opens {report}.") from None
    if evidence is not None and content is not None:
        _hold_to(evidence.digest, content, f"The conversation of {report}")
    return ExportedReport(
        reference=report.reference,
        reason=REASONS[report.reason],  # type: ignore[index]
        about=ABOUT[report.about],  # type: ignore[index]
        source=report.get_source_display(),
        note=note,
        outcome=report.outcome,
        room=report.room,
        mode=evidence.mode if evidence is not None else "",
        subject_seat=report.subject_seat,
        address=report.subject_address,
        address_epoch=report.subject_address_epoch,
        created_at=report.created_at,
        began_at=evidence.began_at if evidence is not None else None,
        content=content,
        still=still,
    )


def _still(report: Report, evidence: Evidence) -> ExportedStill | None:
    still = getattr(evidence, "still", None)
    if still is None:
        return None
    jpeg = unseal(still.sealed, "still", reference=report.reference)
    _hold_to(still.digest, jpeg, f"The still of {report}")
    return ExportedStill(
        jpeg=jpeg, width=still.width, height=still.height, received_at=still.received_at
    )


def _hold_to(digest: str, data: bytes, what: str) -> None:
    if hashlib.sha256(data).hexdigest() != digest:
        raise NotPossible(f"{what} is not what its digest says.")


def _decision(decision: Decision) -> dict[str, Any]:
    lifting = getattr(decision, "lifting", None)
    told: dict[str, Any] = {
        "reference": decision.reference,
        "at": decision.created_at.isoformat(),
        "by": decision.by.get_username() if decision.by else "automatic",
        "measure": MEASURES[decision.measure],  # type: ignore[index]
        "automated_detection": decision.automated_detection,
        "automated_decision": decision.automated_decision,
        "evidence": decision.evidence,
    }
    if decision.rule:
        told |= {
            "rule": RULES[decision.rule].title,
            "facts": decision.facts,
            "why": decision.why,
        }
    if lifting is not None:
        told["lifted"] = {
            "at": lifting.at.isoformat(),
            "by": lifting.by.get_username(),
            "why": lifting.why,
        }
    return told


def _audit_entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "target": entry.target,
        "detail": entry.detail,
        "click": entry.click,
        "previous": entry.previous,
        "digest": entry.digest,
    }
