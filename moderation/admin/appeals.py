"""The queue of appeals, and the page on which one is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_GET

from moderation.admin.evidence import evidence_context
from moderation.admin.forms import AnswerForm
from moderation.admin.pages import ClaimedPages
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
class AppealAdmin(ClaimedPages):
    """Pages of our own: nothing of an appeal is edited as a record."""

    take = staticmethod(appeal_claim)
    give_back = staticmethod(appeal_release)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", require_GET(self.queue), "changelist"),
            self.no_add(),
            self.page("<int:pk>/change/", self.appeal, "change"),
            *self.claim_pages(),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Appeal | None = None) -> bool:
        return may_answer_appeals(request.user)

    def queue(self, request: HttpRequest) -> HttpResponse:
        moderator = self.moderator(request)
        now = timezone.now()
        closed = lanes_closed(moderator)
        waiting = appeal_queue(moderator)
        count = waiting.count()
        return self.show(
            request,
            "appeal/queue",
            {
                "title": "Appeals",
                "rows": [_row(appeal, moderator, now, closed) for appeal in waiting[:ROWS]],
                "more": max(0, count - ROWS),
                "answered": appeals_answered(moderator)[:_ANSWERED],
            },
        )

    def appeal(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, appeal = self.asked_for(request, pk)
        if request.method == "POST":
            return self._answer(request, moderator, appeal)
        return self.show_one(request, moderator, appeal)

    def _answer(self, request: HttpRequest, moderator: User, appeal: Appeal) -> HttpResponse:
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return self.show_one(request, moderator, appeal, problem=form.sentence(), status=400)
        try:
            answered = appeal_decide(appeal.pk, moderator=moderator, **form.cleaned_data)
        except BadAppeal as bad:
            status, problem = 400, str(bad)
        except (Stale, NotPossible) as refused:
            status, problem = 409, str(refused)
        else:
            messages.success(request, f"The {answered} is {answered.outcome}.")
            return self.go("changelist")
        return self.show_one(request, moderator, appeal, problem=problem, status=status)

    def show_one(
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
        context = evidence_context(request, case, moderator, before=decision.created_at) | {
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
        return self.show(request, "appeal/appeal", context, status=status)

    def asked_for(self, request: HttpRequest, pk: int) -> tuple[User, Appeal]:
        """Give both, if the lane is theirs; before anything is shown or changed."""
        moderator = self.moderator(request)
        appeal = get_object_or_404(Appeal.objects.select_related("decision__case"), pk=pk)
        lane = appeal.decision.case.lane
        if lane not in permitted_lanes(moderator):
            raise PermissionDenied
        if appeal.claimed_by != moderator and (choice := lane_opted_out(moderator, lane)):
            raise OwnChoice(choice)
        return moderator, appeal


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
