"""The product, served from the test's own event loop, and its time."""

from collections.abc import AsyncIterator

import pytest
import redis

from moderation.guard import Guard
from tests import clock as clocks
from tests.strangers import Chat, serving


@pytest.fixture
def clock(redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> clocks.Clock:
    """Put the scripts' time into the test's hand; ask for it before `chat`."""
    monkeypatch.setattr("chat.store.CLOCK", clocks.LUA)
    return clocks.Clock(redis_db)


@pytest.fixture(autouse=True)
def _guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Guard:
    """Give this process a guard of its own; without the database it knows no rule and no ban."""
    fresh = Guard()
    monkeypatch.setattr("moderation.guard.current", lambda: fresh)
    if not request.node.get_closest_marker("database"):
        monkeypatch.setattr(Guard, "load", lambda _: None)
        monkeypatch.setattr(Guard, "is_fresh", True)
    return fresh


@pytest.fixture
async def chat(clock: clocks.Clock) -> AsyncIterator[Chat]:
    async with serving() as served:
        yield served
