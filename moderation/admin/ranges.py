"""Range bans: asking for one, those in force, lifting one."""

from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.views.decorators.http import require_POST

from moderation.admin.forms import RangeForm
from moderation.admin.pages import DeskPages
from moderation.cases import NotPossible
from moderation.models import RangeBan
from moderation.policy import RANGE_BAN_LONGEST, RULES
from moderation.selectors.ranges import range_bans_in_force, range_bans_over
from moderation.selectors.requests import may_ask
from moderation.services.ranges import range_ban_ask, range_ban_lift
from moderation.services.requests import BadRequest

_OVER: Final = 30


@admin.register(RangeBan)
class RangeBanAdmin(DeskPages):
    """Pages of our own: nothing of a range ban is edited as a record."""

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", self.ranges, "changelist"),
            self.no_add(),
            self.page("<int:pk>/lift/", require_POST(self.lift), "lift"),
        ]

    def has_view_permission(self, request: HttpRequest, obj: RangeBan | None = None) -> bool:
        return request.user.is_authenticated and may_ask("range-ban", request.user, None)

    def ranges(self, request: HttpRequest) -> HttpResponse:
        moderator = self.moderator(request)
        if request.method == "POST":
            return self._ask(request, moderator)
        return self._page(request)

    def lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, ban = self.moderator(request), get_object_or_404(RangeBan, pk=pk)
        try:
            range_ban_lift(ban.pk, by=moderator, why=request.POST.get("why", ""))
        except BadRequest as bad:
            return self._page(request, problem=str(bad), status=400)
        except NotPossible as refused:
            return self._page(request, problem=str(refused), status=409)
        messages.success(request, f"{ban.network} is let in again.")
        return self.go("changelist")

    def _ask(self, request: HttpRequest, moderator: User) -> HttpResponse:
        form = RangeForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, problem=form.sentence(), status=400)
        try:
            asked = range_ban_ask(by=moderator, **form.cleaned_data)
        except BadRequest as bad:
            return self._page(request, form, problem=str(bad), status=400)
        except NotPossible as refused:
            return self._page(request, form, problem=str(refused), status=409)
        messages.success(request, f"Asked: {asked.target} is kept out when another approves it.")
        return self.go("changelist")

    def _page(
        self,
        request: HttpRequest,
        form: RangeForm | None = None,
        *,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        context: dict[str, Any] = {
            "title": "Range bans",
            "problem": problem,
            "typed": form.data if form is not None else {},
            "bans": range_bans_in_force(),
            "over": range_bans_over()[:_OVER],
            "rules": [(key, rule.title) for key, rule in RULES.items()],
            "longest": RANGE_BAN_LONGEST.days,
        }
        return self.show(request, "request/ranges", context, status=status)
