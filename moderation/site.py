"""The admin site: every page of it is for staff whose second factor was verified in this session.

`admin.site` is this one everywhere (`omegle.apps.StaffAdminConfig`), also with DEBUG.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import SimpleLazyObject

from moderation.audit import click
from moderation.selectors.shifts import shift_standing
from moderation.sign_in import SignInForm, browser_remember


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
        """Give also where the one who looks stands in their shift; nobody else is told."""
        standing = SimpleLazyObject(lambda: shift_standing(request.user))  # type: ignore[arg-type]
        return {**super().each_context(request), "standing": standing}

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


def is_verified(request: HttpRequest) -> bool:
    """Tell whether this session's second factor was verified and its device is still there."""
    return getattr(request.user, "otp_device", None) is not None
