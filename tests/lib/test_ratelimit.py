"""Limits: how they are written, a socket's own budget, and the one processes share."""

import pytest
import redis

from omegle.lib import redis as lib_redis
from omegle.lib.ratelimit import Rate, TokenBucket
from omegle.lib.redis import RateGate, client
from tests import clock as clocks


@pytest.mark.parametrize(("text", "rate"), [("20/60", Rate(20, 60)), ("0", Rate(0, 1))])
def test_rate_is_read_and_written_alike(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate
    assert str(rate) == text


@pytest.mark.parametrize("text", ["", "lots", "5", "5/", "/5", "-1/5", "5/0", "1.5/2", "٣/٤"])
def test_malformed_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="count/seconds"):
        Rate.parse(text)


def test_bucket_gives_a_burst_and_then_its_pace() -> None:
    bucket = TokenBucket(Rate(3, 6), now=100.0)
    assert [bucket.spend(100.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.spend(101.9)
    assert bucket.spend(102.1)
    assert not bucket.spend(102.1)
    assert [bucket.spend(1000.0) for _ in range(4)] == [True, True, True, False]


def test_bucket_without_a_limit_never_empties() -> None:
    bucket = TokenBucket(Rate(0, 1), now=0.0)
    assert all(bucket.spend(0.0) for _ in range(1000))


@pytest.fixture
def clock(redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> clocks.Clock:
    monkeypatch.setattr(RateGate, "_script", RateGate._script.with_clock(clocks.LUA))
    return clocks.Clock(redis_db)


async def test_gate_gives_a_burst_and_then_its_pace(clock: clocks.Clock) -> None:
    gate = RateGate("test", Rate(3, 60))
    async with client() as db:
        assert [await gate.wait(db, "one") for _ in range(3)] == [0, 0, 0]
        assert 19 < await gate.wait(db, "one") <= 20
        assert await gate.wait(db, "another") == 0
        clock.advance(20)
        assert await gate.wait(db, "one") == 0
        assert await gate.wait(db, "one") > 19
        clock.advance(1000)
        assert [await gate.wait(db, "one") for _ in range(3)] == [0, 0, 0]
        assert await gate.wait(db, "one") > 0


async def test_gate_leaves_nothing_behind(redis_db: redis.Redis) -> None:
    async with client() as db:
        await RateGate("test", Rate(3, 60)).wait(db, "one")
    (key,) = redis_db.scan_iter("rate:*")
    assert 0 < redis_db.ttl(key) <= 60


async def test_script_is_loaded_again_after_redis_forgot_it(redis_db: redis.Redis) -> None:
    script = lib_redis.Script("return 7")
    async with client() as db:
        assert await script(db) == 7
        redis_db.script_flush()
        assert await script(db) == 7
