"""The product, served from the test's own event loop, and its time."""

from collections.abc import AsyncIterator

import pytest
import redis

from tests import clock as clocks
from tests.strangers import Chat, serving


@pytest.fixture
def clock(redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> clocks.Clock:
    """Put the scripts' time into the test's hand; ask for it before `chat`."""
    monkeypatch.setattr("chat.store.CLOCK", clocks.LUA)
    return clocks.Clock(redis_db)


@pytest.fixture
async def chat(clock: clocks.Clock) -> AsyncIterator[Chat]:
    async with serving() as served:
        yield served
