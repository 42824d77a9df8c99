"""Range bans: asking for one, those in force, lifting one."""

from collections.abc import Callable
from typing import Any, Final, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from moderation.admin.forms import RangeForm
from moderation.cases import NotPossible
from moderation.models import RangeBan
from moderation.policy import RANGE_BAN_LONGEST, RULES
from moderation.selectors.ranges import range_bans_in_force, range_bans_over
from moderation.selectors.requests import may_ask
from moderation.services.ranges import range_ban_ask, range_ban_lift
from moderation.services.requests import BadRequest

_OVER: Final = 30


@admin.register(RangeBan)
class RangeBanAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it has none at run time
    """Pages of our own: nothing of a range ban is edited as a record."""

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"moderation_rangeban_{name}")

        return [
            page("", self.ranges, "changelist"),
            page("add/", self.add_view, "add"),  # refused, but every model has the address
            page("<int:pk>/lift/", require_POST(self.lift), "lift"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: RangeBan | None = None) -> bool:
        return request.user.is_authenticated and may_ask("range-ban", request.user, None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: RangeBan | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RangeBan | None = None) -> bool:
        return False

    def ranges(self, request: HttpRequest) -> HttpResponse:
        moderator = self._moderator(request)
        if request.method == "POST":
            return self._ask(request, moderator)
        return self._page(request)

    def lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, ban = self._moderator(request), get_object_or_404(RangeBan, pk=pk)
        try:
            range_ban_lift(ban.pk, by=moderator, why=request.POST.get("why", ""))
        except BadRequest as bad:
            return self._page(request, problem=str(bad), status=400)
        except NotPossible as refused:
            return self._page(request, problem=str(refused), status=409)
        messages.success(request, f"{ban.network} is let in again.")
        return HttpResponseRedirect(_changelist())

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
        return HttpResponseRedirect(_changelist())

    def _page(
        self,
        request: HttpRequest,
        form: RangeForm | None = None,
        *,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Range bans",
            "problem": problem,
            "typed": form.data if form is not None else {},
            "bans": range_bans_in_force(),
            "over": range_bans_over()[:_OVER],
            "rules": [(key, rule.title) for key, rule in RULES.items()],
            "longest": RANGE_BAN_LONGEST.days,
        }
        return TemplateResponse(
            request, "admin/moderation/request/ranges.html", context, status=status
        )

    def _moderator(self, request: HttpRequest) -> User:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return cast("User", request.user)


def _changelist() -> str:
    return reverse("admin:moderation_rangeban_changelist")
