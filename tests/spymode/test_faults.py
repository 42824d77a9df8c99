"""Redis or a process fails, or is replaced: three seats keep what two do."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
import redis

from chat import switchboard
from omegle.lib.redis import sync_client
from tests.clock import Clock
from tests.spymode.spies import Trio
from tests.strangers import SECONDS, Chat, Frame, Stranger

Opening = Callable[..., AbstractAsyncContextManager[Trio]]


async def test_flushed_redis_ends_it_with_reset_for_all(
    trio: Opening, redis_db: redis.Redis
) -> None:
    async with trio() as members:
        redis_db.flushall()
        for member in members:
            await member.hears("ended", reason="reset", by=None)
        for member in members:
            assert await member.closes() == 4503


async def test_what_a_broken_channel_swallowed_is_looked_up(
    trio: Opening, redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trio(reveal=True) as (asker, one, two):
        board = await switchboard.current()
        monkeypatch.setattr("chat.switchboard._RETRY_SECONDS", 0.3)
        redis_db.client_kill_filter(_type="pubsub")
        # Redis itself is still reachable: what is told by the channel alone gets lost.
        deliver, board.ledger._deliver = board.ledger._deliver, lambda _event: None
        await one.says("a knife")
        await asker.send("question", text="And what would you leave?")
        await asker.hears("question")
        board.ledger._deliver = deliver
        await asker.send("leave")
        await asker.hears("message", text="a knife")
        await asker.hears("ended", reason="you_left")
        assert {(await two.next())["type"] for _ in range(3)} == {"message", "question", "reader"}
        assert {(await one.next())["type"] for _ in range(2)} == {"question", "reader"}
        await two.says("a book")
        await one.hears("message", text="a book")


async def test_draining_process_sends_all_three_away_and_they_go_on_elsewhere(
    chat: Chat, trio: Opening
) -> None:
    async with trio() as members:
        board = await switchboard.current()
        draining = asyncio.create_task(board.drain(1.0))
        for member in members:
            await member.hears("draining")
        for member in members:
            assert await member.closes() == 4503
        await draining
        board.is_draining = False
        for member in members:
            again = await chat.open(cookie=member.cookie)
            member.socket = again.socket
            await member.send("hello", protocol=1, resume=member.welcome["resume"])
            assert (await heard_until(member, "welcome"))["resumed"] is True
            assert await heard_until(member, "matched") == member.room
        await members.one.send("message", id="x", text="still here")
        await heard_until(members.one, "sent")
        await heard_until(members.two, "message")
        await heard_until(members.asker, "message")


async def heard_until(member: Stranger, type: str) -> Frame:
    """Pass over who comes and goes."""
    while (frame := await member.next())["type"] != type:
        assert frame["type"] == "presence", frame
    return frame


@pytest.mark.parametrize("seat", [0, 1])
async def test_seat_of_a_dead_process_is_given_up_in_time(
    trio: Opening, clock: Clock, redis_db: redis.Redis, seat: int
) -> None:
    """As if another process had held it and died without a word."""
    async with trio() as members:
        gone, others = members[seat], [*members[:seat], *members[seat + 1 :]]
        visitor = gone.cookie.split(".")[0]
        board = await switchboard.current()
        board.connections.pop(str(sync_client().hget(f"visitor:{visitor}", "conn")))
        redis_db.srem(f"process:{board.process}:visitors", visitor)
        redis_db.sadd("process:dead:visitors", visitor)
        redis_db.hset(f"visitor:{visitor}", "conn", "dead:1")
        redis_db.zadd("processes", {"dead": 1})
        async with asyncio.timeout(SECONDS):
            while redis_db.hget(f"visitor:{visitor}", "conn"):
                await asyncio.sleep(0.01)
        for other in others if seat else ():
            await other.hears("presence", seat=seat, connected=False)
        clock.advance(31)
        for other in others:
            if seat == 0:
                await other.hears("reader", present=False)
            else:
                await other.hears("ended", reason="lost", by=seat)
