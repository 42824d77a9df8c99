"""The admin site: every page of it is for staff whose second factor was verified in this session.

`admin.site` is this one everywhere (`omegle.apps.StaffAdminConfig`), also with DEBUG.
"""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse

from moderation.sign_in import SignInForm, browser_remember


class StaffSite(AdminSite):
    site_title = site_header = f"{settings.SITE_NAME} staff"
    login_form = SignInForm

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and is_verified(request)

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
