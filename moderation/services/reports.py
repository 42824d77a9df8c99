"""Reports: taken in with their evidence, and filed into cases.

`report_receive` is what is done before a reporter is answered; `report_file` is done by a job and
may run any number of times. While the database is away drafts wait in a spool.
"""

import contextlib
import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, cast

import msgspec
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from moderation import policy, spool
from moderation.cases import Event
from moderation.drafts import ReportDraft
from moderation.models import Case, Decision, Evidence, Report
from moderation.policy.retention import RETENTION
from moderation.scoring import LIGHTEST, reporter_weight
from moderation.sealing import BadSeal, seal
from moderation.selectors.bans import video_losses
from moderation.selectors.reporters import mutes_in_force, reporter_mute, reporter_record
from moderation.services.cases import case_change, case_rescore, desk_tell
from moderation.services.decisions import decide_automatically
from moderation.statements import AUTOMATIC_FACTS, VIDEO_FACTS, VIDEO_WHY
from omegle.lib.jobs import enqueue

logger = logging.getLogger(__name__)

FILE_JOB = "moderation.report_file"
# How long reports go to the spool at once after the database did not take one.
_AWAY_SECONDS = 10.0
_away_until = 0.0
EVIDENCE_KEPT = RETENTION["evidence"] or timedelta(0)
# Of the beginning of a talk that is longer than chat's log of it.
_EARLIER_LINES = 200
_PER_RUN = 500


def report_take(draft: ReportDraft) -> str:
    """Keep a report for sure, in the database or on disk, and give its reference.

    Raises:
        OSError: neither was possible.
    """
    global _away_until  # noqa: PLW0603  (what one report learned spares the next ones the wait)
    if time.monotonic() >= _away_until:
        try:
            return report_receive(draft)
        except (OperationalError, InterfaceError) as error:
            logger.error("A report went to the spool: %s", type(error).__name__)
            _away_until = time.monotonic() + _AWAY_SECONDS
    spool.spool_write(draft)
    return draft.reference


def report_receive(draft: ReportDraft) -> str:
    """Commit a report with its evidence and have it filed; give its reference.

    The same report again gives the first one's reference and changes nothing, but that evidence of
    our own checks grows while it waits for a moderator.
    """
    with transaction.atomic():
        known = _known(draft)
        if known is not None:
            if not draft.reporter and known.room == draft.talk.room:
                _evidence_grow(known, draft)
            return known.reference
        try:
            with transaction.atomic():
                report = _create(draft)
        except IntegrityError:
            known = _known(draft)
            if known is None:
                raise
            return known.reference
        enqueue(FILE_JOB, report.pk)
    return report.reference


def _known(draft: ReportDraft) -> Report | None:
    """Give the report that this one repeats.

    Our own checks report somebody for the same reason once a day (UTC): each report more would
    refuse the decision of the moderator who holds the case. Two at the very same moment both count.
    """
    same = Q(subject=draft.subject.tag, reporter=draft.reporter)
    if draft.reporter:
        same &= Q(room=draft.talk.room, about=draft.about)
    else:
        today = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        same &= Q(reason=draft.reason, source=Report.Source.AUTOMATIC) & (
            Q(room=draft.talk.room) | Q(created_at__gte=today)
        )
    found = list(Report.objects.filter(Q(reference=draft.reference) | same))
    return min(found, key=lambda each: each.room != draft.talk.room, default=None)


def _evidence_grow(known: Report, draft: ReportDraft) -> None:
    """Let the evidence of a pending automatic report have what was said since.

    It stays as it is once somebody decided by it or holds it for the law.
    """
    # In this order a decision takes its locks too.
    if known.case_id is not None:
        Case.objects.select_for_update().filter(pk=known.case_id).first()
    report = (
        Report.objects.select_for_update()
        .filter(pk=known.pk, case=known.case_id, outcome=Report.Outcome.PENDING)
        .first()
    )
    evidence = Evidence.objects.filter(report=report, on_hold=False).first() if report else None
    if evidence is None or _rested_on(evidence, known.case_id):
        return
    try:
        seats, before = evidence.seats, evidence.transcript
    except BadSeal as error:
        logger.error("The evidence of %s does not grow: %s", known, error)
        return
    # Messages, questions and what the filter stopped leave chat's logs at different times.
    kept = {_line_key(line): line for line in before}
    lines = [kept.pop(_line_key(line), line) for line in msgspec.to_builtins(draft.talk.lines)]
    lines += list(kept.values())[:_EARLIER_LINES]
    content = _evidence_content(seats, sorted(lines, key=lambda line: line["at"]))
    evidence.sealed = seal(content, "talk", reference=known.reference)
    evidence.digest = hashlib.sha256(content).hexdigest()
    evidence.save(update_fields=["sealed", "digest"])


def _line_key(line: dict[str, Any]) -> tuple[Any, ...]:
    """Give what is the same of a line however much of the log is left; an attempt has no number."""
    attempt = line["text"] if line["verdict"] == "hold" else ""
    return line.get("kind", "message"), line["seat"], line["seq"], line["at"], attempt


def _rested_on(evidence: Evidence, case_id: int | None) -> bool:
    decisions = Decision.objects.filter(case=case_id).values_list("evidence", flat=True)
    return any(evidence.digest in digests for digests in decisions)


def _create(draft: ReportDraft) -> Report:
    now = timezone.now()
    report = Report.objects.create(
        reference=draft.reference,
        source=Report.Source.VISITOR if draft.reporter else Report.Source.AUTOMATIC,
        room=draft.talk.room,
        reporter=draft.reporter,
        reporter_address=draft.reporter_address,
        reporter_seat=draft.reporter_seat,
        subject=draft.subject.tag,
        subject_seat=draft.subject_seat,
        subject_address=draft.subject.address,
        subject_address_epoch=draft.subject.address_epoch,
        about=draft.about,
        reason=draft.reason,
        sealed_note=_note_sealed(draft),
        created_at=now,
    )
    talk = draft.talk
    seats = {seat: person.name for seat, person in talk.people.items()}
    content = _evidence_content(seats, msgspec.to_builtins(talk.lines))
    began = datetime.fromtimestamp(talk.began_ms / 1000, UTC) if talk.began_ms else None
    Evidence.objects.create(
        report=report,
        mode=talk.mode,
        began_at=began,
        sealed=seal(content, "talk", reference=draft.reference),
        digest=hashlib.sha256(content).hexdigest(),
        purge_at=now + EVIDENCE_KEPT,
    )
    return report


def _note_sealed(draft: ReportDraft) -> bytes:
    return seal(draft.note.encode(), "note", reference=draft.reference) if draft.note else b""


def evidence_digest(seats: dict[str, str], transcript: list[dict[str, Any]]) -> str:
    """Give the SHA-256 that evidence must have."""
    return hashlib.sha256(_evidence_content(seats, transcript)).hexdigest()


def _evidence_content(seats: dict[str, str], transcript: list[dict[str, Any]]) -> bytes:
    """Give what is sealed: a file as it is, in which nothing but ASCII stands for what was said."""
    return json.dumps({"seats": seats, "transcript": transcript}, sort_keys=True).encode()


def report_file(report_id: int) -> None:
    """File a report into its case, weigh it, act where the tables say so, and tell the desk."""
    with transaction.atomic():
        report = Report.objects.select_for_update().get(pk=report_id)
        if report.filed_at is not None:
            return
        now = timezone.now()
        if report.reporter:
            upheld, dismissed = reporter_record(report.reporter)
            report.weight = reporter_weight(upheld=upheld, dismissed=dismissed)
            if reporter_mute(report.reporter) is not None:
                report.weight = LIGHTEST
        case = _case_for(report)
        report.case, report.filed_at = case, now
        report.save(update_fields=["weight", "case", "filed_at"])
        case_change(case, Event.REPORT, actor="automatic", detail=report.reference)
        case_rescore(case)
        _act(case)
        _act_on_video(case)
        desk_tell("report", case.pk)


def _case_for(report: Report) -> Case:
    """Give the case of the report's subject and lane, locked; make it when there is none."""
    now = timezone.now()
    lane = policy.LANE_OF[report.reason]  # type: ignore[index]
    with contextlib.suppress(IntegrityError), transaction.atomic():
        if not Case.objects.filter(subject=report.subject, lane=lane).exists():
            Case.objects.create(subject=report.subject, lane=lane, opened_at=now, changed_at=now)
    return Case.objects.select_for_update().get(subject=report.subject, lane=lane)


def _act(case: Case) -> None:
    """Impose the automatic measure when enough strangers report the same within a day.

    Only for what the table allows, and only on what has come since automation last acted here. Who
    reports several things counts once, and so does who shares an address: it may be one person with
    several browsers.
    """
    since = timezone.now() - policy.AUTOMATIC_SPAN
    last = case.decisions.filter(automated_decision=True, measure=policy.AUTOMATIC_MEASURE).first()
    if last is not None:
        since = max(since, last.created_at)
    reports = case.reports.filter(
        created_at__gt=since,
        outcome="",
        source=Report.Source.VISITOR,
        reason__in=policy.AUTOMATIC_RULES,
    )
    distinct = _of_distinct_reporters(reports.order_by("-weight", "created_at"))
    if sum(report.weight for report in distinct) >= policy.AUTOMATIC_WEIGHT:
        rules = Counter(
            policy.AUTOMATIC_RULES[cast("policy.Reason", report.reason)] for report in distinct
        )
        decide_automatically(
            case,
            measure=policy.AUTOMATIC_MEASURE,
            rule=rules.most_common(1)[0][0],
            facts=AUTOMATIC_FACTS,
        )


def _act_on_video(case: Case) -> None:
    """Take video from the case's subject when enough strangers report them from it within a day.

    Whatever for, in whichever lane, and not dismissed; what led to the last loss is spent. Muted
    reporters are left to the moderators.
    """
    if case.subject in video_losses():
        return
    since = timezone.now() - policy.AUTOMATIC_SPAN
    last = Decision.objects.filter(
        subject=case.subject, measure=policy.VIDEO_MEASURE, automated_decision=True
    ).first()
    if last is not None:
        since = max(since, last.created_at)
    reports = Report.objects.filter(
        subject=case.subject,
        source=Report.Source.VISITOR,
        created_at__gt=since,
        evidence__mode="video",
    ).exclude(outcome=Report.Outcome.DISMISSED)
    reports = reports.exclude(reporter__in=mutes_in_force().values("reporter"))
    if len(_of_distinct_reporters(reports.order_by("created_at"))) >= policy.VIDEO_REPORTERS:
        decide_automatically(
            case,
            measure=policy.VIDEO_MEASURE,
            rule=policy.VIDEO_RULE,
            facts=VIDEO_FACTS,
            why=VIDEO_WHY,
        )


def _of_distinct_reporters(reports: Iterable[Report]) -> list[Report]:
    """Give the first report of each reporter; who shares an address counts as one."""
    distinct, counted = [], set[str]()
    for report in reports:
        who = {report.reporter, report.reporter_address} - {""}
        if counted.isdisjoint(who):
            distinct.append(report)
        counted |= who
    return distinct


def reports_sweep() -> int:
    """Bring in what the spool holds and file what no job has filed; give how many there were.

    One that fails is left for the next time and holds up nothing; a run takes so many.
    """
    count = spool_drain()
    left = Report.objects.filter(filed_at=None).order_by("created_at").values_list("pk", flat=True)
    for report in left[:_PER_RUN]:
        try:
            report_file(report)
        except (OperationalError, InterfaceError) as error:
            logger.error("Filing waits for the database: %s", type(error).__name__)
            break
        except Exception as error:  # noqa: BLE001  (whatever it is, the others come after it)
            logger.error("A report was not filed: %s", type(error).__name__)
        else:
            count += 1
    return count


def spool_drain() -> int:
    """Bring the spooled drafts into the database; each leaves the disk once it is committed."""
    drained = 0
    for path, draft in islice(spool.spool_read(), _PER_RUN):
        try:
            report_receive(draft)
        except (OperationalError, InterfaceError):
            break
        except Exception as error:  # noqa: BLE001  (as above)
            logger.error("A spooled report was not taken in: %s", type(error).__name__)
        else:
            spool.spool_remove(path)
            drained += 1
    return drained
