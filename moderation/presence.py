"""Which subjects are connected right now, so that their cases come first. In Redis, for seconds.

Web processes note the tags of the visitors they serve; the desk asks.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

from omegle.lib.redis import Client, RedisError, sync_client

_KEY: Final = "subjects:online"
KEPT: Final = timedelta(seconds=45)


async def presence_note(redis: Client, tags: Collection[str]) -> None:
    """Note that these visitors are connected; the note lapses by itself."""
    seconds, _ = await redis.time()
    await redis.zremrangebyscore(_KEY, "-inf", seconds)
    if tags:
        await redis.zadd(_KEY, dict.fromkeys(tags, seconds + int(KEPT.total_seconds())))


def subjects_online(tags: Sequence[str]) -> set[str]:
    """Give those of the tags that are connected; none while Redis is away."""
    if not tags:
        return set()
    redis = sync_client()
    try:
        now = redis.time()[0]
        ends = redis.zmscore(_KEY, list(tags))
    except RedisError:
        return set()
    return {tag for tag, end in zip(tags, ends, strict=True) if end is not None and end > now}
