"""The admin site: every page of it is for staff whose second factor was verified in this session.

`admin.site` is this one everywhere (`omegle.apps.StaffAdminConfig`), also with DEBUG.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, cast

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from moderation.audit import click
from moderation.policy import EXPORT_WINDOW, NOTICE_ALERT, NOTICE_DUE, REQUEST_WINDOW
from moderation.policy.desk import BREAK, BREAK_AFTER, BREAK_LATEST, SHIFT_GAP
from moderation.selectors.desk import permitted_measures
from moderation.selectors.requests import request_kinds
from moderation.selectors.shifts import shift_standing
from moderation.selectors.waiting import Waiting
from moderation.sign_in import SignInForm, browser_remember
from moderation.statements import span_told

# What the policy gives so long for, as the pages of the desk say it.
_TIMES: Final = {
    "rest": BREAK,
    "rest_after": BREAK_AFTER,
    "rest_latest": BREAK_LATEST,
    "shift_gap": SHIFT_GAP,
    "request": REQUEST_WINDOW,
    "export": EXPORT_WINDOW,
    "notice_late": NOTICE_DUE - NOTICE_ALERT,
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the row above every page.

    Attributes:
        counts: what waits there, as an attribute of `Waiting`; empty where nothing does.
        also: the pages of which other model belong to it.
    """

    label: str
    to: str
    permission: str = ""
    counts: str = ""
    also: str = ""

    def is_for(self, user: User) -> bool:
        return user.has_perm(self.permission) if self.permission else bool(request_kinds(user))

    def is_at(self, page: str) -> bool:
        """Whether it leads to the page of this name, or to what that is one of."""
        if _DASHBOARD in (page, self.to):
            return page == self.to
        model = page.rpartition("_")[0]
        return model == self.to.rpartition("_")[0] or model == (self.also or None)


_DASHBOARD: Final = "moderation_case_dashboard"
# What is to be done, then what is to be looked up.
_LINKS: Final = (
    Link("Queue", "moderation_case_changelist", "moderation.view_case", "cases"),
    Link("Appeals", "moderation_appeal_changelist", "moderation.decide_appeal", "appeals"),
    Link("Notices", "moderation_notice_changelist", "moderation.decide_notice", "notices"),
    Link("Requests", "moderation_request_changelist", "", "requests", "moderation_rangeban"),
    Link(
        "Second opinions",
        "moderation_secondopinion_changelist",
        "moderation.impose_dismiss",
        "opinions",
    ),
    Link("Dashboard", _DASHBOARD, "moderation.view_case"),
    Link("Decisions", "moderation_decision_changelist", "moderation.view_decision"),
    Link("Reports", "moderation_report_changelist", "moderation.view_report"),
    Link("Rules", "moderation_filterrule_changelist", "moderation.view_filterrule"),
    Link("Audit log", "moderation_auditentry_changelist", "moderation.view_auditentry"),
    Link("Staff", "auth_user_changelist", "auth.view_user"),
)


class OwnChoice(PermissionDenied):
    """Somebody opens what they chose not to see; a sentence."""


class StaffSite(AdminSite):
    site_title = site_header = f"{settings.SITE_NAME} moderation"
    index_title = "What there is"
    # The header's own links take its place (templates/admin/base_site.html).
    enable_nav_sidebar = False
    login_form = SignInForm

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and is_verified(request)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Give all that one click brings about one id in the audit log."""

        @wraps(view)
        def clicked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            before = click.set(str(uuid.uuid4()))
            try:
                return view(request, *args, **kwargs)
            except OwnChoice as choice:
                context = self.each_context(request) | {"title": "Not shown", "choice": str(choice)}
                return TemplateResponse(
                    request, "admin/moderation/shift/not_shown.html", context, status=403
                )
            finally:
                click.reset(before)

        return super().admin_view(clicked, cacheable)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Give also what waits for the one who looks, and where they stand in their shift."""
        user = cast("User", request.user)
        waiting = Waiting(user)
        return {
            **super().each_context(request),
            "decides_cases": SimpleLazyObject(lambda: bool(permitted_measures(user))),
            "standing": SimpleLazyObject(lambda: shift_standing(user)),
            "desk_links": SimpleLazyObject(lambda: _links(request, user, waiting)),
            "notice_counts": SimpleLazyObject(lambda: waiting.on_clock),
            "times": {name: span_told(span) for name, span in _TIMES.items()},
        }

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().login(request, extra_context)
        if (
            request.method == "POST"
            and self.has_permission(request)
            and response.status_code == 302
        ):
            browser_remember(response, name=request.user.get_username(), secure=settings.SECURE)
        return response


def _links(request: HttpRequest, user: User, waiting: Waiting) -> list[dict[str, Any]]:
    at = request.resolver_match
    page = (at.url_name if at is not None else None) or ""
    return [
        {
            "label": link.label,
            "url": reverse(f"admin:{link.to}"),
            "count": getattr(waiting, link.counts) if link.counts else 0,
            "is_current": link.is_at(page),
            "is_live": link.counts == "cases",
            "is_late": link.counts == "notices" and bool(waiting.on_clock.late),
        }
        for link in _LINKS
        if link.is_for(user)
    ]


def is_verified(request: HttpRequest) -> bool:
    """Tell whether this session's second factor was verified and its device is still there."""
    return getattr(request.user, "otp_device", None) is not None
