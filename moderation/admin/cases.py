"""The queue and the page of a case."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from moderation.admin.dashboard import dashboard_context
from moderation.admin.evidence import evidence_context
from moderation.admin.forms import DecisionForm, HoldForm, NextForm, ReporterForm
from moderation.admin.shown import (
    span_words,
    tag_short,
)
from moderation.cases import NotPossible, Stale
from moderation.models import Case, Decision, Evidence, Report
from moderation.policy import (
    LANES,
    MEASURES,
    PERMANENT_UNTIL_APPROVED,
    REASONS,
    RULES,
    Lane,
    Measure,
    measure_span,
)
from moderation.receipts import is_reference
from moderation.sealing import BadSeal
from moderation.selectors.appeals import appeal_queue
from moderation.selectors.desk import (
    CaseActions,
    QueuedCase,
    case_actions,
    case_queue,
    lane_counts,
    permitted_lanes,
    permitted_measures,
    prior_decisions,
    shown_lanes,
)
from moderation.selectors.notices import notice_counts
from moderation.selectors.opinions import opinion_queue
from moderation.selectors.reporters import may_mute
from moderation.selectors.requests import may_ask, requests_of_case, requests_waiting
from moderation.selectors.shifts import claim_barred, lane_opted_out, lanes_closed
from moderation.services.cases import (
    BadHold,
    case_claim,
    case_next,
    case_release,
    case_renew,
    evidence_hold,
    may_hold,
)
from moderation.services.custody import hold_release_ask
from moderation.services.decisions import BadDecision, case_decide
from moderation.services.exports import export_ask
from moderation.services.reporters import (
    BadReason,
    reporter_mute_lift,
    reporter_mute_set,
    reports_set_aside,
)
from moderation.services.requests import BadRequest
from moderation.services.stills import still_view
from moderation.site import OwnChoice
from moderation.statements import PRESETS, QUESTION_PRESETS, decision_why, statement_next

logger = logging.getLogger(__name__)

ROWS: Final = 100
_ACTIVITIES: Final = 30
_KEYS: Final[dict[Measure, str]] = {
    "dismiss": "d",
    "warn": "w",
    "video": "v",
    "cooldown": "2",
    "day": "3",
    "week": "4",
    "permanent": "5",
}
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
class CaseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it has none at run time
    """Pages of our own: nothing of a case is edited as a record."""

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"moderation_case_{name}")

        return [
            page("", require_GET(self.queue), "changelist"),
            page("dashboard/", require_GET(self.dashboard), "dashboard"),
            page("next/", require_POST(self.take_next), "next"),
            page("add/", self.add_view, "add"),  # refused, but every model has the address
            page("<int:pk>/change/", self.case, "change"),
            page("<int:pk>/claim/", require_POST(self.claim), "claim"),
            page("<int:pk>/release/", require_POST(self.release), "release"),
            page("<int:pk>/hold/", require_POST(self.hold), "hold"),
            page("<int:pk>/export/", require_POST(self.export), "export"),
            page("<int:pk>/reporter/", require_POST(self.reporter), "reporter"),
            page("<int:pk>/still/<str:reference>/", require_GET(self.still), "still"),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return False

    # --- The queue --------------------------------------------------------------------------------

    def queue(self, request: HttpRequest) -> HttpResponse:
        moderator = self._moderator(request)
        sought = request.GET.get("q", "").strip()
        if is_reference(sought):
            found = _case_of_reference(sought, permitted_lanes(moderator))
            if found is not None:
                return HttpResponseRedirect(_url("change", found))
        counts = lane_counts(moderator)
        wanted = request.GET.get("lane")
        chosen = wanted if wanted in counts else None
        queued = case_queue(moderator, only=None if chosen is None else {chosen})
        closed = lanes_closed(moderator)
        waiting = counts[chosen] if chosen else sum(counts.values())
        now = timezone.now()
        shown = queued[:ROWS]
        return TemplateResponse(
            request,
            "admin/moderation/case/queue.html",
            self._context(request)
            | {
                "title": "Queue",
                "tabs": _tabs(counts, chosen),
                "lane": chosen or "",
                "total": sum(counts.values()),
                "rows": [_row(each, now, closed) for each in shown],
                "more": len(queued) - len(shown),
                "held": waiting - len(queued) if len(queued) < waiting else 0,
                "sought": sought,
                "appeals": appeal_queue(moderator).count(),
                "asked": requests_waiting(moderator).exclude(by=moderator).count(),
                "notices": notice_counts(moderator),
                "opinions": len(opinion_queue(moderator)),
            },
        )

    def dashboard(self, request: HttpRequest) -> HttpResponse:
        context = self._context(request) | dashboard_context(request, self._moderator(request))
        return TemplateResponse(request, "admin/moderation/case/dashboard.html", context)

    def take_next(self, request: HttpRequest) -> HttpResponse:
        moderator = self._moderator(request)
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
            return HttpResponseRedirect(_url("changelist") + where)
        return HttpResponseRedirect(_url("change", case.pk))

    # --- A case -----------------------------------------------------------------------------------

    def case(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, case = self._moderator_and_case(request, pk)
        if request.method == "POST":
            return self._decide(request, moderator, case)
        return self._page(request, moderator, case)

    def claim(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, case = self._moderator_and_case(request, pk)
        closed = claim_barred(moderator, cast("Lane", case.lane))
        if closed and case.claimed_by != moderator:
            # Not on the page of the case: it would be shown there.
            messages.warning(request, closed)
            return HttpResponseRedirect(_url("changelist"))
        try:
            case_claim(case.pk, moderator=moderator)
        except NotPossible as refused:
            return self._page(request, moderator, case, problem=str(refused), status=409)
        return HttpResponseRedirect(_url("change", case.pk))

    def release(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, case = self._moderator_and_case(request, pk)
        try:
            case_release(case.pk, moderator=moderator)
        except NotPossible as refused:
            return self._page(request, moderator, case, problem=str(refused), status=409)
        messages.info(request, f"Case {case.pk} is given back.")
        return HttpResponseRedirect(_url("changelist"))

    def hold(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set the legal hold of the evidence of one report, or ask for its end."""
        moderator, case = self._moderator_and_case(request, pk)
        form = HoldForm(request.POST)
        if not form.is_valid():
            return self._page(request, moderator, case, problem="Say why.", status=400)
        asked = form.cleaned_data
        evidence = get_object_or_404(
            Evidence.objects.select_related("report"),
            report__reference=asked["report"],
            report__case=case,
        )
        try:
            if asked["hold"] == "on":
                evidence_hold(evidence, moderator=moderator, why=asked["why"])
                done = f"{evidence.report} is on legal hold."
            else:
                hold_release_ask(evidence, by=moderator, why=asked["why"])
                done = f"{evidence.report} stays on hold until another approves its release."
        except (BadHold, BadRequest) as bad:
            return self._page(request, moderator, case, problem=str(bad), status=400)
        except NotPossible as refused:
            status = 409 if may_hold(moderator) else 403
            return self._page(request, moderator, case, problem=str(refused), status=status)
        messages.success(request, done)
        return HttpResponseRedirect(_url("change", case.pk) + f"?report={evidence.report}")

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a copy of the evidence of the case."""
        moderator, case = self._moderator_and_case(request, pk)
        try:
            export_ask(case, by=moderator, why=request.POST.get("why", ""))
        except BadRequest as bad:
            return self._page(request, moderator, case, problem=str(bad), status=400)
        except NotPossible as refused:
            status = 409 if may_ask("export", moderator, case) else 403
            return self._page(request, moderator, case, problem=str(refused), status=status)
        messages.success(request, "Asked: when another approves it, you find the copy here.")
        return HttpResponseRedirect(reverse("admin:moderation_request_changelist"))

    def reporter(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mute the reporter of one report or lift that, or set aside what of theirs waits."""
        moderator, case = self._moderator_and_case(request, pk)
        form = ReporterForm(request.POST)
        if not form.is_valid():
            return self._page(request, moderator, case, problem="Say why.", status=400)
        asked = form.cleaned_data
        report = get_object_or_404(case.reports, reference=asked["report"])
        report.case = case
        try:
            if asked["do"] == "mute":
                mute = reporter_mute_set(report, moderator=moderator, why=asked["why"])
                done = f"This reporter's reports count least until {mute.until:%d %B %Y}."
            elif asked["do"] == "unmute":
                reporter_mute_lift(report, moderator=moderator, why=asked["why"])
                done = "This reporter's reports count by their record again."
            else:
                count = reports_set_aside(report, moderator=moderator, why=asked["why"])
                done = f"Set aside: {count} report{'' if count == 1 else 's'}."
        except BadReason as bad:
            return self._page(request, moderator, case, problem=str(bad), status=400)
        except NotPossible as refused:
            status = 409 if may_mute(moderator) else 403
            return self._page(request, moderator, case, problem=str(refused), status=status)
        messages.success(request, done)
        return HttpResponseRedirect(_url("change", case.pk) + f"?report={report}")

    def still(self, request: HttpRequest, pk: int, reference: str) -> HttpResponse:
        """Give the picture that was sent with a report, to whoever holds the case."""
        moderator, case = self._moderator_and_case(request, pk)
        evidence = get_object_or_404(
            Evidence.objects.select_related("report", "still"),
            report__reference=reference,
            report__case=case,
            still__isnull=False,
        )
        try:
            jpeg = still_view(evidence, moderator=moderator)
        except NotPossible as refused:
            raise PermissionDenied(str(refused)) from None
        except BadSeal as bad:
            logger.error("The %s does not open: %s", evidence.still, bad)
            return HttpResponse(status=410)
        return HttpResponse(
            jpeg,
            content_type="image/jpeg",
            headers={
                "Content-Disposition": "inline",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cross-Origin-Resource-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
            },
        )

    def _decide(self, request: HttpRequest, moderator: User, case: Case) -> HttpResponse:
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self._page(request, moderator, case, form, problem=form.sentence(), status=400)
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
            return HttpResponseRedirect(_url("changelist"))
        return self._page(request, moderator, case, form, problem=problem, status=status)

    def _page(
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
            self._context(request)
            | evidence
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
                "form": _form_context(actions, form, now, presets),
            }
        )
        return TemplateResponse(request, "admin/moderation/case/case.html", context, status=status)

    # --- Who asks ---------------------------------------------------------------------------------

    def _moderator(self, request: HttpRequest) -> User:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return cast("User", request.user)

    def _moderator_and_case(self, request: HttpRequest, pk: int) -> tuple[User, Case]:
        """Give both, if the lane is theirs; before anything is shown or changed."""
        moderator = self._moderator(request)
        case = get_object_or_404(Case, pk=pk)
        if case.lane not in permitted_lanes(moderator):
            raise PermissionDenied
        if case.claimed_by != moderator and (choice := lane_opted_out(moderator, case.lane)):
            raise OwnChoice(choice)
        return moderator, case

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}


def _url(name: str, *args: object) -> str:
    return reverse(f"admin:moderation_case_{name}", args=args)


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


def _form_context(
    actions: CaseActions,
    form: DecisionForm | None,
    now: datetime,
    presets: Mapping[str, tuple[str, ...]],
) -> dict[str, Any]:
    """Give what the form offers, and what is filled in: what was typed, or the suggestion."""
    rule, suggested = actions.rules[0]
    filled = {
        "measure": suggested if suggested in actions.measures else "",
        "rule": rule,
        "facts": "",
        "why": decision_why(rule),
    }
    typed = form.typed() if form is not None else None
    return {
        "filled": typed or filled,
        "takes_two": MEASURES["permanent"] if "permanent" in actions.measures else "",
        "was_typed": bool(typed and (typed["facts"] or typed["why"])),
        "measures": [
            {
                "key": measure,
                "label": MEASURES[measure],
                "shortcut": _KEYS[measure],
                "next": _follows(measure, now),
            }
            for measure in actions.measures
        ],
        "rules": [
            {
                "key": key,
                "title": RULES[key].title,
                "why": decision_why(key),
                "suggested": step,
                "suggested_label": MEASURES[step],
                "may": step in actions.measures,
                "presets": presets.get(key, ()),
            }
            for key, step in actions.rules
        ],
    }


def _follows(measure: Measure, now: datetime) -> str:
    if measure == "dismiss":
        return ""
    span = measure_span(PERMANENT_UNTIL_APPROVED if measure == "permanent" else measure)
    return statement_next(measure, now + span if span else None)
