"""Pages behind secret links: what became of a report, and why somebody is kept out."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from moderation.cases import Event, NotPossible
from moderation.figures import REVERSED, with_reversal
from moderation.forms import AppealForm
from moderation.models import Appeal, Decision, RangeBan, Report
from moderation.policy import ABOUT, APPEAL_CHARS, REASONS, About, Measure, Reason
from moderation.receipts import is_reference, is_token_of, statement_path
from moderation.selectors.appeals import appeal_barred, appeals_until
from moderation.services.appeals import BadAppeal, appeal_make
from moderation.statements import (
    facts_told,
    measure_label,
    measure_scope,
    rule_told,
    why_told,
)
from moderation.suppression import WITHHELD, Told
from moderation.transparency import reports_public
from omegle.lib.throttle import is_over
from omegle.lib.words import gettext_noop

# What became of a report: its key, and sentences.
_OUTCOMES = {
    "upheld": (
        "action",
        gettext_noop("We found that a rule was broken, and acted on it. Thank you."),
    ),
    "dismissed": ("no_action", gettext_noop("We found no broken rule that we could act on.")),
    # Dismissed unread.
    "set_aside": (
        "set_aside",
        gettext_noop(
            "A moderator set it aside together with your other reports that waited, without a "
            "decision on each."
        ),
    ),
    # By lifting the decision, or by granting an appeal against it.
    "taken_back": (
        "taken_back",
        gettext_noop("We acted on it at first. After another look we took that decision back."),
    ),
}
# Whom the reporter never meets again. Who reports the reader need not know of any question.
_WHO: dict[About, str] = {
    # Translators: of “You never meet … again”.
    "seat": gettext_noop("this stranger"),
    # Translators: of “You never meet … again”.
    "question": gettext_noop("whoever asked"),
    # Translators: of “You never meet … again”.
    "reader": gettext_noop("whoever read along"),
}
_STILL_APART: dict[About, str] = {
    "seat": gettext_noop("You still never meet this stranger again."),
    "question": gettext_noop("You still never meet whoever asked again."),
    "reader": gettext_noop("You still never meet whoever read along again."),
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
    is_self_harm: bool


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
    taken_back_at: datetime | None
    is_replaced: bool
    appeal: Appeal | None
    appeal_until: datetime
    may_appeal: bool
    is_self_harm: bool


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
                    "told": [
                        _told(each["sections"][number]["rows"][place]["value"]) for each in reports
                    ],
                }
                for place, row in enumerate(section["rows"])
            ],
        }
        for number, section in enumerate(reports[0]["sections"])
    ]
    months = [date.fromisoformat(report["from"]) for report in reports]
    context = {"months": months, "sections": sections, "notes": reports[-1]["notes"]}
    return render(request, "moderation/transparency.html", context)


def _told(value: Told | None) -> Told | None:
    return gettext(WITHHELD) if value == WITHHELD else value


@require_safe
@never_cache
def receipt(request: HttpRequest, reference: str, token: str) -> HttpResponse:
    """Tell a reporter what became of their report; a wrong link is always the same 404."""
    link_check(reference, token)
    report = Report.objects.select_related("case").filter(reference=reference).first()
    if report is None:
        raise Http404
    about = cast("About", report.about)
    outcome, text = _outcome(report)
    sentences = [gettext(text)] if text else []
    if outcome not in ("", "action"):
        sentences.append(gettext(_STILL_APART[about]))
    claimed = report.case is not None and report.case.status == "claimed"
    shown = _Receipt(
        reference=report.reference,
        created_at=report.created_at,
        reason_label=gettext(REASONS[cast("Reason", report.reason)]),
        about=gettext(ABOUT[about]) if about != "seat" else "",
        who=gettext(_WHO[about]),
        state="decided" if outcome else "in_review" if claimed else "received",
        outcome=outcome,
        outcome_text=" ".join(sentences),
        decided_at=report.resolved_at,
        is_self_harm=report.reason == "self_harm",
    )
    return render(request, "moderation/receipt.html", {"report": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def statement(request: HttpRequest, reference: str, token: str) -> HttpResponse:
    """Show the statement of reasons, and take an appeal; a wrong link is always the same 404."""
    link_check(reference, token)
    if request.method != "POST":
        if ban := RangeBan.objects.select_related("lifting").filter(reference=reference).first():
            return _range_page(request, ban)
        return _statement_page(request, reference)
    if is_over(request, settings.LIMIT_APPEALS, group="appeal"):
        problem = gettext(
            "Too many appeals came from your connection. Please wait a while and send it again."
        )
        return _statement_page(request, reference, problem=problem, status=429)
    form = AppealForm(request.POST)
    if not form.is_valid():
        return _statement_page(request, reference, problem=form.sentence(), status=400)
    try:
        appeal_make(_decision_of(reference), text=form.cleaned_data["text"])
    except BadAppeal as bad:
        return _statement_page(request, reference, problem=str(bad), status=400)
    except NotPossible as refused:
        return _statement_page(request, reference, problem=str(refused), status=409)
    except Decision.DoesNotExist:
        raise Http404 from None
    return HttpResponseRedirect(f"{statement_path(reference)}#appeal", status=303)


def _range_page(request: HttpRequest, ban: RangeBan) -> HttpResponse:
    """Show why a network is kept out. Everybody in it has this link: nobody appeals for all."""
    lifted_at = ban.lifting.at if hasattr(ban, "lifting") else None
    context = {
        "ban": ban,
        "rule": rule_told(ban.rule),
        "lifted_at": lifted_at,
        "is_over": lifted_at is not None or ban.until <= timezone.now(),
    }
    return render(request, "moderation/range.html", context)


def _statement_page(
    request: HttpRequest, reference: str, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "decision": _statement_shown(_decision_of(reference)),
        "problem": problem,
        "typed": request.POST.get("text", ""),
        "appeal_chars": APPEAL_CHARS,
    }
    return render(request, "moderation/statement.html", context, status=status)


def _decision_of(reference: str) -> Decision:
    """Give the decision that has a statement.

    Raises:
        Http404: there is none (any more).
    """
    decisions = Decision.objects.exclude(measure="dismiss").select_related("lifting", "appeal")
    decision = decisions.filter(reference=reference).first()
    if decision is None:
        raise Http404
    return decision


def _statement_shown(decision: Decision) -> _Statement:
    sanction = decision.sanctions.filter(target="visitor").select_related("end").get()
    rule = rule_told(decision.rule)
    now = timezone.now()
    over = hasattr(sanction, "end") or (sanction.until is not None and sanction.until <= now)
    measure = cast("Measure", decision.measure)
    return _Statement(
        reference=decision.reference,
        measure_label=measure_label(measure),
        scope=measure_scope(measure, lane_days=settings.LANE_SPAN.days),
        starts_at=sanction.starts_at,
        until=sanction.until if measure != "warn" else None,
        is_over=over,
        facts=facts_told(decision.facts),
        source_label=gettext(Decision.Source(decision.source).label),
        is_automated_detection=decision.automated_detection,
        is_automated_decision=decision.automated_decision,
        rule_title=rule.title,
        rule_text=rule.text,
        why=why_told(decision.rule, decision.why),
        taken_back_at=decision.lifting.at if hasattr(decision, "lifting") else None,
        is_replaced=_is_replaced(decision),
        appeal=getattr(decision, "appeal", None),
        appeal_until=appeals_until(decision),
        may_appeal=not appeal_barred(decision),
        is_self_harm=decision.case.reports.filter(reason="self_harm").exists(),
    )


def _is_replaced(decision: Decision) -> bool:
    """Whether a person's own restriction took the place of this automatic one."""
    if not hasattr(decision, "lifting"):
        return False
    return not with_reversal(Decision.objects.filter(pk=decision.pk)).filter(REVERSED).exists()


def _outcome(report: Report) -> tuple[str, str]:
    """Give what became of a report, as key and sentence; two empty ones while it waits."""
    outcome, text = _OUTCOMES.get(report.outcome, ("", ""))
    if report.case is None or report.resolved_at is None:
        return outcome, text
    # A report is resolved at the moment of the decision on it.
    decided = report.case.decisions.filter(created_at=report.resolved_at)
    was_upheld = decided.exclude(measure="dismiss")
    if was_upheld.filter(lifting__isnull=False).exists():
        return _OUTCOMES["taken_back"]
    set_aside = report.case.activities.filter(event=Event.SET_ASIDE, detail=report.reference)
    if report.outcome == Report.Outcome.DISMISSED and set_aside.exists():
        return _OUTCOMES["set_aside"]
    return outcome, text


def link_check(reference: str, token: str) -> None:
    """Let nothing be looked up for a link that is not ours.

    Raises:
        Http404: it is not.
    """
    if not is_token_of(token, reference) or not is_reference(reference):
        raise Http404
