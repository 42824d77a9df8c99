"""What stands around every request: its headers, its error pages, and an honest 503 while a part is
away."""

import logging
import sys
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin

from omegle.lib.redis import RedisError

logger = logging.getLogger(__name__)

# What a page of ours may use, and nothing it might show: no directive means that everybody may.
_PERMISSIONS = ", ".join(
    [f"{name}=(self)" for name in ("camera", "fullscreen", "microphone", "picture-in-picture")]
    + [
        f"{name}=()"
        for name in (
            *("accelerometer", "browsing-topics", "display-capture", "geolocation", "gyroscope"),
            *("magnetometer", "midi", "payment", "usb", "xr-spatial-tracking"),
        )
    ]
)


class BrowserPolicyMiddleware(MiddlewareMixin):
    """Say what Django and django-csp do not: what a page may use, who may load what we send.

    And that no cache keeps anything of which no view said that it may be kept.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers["Permissions-Policy"] = _PERMISSIONS
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


# What probes and Prometheus ask, by an address that is none of our names.
_PROBED = frozenset({"/livez", "/readyz", "/metrics"})


@sync_and_async_middleware
def probe_middleware(get_response: Any) -> Any:
    """Let probes name any host: nothing they are told depends on it."""

    def named(request: HttpRequest) -> HttpRequest:
        if request.path in _PROBED:
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0]
        return request

    async def answer_async(request: HttpRequest) -> Any:
        return await get_response(named(request))

    def answer(request: HttpRequest) -> Any:
        return get_response(named(request))

    return answer_async if iscoroutinefunction(get_response) else answer


class PartAwayMiddleware(MiddlewareMixin):
    """Answer 503 with a page while Redis or the database is away, instead of a fault."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        part = _part_away(error)
        if part is None:
            return None
        logger.error("%s is away: %s", part, type(error).__name__)
        return _unavailable(request)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a fault that no view made: 503 when a part is away, as a session's database is.

    Django's own answers would look for a CSRF token first, in a form that may be what is wrong.
    """
    error = sys.exc_info()[1]
    if error is not None and _part_away(error):
        return _unavailable(request)
    return HttpResponse(render_to_string("500.html"), status=500)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that could not be read, or is longer than any of ours."""
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    return HttpResponse(render_to_string("400.html"), status=status)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def _part_away(error: BaseException) -> str | None:
    if isinstance(error, RedisError):
        return "Redis"
    return "The database" if isinstance(error, OperationalError | InterfaceError) else None


def _unavailable(request: HttpRequest) -> HttpResponse:
    if request.path.endswith(".json"):
        return JsonResponse({"error": "unavailable"}, status=503)
    return render(request, "errors/503.html", status=503)
