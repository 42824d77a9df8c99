"""The queue of appeals, and the page on which one is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from moderation.admin.evidence import evidence_context
from moderation.admin.forms import AnswerForm
from moderation.admin.shown import span_words, tag_short
from moderation.cases import NotPossible, Stale
from moderation.models import Appeal
from moderation.policy import LANES, MEASURES, RULES, Lane, Measure
from moderation.selectors.appeals import (
    appeal_actions,
    appeal_queue,
    appeals_answered,
    may_answer_appeals,
)
from moderation.selectors.desk import permitted_lanes
from moderation.selectors.shifts import lane_opted_out, lanes_closed
from moderation.services.appeals import (
    BadAppeal,
    appeal_claim,
    appeal_decide,
    appeal_release,
    appeal_renew,
    appeal_view,
)
from moderation.site import OwnChoice

ROWS: Final = 100
_ANSWERED: Final = 20


@dataclass(frozen=True, slots=True)
class Row:
    """An appeal in the queue, worded; `barred` says why it is not for the one who looks."""

    appeal: Appeal
    measure: str
    rule: str
    lane: str
    author: str
    age: str
    is_mine: bool
    barred: str


@admin.register(Appeal)
class AppealAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it has none at run time
    """Pages of our own: nothing of an appeal is edited as a record."""

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"moderation_appeal_{name}")

        return [
            page("", require_GET(self.queue), "changelist"),
            page("add/", self.add_view, "add"),  # refused, but every model has the address
            page("<int:pk>/change/", self.appeal, "change"),
            page("<int:pk>/claim/", require_POST(self.claim), "claim"),
            page("<int:pk>/release/", require_POST(self.release), "release"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_answer_appeals(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Appeal | None = None) -> bool:
        return may_answer_appeals(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Appeal | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Appeal | None = None) -> bool:
        return False

    def queue(self, request: HttpRequest) -> HttpResponse:
        moderator = self._moderator(request)
        now = timezone.now()
        closed = lanes_closed(moderator)
        waiting = appeal_queue(moderator)
        count = waiting.count()
        return TemplateResponse(
            request,
            "admin/moderation/appeal/queue.html",
            self._context(request)
            | {
                "title": "Appeals",
                "rows": [_row(appeal, moderator, now, closed) for appeal in waiting[:ROWS]],
                "more": max(0, count - ROWS),
                "answered": appeals_answered(moderator)[:_ANSWERED],
            },
        )

    def appeal(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, appeal = self._moderator_and_appeal(request, pk)
        if request.method == "POST":
            return self._answer(request, moderator, appeal)
        return self._page(request, moderator, appeal)

    def claim(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, appeal = self._moderator_and_appeal(request, pk)
        try:
            appeal_claim(appeal.pk, moderator=moderator)
        except NotPossible as refused:
            return self._page(request, moderator, appeal, problem=str(refused), status=409)
        return HttpResponseRedirect(_url("change", appeal.pk))

    def release(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, appeal = self._moderator_and_appeal(request, pk)
        try:
            appeal_release(appeal.pk, moderator=moderator)
        except NotPossible as refused:
            return self._page(request, moderator, appeal, problem=str(refused), status=409)
        messages.info(request, f"The {appeal} is given back.")
        return HttpResponseRedirect(_url("changelist"))

    def _answer(self, request: HttpRequest, moderator: User, appeal: Appeal) -> HttpResponse:
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return self._page(request, moderator, appeal, problem=form.sentence(), status=400)
        try:
            answered = appeal_decide(appeal.pk, moderator=moderator, **form.cleaned_data)
        except BadAppeal as bad:
            status, problem = 400, str(bad)
        except (Stale, NotPossible) as refused:
            status, problem = 409, str(refused)
        else:
            messages.success(request, f"The {answered} is {answered.outcome}.")
            return HttpResponseRedirect(_url("changelist"))
        return self._page(request, moderator, appeal, problem=problem, status=status)

    def _page(
        self,
        request: HttpRequest,
        moderator: User,
        appeal: Appeal,
        *,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        appeal = appeal_renew(appeal.pk, moderator=moderator)
        appeal_view(appeal, moderator=moderator)
        now = timezone.now()
        decision, case = appeal.decision, appeal.decision.case
        actions = appeal_actions(appeal, moderator)
        context = (
            self._context(request)
            | evidence_context(request, case, moderator, before=decision.created_at)
            | {
                "title": f"Appeal against {decision}",
                "appeal": appeal,
                "decision": decision,
                "case": case,
                "lane_label": LANES[cast("Lane", case.lane)],
                "measure": MEASURES[cast("Measure", decision.measure)],
                "rule": RULES[decision.rule],
                "subject": tag_short(case.subject),
                "sanction": decision.sanctions.filter(target="visitor").first(),
                "left": span_words(appeal.claimed_until - now) if appeal.claimed_until else "",
                "actions": actions,
                "is_mine": not actions.barred,
                "problem": problem,
                "typed": {name: request.POST.get(name, "") for name in ("outcome", "why")},
            }
        )
        return TemplateResponse(
            request, "admin/moderation/appeal/appeal.html", context, status=status
        )

    def _moderator(self, request: HttpRequest) -> User:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return cast("User", request.user)

    def _moderator_and_appeal(self, request: HttpRequest, pk: int) -> tuple[User, Appeal]:
        """Give both, if the lane is theirs; before anything is shown or changed."""
        moderator = self._moderator(request)
        appeal = get_object_or_404(Appeal.objects.select_related("decision__case"), pk=pk)
        lane = appeal.decision.case.lane
        if lane not in permitted_lanes(moderator):
            raise PermissionDenied
        if appeal.claimed_by != moderator and (choice := lane_opted_out(moderator, lane)):
            raise OwnChoice(choice)
        return moderator, appeal

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}


def _url(name: str, *args: object) -> str:
    return reverse(f"admin:moderation_appeal_{name}", args=args)


def _row(appeal: Appeal, moderator: User, now: datetime, closed: Mapping[Lane, str]) -> Row:
    decision = appeal.decision
    actions = appeal_actions(appeal, moderator, closed=closed)
    return Row(
        appeal=appeal,
        measure=MEASURES[cast("Measure", decision.measure)],
        rule=RULES[decision.rule].title,
        lane=LANES[cast("Lane", decision.case.lane)],
        author=decision.by.get_username() if decision.by else "automatic",
        age=span_words(now - appeal.created_at),
        is_mine=not actions.barred,
        barred="" if actions.can_claim else actions.barred,
    )
