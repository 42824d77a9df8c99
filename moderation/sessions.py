"""How long staff stay signed in: half an hour without a request, 12 hours at most.

The session carries two stamps, made by `session_begin` when Django signs somebody in. Whatever has
none, or an account that lost its second factor, is signed out with its next request. Django itself
does the same to accounts that are disabled or have a new password.
"""

import time
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

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
        began, seen = request.session.get(BEGAN, 0), request.session.get(SEEN, 0)
        if (
            moment - began > settings.SESSION_COOKIE_AGE
            or moment - seen > IDLE.total_seconds()
            or not is_verified(request)
        ):
            logout(request)
        # What a page asks by itself is no sign of a person.
        elif moment - seen >= _WRITE.total_seconds() and not request.path.endswith(".json"):
            request.session[SEEN] = moment
