"""“My desk”: what somebody has looked at, breaks, and which lanes they see; theirs alone."""

from collections.abc import Callable
from typing import Any, Final, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from moderation.admin.forms import LanesForm
from moderation.admin.shown import span_words
from moderation.models import Shift
from moderation.policy import EXPOSURE, EXPOSURE_STILL, LANES, RETENTION
from moderation.selectors.desk import permitted_lanes
from moderation.selectors.shifts import claims_held, lanes_opted_out, shift_standing
from moderation.services.breaks import break_begin
from moderation.services.shifts import lanes_opt_out

_SHIFTS: Final = 10


@admin.register(Shift)
class ShiftAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it has none at run time
    """Pages of our own: there is no list of other people's shifts, whatever somebody may do."""

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"moderation_shift_{name}")

        return [
            page("", require_GET(self.own), "changelist"),
            page("break/", require_http_methods(["GET", "POST"])(self.pause), "break"),
            page("lanes/", require_POST(self.lanes), "lanes"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # the header leads here

    def own(self, request: HttpRequest) -> HttpResponse:
        moderator = self._moderator(request)
        out = lanes_opted_out(moderator)
        context = self._context(request) | {
            "title": "My desk",
            "prices": [
                *((LANES[lane], points) for lane, points in EXPOSURE.items()),
                ("A still, uncovered", EXPOSURE_STILL),
            ],
            "shifts": moderator.shifts.annotate(points=Sum("exposures__points"))[:_SHIFTS],
            "kept_days": RETENTION["exposure"].days,  # type: ignore[union-attr]
            "lanes": [(lane, LANES[lane], lane not in out) for lane in permitted_lanes(moderator)],
        }
        return TemplateResponse(request, "admin/moderation/shift/own.html", context)

    def pause(self, request: HttpRequest) -> HttpResponse:
        """Show how long the break lasts; posted, give back what is held first."""
        moderator = self._moderator(request)
        if request.method == "POST":
            if break_begin(moderator=moderator):
                messages.info(request, "What you held is given back.")
            return HttpResponseRedirect(reverse("admin:moderation_shift_break"))
        until = shift_standing(moderator).break_until
        context = self._context(request) | {
            "title": "A break",
            "left": span_words(until - timezone.now()) if until else "",
            "held": " and ".join(claims_held(moderator)),
        }
        return TemplateResponse(request, "admin/moderation/shift/break.html", context)

    def lanes(self, request: HttpRequest) -> HttpResponse:
        moderator = self._moderator(request)
        form = LanesForm(request.POST)
        if not form.is_valid():
            messages.error(request, "There is no such lane.")
        else:
            shown = form.cleaned_data["lanes"]
            lanes_opt_out(
                moderator=moderator,
                lanes=[lane for lane in permitted_lanes(moderator) if lane not in shown],
            )
            messages.success(request, "The desk shows you these lanes from now on.")
        return HttpResponseRedirect(reverse("admin:moderation_shift_changelist"))

    def _moderator(self, request: HttpRequest) -> User:
        moderator = cast("User", request.user)
        if not moderator.has_perm("moderation.view_case"):
            raise PermissionDenied
        return moderator

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        own = {"opts": self.opts, "is_own_desk": True}
        return {**self.admin_site.each_context(request), **own}
