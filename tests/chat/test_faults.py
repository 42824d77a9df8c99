"""When Redis forgets, a channel breaks or a lease is lost: honest ends, and a way back."""

import asyncio

import redis
from pytest_django import Settings

from chat import switchboard
from chat.events import Event, RoomCard
from omegle.lib.ratelimit import Rate
from tests.strangers import SECONDS, Chat


def swallow(event: Event) -> None:
    """Stand for a delivery that did not happen."""


async def test_broken_channel_closes_sockets_that_then_resume(
    chat: Chat, redis_db: redis.Redis
) -> None:
    async with chat.pair() as (alice, bob):
        redis_db.client_kill_filter(_type="pubsub")
        assert await alice.closes() == 4503
        assert await bob.closes() == 4503
        async with chat.stranger(hello=False, cookie=alice.cookie) as again:
            assert (await again.resume(alice))["resumed"] is True


async def test_flushed_redis_ends_rooms_with_reset(chat: Chat, redis_db: redis.Redis) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol:
        await carol.find("chess")
        redis_db.flushall()
        for stranger in (alice, bob):
            await stranger.hears("ended", reason="reset", by=None)
        for stranger in (alice, bob, carol):
            assert await stranger.closes() == 4503
        async with chat.stranger(hello=False, cookie=alice.cookie) as again:
            assert (await again.resume(alice))["resumed"] is False
            await again.hears("error", code="resume_failed")
            assert again.welcome["epoch"] != alice.welcome["epoch"]
            await again.find()


async def test_process_that_lost_its_lease_sends_its_visitors_to_resume(
    chat: Chat, redis_db: redis.Redis
) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("one")
        await bob.hears("message")
        redis_db.delete("processes")
        assert await bob.closes() == 4503
        async with chat.stranger(hello=False, cookie=bob.cookie) as again:
            await again.resume(bob, seen={})
            await again.hears("matched")
            await again.hears("message", text="one")


async def test_visitors_of_a_dead_process_are_dropped_and_lapse(
    chat: Chat, redis_db: redis.Redis
) -> None:
    """Bob sits on a process that is no more: Alice is told, within a lease and a grace."""
    async with chat.stranger() as alice:
        board = await switchboard.current()
        reply = await board.store.hello(
            visitor="bob", conn="dead:1", name="Quiet Heron", resume="", seen={}
        )
        redis_db.zadd("processes", {"dead": 1})
        await alice.find()
        await board.store.drop(visitor="bob", conn="dead:1", grace_ms=1)
        assert reply.resumed is False
        await alice.hears_nothing()
        async with asyncio.timeout(SECONDS):
            while redis_db.zscore("processes", "dead") or redis_db.exists("visitor:bob"):
                await asyncio.sleep(0.01)


async def test_message_whose_delivery_failed_half_way_is_told_on_repetition(chat: Chat) -> None:
    """The log has it, the stranger does not: the sender's repetition brings it."""
    async with chat.pair() as (alice, bob):
        board = await switchboard.current()
        deliver, board.ledger._deliver = board.ledger._deliver, swallow
        await alice.says("one", id="a")
        board.ledger._deliver = deliver
        await alice.says("one", id="a")
        await bob.hears("message", text="one", seq=1)


async def test_gap_is_filled_from_the_log(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        board = await switchboard.current()
        deliver, board.ledger._deliver = board.ledger._deliver, swallow
        await alice.says("one")
        await alice.says("two")
        board.ledger._deliver = deliver
        await alice.says("three")
        for seq, text in enumerate(("one", "two", "three"), start=1):
            await bob.hears("message", seq=seq, text=text)
        await bob.hears_nothing()


async def test_gap_is_filled_before_the_end(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        board = await switchboard.current()
        board.ledger._deliver = swallow
        await alice.says("last words")
        await alice.send("leave")
        await bob.hears("message", text="last words")
        await bob.hears("ended", reason="left")


async def test_message_that_overtakes_matched_is_told_after_it(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await bob.find()
        board = await switchboard.current()
        there = next(c for c in board.connections.values() if c.visitor.id in bob.cookie)
        there.hold()
        await alice.find()
        await alice.hears("matched")
        await alice.says("quick")
        held = there.release()
        assert [type(event).__name__ for event in held] == ["MatchedEvent", "MessageEvent"]
        for event in reversed(held):
            board.deliver(event)
        await bob.hears("matched")
        await bob.hears("message", text="quick")


async def test_frames_without_a_limit_of_their_own_have_a_common_one(
    chat: Chat, settings: Settings
) -> None:
    settings.LIMIT_FRAMES = Rate(5, 60)
    async with chat.stranger() as alice:
        for number in range(8):
            await alice.send("relax" if number % 2 else "leave", ref=str(number))
        for number in (4, 5, 6):
            await alice.hears("error", code="too_fast", ref=str(number))
        assert await alice.closes() == 4429


async def test_redis_away_is_an_error_and_not_the_end(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        board = await switchboard.current()
        store = board.ledger._store

        class Away:
            async def relay(self, **kwargs: object) -> None:
                raise redis.ConnectionError

        board.ledger._store = Away()  # type: ignore[assignment]
        await alice.send("message", id="x", text="lost?", ref="r")
        await alice.hears("error", code="unavailable", ref="r")
        board.ledger._store = store
        await alice.says("lost?", id="x")
        await bob.hears("message", text="lost?", seq=1)


def test_card_names_nobody_but_seats() -> None:
    assert RoomCard.__struct_fields__ == (
        *("room", "mode", "seat", "names", "conns", "common", "language"),
    )
