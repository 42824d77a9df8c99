"""“My desk”: what somebody has looked at, breaks, and which lanes they see; theirs alone."""

from typing import Final

from django.contrib import admin, messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from moderation.admin.forms import LanesForm
from moderation.admin.pages import DeskPages
from moderation.admin.shown import span_words
from moderation.models import Shift
from moderation.policy import LANES
from moderation.policy.desk import EXPOSURE, EXPOSURE_STILL
from moderation.policy.retention import RETENTION
from moderation.selectors.claims import claims_held
from moderation.selectors.desk import permitted_lanes
from moderation.selectors.shifts import lanes_opted_out, shift_standing
from moderation.services.breaks import break_begin
from moderation.services.shifts import lanes_opt_out

_SHIFTS: Final = 10


@admin.register(Shift)
class ShiftAdmin(DeskPages):
    """Pages of our own: there is no list of other people's shifts, whatever somebody may do."""

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", require_GET(self.own), "changelist"),
            self.page("break/", require_http_methods(["GET", "POST"])(self.pause), "break"),
            self.page("lanes/", require_POST(self.lanes), "lanes"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # the links above every page lead here

    def has_view_permission(self, request: HttpRequest, obj: Shift | None = None) -> bool:
        return request.user.has_perm("moderation.view_case")

    def own(self, request: HttpRequest) -> HttpResponse:
        moderator = self.moderator(request)
        out = lanes_opted_out(moderator)
        context = {
            "title": "My desk",
            "is_own_desk": True,
            "prices": [
                *((LANES[lane], points) for lane, points in EXPOSURE.items()),
                ("A still, uncovered", EXPOSURE_STILL),
            ],
            "shifts": moderator.shifts.annotate(points=Sum("exposures__points"))[:_SHIFTS],
            "kept_days": RETENTION["exposure"].days,  # type: ignore[union-attr]
            "lanes": [(lane, LANES[lane], lane not in out) for lane in permitted_lanes(moderator)],
        }
        return self.show(request, "shift/own", context)

    def pause(self, request: HttpRequest) -> HttpResponse:
        """Show how long the break lasts; posted, give back what is held first."""
        moderator = self.moderator(request)
        if request.method == "POST":
            if break_begin(moderator=moderator):
                messages.info(request, "What you held is given back.")
            return self.go("break")
        until = shift_standing(moderator).break_until
        context = {
            "title": "A break",
            "is_own_desk": True,
            "left": span_words(until - timezone.now()) if until else "",
            "held": " and ".join(claims_held(moderator)),
        }
        return self.show(request, "shift/break", context)

    def lanes(self, request: HttpRequest) -> HttpResponse:
        moderator = self.moderator(request)
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
        return self.go("changelist")
