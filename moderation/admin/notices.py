"""The queue of notices from outside, and the page on which one is decided."""

import logging
from collections.abc import Callable
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

from moderation.admin.forms import NoticeAnswerForm
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
from moderation.services.notices import (
    BadNotice,
    notice_claim,
    notice_decide,
    notice_read,
    notice_release,
    notice_renew,
)

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
class NoticeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it has none at run time
    """Pages of our own: nothing of a notice is edited as a record."""

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"moderation_notice_{name}")

        return [
            page("", require_GET(self.queue), "changelist"),
            page("add/", self.add_view, "add"),  # refused, but every model has the address
            page("<int:pk>/change/", self.notice, "change"),
            page("<int:pk>/claim/", require_POST(self.claim), "claim"),
            page("<int:pk>/release/", require_POST(self.release), "release"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_decide_notices(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return may_decide_notices(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return False

    def queue(self, request: HttpRequest) -> HttpResponse:
        moderator = self._moderator(request)
        now = timezone.now()
        counts = notice_counts(moderator)
        return TemplateResponse(
            request,
            "admin/moderation/notice/queue.html",
            self._context(request)
            | {
                "title": "Notices",
                "rows": [_row(each, moderator, now) for each in notice_queue(moderator)[:ROWS]],
                "more": max(0, counts.waiting - ROWS),
                "notices": counts,
                "decided": notices_decided(moderator)[:_DECIDED],
            },
        )

    def notice(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, notice = self._moderator_and_notice(request, pk)
        if request.method == "POST":
            return self._decide(request, moderator, notice)
        return self._page(request, moderator, notice)

    def claim(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, notice = self._moderator_and_notice(request, pk)
        try:
            notice_claim(notice.pk, moderator=moderator)
        except NotPossible as refused:
            return self._page(request, moderator, notice, problem=str(refused), status=409)
        return HttpResponseRedirect(_url("change", notice.pk))

    def release(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, notice = self._moderator_and_notice(request, pk)
        try:
            notice_release(notice.pk, moderator=moderator)
        except NotPossible as refused:
            return self._page(request, moderator, notice, problem=str(refused), status=409)
        messages.info(request, f"The {notice} is given back.")
        return HttpResponseRedirect(_url("changelist"))

    def _decide(self, request: HttpRequest, moderator: User, notice: Notice) -> HttpResponse:
        form = NoticeAnswerForm(request.POST)
        if not form.is_valid():
            return self._page(request, moderator, notice, problem=form.sentence(), status=400)
        try:
            decided = notice_decide(notice.pk, moderator=moderator, **form.cleaned_data)
        except BadNotice as bad:
            status, problem = 400, str(bad)
        except (Stale, NotPossible) as refused:
            status, problem = 409, str(refused)
        else:
            outcome = Notice.Outcome(decided.outcome).label
            messages.success(request, f"The {decided} is decided: {outcome}.")
            return HttpResponseRedirect(_url("changelist"))
        return self._page(request, moderator, notice, problem=problem, status=status)

    def _page(
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
        context = self._context(request) | {
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
        return TemplateResponse(
            request, "admin/moderation/notice/notice.html", context, status=status
        )

    def _moderator(self, request: HttpRequest) -> User:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return cast("User", request.user)

    def _moderator_and_notice(self, request: HttpRequest, pk: int) -> tuple[User, Notice]:
        """Give both, if the lane is theirs; before anything is shown or changed."""
        moderator = self._moderator(request)
        notice = get_object_or_404(Notice, pk=pk)
        if notice_lane(cast("NoticeKind", notice.kind)) not in permitted_lanes(moderator):
            raise PermissionDenied
        return moderator, notice

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}


def _url(name: str, *args: object) -> str:
    return reverse(f"admin:moderation_notice_{name}", args=args)


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
