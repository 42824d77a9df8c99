"""What waits for a second person, and the page on which it is answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from moderation.admin.pages import DeskPages
from moderation.admin.shown import span_words
from moderation.cases import NotPossible
from moderation.models import Decision, Request
from moderation.policy import RULES
from moderation.selectors.requests import (
    export_barred,
    request_barred,
    request_kinds,
    requests_over,
    requests_shown,
    requests_waiting,
)
from moderation.services.approvals import request_approve, request_refuse
from moderation.services.exports import export_fetch
from moderation.services.requests import BadRequest, request_withdraw

_OVER: Final = 30


@dataclass(frozen=True, slots=True)
class Row:
    """A request in the list, worded."""

    asked: Request
    left: str
    is_mine: bool
    may_fetch: bool


@admin.register(Request)
class RequestAdmin(DeskPages):
    """Pages of our own: nothing of a request is edited as a record."""

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", require_GET(self.queue), "changelist"),
            self.no_add(),
            self.page("<int:pk>/change/", self.asked, "change"),
            self.page("<int:pk>/withdraw/", require_POST(self.withdraw), "withdraw"),
            self.page("<int:pk>/export/", require_POST(self.export), "export"),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Request | None = None) -> bool:
        return bool(request_kinds(request.user))

    def queue(self, request: HttpRequest) -> HttpResponse:
        moderator, now = self.moderator(request), timezone.now()
        waiting = [_row(asked, moderator, now) for asked in requests_waiting(moderator)]
        context = {
            "title": "Requests",
            "waiting": [row for row in waiting if not row.is_mine],
            "mine": [row for row in waiting if row.is_mine],
            "over": [_row(asked, moderator, now) for asked in requests_over(moderator)[:_OVER]],
        }
        return self.show(request, "request/queue", context)

    def asked(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, asked = self._moderator_and_request(request, pk)
        if request.method == "POST":
            return self._answer(request, moderator, asked)
        return self._page(request, moderator, asked)

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, asked = self._moderator_and_request(request, pk)
        try:
            request_withdraw(asked.pk, by=moderator)
        except NotPossible as refused:
            return self._page(request, moderator, asked, problem=str(refused), status=409)
        messages.info(request, f"The {asked} is taken back.")
        return self.go("changelist")

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the exported evidence to who asked for it."""
        moderator, asked = self._moderator_and_request(request, pk)
        try:
            copy = export_fetch(asked.pk, by=moderator)
        except NotPossible as refused:
            return self._page(request, moderator, asked, problem=str(refused), status=409)
        return HttpResponse(
            copy.data,
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="{copy.name}"',
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )

    def _answer(self, request: HttpRequest, moderator: User, asked: Request) -> HttpResponse:
        answer = request.POST.get("answer", "")
        do = {"approve": request_approve, "refuse": request_refuse}.get(request.POST.get("do", ""))
        if do is None:
            return self._page(request, moderator, asked, problem="Approve or refuse.", status=400)
        try:
            answered = do(asked.pk, by=moderator, answer=answer)
        except BadRequest as bad:
            return self._page(request, moderator, asked, problem=str(bad), status=400)
        except NotPossible as refused:
            return self._page(request, moderator, asked, problem=str(refused), status=409)
        messages.success(request, f"The {answered} is {answered.outcome}.")
        return self.go("changelist")

    def _page(
        self,
        request: HttpRequest,
        moderator: User,
        asked: Request,
        *,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        asked.refresh_from_db()
        context = {
            "title": str(asked).capitalize(),
            "row": _row(asked, moderator, timezone.now()),
            "asked": asked,
            "facts": _facts(asked),
            "barred": request_barred(asked, moderator, now=timezone.now()),
            "problem": problem,
            "typed": request.POST.get("answer", ""),
        }
        return self.show(request, "request/request", context, status=status)

    def _moderator_and_request(self, request: HttpRequest, pk: int) -> tuple[User, Request]:
        """Give both, if its kind and lane are theirs; before anything is shown or changed."""
        moderator = self.moderator(request)
        asked = get_object_or_404(Request, pk=pk)
        if not requests_shown(moderator).filter(pk=pk).exists():
            raise PermissionDenied
        return moderator, asked


def _row(asked: Request, moderator: User, now: datetime) -> Row:
    return Row(
        asked=asked,
        left=span_words(asked.expires_at - now),
        is_mine=asked.by_id == moderator.pk,
        may_fetch=not export_barred(asked, moderator),
    )


def _facts(asked: Request) -> list[tuple[str, str]]:
    """Give what would be carried out, label by label."""
    given = asked.payload
    if asked.kind == "permanent":
        day = Decision.objects.filter(reference=given["decision"]).first()
        if day is None:
            return []
        told = RULES[day.rule].title
        return [("Until it is approved", f"{day.get_measure_display()}, {day}"), ("Rule", told)]
    if asked.kind == "range-ban":
        told = RULES[given["rule"]].title
        return [("For", f"{given['days']} d"), ("Rule", told), ("What happened", given["facts"])]
    if asked.kind == "role":
        is_back = not given["enabled"] and given["rank"] != "none"
        return [
            ("Is", given["before"] + ("" if given["enabled"] else ", disabled")),
            ("Is to be", given["rank"] + (", enabled" if is_back else "")),
        ]
    return []
