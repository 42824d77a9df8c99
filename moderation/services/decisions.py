"""Deciding cases: the decision, its statement and its sanctions in one transaction.

A moderator decides what they hold, once, on the version they saw. A permanent ban takes two: it is
a day's until another approves it. Automation decides only what the tables in `policy` let it, and
leaves the case open for a person.
"""

from datetime import datetime, timedelta
from typing import cast

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from moderation.audit import audit_append
from moderation.cases import Event, NotPossible, Status
from moderation.models import Appeal, Case, Decision, Lifting, Report, Sanction, SanctionEnd
from moderation.policy import ADDRESS_SPANS, BANS, PERMANENT_UNTIL_APPROVED, Measure, measure_span
from moderation.receipts import reference_new
from moderation.selectors.bans import visitor_bans
from moderation.selectors.desk import case_actions, permitted_lanes, permitted_measures
from moderation.services.cases import case_change, case_locked, case_rescore, desk_tell
from moderation.services.requests import request_make, requests_overtake
from moderation.statements import EXTENDED, REPLACED, decision_why
from moderation.tags import AddressTag
from omegle.lib import bells, metrics

SANCTIONS_BELL = "sanctions"
_WHY_CHARS = 500
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

    `permanent` bans for a day, and asks that another approve it for good.

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
        is_for_good = measure == "permanent"
        measure = PERMANENT_UNTIL_APPROVED if is_for_good else measure
        requests_overtake(case)
        sources = set(case.reports.filter(outcome="").values_list("source", flat=True))
        automatic = sources == {Report.Source.AUTOMATIC}
        _replace_automatic(case, by=moderator)
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
        pending = case.reports.filter(outcome="")
        for made_at in pending.values_list("created_at", flat=True):
            _measure(case.lane, decision.created_at - made_at)
        pending.update(outcome=_RESOLVED[measure != "dismiss"], resolved_at=decision.created_at)
        audit_append(
            actor=moderator.get_username(),
            action="decide",
            target=str(case),
            detail={"decision": decision.reference, "measure": measure, "rule": rule},
        )
        if is_for_good:
            request_make(
                "permanent",
                str(case),
                by=moderator,
                why=facts,
                payload={"decision": decision.reference},
                case=case,
            )
        desk_tell("decide", case.pk, by=moderator.get_username())
    return decision


def decision_make_permanent(case: Case, reference: str, *, by: User, approved_by: User) -> Decision:
    """Put a permanent ban in the place of the day's, in a locked case; `by` asked for it.

    Raises:
        NotPossible: the day's was taken back, or the case was decided anew.
    """
    day = case.decisions.filter(reference=reference, lifting=None).first()
    if day is None or case.decisions.filter(by__isnull=False, pk__gt=day.pk).exists():
        raise NotPossible("The case was decided anew since.")
    _lift(day, by=approved_by, why=EXTENDED)
    decision = _record(
        case,
        by=by,
        approved_by=approved_by,
        measure="permanent",
        rule=day.rule,
        facts=day.facts,
        why=day.why,
        source=day.source,
        automated_detection=day.automated_detection,
        automated_decision=False,
        evidence=day.evidence,
    )
    # They are the reports of this decision now: what becomes of it becomes of them.
    resolved = case.reports.filter(resolved_at=day.created_at, outcome=Report.Outcome.UPHELD)
    resolved.update(resolved_at=decision.created_at)
    if case.status == Status.DECIDED:
        case.decided_at = decision.created_at
    name = approved_by.get_username()
    case_change(case, Event.APPROVE, actor=name, detail=decision.reference)
    case_rescore(case)
    audit_append(
        actor=name,
        action="decide",
        target=str(case),
        detail={"decision": decision.reference, "measure": "permanent", "rule": decision.rule},
    )
    desk_tell("approve", case.pk, by=name)
    return decision


def _measure(lane: str, waited: timedelta) -> None:
    """Measure what a report waited, once the decision stands."""
    observe = metrics.decision_seconds.labels(lane).observe
    transaction.on_commit(lambda: observe(waited.total_seconds()), robust=True)


def decide_automatically(
    case: Case, *, measure: Measure, rule: str, facts: str, why: str = ""
) -> Decision | None:
    """Impose a measure on the subject of a locked case, unless they are kept out already.

    `why`: '' for the usual reason of the rule.
    """
    if visitor_bans([case.subject]):
        return None
    decision = _record(
        case,
        by=None,
        measure=measure,
        rule=rule,
        facts=facts,
        why=why or decision_why(rule),
        source=Decision.Source.AUTOMATED,
        automated_detection=False,
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


def case_dismiss_emptied(case: Case, *, moderator: User) -> Decision:
    """Dismiss a locked case of which no report waits any more: all were set aside."""
    _replace_automatic(case, by=moderator)
    decision = _record(
        case,
        by=moderator,
        measure="dismiss",
        rule="",
        facts="",
        why="",
        source=Decision.Source.REPORT,
        automated_detection=False,
        automated_decision=False,
    )
    case.decided_at = decision.created_at
    case_change(case, Event.EMPTY, actor=moderator.get_username(), detail=decision.reference)
    audit_append(
        actor=moderator.get_username(),
        action="decide",
        target=str(case),
        detail={"decision": decision.reference, "measure": "dismiss", "rule": ""},
    )
    return decision


def _replace_automatic(case: Case, *, by: User) -> None:
    """Lift what automation did meanwhile: a person's word takes its place."""
    for earlier in case.decisions.filter(automated_decision=True, lifting=None):
        _lift(earlier, by=by, why=REPLACED)


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
    approved_by: User | None = None,
    evidence: list[str] | None = None,
) -> Decision:
    """Write the decision and what follows from it.

    `evidence`: the digests it rests on; those of the reports that wait when it is left out.
    """
    now = timezone.now()
    decision = Decision.objects.create(
        reference=reference_new("D"),
        case=case,
        subject=case.subject,
        by=by,
        approved_by=approved_by,
        measure=measure,
        rule=rule,
        facts=facts,
        why=why,
        source=source,
        automated_detection=automated_detection,
        automated_decision=automated_decision,
        evidence=_evidence_digests(case) if evidence is None else evidence,
        case_version=case.version,
        created_at=now,
    )
    if measure != "dismiss":
        _sanction_visitor(decision, now)
        if measure in BANS:
            _sanction_address(decision, now)
        bells.ring(SANCTIONS_BELL)
    return decision


def _evidence_digests(case: Case) -> list[str]:
    """Give what a decision rests on: each conversation, and the stills that came with them."""
    pending = case.reports.filter(outcome="").order_by("-created_at")
    talks = pending.filter(evidence__isnull=False).values_list("evidence__digest", flat=True)
    stills = pending.filter(evidence__still__isnull=False)
    return [*talks, *stills.values_list("evidence__still__digest", flat=True)]


def _sanction_visitor(decision: Decision, now: datetime) -> None:
    measure = cast("Measure", decision.measure)
    span = measure_span(measure)
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
    """Take a decision back: nothing of it holds any more, and it does not count for the ladder.

    Raises:
        NotPossible: they may not impose it either, or not review its lane; or it is lifted already.
        BadDecision: no reason is given, or one that is too long.
    """
    why = why.strip()
    if not 1 <= len(why) <= _WHY_CHARS or "\0" in why:
        raise BadDecision(f"Say why, in up to {_WHY_CHARS} characters.")
    if decision.measure == "dismiss":
        raise NotPossible("There is nothing to lift.")
    if decision.case.lane not in permitted_lanes(moderator):
        raise NotPossible("You may not see this.")
    if decision.measure not in permitted_measures(moderator):
        raise NotPossible("You may not lift this.")
    with transaction.atomic():
        case = case_locked(decision.case_id)
        if Lifting.objects.filter(decision=decision).exists():
            raise NotPossible("It is lifted already.")
        _lift(decision, by=moderator, why=why)
        case_rescore(case)
        audit_append(
            actor=moderator.get_username(),
            action="lift",
            target=str(decision),
            detail={"why": why},
        )
        desk_tell("lift", case.pk, by=moderator.get_username())


def decision_reverse(case: Case, decision: Decision, *, by: User, why: str) -> None:
    """Take a decision of a locked case back as a wrong one: its reports count as dismissed."""
    _lift(decision, by=by, why=why)
    case.reports.filter(resolved_at=decision.created_at, outcome=Report.Outcome.UPHELD).update(
        outcome=Report.Outcome.DISMISSED
    )
    case_rescore(case)


def _lift(decision: Decision, *, by: User, why: str) -> None:
    now = timezone.now()
    requests_overtake(decision.case, decision)
    # Nobody has to answer any more what is said against it.
    Appeal.objects.filter(decision=decision, outcome=Appeal.Outcome.PENDING).update(
        outcome=Appeal.Outcome.OVERTAKEN,
        decided_at=now,
        claimed_by=None,
        claimed_until=None,
        version=F("version") + 1,
    )
    Lifting.objects.create(decision=decision, at=now, by=by, why=why)
    SanctionEnd.objects.bulk_create(
        [
            SanctionEnd(sanction=sanction, reason=SanctionEnd.Reason.LIFTED, at=now, by=by)
            for sanction in decision.sanctions.filter(end=None)
        ],
        ignore_conflicts=True,
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
