"""Accounts of staff in the admin: a role is asked for here, and another approves it.

Django's own pages would let anybody who may change accounts make themselves a superuser. Disabling
one is at once, and one person's; being somebody else, by their password or their name, is nobody's.
"""

from typing import Any, Final, cast, get_args

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_otp.plugins.otp_totp.admin import TOTPDeviceAdmin
from django_otp.plugins.otp_totp.models import TOTPDevice

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import Request
from moderation.policy.roles import Rank
from moderation.rights import has_rights, is_enabled, rank_of, rights_are_free
from moderation.selectors.requests import may_ask
from moderation.services.ranks import rank_ask
from moderation.services.requests import BadRequest

_RIGHTS: Final = ("is_superuser", "groups", "user_permissions")
_ENABLED: Final = ("is_active", "is_staff")

admin.site.unregister(User)
# What a role may do is in `moderation.policy`.
admin.site.unregister(Group)
admin.site.unregister(TOTPDevice)


@admin.register(User)
class StaffAdmin(UserAdmin):  # type: ignore[type-arg]  # it has none at run time
    change_form_template = "admin/moderation/request/account.html"

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return super().get_readonly_fields(request, obj)
        # The audit log and requests name people by it.
        shut = ("username", *_RIGHTS)
        return (*super().get_readonly_fields(request, obj), *shut, *_shut_of_disabled(obj))

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not has_rights(obj):
            return fieldsets
        return [
            (name, {**each, "fields": tuple(f for f in each["fields"] if f != "password")})
            for name, each in fieldsets
        ]

    def get_urls(self) -> list[URLPattern]:
        role = self.admin_site.admin_view(require_POST(self.role))
        return [path("<int:pk>/role/", role, name="auth_user_role"), *super().get_urls()]

    def role(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for another role of an account."""
        account = get_object_or_404(User, pk=pk)
        rank = request.POST.get("rank", "")
        if not self.has_change_permission(request, account) or rank not in get_args(Rank):
            raise PermissionDenied
        try:
            asked = rank_ask(
                account,
                cast("Rank", rank),
                by=cast("User", request.user),
                why=request.POST.get("why", ""),
            )
        except (BadRequest, NotPossible) as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"Asked: {asked} waits until another approves it.")
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        account = self.get_object(request, object_id)
        context = _role_context(request, account) if isinstance(account, User) else {}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, context | (extra_context or {})
        )
        return response

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (_is_superuser(request) or obj is None or not obj.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Set the password of an account that has no role yet; another's is its owner's."""
        account = self.get_object(request, unquote(id))
        if isinstance(account, User) and has_rights(account):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> Any:
        _written_down(request, "add-account", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        _written_down(request, "change-account", obj, enabled=is_enabled(obj))
        return super().log_change(request, obj, message)


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

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for device in queryset:
            _written_down(request, "remove-device", device.user)
        return super().log_deletions(request, queryset)


def _written_down(request: HttpRequest, action: str, account: User, **detail: bool) -> None:
    name = account.get_username()
    audit_append(actor=request.user.get_username(), action=action, target=name, detail=detail)


def _shut_of_disabled(account: User) -> tuple[str, ...]:
    """Give the fields by which nobody enables an account alone."""
    takes_two = has_rights(account) and not is_enabled(account) and not rights_are_free()
    return _ENABLED if takes_two else ()


def _role_context(request: HttpRequest, account: User) -> dict[str, Any]:
    """Give what the account is, what may be asked for it, and what waits."""
    rank = rank_of(account)
    is_theirs = _is_superuser(request) or rank != "superuser"
    enabled = is_enabled(account)
    beyond = {rank} if enabled or rank == "none" else set()
    if not _is_superuser(request):
        beyond.add("superuser")
    ranks = [each for each in get_args(Rank) if each not in beyond]
    waiting = Request.objects.filter(
        kind="role", target=account.get_username(), outcome="", expires_at__gt=timezone.now()
    )
    return {
        "rank": rank,
        "enabled": enabled,
        "enabling_takes_two": bool(_shut_of_disabled(account)),
        "ranks": ranks,
        "may_ask": is_theirs and may_ask("role", cast("User", request.user), None),
        "asked": waiting.first(),
    }


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
