"""What moderation's tests share."""

from collections.abc import AsyncIterator

import pytest
import redis
from asgiref.sync import sync_to_async
from django.db import connections

from moderation.guard import Guard
from moderation.services import reports
from tests import clock as clocks
from tests.strangers import Chat, serving


@pytest.fixture(autouse=True)
def _database_is_thought_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test remember that the database was away in the one before."""
    monkeypatch.setattr(reports, "_away_until", 0.0)


@pytest.fixture
def clock(redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> clocks.Clock:
    monkeypatch.setattr("chat.store.CLOCK", clocks.LUA)
    return clocks.Clock(redis_db)


@pytest.fixture
async def chat(
    clock: clocks.Clock, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Chat]:
    """Serve the product, with the database and a guard of its own."""
    fresh = Guard()
    monkeypatch.setattr("moderation.guard.current", lambda: fresh)
    async with serving() as served:
        yield served
    # The thread of `database_sync_to_async` keeps its connection, and a test database its users.
    await sync_to_async(connections.close_all)()
