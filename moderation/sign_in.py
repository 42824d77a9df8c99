"""How staff sign in: one form of name, password and code, and who has to wait before trying again.

The lockout is django-axes with its counts in the cache: after five failures in a row a name is shut
for 15 minutes to the address they came from, and to nobody else. What stands for the address is its
tag. `moderation.site` and the settings are the only ones that use this.
"""

import hashlib
import ipaddress
from datetime import timedelta
from typing import Any, Final

from axes.handlers.cache import AxesCacheHandler
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_login_failed
from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_otp.plugins.otp_totp.models import TOTPDevice

from omegle.lib.network import caller_tag

# Somebody with many addresses has five tries from each, so a name has a limit of its own. It must
# not be a way to keep its owner out: it never holds for a browser that has signed in under this
# name before (a signed cookie says so), and for others it starts anew every five minutes.
NAME_FAILURES: Final = 20
NAME_SPAN: Final = timedelta(minutes=5)

KNOWN_COOKIE: Final = "staff-browser"
KNOWN_FOR: Final = timedelta(days=90)
_KNOWN_SALT = "moderation.staff-browser"


class SignInForm(AdminAuthenticationForm):
    """Name, password and code at once: a refusal does not tell which of them was wrong."""

    otp_token = forms.RegexField(
        r"^[0-9 ]{6,9}$",
        label="Code",
        error_messages={"invalid": "The code is the six digits of your authenticator app."},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 9}
        ),
    )
    error_messages = AdminAuthenticationForm.error_messages | {
        "invalid_login": "Name, password and code do not match. Each code works only once: if you "
        "have used this one, wait for the next."
    }

    def clean(self) -> dict[str, Any]:
        if self.errors:
            # Without a code nothing is tried: the answer would tell whether the password is right.
            return self.cleaned_data
        super().clean()
        user, token = self.get_user(), self.cleaned_data["otp_token"]
        device = _verified_device(user, token.replace(" ", ""))
        if device is None:
            self.user_cache = None
            # django-axes counts this like a wrong password.
            user_login_failed.send(
                sender=__name__,
                credentials={"username": user.get_username()},
                request=self.request,
            )
            raise self.get_invalid_login_error()
        # django-otp keeps it in the session when Django has signed the person in.
        user.otp_device = device  # type: ignore[attr-defined]
        return self.cleaned_data


def _verified_device(user: AbstractBaseUser, token: str) -> TOTPDevice | None:
    """Give the person's device if the code is its own; only the newest of several counts."""
    with transaction.atomic():
        # A code is spent under a lock: two requests at once cannot both have it.
        devices = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True)
        device = devices.order_by("-pk").first()
        return device if device is not None and device.verify_token(token) else None


# --- Who has to wait ------------------------------------------------------------------------------


def address_stand_in(request: HttpRequest) -> str:
    """Give the caller's tag in the shape of an address, which is what django-axes handles."""
    tag = caller_tag(request.META.get("REMOTE_ADDR"), request.META.get("HTTP_X_FORWARDED_FOR", ""))
    return str(ipaddress.IPv6Address(int(tag, 16)))


def log_name(
    username: str | None, address: str | None, agent: str, path: str, request: HttpRequest
) -> str:
    """Give what django-axes calls somebody in the log: enough to see that it is the same one."""
    return f"caller {hashlib.sha256((address or '').encode()).hexdigest()[:8]}"


class SignInHandler(AxesCacheHandler):
    """The cache handler of django-axes, and the limit of each name on top."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        if super().is_locked(request, credentials):
            return True
        name = (credentials or {}).get("username") or ""
        return not _is_known(request, name) and cache.get(_name_key(name), 0) >= NAME_FAILURES

    def user_login_failed(
        self,
        sender: object,
        credentials: dict[str, Any],
        request: HttpRequest | None = None,
        **kwargs: object,
    ) -> None:
        name = credentials.get("username") or ""
        refused = getattr(request, "axes_locked_out", False)
        if request is not None and not refused and not _is_known(request, name):
            _count(_name_key(name))
        super().user_login_failed(sender, credentials, request, **kwargs)


def browser_remember(response: HttpResponse, *, name: str, secure: bool) -> None:
    """Let this browser keep that somebody has signed in with it under this name."""
    response.set_cookie(
        KNOWN_COOKIE,
        signing.dumps(name, salt=_KNOWN_SALT),
        max_age=KNOWN_FOR,
        secure=secure,
        httponly=True,
        samesite="Strict",
    )


def _is_known(request: HttpRequest, name: str) -> bool:
    try:
        known = signing.loads(
            request.COOKIES.get(KNOWN_COOKIE, ""), salt=_KNOWN_SALT, max_age=KNOWN_FOR
        )
    except signing.BadSignature:
        return False
    return bool(known == name)


def _name_key(name: str) -> str:
    return f"sign-in:{hashlib.sha256(name.encode()).hexdigest()}"


def _count(key: str) -> None:
    cache.add(key, 0, NAME_SPAN.total_seconds())
    try:
        cache.incr(key)
    except ValueError:
        # It lapsed in between: then the span is over anyway.
        cache.set(key, 1, NAME_SPAN.total_seconds())


def lockout_page(
    request: HttpRequest,
    response: HttpResponse | None = None,
    credentials: dict[str, Any] | None = None,
) -> HttpResponse:
    """Answer whoever has to wait, also with the right password: 429."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    context = admin.site.each_context(request) | {
        "title": "Too many failed attempts",
        "minutes": seconds // 60,
    }
    page = render(request, "admin/locked.html", context, status=429)
    page["Retry-After"] = str(seconds)
    return page
