"""How often something may be asked over HTTP: a `Rate` of the settings, by django-ratelimit."""

from collections.abc import Callable

from django.http import HttpRequest
from django_ratelimit.core import is_ratelimited

from omegle.lib.network import caller_tag
from omegle.lib.ratelimit import Rate


def is_over(
    request: HttpRequest,
    rate: Rate,
    *,
    group: str,
    key: Callable[[str, HttpRequest], str] | None = None,
) -> bool:
    """Count a request; by address, unless `key` gives something else."""
    if rate.unlimited:
        return False
    return bool(
        is_ratelimited(
            request,
            group=group,
            key=key or _tag_key,
            rate=f"{rate.count}/{rate.seconds}s",
            increment=True,
        )
    )


def addresses(request: HttpRequest) -> tuple[str | None, str]:
    """Give the peer and what proxies say, as `omegle.lib.network` takes them."""
    return request.META.get("REMOTE_ADDR"), request.META.get("HTTP_X_FORWARDED_FOR", "")


def _tag_key(group: str, request: HttpRequest) -> str:
    return caller_tag(*addresses(request))
