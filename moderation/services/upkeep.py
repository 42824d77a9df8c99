"""What time alone brings about in moderation's records: the retention table is carried out.

A legal hold beats all of it, and an appeal or a request keeps what it is about until it is
answered. All of them come under the lock of their case (`services.cases.evidence_hold`,
`services.appeals`, `services.custody`), and so is everything deleted here that they may keep.
"""

from collections import Counter
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.management import call_command
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from moderation import spool
from moderation.cases import Status
from moderation.models import (
    Appeal,
    Case,
    Evidence,
    Mute,
    Notice,
    RangeBan,
    Report,
    Request,
    Sanction,
    SecondOpinion,
    Shift,
    Still,
)
from moderation.policy import AUTOMATIC_SPAN
from moderation.policy.retention import RETENTION
from moderation.selectors.opinions import evidence_before
from moderation.selectors.requests import exports_under_way
from moderation.tags import oldest_live_epoch

_PART_KEPT: Final = timedelta(days=1)


def records_purge(*, dry_run: bool = False) -> dict[str, int]:
    """Delete what has been kept long enough; give how many of each kind.

    A case that somebody works on at this moment is left for the next time. With `dry_run` all is
    put back, and the counts are what a purge would do now.
    """
    now = timezone.now()
    gone: Counter[str] = Counter()
    with transaction.atomic() if dry_run else nullcontext():
        addresses = _addresses_forget()
        for case in _cases_concerned(now):
            gone += _case_purge(case, now)
        gone += _deleted(_reports_due(now).filter(case=None))
        gone += _deleted(_requests_due(now).filter(case=None))
        gone += _deleted(RangeBan.objects.filter(until__lte=_limit("range_ban", now)))
        gone += _deleted(_notices_due(now).filter(report__case=None))
        gone += _deleted(Mute.objects.filter(until__lte=now))
        gone += _deleted(Shift.objects.filter(seen_at__lte=_limit("exposure", now)))
        if dry_run:
            transaction.set_rollback(True)
    return {
        "evidence": gone["moderation.Evidence"],
        "still": gone["moderation.Still"],
        "report": gone["moderation.Report"],
        "case": gone["moderation.Case"],
        "decision": gone["moderation.Decision"],
        "appeal": gone["moderation.Appeal"],
        "request": gone["moderation.Request"],
        "notice": gone["moderation.Notice"],
        "mute": gone["moderation.Mute"],
        "exposure": gone["moderation.Exposure"],
        "second_opinion": gone["moderation.SecondOpinion"],
        "range_ban": gone["moderation.RangeBan"],
        "address": addresses,
        "spool": spool.spool_parts_remove(before=now - _PART_KEPT, dry_run=dry_run),
    }


def _cases_concerned(now: datetime) -> list[int]:
    cases = set(_cases_due(now).values_list("pk", flat=True))
    cases.update(_reports_due(now).exclude(case=None).values_list("case", flat=True))
    cases.update(_evidence_due(now).values_list("report__case", flat=True))
    cases.update(_stills_due(now).values_list("evidence__report__case", flat=True))
    cases.update(_appeals_due(now).values_list("decision__case", flat=True))
    cases.update(_requests_due(now).exclude(case=None).values_list("case", flat=True))
    cases.update(_evidence_removed().values_list("report__case", flat=True))
    noticed = _notices_due(now).exclude(report__case=None)
    cases.update(noticed.values_list("report__case", flat=True))
    return sorted(cases)


def _case_purge(case: int, now: datetime) -> Counter[str]:
    """Delete what is due of a case, or all of it, unless it was locked or held meanwhile."""
    with transaction.atomic():
        if not list(Case.objects.select_for_update(skip_locked=True).filter(pk=case)):
            return Counter()
        whole = _cases_due(now).filter(pk=case)
        if whole.exists():
            return _deleted(whole)
        reports = _deleted(_reports_due(now).filter(case=case))
        stills = _deleted(_stills_due(now).filter(evidence__report__case=case))
        appeals = _deleted(_appeals_due(now).filter(decision__case=case))
        requests = _deleted(_requests_due(now).filter(case=case))
        evidence = _deleted(_evidence_due(now).filter(report__case=case))
        removed = _deleted(_evidence_removed().filter(report__case=case))
        notices = _deleted(_notices_due(now).filter(report__case=case))
        # Nobody can say any more what they would have decided.
        unanswered = SecondOpinion.objects.filter(by=None, decision__case=case)
        opinions = _deleted(unanswered.exclude(evidence_before("decision__")))
        gone = reports + stills + appeals + requests + evidence
        return gone + removed + notices + opinions


def _deleted(records: QuerySet[Any]) -> Counter[str]:
    """Delete the records; give how many of each model went with them."""
    return Counter(records.delete()[1])


def _evidence_due(now: datetime) -> QuerySet[Evidence]:
    """Give what is due of itself: never before its case is decided, and a while after that."""
    return Evidence.objects.exclude(_awaited("report__case")).filter(
        on_hold=False,
        purge_at__lte=now,
        report__case__status=Status.DECIDED,
        report__case__decided_at__lte=_limit("evidence", now),
    )


def _evidence_removed() -> QuerySet[Evidence]:
    """Give what a notice was right about, once no legal hold and no export keeps it any more."""
    right = Notice.objects.filter(report=OuterRef("report"), outcome=Notice.Outcome.REMOVED)
    exports = exports_under_way().filter(case=OuterRef("report__case"))
    return Evidence.objects.filter(Exists(right), on_hold=False).exclude(Exists(exports))


def _stills_due(now: datetime) -> QuerySet[Still]:
    """Give what is due before its evidence, with which it goes at the latest."""
    return Still.objects.exclude(_awaited("evidence__report__case")).filter(
        evidence__on_hold=False,
        evidence__report__case__status=Status.DECIDED,
        evidence__report__case__decided_at__lte=_limit("still", now),
    )


def _reports_due(now: datetime) -> QuerySet[Report]:
    """Give what was resolved long ago, and what no case ever had; the rest goes with its case."""
    never_filed = Q(case=None, resolved_at=None, created_at__lte=_limit("case", now))
    return (
        Report.objects.filter(Q(resolved_at__lte=_limit("report", now)) | never_filed)
        .exclude(Exists(Evidence.objects.filter(report=OuterRef("pk"), on_hold=True)))
        .exclude(_awaited("case"))
    )


def _appeals_due(now: datetime) -> QuerySet[Appeal]:
    """Give what was answered long ago; what waits goes with nothing."""
    return Appeal.objects.filter(decided_at__lte=_limit("appeal", now)).exclude(
        Exists(Evidence.objects.filter(report__case=OuterRef("decision__case"), on_hold=True))
    )


def _notices_due(now: datetime) -> QuerySet[Notice]:
    """Give what was decided long ago, or never; what is on hold stays hidden by its notice."""
    never = Q(outcome=Notice.Outcome.PENDING, received_at__lte=_limit("case", now))
    return Notice.objects.filter(Q(decided_at__lte=_limit("notice", now)) | never).exclude(
        Exists(Evidence.objects.filter(report=OuterRef("report"), on_hold=True))
    )


def _cases_due(now: datetime) -> QuerySet[Case]:
    """Give what nobody has changed for long, decided or not, unless it still keeps somebody out."""
    in_force = Sanction.objects.filter(Q(until=None) | Q(until__gt=now), end=None)
    return (
        Case.objects.filter(changed_at__lte=_limit("case", now))
        .exclude(Exists(Evidence.objects.filter(report__case=OuterRef("pk"), on_hold=True)))
        .exclude(Exists(in_force.filter(decision__case=OuterRef("pk"))))
        .exclude(_awaited("pk"))
    )


def _requests_due(now: datetime) -> QuerySet[Request]:
    """Give what ended long ago; what waits goes with nothing."""
    on_hold = Evidence.objects.filter(report__case=OuterRef("case"), on_hold=True)
    return Request.objects.filter(decided_at__lte=_limit("request", now)).exclude(Exists(on_hold))


def _awaited(case: str) -> Q:
    """Whether an appeal waits in a case, which `case` leads to, or a request, or an export."""
    appeals = Appeal.objects.filter(outcome=Appeal.Outcome.PENDING)
    requests = Request.objects.filter(outcome=Request.Outcome.PENDING) | exports_under_way()
    return Q(Exists(appeals.filter(decision__case=OuterRef(case)))) | Q(
        Exists(requests.filter(case=OuterRef(case)))
    )


def _addresses_forget() -> int:
    """Delete the address tags under keys that are no longer live; give how many there were.

    Those of reporters go as soon as automation has no use for them. A report on legal hold keeps
    its subject's. The sanction goes all the same: it is over, and the tag is that of the report.
    """
    of_reporters = (
        Report.objects.exclude(reporter_address="")
        .filter(created_at__lte=timezone.now() - AUTOMATIC_SPAN)
        .update(reporter_address="")
    )
    first = oldest_live_epoch()
    held = Evidence.objects.filter(report=OuterRef("pk"), on_hold=True)
    of_reports = (
        Report.objects.exclude(subject_address="")
        .filter(Q(subject_address_epoch=None) | Q(subject_address_epoch__lt=first))
        .exclude(Exists(held))
        .update(subject_address="", subject_address_epoch=None)
    )
    # Whole rows: triggers refuse to change one.
    over = Sanction.objects.filter(target=Sanction.Target.ADDRESS, epoch__lt=first)
    return of_reporters + of_reports + _deleted(over)["moderation.Sanction"]


def _limit(kind: str, now: datetime) -> datetime:
    kept = RETENTION[kind]
    assert kept is not None  # noqa: S101  (the table's tests hold it)
    return now - kept


def sessions_clear() -> None:
    """Delete the sessions of staff that have run out."""
    call_command("clearsessions")
