"""What the page asks for while one looks for a stranger: how many are here, and what they like."""

from collections.abc import Mapping

from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import store, visitors
from matching.policy import side_short
from matching.pool import waiting_counts, waits_expected
from matching.popular import popular_interests
from matching.tickets import Mode, Role
from omegle.lib.redis import RedisError, SyncClient, sync_client

# For how long what is popular stands.
POPULAR_SECONDS = 60


@require_safe
@never_cache
def status(request: HttpRequest) -> JsonResponse:
    """Tell how many are here and how many wait, for anybody."""
    redis = sync_client()
    waiting = waiting_counts(redis)
    return JsonResponse(
        {
            "online": store.online_count(redis),
            "waiting": {
                "text": waiting.get(("text", "chat"), 0),
                "video": waiting.get(("video", "chat"), 0),
                "ask": waiting.get(("text", "ask"), 0),
                "discuss": waiting.get(("text", "discuss"), 0),
            },
            "spy": _spy(redis, waiting),
            "waits": store.chat_waits_expected(redis),
        }
    )


@require_safe
def interests(request: HttpRequest) -> JsonResponse:
    """Tell what many of those whom a visitor may meet like at the moment."""
    visitor = visitors.visitor_read(request.COOKIES)
    names = _popular(visitor.group) if visitor and visitor.is_admitted else []
    response = JsonResponse({"popular": names})
    patch_cache_control(response, private=True, max_age=POPULAR_SECONDS)
    return response


def online_or_none() -> int | None:
    """Give how many are here; None while Redis is away, which must not take the page down."""
    try:
        return store.online_count(sync_client())
    except RedisError:
        return None


def spy_or_none() -> dict[str, int | str | None] | None:
    """As `online_or_none`."""
    redis = sync_client()
    try:
        return _spy(redis, waiting_counts(redis))
    except RedisError:
        return None


def _spy(
    redis: SyncClient, waiting: Mapping[tuple[Mode, Role], int]
) -> dict[str, int | str | None]:
    """Give how long those who ask and who discuss wait, and which side is short of people."""
    seconds = waits_expected(redis)
    return {
        "ask_seconds": seconds["ask"],
        "discuss_seconds": seconds["discuss"],
        "short": side_short(
            asking=waiting.get(("text", "ask"), 0), discussing=waiting.get(("text", "discuss"), 0)
        ),
    }


def _popular(group: str) -> list[str]:
    """Give what is popular in a group, as of at most `POPULAR_SECONDS` ago."""
    key = f"popular:{group}"
    names: list[str] | None = cache.get(key)
    if names is None:
        names = popular_interests(sync_client(), group)
        cache.set(key, names, POPULAR_SECONDS)
    return names
