"""`/livez` and `/readyz`: what counts as ready, and that nothing makes them wait."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import django.db
import pytest
import redis
from django.test import AsyncClient
from pytest_django import Settings

from omegle import health, heartbeat
from omegle.tasks import heartbeat_write
from tests.away import redis_full, redis_silent


@pytest.fixture(autouse=True)
def database_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No database; the tests that have one ask the real function."""
    monkeypatch.setattr(health, "_ask_database", lambda: True)


async def readyz() -> tuple[int, dict[str, Any]]:
    response = await AsyncClient().get("/readyz")
    assert "no-store" in response["Cache-Control"]
    return response.status_code, json.loads(response.content)


async def test_livez_answers() -> None:
    response = await AsyncClient().get("/livez")
    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response["Cache-Control"]


async def test_heartbeat_is_seen(redis_db: redis.Redis) -> None:
    heartbeat_write()
    status, body = await readyz()
    assert status == 200
    assert body["jobs"]["ok"] is True
    assert body["jobs"]["heartbeat_age"] in (0, 1)  # a second may have begun in between
    assert redis_db.ttl(heartbeat.KEY) > 0


async def test_no_heartbeat_is_only_said() -> None:
    status, body = await readyz()
    assert status == 200
    assert body["ready"] is True
    assert body["jobs"] == {"ok": False, "heartbeat_age": None}


async def test_old_heartbeat_is_only_said(redis_db: redis.Redis) -> None:
    seconds, _ = redis_db.time()
    redis_db.set(heartbeat.KEY, seconds - 1000)
    status, body = await readyz()
    assert status == 200
    assert body["jobs"]["ok"] is False
    assert body["jobs"]["heartbeat_age"] >= 1000


async def test_redis_away_is_not_ready(settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    status, body = await readyz()
    assert status == 503
    assert body["ready"] is False
    assert body["redis"] == {"ok": False}
    assert body["database"] == {"ok": True}


async def test_full_redis_is_not_ready(redis_db: redis.Redis) -> None:
    heartbeat_write()
    with redis_full(redis_db):
        status, body = await readyz()
    assert (status, body["redis"]) == (503, {"ok": False})
    assert (await readyz())[0] == 200


async def test_silent_redis_is_not_waited_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_TIMEOUT_SECONDS", 0.05)
    async with redis_silent(settings) as gone:
        async with asyncio.timeout(2):
            status, _ = await readyz()
        gone.set()
    assert status == 503


async def test_hanging_database_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(health, "_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(health, "_ask_database", released.wait)
    try:
        async with asyncio.timeout(2):
            status, body = await readyz()
    finally:
        released.set()
    assert status == 200
    assert body["database"] == {"ok": False}


@pytest.fixture
def ask_database() -> Callable[[], bool]:
    """The real question, imported before the fixture above replaces it."""
    return _ask_database


_ask_database = health._ask_database


@pytest.mark.django_db(transaction=True)
def test_database_answers(ask_database: Callable[[], bool]) -> None:
    assert ask_database() is True


def test_database_away_is_said(
    ask_database: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise django.db.OperationalError

    monkeypatch.setattr(django.db.connection, "cursor", away)
    assert ask_database() is False
