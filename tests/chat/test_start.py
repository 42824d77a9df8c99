"""A web process's start: its switchboard is there before its first visitor, if Redis is."""

import asyncio

import pytest
from pytest_django import Settings

from chat import store
from omegle.lib.redis import sync_client
from tests.away import redis_silent
from tests.strangers import serving


async def test_process_is_counted_before_its_first_visitor() -> None:
    async with serving():
        assert list(store.processes(sync_client()).values()) == [0]
    assert store.processes(sync_client()) == {}


async def test_process_starts_without_redis_and_serves_once_it_is_there(
    settings: Settings,
) -> None:
    url = settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    async with serving() as chat:
        async with chat.stranger(hello=False) as early:
            assert await early.closes() == 4503
        settings.REDIS_URL = url
        async with chat.pair() as (alice, bob):
            await alice.says("hi")
            await bob.hears("message", text="hi")


async def test_redis_that_hangs_holds_up_no_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.switchboard._START_SECONDS", 0.05)
    async with redis_silent(settings) as gone:
        async with asyncio.timeout(2), serving():
            gone.set()
