"""A connection kept for scripts: what it does when Redis forgot the script, or cut it off."""

from collections.abc import AsyncIterator

import pytest
import redis

from omegle.lib.redis import Client, Line, RedisError, Script, client

ECHO = Script("return ARGV[1] .. '!'")


@pytest.fixture
async def opened() -> AsyncIterator[Client]:
    found = client()
    yield found
    await found.aclose()


async def test_line_runs_a_script_that_redis_has_forgotten(
    opened: Client, redis_db: redis.Redis
) -> None:
    line = Line(opened)
    assert await line.run(ECHO, "one") == b"one!"
    redis_db.script_flush()
    assert await line.run(ECHO, b"two") == b"two!"


async def test_line_that_was_cut_off_says_so_once(opened: Client, redis_db: redis.Redis) -> None:
    line = Line(opened)
    await line.run(ECHO, "one")
    redis_db.client_kill_filter(_type="normal", skipme=True)
    with pytest.raises(RedisError):
        await line.run(ECHO, "two")
    assert await line.run(ECHO, "three") == b"three!"


async def test_fault_of_a_script_leaves_the_line_in_order(opened: Client) -> None:
    line = Line(opened)
    with pytest.raises(RedisError):
        await line.run(Script("return redis.call('NONSENSE')"))
    assert await line.run(ECHO, "one") == b"one!"
