"""How long staff stay signed in: half an hour without a request, 12 hours at most.

The session carries two stamps, made by `session_begin` when Django signs somebody in. Whatever has
none, or an account that lost its second factor, is signed out with its next request. Django itself
does the same to accounts that are disabled or have a new password.
"""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, logout
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.deprecation import MiddlewareMixin
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from moderation.site import is_verified

IDLE: Final = timedelta(minutes=30)
# The session is written at most this often, and idleness is as exact as this.
_WRITE: Final = timedelta(minutes=1)

BEGAN: Final = "staff-began"
SEEN: Final = "staff-seen"


def now() -> int:
    return int(time.time())


def session_begin(*, request: HttpRequest, **kwargs: object) -> None:
    """Stamp the session of somebody who has just signed in."""
    request.session[BEGAN] = request.session[SEEN] = now()


def is_over(session: Mapping[str, Any]) -> bool:
    """Whether somebody was away too long or is here for too long."""
    moment = now()
    began, seen = session.get(BEGAN, 0), session.get(SEEN, 0)
    return bool(
        moment - began > settings.SESSION_COOKIE_AGE or moment - seen > IDLE.total_seconds()
    )


class StaffSessionMiddleware(MiddlewareMixin):
    """Sign out who was away too long or is here for too long; stands after django-otp's."""

    def process_request(self, request: HttpRequest) -> None:
        # Visitors have no session, and their pages must not depend on one.
        if (
            settings.SESSION_COOKIE_NAME not in request.COOKIES
            or SESSION_KEY not in request.session
        ):
            return
        moment = now()
        if is_over(request.session) or not is_verified(request):
            logout(request)
        # What a page asks by itself is no sign of a person.
        elif moment - request.session[SEEN] >= _WRITE.total_seconds() and not request.path.endswith(
            ".json"
        ):
            request.session[SEEN] = moment


def session_member(key: str) -> User | None:
    """Give the member of staff whose session this is; None once it is over.

    For sockets, which outlive the request that opened them: it asks what the middlewares ask of
    every request, and costs two queries by key.
    """
    row = Session.objects.filter(session_key=key, expire_date__gt=timezone.now()).first()
    session = row.get_decoded() if row is not None else {}
    if not session or is_over(session):
        return None
    device = str(session.get(DEVICE_ID_SESSION_KEY, "")).rpartition("/")[2]
    devices = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
    member = User.objects.filter(
        Exists(devices.filter(pk=int(device) if device.isdecimal() else 0)),
        pk=session.get(SESSION_KEY, 0),
        is_active=True,
        is_staff=True,
    ).first()
    if member is None or not constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), member.get_session_auth_hash()
    ):
        return None
    return member
