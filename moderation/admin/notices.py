"""The queue of notices from outside, and the page on which one is decided."""

import logging
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

from moderation.admin.forms import NoticeAnswerForm
from moderation.admin.pages import ClaimedPages
from moderation.admin.shown import left_words, span_words
from moderation.cases import NotPossible, Stale
from moderation.models import Notice
from moderation.policy import LANES, Lane, NoticeKind, notice_lane
from moderation.sealing import BadSeal
from moderation.selectors.desk import permitted_lanes
from moderation.selectors.notices import (
    may_decide_notices,
    notice_actions,
    notice_counts,
    notice_queue,
    notices_decided,
    notices_of,
)
from moderation.selectors.shifts import lane_opted_out
from moderation.services.notices import (
    BadNotice,
    notice_claim,
    notice_decide,
    notice_read,
    notice_release,
    notice_renew,
)
from moderation.site import OwnChoice

logger = logging.getLogger(__name__)

ROWS: Final = 100
_DECIDED: Final = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A notice in the queue, worded; `barred` says why it is not for the one who looks."""

    notice: Notice
    lane: Lane
    lane_label: str
    left: str
    is_mine: bool
    barred: str


@admin.register(Notice)
class NoticeAdmin(ClaimedPages):
    """Pages of our own: nothing of a notice is edited as a record."""

    take = staticmethod(notice_claim)
    give_back = staticmethod(notice_release)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", require_GET(self.queue), "changelist"),
            self.no_add(),
            self.page("<int:pk>/change/", self.notice, "change"),
            *self.claim_pages(),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return may_decide_notices(request.user)

    def queue(self, request: HttpRequest) -> HttpResponse:
        moderator = self.moderator(request)
        now = timezone.now()
        counts = notice_counts(moderator)
        return self.show(
            request,
            "notice/queue",
            {
                "title": "Notices",
                "rows": [_row(each, moderator, now) for each in notice_queue(moderator)[:ROWS]],
                "more": max(0, counts.waiting - ROWS),
                "decided": notices_decided(moderator)[:_DECIDED],
            },
        )

    def notice(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, notice = self.asked_for(request, pk)
        if request.method == "POST":
            return self._decide(request, moderator, notice)
        return self.show_one(request, moderator, notice)

    def _decide(self, request: HttpRequest, moderator: User, notice: Notice) -> HttpResponse:
        form = NoticeAnswerForm(request.POST)
        if not form.is_valid():
            return self.show_one(request, moderator, notice, problem=form.sentence(), status=400)
        try:
            decided = notice_decide(notice.pk, moderator=moderator, **form.cleaned_data)
        except BadNotice as bad:
            status, problem = 400, str(bad)
        except (Stale, NotPossible) as refused:
            status, problem = 409, str(refused)
        else:
            outcome = Notice.Outcome(decided.outcome).label
            messages.success(request, f"The {decided} is decided: {outcome}.")
            return self.go("changelist")
        return self.show_one(request, moderator, notice, problem=problem, status=status)

    def show_one(
        self,
        request: HttpRequest,
        moderator: User,
        notice: Notice,
        *,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        notice_renew(notice.pk, moderator=moderator)
        notice = notices_of(moderator).get(pk=notice.pk)
        try:
            draft = notice_read(notice, moderator=moderator)
        except BadSeal as bad:
            logger.error("The %s does not open: %s", notice, bad)
            draft = None
        now = timezone.now()
        actions = notice_actions(notice, moderator)
        lane = notice_lane(cast("NoticeKind", notice.kind))
        case = notice.report.case if notice.report else None
        context = {
            "title": f"Notice {notice.reference}",
            "notice": notice,
            "draft": draft,
            "lane": lane,
            "lane_label": LANES[lane],
            "due_in": left_words(notice.due_at - now),
            "left": span_words(notice.claimed_until - now) if notice.claimed_until else "",
            "sees_case": case is not None and case.lane in permitted_lanes(moderator),
            "actions": actions,
            "is_mine": not actions.barred,
            "problem": problem,
            "typed": {name: request.POST.get(name, "") for name in ("outcome", "why", "named")},
        }
        return self.show(request, "notice/notice", context, status=status)

    def asked_for(self, request: HttpRequest, pk: int) -> tuple[User, Notice]:
        """Give both, if the lane is theirs; before anything is shown or changed."""
        moderator = self.moderator(request)
        notice = get_object_or_404(Notice, pk=pk)
        lane = notice_lane(cast("NoticeKind", notice.kind))
        if lane not in permitted_lanes(moderator):
            raise PermissionDenied
        if notice.claimed_by != moderator and (choice := lane_opted_out(moderator, lane)):
            raise OwnChoice(choice)
        return moderator, notice


def _row(notice: Notice, moderator: User, now: datetime) -> Row:
    actions = notice_actions(notice, moderator)
    lane = notice_lane(cast("NoticeKind", notice.kind))
    return Row(
        notice=notice,
        lane=lane,
        lane_label=LANES[lane],
        left=left_words(notice.due_at - now),
        is_mine=not actions.barred,
        barred="" if actions.can_claim else actions.barred,
    )
