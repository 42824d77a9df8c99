"""What stands around every request."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from omegle.lib.redis import RedisError

logger = logging.getLogger(__name__)


class RedisAwayMiddleware(MiddlewareMixin):
    """Answer 503 with a page while Redis is away, instead of a fault."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, RedisError):
            return None
        logger.error("Redis is away: %s", type(error).__name__)
        if request.path.endswith(".json"):
            return JsonResponse({"error": "unavailable"}, status=503)
        return render(request, "errors/503.html", status=503)
