"""Accounts of staff in the admin: who manages staff cannot become, or touch, a superuser.

Django's own pages would let anybody who may change accounts make themselves one.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest
from django_otp.plugins.otp_totp.admin import TOTPDeviceAdmin
from django_otp.plugins.otp_totp.models import TOTPDevice

admin.site.unregister(User)
admin.site.unregister(TOTPDevice)


@admin.register(User)
class StaffAdmin(UserAdmin):  # type: ignore[type-arg]  # it has none at run time
    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        kept = super().get_readonly_fields(request, obj)
        return kept if _is_superuser(request) else (*kept, "is_superuser", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (_is_superuser(request) or obj is None or not obj.is_superuser)


@admin.register(TOTPDevice)
class StaffDeviceAdmin(TOTPDeviceAdmin):
    """Second factors can be looked at and removed; only `create_moderator` makes them.

    Whoever could add one here would know its secret, and with that be somebody else.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and (_is_superuser(request) or obj is None or not obj.user.is_superuser)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
