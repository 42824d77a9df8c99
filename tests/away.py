"""Parts that are away, or full."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from pytest_django import Settings

from omegle.lib.redis import broker_client, sync_client


@contextmanager
def redis_away(settings: Settings) -> Iterator[None]:
    """Let the clients of views, jobs and commands find no Redis."""
    url = settings.REDIS_URL

    def forget() -> None:
        sync_client.cache_clear()
        broker_client.cache_clear()

    forget()
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    try:
        yield
    finally:
        settings.REDIS_URL = url
        forget()


@contextmanager
def redis_full(server: redis.Redis) -> Iterator[None]:
    """Let Redis refuse every write, and answer who reads."""
    before = str(server.config_get("maxmemory")["maxmemory"])
    server.config_set("maxmemory", 1)
    try:
        yield
    finally:
        server.config_set("maxmemory", before)
