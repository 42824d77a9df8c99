"""What time alone brings about in moderation's records: the retention table is carried out."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from moderation.models import Case, Evidence, Report, Sanction
from moderation.policy import RETENTION


def records_purge() -> dict[str, int]:
    """Delete what has been kept long enough; give the count of each kind.

    Evidence on legal hold stays, with the report and the case it belongs to. Each is one statement,
    so that a hold which is set meanwhile is either seen or too late for a row that is gone.
    """
    now = timezone.now()
    evidence, _ = Evidence.objects.filter(purge_at__lte=now, on_hold=False).delete()
    held = Evidence.objects.filter(on_hold=True)
    reports, _ = (
        Report.objects.filter(resolved_at__lte=_limit("report", now))
        .exclude(Exists(held.filter(report=OuterRef("pk"))))
        .delete()
    )
    in_force = Sanction.objects.filter(Q(until=None) | Q(until__gt=now), end=None)
    cases, _ = (
        Case.objects.filter(status="decided", changed_at__lte=_limit("case", now))
        .exclude(Exists(held.filter(report__case=OuterRef("pk"))))
        .exclude(Exists(in_force.filter(decision__case=OuterRef("pk"))))
        .delete()
    )
    return {"evidence": evidence, "report": reports, "case": cases}


def _limit(kind: str, now: datetime) -> datetime:
    kept = RETENTION[kind]
    assert kept is not None  # noqa: S101  (the table's tests hold it)
    return now - kept
