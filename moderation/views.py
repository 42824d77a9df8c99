"""Pages behind secret links: what became of a report, and why somebody is kept out."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from moderation.cases import Event
from moderation.models import Decision, Report
from moderation.policy import RULES, About, Measure
from moderation.receipts import is_reference, is_token_of
from moderation.statements import measure_label, measure_scope
from moderation.transparency import reports_public

# What a receipt says of a report that was dismissed unread, and of a decision that did not last.
_SET_ASIDE = (
    "A moderator set it aside together with your other reports that waited, without a decision on "
    "each. You still never meet {who} again."
)
_TAKEN_BACK = "We acted on it at first. After another look we took that decision back."
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
def transparency(request: HttpRequest) -> HttpResponse:
    """Show what was reported and decided in the last complete months, side by side."""
    reports = reports_public()
    sections = [
        {
            "title": section["title"],
            "rows": [
                {
                    "label": row["label"],
                    "told": [each["sections"][number]["rows"][place]["value"] for each in reports],
                }
                for place, row in enumerate(section["rows"])
            ],
        }
        for number, section in enumerate(reports[0]["sections"])
    ]
    months = [date.fromisoformat(report["from"]) for report in reports]
    context = {"months": months, "sections": sections, "notes": reports[-1]["notes"]}
    return render(request, "moderation/transparency.html", context)


@require_safe
@never_cache
def receipt(request: HttpRequest, reference: str, token: str) -> HttpResponse:
    """Tell a reporter what became of their report; a wrong link is always the same 404."""
    link_check(reference, token)
    report = Report.objects.select_related("case").filter(reference=reference).first()
    if report is None:
        raise Http404
    who = _WHO[cast("About", report.about)]
    outcome, text = _outcome(report)
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
        scope=measure_scope(measure),
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


def _outcome(report: Report) -> tuple[str, str]:
    """Give what became of a report, as key and sentence; two empty ones while it waits."""
    outcome, text = _OUTCOMES.get(report.outcome, ("", ""))
    if report.case is None or report.resolved_at is None:
        return outcome, text
    # A report is resolved at the moment of the decision on it.
    decided = report.case.decisions.filter(created_at=report.resolved_at)
    if report.outcome == Report.Outcome.UPHELD and decided.filter(lifting__isnull=False).exists():
        return "taken_back", _TAKEN_BACK
    set_aside = report.case.activities.filter(event=Event.SET_ASIDE, detail=report.reference)
    if report.outcome == Report.Outcome.DISMISSED and set_aside.exists():
        return "set_aside", _SET_ASIDE
    return outcome, text


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
