"""Deciding cases: the decision, its statement and its sanctions in one transaction.

A moderator decides what they hold, once, on the version they saw. Automation decides only what the
tables in `policy` let it, and leaves the case open for a person.
"""

from datetime import datetime, timedelta
from typing import cast

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from moderation.audit import audit_append
from moderation.cases import Event, NotPossible
from moderation.models import Case, Decision, Report, Sanction, SanctionEnd
from moderation.policy import (
    ADDRESS_SPANS,
    AUTOMATIC_MEASURE,
    BANS,
    Lane,
    Measure,
    rules_for,
)
from moderation.receipts import reference_new
from moderation.selectors import (
    case_actions,
    permitted_lanes,
    permitted_measures,
    visitor_bans,
)
from moderation.services.cases import case_change, case_locked, case_rescore, desk_tell
from moderation.statements import AUTOMATIC_FACTS, decision_why
from moderation.tags import AddressTag
from omegle.lib import bells

SANCTIONS_BELL = "sanctions"
_RESOLVED = {True: Report.Outcome.UPHELD, False: Report.Outcome.DISMISSED}


class BadDecision(ValueError):
    """The decision lacks something a statement of reasons needs; a sentence for the moderator."""


def case_decide(
    case_id: int,
    *,
    moderator: User,
    version: int,
    measure: Measure,
    rule: str = "",
    facts: str = "",
    why: str = "",
) -> Decision:
    """Decide a case the moderator holds; its reports are resolved with it.

    Raises:
        Stale: the case has changed since `version`.
        NotPossible: they do not hold it, or may not impose this.
        BadDecision: a measure without rule or facts.
    """
    with transaction.atomic():
        case = case_locked(case_id, version=version)
        actions = case_actions(case, moderator)
        if actions.barred:
            raise NotPossible(actions.barred)
        if measure not in actions.measures:
            raise NotPossible("You may not impose this.")
        facts, why = facts.strip(), why.strip()
        if measure != "dismiss":
            if rule not in dict(actions.rules):
                raise BadDecision("Choose the rule that was broken.")
            if not facts:
                raise BadDecision("Say what happened: the person is told.")
        automatic = set(case.reports.values_list("source", flat=True)) == {"automatic"}
        decision = _record(
            case,
            by=moderator,
            measure=measure,
            rule=rule if measure != "dismiss" else "",
            facts=facts,
            why=why or (decision_why(rule) if measure != "dismiss" else ""),
            source=Decision.Source.OWN if automatic else Decision.Source.REPORT,
            automated_detection=automatic,
            automated_decision=False,
        )
        case.decided_at = decision.created_at
        case_change(case, Event.DECIDE, actor=moderator.get_username(), detail=decision.reference)
        case.reports.filter(outcome="").update(
            outcome=_RESOLVED[measure != "dismiss"], resolved_at=decision.created_at
        )
        audit_append(
            actor=moderator.get_username(),
            action="decide",
            target=str(case),
            detail={"decision": decision.reference, "measure": measure, "rule": rule},
        )
        desk_tell("decide", case.pk, by=moderator.get_username())
    return decision


def decide_automatically(case: Case) -> Decision | None:
    """Impose the automatic measure on the subject of a locked case, unless they are kept out."""
    if visitor_bans([case.subject]):
        return None
    rule = rules_for(cast("Lane", case.lane))[0]
    decision = _record(
        case,
        by=None,
        measure=AUTOMATIC_MEASURE,
        rule=rule,
        facts=AUTOMATIC_FACTS,
        why=decision_why(rule),
        source=Decision.Source.AUTOMATED,
        automated_detection=True,
        automated_decision=True,
    )
    case_change(case, Event.DECIDE_AUTOMATICALLY, actor="automatic", detail=decision.reference)
    case_rescore(case)
    audit_append(
        actor="automatic",
        action="decide",
        target=str(case),
        detail={"decision": decision.reference, "measure": decision.measure, "rule": rule},
    )
    return decision


def _record(
    case: Case,
    *,
    by: User | None,
    measure: Measure,
    rule: str,
    facts: str,
    why: str,
    source: str,
    automated_detection: bool,
    automated_decision: bool,
) -> Decision:
    """Write the decision and what follows from it."""
    now = timezone.now()
    decision = Decision.objects.create(
        reference=reference_new("D"),
        case=case,
        subject=case.subject,
        by=by,
        measure=measure,
        rule=rule,
        facts=facts,
        why=why,
        source=source,
        automated_detection=automated_detection,
        automated_decision=automated_decision,
        evidence=list(
            case.reports.filter(outcome="", evidence__isnull=False).values_list(
                "evidence__digest", flat=True
            )
        ),
        case_version=case.version,
        created_at=now,
    )
    if measure != "dismiss":
        _sanction_visitor(decision, now)
        if measure != "warn":
            _sanction_address(decision, now)
        bells.ring(SANCTIONS_BELL)
    return decision


def _sanction_visitor(decision: Decision, now: datetime) -> None:
    measure = cast("Measure", decision.measure)
    span = timedelta(0) if measure == "warn" else BANS[measure]
    Sanction.objects.create(
        decision=decision,
        target=Sanction.Target.VISITOR,
        tag=decision.subject,
        measure=measure,
        automated=decision.automated_decision,
        starts_at=now,
        seconds=None if span is None else int(span.total_seconds()),
        until=None if span is None else now + span,
    )


def _sanction_address(decision: Decision, now: datetime) -> None:
    """Have whoever comes from the subject's last known address do a proof of work first."""
    last = (
        decision.case.reports.exclude(subject_address="")
        .exclude(subject_address_epoch=None)
        .order_by("-created_at")
        .first()
    )
    if last is None or last.subject_address_epoch is None:
        return
    measure = cast("Measure", decision.measure)
    tag = AddressTag(last.subject_address_epoch, last.subject_address)
    until = min(now + ADDRESS_SPANS[measure], tag.key_ends)
    if until <= now:
        return
    Sanction.objects.create(
        decision=decision,
        target=Sanction.Target.ADDRESS,
        tag=tag.tag,
        epoch=tag.epoch,
        measure=measure,
        automated=decision.automated_decision,
        starts_at=now,
        seconds=int((until - now).total_seconds()),
        until=until,
    )


def decision_lift(decision: Decision, *, moderator: User, why: str) -> None:
    """End every sanction of a decision before its time.

    Raises:
        NotPossible: they may not impose it either or not review its lane, or nothing of it is in
            force.
        BadDecision: no reason is given.
    """
    if not why.strip():
        raise BadDecision("Say why.")
    if decision.measure not in permitted_measures(
        moderator
    ) or decision.case.lane not in permitted_lanes(moderator):
        raise NotPossible("You may not lift this.")
    with transaction.atomic():
        now = timezone.now()
        in_force = Sanction.objects.select_for_update(of=("self",)).filter(
            decision=decision, end=None
        )
        ends = [
            SanctionEnd(sanction=sanction, reason=SanctionEnd.Reason.LIFTED, at=now, by=moderator)
            for sanction in in_force
        ]
        if not ends:
            raise NotPossible("Nothing of this decision is in force any more.")
        try:
            with transaction.atomic():
                SanctionEnd.objects.bulk_create(ends)
        except IntegrityError:  # it ended meanwhile
            raise NotPossible("Nothing of this decision is in force any more.") from None
        audit_append(
            actor=moderator.get_username(),
            action="lift",
            target=str(decision),
            detail={"why": why.strip()},
        )
        bells.ring(SANCTIONS_BELL)


def sanctions_expire() -> int:
    """Write down the end of what has run out; give how many sanctions."""
    with transaction.atomic():
        now = timezone.now()
        over = Sanction.objects.filter(until__lte=now, end=None)
        ends = [
            SanctionEnd(sanction=sanction, reason=SanctionEnd.Reason.EXPIRED, at=sanction.until)
            for sanction in over
            if sanction.until is not None
        ]
        SanctionEnd.objects.bulk_create(ends, ignore_conflicts=True)
    return len(ends)
