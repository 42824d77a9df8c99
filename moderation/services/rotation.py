"""Sealing anew what is sealed, so that the older ones of EVIDENCE_KEYS can be taken away."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, get_args

from django.db import transaction

from moderation import spool
from moderation.audit import audit_append
from moderation.models import Case, Evidence, Notice, Report, Still
from moderation.sealing import Fate, Sealed, reseal

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of all there is of one kind.

    Attributes:
        resealed: with the newest key; with `dry_run` those that would be.
        newest: those that had it.
        unopened: those that none of the present keys opens; they stay as they are.
    """

    resealed: int = 0
    newest: int = 0
    unopened: int = 0


def evidence_reseal(*, actor: str, dry_run: bool = False) -> dict[Sealed, Rotation]:
    """Seal with the newest key what is sealed here, in the database and in this copy's spool.

    One report or notice at a time, so that a moderator waits for no more than one. `actor`: who is
    written down for it.
    """
    counts: Counter[tuple[Sealed, Fate]] = Counter()
    # Before the reports: what is brought in meanwhile is sealed with the newest key.
    counts.update(("draft", fate) for fate in spool.spool_reseal(dry_run=dry_run))
    for pk in _ids(Report):
        counts.update(_report_reseal(pk, dry_run=dry_run))
    for pk in _ids(Notice):
        counts.update(_notice_reseal(pk, dry_run=dry_run))
    rotations = {
        what: Rotation(**{fate: counts[what, fate] for fate in get_args(Fate)})
        for what in get_args(Sealed)
    }
    if not dry_run:
        detail = {what: dataclasses.asdict(each) for what, each in rotations.items()}
        audit_append(actor=actor, action="reseal", target="evidence", detail=detail)
    return rotations


def _ids(model: type[Report | Notice]) -> Iterator[int]:
    last = 0
    while batch := list(
        model.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_BATCH]
    ):
        yield from batch
        last = batch[-1]


def _report_reseal(pk: int, *, dry_run: bool) -> list[tuple[Sealed, Fate]]:
    with transaction.atomic():
        # In this order a decision, a hold and the purge take their locks too.
        Case.objects.select_for_update(of=("self",)).filter(reports=pk).first()
        return [
            (what, _reseal(record, field, dry_run=dry_run)) for what, record, field in _sealed(pk)
        ]


def _notice_reseal(pk: int, *, dry_run: bool) -> list[tuple[Sealed, Fate]]:
    with transaction.atomic():
        return [
            ("notice", _reseal(notice, "sealed", dry_run=dry_run))
            for notice in Notice.objects.select_for_update().filter(pk=pk)
        ]


def _reseal(record: Report | Evidence | Still | Notice, field: str, *, dry_run: bool) -> Fate:
    fate, renewed = reseal(getattr(record, field))
    if fate == "resealed" and not dry_run:
        setattr(record, field, renewed)
        record.save(update_fields=[field])
    return fate


def _sealed(pk: int) -> Iterator[tuple[Sealed, Report | Evidence | Still, str]]:
    """Give what a report holds: what it is, the locked record it is in, and in which field."""
    report = Report.objects.select_for_update().filter(pk=pk).first()
    if report is None:
        return
    if report.sealed_note:
        yield "note", report, "sealed_note"
    for evidence in Evidence.objects.select_for_update().filter(report=report):
        yield "talk", evidence, "sealed"
    for still in Still.objects.select_for_update(of=("self",)).filter(evidence__report=report):
        yield "still", still, "sealed"
