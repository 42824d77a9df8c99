"""Pages behind secret links: what became of a report, and why somebody is kept out."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from moderation.models import Decision, Report
from moderation.policy import RULES, About, Measure
from moderation.receipts import is_reference, is_token_of
from moderation.statements import measure_label, measure_scope

_OUTCOMES = {
    "upheld": ("action", "We found that a rule was broken, and acted on it. Thank you."),
    "dismissed": (
        "no_action",
        "We found no broken rule that we could act on. You still never meet {who} again.",
    ),
}
# Whom the reporter never meets again. Who reports the reader need not know of any question.
_WHO: dict[About, str] = {
    "seat": "this stranger",
    "question": "whoever asked",
    "reader": "whoever read along",
}


@dataclass(frozen=True, slots=True)
class _Receipt:
    """A report as its reporter may see it."""

    reference: str
    created_at: datetime
    reason_label: str
    about: str
    who: str
    state: str
    outcome: str
    outcome_text: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Statement:
    """A decision as the person it is about may see it."""

    reference: str
    measure_label: str
    scope: str
    starts_at: datetime
    until: datetime | None
    is_over: bool
    facts: str
    source_label: str
    is_automated_detection: bool
    is_automated_decision: bool
    rule_title: str
    rule_text: str
    why: str
    redress: str


@require_safe
@never_cache
def receipt(request: HttpRequest, reference: str, token: str) -> HttpResponse:
    """Tell a reporter what became of their report; a wrong link is always the same 404."""
    link_check(reference, token)
    report = Report.objects.select_related("case").filter(reference=reference).first()
    if report is None:
        raise Http404
    who = _WHO[cast("About", report.about)]
    outcome, text = _OUTCOMES.get(report.outcome, ("", ""))
    claimed = report.case is not None and report.case.status == "claimed"
    shown = _Receipt(
        reference=report.reference,
        created_at=report.created_at,
        reason_label=report.get_reason_display(),
        about=report.get_about_display() if report.about != "seat" else "",
        who=who,
        state="decided" if outcome else "in_review" if claimed else "received",
        outcome=outcome,
        outcome_text=text.format(who=who),
        decided_at=report.resolved_at,
    )
    return render(request, "moderation/receipt.html", {"report": shown})


@require_safe
@never_cache
def statement(request: HttpRequest, reference: str, token: str) -> HttpResponse:
    """Show the statement of reasons; a wrong link is always the same 404."""
    link_check(reference, token)
    decision = Decision.objects.filter(reference=reference).exclude(measure="dismiss").first()
    if decision is None:
        raise Http404
    sanction = decision.sanctions.filter(target="visitor").select_related("end").get()
    rule = RULES[decision.rule]
    now = timezone.now()
    over = hasattr(sanction, "end") or (sanction.until is not None and sanction.until <= now)
    measure = cast("Measure", decision.measure)
    shown = _Statement(
        reference=decision.reference,
        measure_label=measure_label(measure),
        scope=measure_scope(measure, lane_days=settings.LANE_SPAN.days),
        starts_at=sanction.starts_at,
        until=sanction.until if measure != "warn" else None,
        is_over=over,
        facts=decision.facts,
        source_label=decision.get_source_display(),
        is_automated_detection=decision.automated_detection,
        is_automated_decision=decision.automated_decision,
        rule_title=rule.title,
        rule_text=rule.text,
        why=decision.why,
        redress=_redress(decision),
    )
    return render(request, "moderation/statement.html", {"decision": shown})


def link_check(reference: str, token: str) -> None:
    """Let nothing be looked up for a link that is not ours.

    Raises:
        Http404: it is not.
    """
    if not is_token_of(token, reference) or not is_reference(reference):
        raise Http404


def _redress(decision: Decision) -> str:
    return (
        "You may go to a court, or to an out-of-court body for such disputes where you live. "
        f"Name the reference {decision.reference}."
    )
