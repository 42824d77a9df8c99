"""What the desk shows of the reports of a case: on the case's own page, and on an appeal's."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest

from moderation.admin.shown import (
    ShownLine,
    ShownSeat,
    about_words,
    question_hidden_from,
    seat_name,
    seats_shown,
    tag_short,
    transcript_shown,
    transcript_summary,
)
from moderation.drafts import ASKER
from moderation.models import Case, Evidence, FilterRule, Notice, Report
from moderation.policy import ABOUT, MUTE, REASONS, SET_ASIDE_MOST, About
from moderation.policy.desk import COVERED_LANES
from moderation.policy.retention import RETENTION
from moderation.sealing import BadSeal
from moderation.selectors.desk import still_barred
from moderation.selectors.notices import evidence_hidden, notices_of
from moderation.selectors.reporters import (
    may_mute,
    reporter_mute,
    reporter_record,
    reports_to_set_aside,
)
from moderation.services.cases import evidence_view, may_hold


def evidence_context(
    request: HttpRequest,
    case: Case,
    moderator: User,
    *,
    before: datetime | None = None,
    blind: bool = False,
) -> dict[str, Any]:
    """Give the reports, and of the chosen one what was said by whom; that view is written down.

    `before`: only what was reported by then. `blind`: nothing that shows what was decided then.
    """
    order = ("-created_at",) if blind else ("outcome", "-created_at")
    reports = list(case.reports.order_by(*order))
    if before is not None:
        reports = [report for report in reports if report.created_at <= before]
    wanted = request.GET.get("report")
    chosen = next((each for each in reports if each.reference == wanted), None) or (
        reports[0] if reports else None
    )
    lines: list[ShownLine] = []
    people: list[ShownSeat] = []
    is_hidden = False
    hidden = evidence_hidden(chosen, moderator) if chosen is not None else ""
    evidence = getattr(chosen, "evidence", None) if not hidden else None
    opened = _opened(evidence)
    seats, transcript = opened or ({}, [])
    if chosen is not None and evidence is not None and opened is not None:
        chosen.case = case
        evidence.report = chosen
        evidence_view(evidence, moderator=moderator)
        met = {rule for line in transcript for rule in line.get("rules", ())}
        people = seats_shown(
            seats,
            transcript,
            subject_seat=chosen.subject_seat,
            reporter_seat=chosen.reporter_seat,
        )
        is_hidden = question_hidden_from(chosen.subject_seat, transcript)
        lines = transcript_shown(
            seats,
            transcript,
            subject_seat=chosen.subject_seat,
            rules={rule.pk: str(rule) for rule in FilterRule.objects.filter(pk__in=met)}
            if met
            else {},
        )
    return {
        "reports": [
            (report, REASONS[report.reason], ABOUT[report.about])  # type: ignore[index]
            for report in reports
        ],
        "report": chosen,
        "report_reason": REASONS[chosen.reason] if chosen else "",  # type: ignore[index]
        "report_about": _about(chosen, seats),
        "report_note": note_words(chosen) if chosen else "",
        "reporter": _reporter(chosen, seats, moderator, then=before if blind else None),
        "is_blind": blind,
        "evidence": evidence,
        "evidence_hidden": hidden,
        "notice": _notice(chosen, moderator),
        "is_lost": evidence is not None and opened is None,
        "still": getattr(evidence, "still", None),
        "still_barred": still_barred(case, moderator),
        "people": people,
        "is_hidden": is_hidden,
        "lines": lines,
        "summary": transcript_summary(lines),
        "is_covered": case.lane in COVERED_LANES,
        "may_hold": may_hold(moderator) and not blind,
        "kept_days": cast("timedelta", RETENTION["evidence"]).days,
    }


def _notice(report: Report | None, moderator: User) -> dict[str, Any] | None:
    """Give the notice by which a report was filed, and whether they may look at it."""
    notice = Notice.objects.select_related("report").filter(opened=report).first()
    if report is None or notice is None:
        return None
    return {"notice": notice, "may": notices_of(moderator).filter(pk=notice.pk).exists()}


def _opened(evidence: Evidence | None) -> tuple[dict[str, str], list[dict[str, Any]]] | None:
    """Give seats and lines; None where there is no evidence, or none of our keys opens it."""
    try:
        return (evidence.seats, evidence.transcript) if evidence is not None else None
    except BadSeal:
        return None


def note_words(report: Report) -> str:
    """Give the note of a report, or that none of our keys opens it."""
    try:
        return report.note
    except BadSeal:
        return "Nobody can read it: its key is not here any more, or it was changed."


def _about(report: Report | None, seats: Mapping[str, str]) -> str:
    if report is None:
        return ""
    return about_words(cast("About", report.about), seats, report.subject_seat)


def _reporter(
    report: Report | None,
    seats: Mapping[str, str],
    moderator: User,
    *,
    then: datetime | None,
) -> dict[str, Any] | None:
    """Give the record of a report's reporter, and what may be done about them.

    `then`: as it was before that moment, with nothing to be done.
    """
    if report is None or not report.reporter:
        return None
    upheld, dismissed = reporter_record(report.reporter, before=then)
    may = may_mute(moderator) and then is None
    waiting = reports_to_set_aside(report.reporter, moderator).count() if may else 0
    seat = report.reporter_seat if str(ASKER) in seats else None
    return {
        "name": seat_name(seats, seat) if seat is not None else "",
        "tag": tag_short(report.reporter),
        "upheld": upheld,
        "dismissed": dismissed,
        "weight": f"{report.weight:g}",
        "mute": reporter_mute(report.reporter) if then is None else None,
        "may_mute": may,
        "mute_days": MUTE.days,
        "waiting": waiting,
        "at_once": min(waiting, SET_ASIDE_MOST),
    }
