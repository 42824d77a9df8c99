"""Stills of a video: taken in with a report, and shown to whoever holds its case.

A still is what a reporter says they saw. It hangs on the evidence of the report, which is our own.
"""

import hashlib
import threading
from typing import Final, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import Case, Evidence, Report, Still
from moderation.pictures import Picture, picture_clean
from moderation.policy import STILL_WINDOW, Lane
from moderation.policy.desk import EXPOSURE_STILL
from moderation.sealing import seal, unseal
from moderation.selectors.desk import still_barred
from moderation.selectors.notices import evidence_hidden
from moderation.services.cases import desk_tell
from moderation.services.shifts import exposure_note

# Each takes up to some 60 MB for a moment: so many at once in a process, the others wait a little.
_decoding = threading.BoundedSemaphore(2)
_DECODING_SECONDS: Final = 5.0


class NoStill(Exception):
    """There is no such report for them, or it is none that a still belongs to."""


class StillLate(Exception):
    """The report was made too long ago."""


class StillThere(Exception):
    """There is another one already."""


class StillBusy(Exception):
    """Too many are being looked at."""


def stills_taken() -> bool:
    """Whether this copy takes stills at all."""
    return bool(settings.FRAME_EVIDENCE)


def still_wanted(reference: str) -> bool:
    """Whether the reporter may send a still for this report now."""
    if not stills_taken():
        return False
    evidence = _evidence(reference).filter(still=None).first()
    return evidence is not None and not _is_late(evidence.report)


def still_attach(data: bytes, *, reference: str, reporter: str) -> Still:
    """Keep the still of a report, made anew and sealed; the same one again changes nothing.

    `reporter`: the tag of whoever sends it.

    Raises:
        NoStill: it is not their report, or not one of a stranger in a video.
        StillLate, StillThere, StillBusy: as they say.
        BadPicture: a sentence for the reporter.
    """
    evidence = _evidence(reference).filter(report__reporter=reporter).first()
    if not stills_taken() or not reporter or evidence is None:
        raise NoStill
    # A late one costs no decoding; that the first has come is known under the lock alone.
    if _is_late(evidence.report):
        raise StillLate
    picture = _cleaned(data)
    digest = hashlib.sha256(picture.jpeg).hexdigest()
    with transaction.atomic():
        # In this order a decision, a hold and the purge take their locks too.
        case = Case.objects.select_for_update(of=("self",)).filter(reports=evidence.report_id)
        case_id = case.values_list("pk", flat=True).first()
        locked = Evidence.objects.select_for_update(of=("self",)).filter(pk=evidence.pk).first()
        if locked is None:
            raise NoStill
        known = Still.objects.filter(evidence=locked).first()
        if known is not None:
            if known.digest == digest:
                return known
            raise StillThere
        still = Still.objects.create(
            evidence=locked,
            sealed=seal(picture.jpeg, "still", reference=reference),
            digest=digest,
            width=picture.width,
            height=picture.height,
            received_at=timezone.now(),
        )
        # The log seals what came with it: what is there later is what came.
        audit_append(
            actor="automatic", action="still", target=str(still), detail={"sha256": digest}
        )
        desk_tell("still", case_id)
    return still


def _evidence(reference: str) -> QuerySet[Evidence]:
    """Give the evidence of a report that a still can belong to."""
    return Evidence.objects.select_related("report").filter(
        report__reference=reference,
        report__source=Report.Source.VISITOR,
        report__about="seat",
        mode="video",
    )


def _is_late(report: Report) -> bool:
    return timezone.now() - report.created_at > STILL_WINDOW


def _cleaned(data: bytes) -> Picture:
    if not _decoding.acquire(timeout=_DECODING_SECONDS):
        raise StillBusy
    try:
        return picture_clean(data)
    finally:
        _decoding.release()


def still_view(evidence: Evidence, *, moderator: User) -> bytes:
    """Give the JPEG to a moderator who holds the case; that view is committed to the log before.

    Raises:
        NotPossible: they may not see it now, or there is none.
        BadSeal: it does not open.
    """
    with transaction.atomic():
        cases = Case.objects.select_for_update(of=("self",))
        case = cases.filter(reports=evidence.report_id).first()
        still = Still.objects.filter(evidence=evidence).first()
        if case is None or still is None:
            raise NotPossible("There is no still any more.")
        barred = still_barred(case, moderator) or evidence_hidden(evidence.report, moderator)
        if barred:
            raise NotPossible(barred)
        jpeg = unseal(still.sealed, "still", reference=evidence.report.reference)
        exposure_note(
            moderator, what=str(still), lane=cast("Lane", case.lane), points=EXPOSURE_STILL
        )
        audit_append(actor=moderator.get_username(), action="view-still", target=str(still))
    return jpeg
