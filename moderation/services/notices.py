"""Notices from outside: taking them in, watching their clock, holding them, deciding them.

A decision takes the locks of the cases it touches before that of the notice, and deletes evidence
under that of its case, as a legal hold and the purge do. The clock takes the notice's lock alone.
"""

import logging
from datetime import timedelta
from typing import Final, Literal, cast

import msgspec
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import ngettext

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.drafts import NoticeDraft
from moderation.models import Case, Evidence, Notice, Report
from moderation.policy import (
    NOTICE_ALERT,
    NOTICE_CHARS,
    NOTICE_DUE,
    NOTICE_REASONS,
    NoticeKind,
    notice_lane,
)
from moderation.receipts import reference_new
from moderation.sealing import seal, unseal
from moderation.selectors.desk import permitted_lanes
from moderation.selectors.notices import notice_actions, report_named
from moderation.selectors.requests import exports_under_way
from moderation.services.cases import desk_tell
from moderation.services.claims import Claims
from moderation.services.reports import report_file
from moderation.statements import span_told
from omegle.lib.metrics import notices_late

logger = logging.getLogger(__name__)

WHY_CHARS: Final = 1000
Outcome = Literal["removed", "measure", "no_action"]

_claims = Claims(Notice, "notice", notice_actions)
notice_claim, notice_renew, notice_release = _claims.claim, _claims.renew, _claims.release


class BadNotice(ValueError):
    """A notice or its answer lacks something, or has too much; a sentence."""


def notice_make(kind: NoticeKind, draft: NoticeDraft) -> Notice:
    """Take a notice in, sealed, and start its clock.

    Whether what it names is there is told to nobody outside.

    Raises:
        BadNotice: it says nothing, or too much.
    """
    if not 1 <= len(draft.text) <= NOTICE_CHARS:
        message = ngettext(
            "Say what is wrong and why, in up to %(count)s character.",
            "Say what is wrong and why, in up to %(count)s characters.",
            NOTICE_CHARS,
        )
        raise BadNotice(message % {"count": NOTICE_CHARS})
    reference, now = reference_new("N"), timezone.now()
    sealed = seal(msgspec.json.encode(draft), "notice", reference=reference)
    with transaction.atomic():
        notice = Notice.objects.create(
            reference=reference,
            kind=kind,
            sealed=sealed,
            report=report_named(draft.named),
            received_at=now,
            due_at=now + NOTICE_DUE,
        )
        audit_append(actor="outside", action="notice", target=str(notice), detail={"kind": kind})
        desk_tell("notice")
    return notice


def notice_read(notice: Notice, *, moderator: User) -> NoticeDraft:
    """Give what was written to a moderator who may see it; that view is written down before.

    Raises:
        NotPossible: it is not theirs to see.
        BadSeal: it does not open.
    """
    if notice_lane(cast("NoticeKind", notice.kind)) not in permitted_lanes(moderator):
        raise NotPossible("You may not see this.")
    draft = msgspec.json.decode(
        unseal(notice.sealed, "notice", reference=notice.reference), type=NoticeDraft
    )
    audit_append(actor=moderator.get_username(), action="view", target=str(notice))
    return draft


# --- The clock ------------------------------------------------------------------------------------


def notices_watch() -> int:
    """Mark and tell, once each, what has waited for long, and what has for too long; count them.

    What it is about is hidden by the second mark, until somebody decides.
    """
    return _mark(
        "alerted_at",
        NOTICE_ALERT,
        f"A notice waits for {span_told(NOTICE_ALERT)}, and is due within "
        f"{span_told(NOTICE_DUE - NOTICE_ALERT)}: %s",
    ) + _mark("overdue_at", NOTICE_DUE, "A notice is overdue, and what it names is hidden: %s")


def _mark(field: Literal["alerted_at", "overdue_at"], after: timedelta, words: str) -> int:
    now = timezone.now()
    with transaction.atomic():
        # One that is locked is being decided: it waits no more, or the next run marks it.
        waiting = list(
            Notice.objects.select_for_update(skip_locked=True).filter(
                outcome=Notice.Outcome.PENDING,
                received_at__lte=now - after,
                **{f"{field}__isnull": True},
            )
        )
        for notice in waiting:
            setattr(notice, field, now)
            notice.save(update_fields=[field])
            audit_append(actor="automatic", action=field.removesuffix("_at"), target=str(notice))
        if waiting:
            desk_tell("notice-late")
    for notice in waiting:
        logger.error(words, notice.reference)
        notices_late.labels(field.removesuffix("_at")).inc()
    return len(waiting)


# --- Deciding -------------------------------------------------------------------------------------


def notice_decide(
    notice_id: int,
    *,
    moderator: User,
    version: int,
    outcome: Outcome,
    why: str,
    named: str = "",
) -> Notice:
    """Decide a notice that the moderator holds, with a reason that whoever sent it reads.

    `removed` deletes the evidence it is about, with its still, unless a legal hold or an export
    keeps that hidden. `measure` opens a case of the person, or opens theirs again. `named`: the
    report it is about, where the notice itself names none.

    Raises:
        Stale: it has changed since `version`.
        NotPossible: they do not hold it, or it is not for them to decide.
        BadNotice: no reason is given, one that is too long, or no report where one is needed.
    """
    why = why.strip()
    if not 1 <= len(why) <= WHY_CHARS:
        raise BadNotice(f"Say why, in up to {WHY_CHARS} characters: whoever sent it reads it.")
    with transaction.atomic():
        notice = Notice.objects.select_related("report__case").get(pk=notice_id)
        report = notice.report or _report_found(named, moderator)
        report = _cases_lock(report, cast("NoticeKind", notice.kind))
        if report is None and outcome != "no_action":
            raise BadNotice(
                "Name the report that it is about: without one only “no action” can be."
            )
        notice = _claims.to_answer(notice_id, moderator=moderator, version=version)
        kept = False
        if report is not None and outcome == "removed":
            kept = _evidence_remove(report)
        if report is not None and outcome == "measure":
            notice.opened = _report_open(report, cast("NoticeKind", notice.kind))
        notice.report = report
        notice.outcome, notice.why = outcome, why
        notice.decided_by, notice.decided_at = moderator, timezone.now()
        notice.save()
        audit_append(
            actor=moderator.get_username(),
            action="decide",
            target=str(notice),
            detail={
                "outcome": outcome,
                "report": str(report or ""),
                "case": notice.opened.case_id if notice.opened else None,
                "kept": kept,
            },
        )
        desk_tell("notice-decided", by=moderator.get_username())
    return notice


def _report_found(named: str, moderator: User) -> Report | None:
    """Give the report that a moderator names.

    Raises:
        BadNotice: it names none that they may see.
    """
    if not named.strip():
        return None
    report = report_named(named)
    if report is None or report.case is None or report.case.lane not in permitted_lanes(moderator):
        raise BadNotice("There is no such report that you may see.")
    return report


def _cases_lock(report: Report | None, kind: NoticeKind) -> Report | None:
    """Lock the case of a report, and the one that a measure would open, in one order.

    Give the report as it is then; None when the purge took it meanwhile.
    """
    if report is None:
        return None
    touched = Q(pk=report.case_id) | Q(subject=report.subject, lane=notice_lane(kind))
    list(Case.objects.select_for_update().filter(touched).order_by("pk"))
    return Report.objects.filter(pk=report.pk).first()


def _evidence_remove(report: Report) -> bool:
    """Delete the evidence of a report whose case is locked; whether something keeps it instead.

    A legal hold does, and an export: two persons want it, or are asked.
    """
    evidence = Evidence.objects.select_for_update().filter(report=report).first()
    if evidence is None:
        return False
    if evidence.on_hold or exports_under_way().filter(case=report.case_id).exists():
        return True
    evidence.delete()
    return False


def _report_open(report: Report, kind: NoticeKind) -> Report:
    """File a report of the same person for what a notice says; its evidence is the other one's."""
    opened = Report.objects.create(
        reference=reference_new("R"),
        source=Report.Source.NOTICE,
        room=report.room,
        subject=report.subject,
        subject_seat=report.subject_seat,
        subject_address=report.subject_address,
        subject_address_epoch=report.subject_address_epoch,
        about=report.about,
        reason=NOTICE_REASONS[kind],
        created_at=timezone.now(),
    )
    report_file(opened.pk)
    opened.refresh_from_db()
    return opened
