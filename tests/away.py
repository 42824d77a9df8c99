"""Parts that are away, silent or full."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

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


@asynccontextmanager
async def redis_silent(settings: Settings) -> AsyncIterator[asyncio.Event]:
    """Let Redis take connections and answer nothing; the event lets go of them."""
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1")
    async with server:
        settings.REDIS_URL = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield gone


@contextmanager
def redis_full(server: redis.Redis) -> Iterator[None]:
    """Let Redis refuse every write, and answer who reads."""
    before = str(server.config_get("maxmemory")["maxmemory"])
    server.config_set("maxmemory", 1)
    try:
        yield
    finally:
        server.config_set("maxmemory", before)
