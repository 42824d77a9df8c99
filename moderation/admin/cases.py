"""The queue and the page of a case."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from moderation.admin.custody import CaseEvidence
from moderation.admin.dashboard import dashboard_context
from moderation.admin.decision import decision_form
from moderation.admin.evidence import evidence_context
from moderation.admin.forms import DecisionForm, NextForm
from moderation.admin.shown import (
    span_words,
    tag_short,
)
from moderation.cases import NotPossible, Stale
from moderation.models import Case, Decision, Report
from moderation.policy import LANES, MEASURES, REASONS, Lane, Measure
from moderation.receipts import is_reference
from moderation.selectors.desk import (
    QueuedCase,
    case_actions,
    case_queue,
    lane_counts,
    permitted_lanes,
    permitted_measures,
    prior_decisions,
    shown_lanes,
)
from moderation.selectors.requests import may_ask, requests_of_case
from moderation.selectors.shifts import claim_barred, lane_opted_out, lanes_closed
from moderation.services.cases import (
    case_claim,
    case_next,
    case_release,
    case_renew,
)
from moderation.services.decisions import BadDecision, case_decide
from moderation.site import OwnChoice
from moderation.statements import PRESETS, QUESTION_PRESETS

ROWS: Final = 100
_ACTIVITIES: Final = 30
_EVENTS: Final = {
    "report": "reported",
    "claim": "claimed",
    "release": "given back",
    "expire": "claim ran out",
    "decide": "decided",
    "automatic": "automatic measure",
    "approve": "permanent ban approved",
    "set-aside": "report set aside",
    "empty": "dismissed, no report was left",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the queue, worded."""

    queued: QueuedCase
    lane: str
    reasons: list[str]
    sources: list[str]
    age: str
    left: str
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """A lane with how many cases wait in it."""

    key: str
    label: str
    count: int
    is_chosen: bool


@admin.register(Case)
class CaseAdmin(CaseEvidence):
    """Pages of our own: nothing of a case is edited as a record."""

    take = staticmethod(case_claim)
    give_back = staticmethod(case_release)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", require_GET(self.queue), "changelist"),
            self.page("dashboard/", require_GET(self.dashboard), "dashboard"),
            self.page("next/", require_POST(self.take_next), "next"),
            self.no_add(),
            self.page("<int:pk>/change/", self.case, "change"),
            *self.claim_pages(),
            *self.evidence_pages(),
        ]

    # --- The queue --------------------------------------------------------------------------------

    def queue(self, request: HttpRequest) -> HttpResponse:
        moderator = self.moderator(request)
        sought = request.GET.get("q", "").strip()
        if is_reference(sought):
            found = _case_of_reference(sought, permitted_lanes(moderator))
            if found is not None:
                return self.go("change", found)
        counts = lane_counts(moderator)
        wanted = request.GET.get("lane")
        chosen = wanted if wanted in counts else None
        queued = case_queue(moderator, only=None if chosen is None else {chosen})
        closed = lanes_closed(moderator)
        waiting = counts[chosen] if chosen else sum(counts.values())
        now = timezone.now()
        shown = queued[:ROWS]
        return self.show(
            request,
            "case/queue",
            {
                "title": "Queue",
                "tabs": _tabs(counts, chosen),
                "lane": chosen or "",
                "total": sum(counts.values()),
                "rows": [_row(each, now, closed) for each in shown],
                "more": len(queued) - len(shown),
                "held": waiting - len(queued) if len(queued) < waiting else 0,
                "sought": sought,
            },
        )

    def dashboard(self, request: HttpRequest) -> HttpResponse:
        context = dashboard_context(request, self.moderator(request))
        return self.show(request, "case/dashboard", context)

    def take_next(self, request: HttpRequest) -> HttpResponse:
        moderator = self.moderator(request)
        form = NextForm(request.POST)
        lane = form.cleaned_data["lane"] or None if form.is_valid() else None
        return self._next_page(request, moderator, lane)

    def _next_page(self, request: HttpRequest, moderator: User, lane: Lane | None) -> HttpResponse:
        case = case_next(moderator=moderator, lane=lane)
        if case is None:
            closed = lanes_closed(moderator)
            words = next((closed[each] for each in shown_lanes(moderator) if each in closed), "")
            messages.info(request, f"No other case waits for you. {words}".strip())
            where = f"?lane={lane}" if lane else ""
            return self.go("changelist", query=where)
        return self.go("change", case.pk)

    # --- A case -----------------------------------------------------------------------------------

    def case(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, case = self.asked_for(request, pk)
        if request.method == "POST":
            return self._decide(request, moderator, case)
        return self.show_one(request, moderator, case)

    def claim(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, case = self.asked_for(request, pk)
        closed = claim_barred(moderator, cast("Lane", case.lane))
        if closed and case.claimed_by != moderator:
            # Not on the page of the case: it would be shown there.
            messages.warning(request, closed)
            return self.go("changelist")
        return super().claim(request, pk)

    def _decide(self, request: HttpRequest, moderator: User, case: Case) -> HttpResponse:
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self.show_one(
                request, moderator, case, form, problem=form.sentence(), status=400
            )
        try:
            decision = case_decide(case.pk, moderator=moderator, **form.cleaned_data)
        except BadDecision as bad:
            status, problem = 400, str(bad)
        except Stale as stale:
            status, problem = 409, str(stale)
        except NotPossible as refused:
            may = form.cleaned_data["measure"] in permitted_measures(moderator)
            status, problem = 409 if may else 403, str(refused)
        else:
            label = MEASURES[cast("Measure", decision.measure)]
            messages.success(request, f"Case {case.pk}: {label} ({decision.reference}).")
            if form.cleaned_data["measure"] == "permanent":
                messages.info(request, "The permanent ban waits until another approves it.")
            if request.POST.get("then") == "next":
                return self._next_page(request, moderator, None)
            return self.go("changelist")
        return self.show_one(request, moderator, case, form, problem=problem, status=status)

    def show_one(
        self,
        request: HttpRequest,
        moderator: User,
        case: Case,
        form: DecisionForm | None = None,
        *,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        case = case_renew(case.pk, moderator=moderator)
        now = timezone.now()
        actions = case_actions(case, moderator)
        lane = cast("Lane", case.lane)
        evidence = evidence_context(request, case, moderator)
        is_of_talk = evidence["report"] is None or evidence["report"].about == "seat"
        presets = PRESETS if is_of_talk else QUESTION_PRESETS
        context = (
            evidence
            | _history_context(case, moderator)
            | {
                "title": f"Case {case.pk}",
                "case": case,
                "lane_label": LANES[lane],
                "subject": tag_short(case.subject),
                "age": span_words(now - case.opened_at),
                "actions": actions,
                "is_mine": not actions.barred and not actions.can_claim,
                "left": span_words(case.claimed_until - now) if case.claimed_until else "",
                "problem": problem,
                "asked": requests_of_case(case, moderator),
                "may_export": may_ask("export", moderator, case),
                "form": decision_form(actions, form, now, presets),
            }
        )
        return self.show(request, "case/case", context, status=status)

    # --- Who asks ---------------------------------------------------------------------------------

    def asked_for(self, request: HttpRequest, pk: int) -> tuple[User, Case]:
        """Give both, if the lane is theirs; before anything is shown or changed."""
        moderator = self.moderator(request)
        case = get_object_or_404(Case, pk=pk)
        if case.lane not in permitted_lanes(moderator):
            raise PermissionDenied
        if case.claimed_by != moderator and (choice := lane_opted_out(moderator, case.lane)):
            raise OwnChoice(choice)
        return moderator, case


def _case_of_reference(reference: str, lanes: Iterable[Lane]) -> int | None:
    """Give the case of a report's or a decision's reference, also one that is decided."""
    same = Q(reports__reference__iexact=reference) | Q(decisions__reference__iexact=reference)
    cases = Case.objects.filter(same, lane__in=lanes)
    return cases.order_by().values_list("pk", flat=True).first()


def _tabs(counts: dict[Lane, int], chosen: str | None) -> list[Tab]:
    return [Tab(lane, LANES[lane], count, lane == chosen) for lane, count in counts.items()]


def _row(queued: QueuedCase, now: datetime, closed: Collection[Lane]) -> Row:
    case = queued.case
    lasts = case.claimed_until is not None and case.claimed_until > now
    return Row(
        queued=queued,
        lane=LANES[cast("Lane", case.lane)],
        reasons=[REASONS[reason] for reason in queued.reasons],  # type: ignore[index]
        sources=[Report.Source(source).label for source in queued.sources],
        age=span_words(now - case.opened_at),
        left=span_words(case.claimed_until - now) if lasts and case.claimed_until else "",
        is_closed=cast("Lane", case.lane) in closed,
    )


def _history_context(case: Case, moderator: User) -> dict[str, Any]:
    """Give what came before; of others' lanes only that there was something."""
    lanes = set(permitted_lanes(moderator))
    before: list[tuple[Decision, bool]] = [
        (decision, decision.case.lane in lanes) for decision in prior_decisions(case)
    ]
    others = Case.objects.filter(subject=case.subject, lane__in=lanes).exclude(pk=case.pk)
    log = case.activities.all()[:_ACTIVITIES]
    return {
        "priors": before,
        "others": others,
        "activities": [(each, _EVENTS.get(each.event, each.event)) for each in log],
    }
