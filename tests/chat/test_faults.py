"""When Redis forgets, a channel breaks or a lease is lost: honest ends, and a way back."""

import asyncio
from typing import Any

import pytest
import redis
from pytest_django import Settings

from chat import switchboard
from chat.events import (
    Event,
    FindReply,
    HelloReply,
    MessageEvent,
    RoomCard,
    UpkeepReply,
    WaitingEvent,
    decode_events,
)
from chat.store import Store
from matching.pool import waiting_counts
from matching.tickets import Lane, Pool, Ticket
from omegle.lib.ratelimit import Rate
from omegle.lib.redis import client, sync_client
from tests.clock import Clock
from tests.strangers import SECONDS, Chat, meet, queue_holds


def swallow(event: Event) -> None:
    """Stand for a delivery that did not happen."""


async def test_what_a_broken_channel_swallowed_is_looked_up(
    chat: Chat, redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol, chat.stranger() as dave:
        await carol.find("chess")
        monkeypatch.setattr("chat.switchboard._RETRY_SECONDS", 0.2)
        redis_db.client_kill_filter(_type="pubsub")
        await alice.says("one")
        await alice.send("leave")
        await alice.hears("ended", reason="you_left")
        await dave.find("chess")
        await dave.hears("matched")
        await bob.hears("message", text="one")
        await bob.hears("ended", reason="left")
        await carol.hears("matched", room=dave.room["room"])
        await carol.says("hi")
        await dave.hears("message", text="hi")


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


async def test_process_that_lost_its_lease_takes_its_visitors_up_again(
    chat: Chat, redis_db: redis.Redis
) -> None:
    """Another process believed it dead and dropped its visitors."""
    async with chat.pair() as (alice, bob):
        board = await switchboard.current()
        for stranger in (alice, bob):
            visitor = stranger.cookie.split(".")[0]
            conn = sync_client().hget(f"visitor:{visitor}", "conn")
            await board.store.drop(visitor=visitor, conn=str(conn), grace_ms=30_000)
        redis_db.delete("processes")
        await alice.hears("presence", connected=False)
        await bob.hears("presence", connected=False)
        await alice.hears("presence", connected=True)
        await bob.hears("presence", connected=True)
        await alice.says("one")
        await bob.hears("message", text="one")


async def test_older_socket_that_looks_up_its_place_does_not_take_it_back(chat: Chat) -> None:
    """The news that it was replaced were lost while the channel was broken."""
    async with chat.pair() as (alice, bob):
        board = await switchboard.current()
        older = next(c for c in board.connections.values() if c.visitor.id in alice.cookie)
        older.hold()
        async with chat.stranger(hello=False, cookie=alice.cookie) as newer:
            await newer.resume(alice)
            await newer.hears("matched")
            await newer.hears("presence")
            older.release()
            await board._resync(older)
            assert await alice.closes() == 4409
            await bob.says("still with you")
            await newer.hears("message", text="still with you")


async def test_quiet_room_ends_after_a_warning(chat: Chat, clock: Clock) -> None:
    async with chat.pair() as (alice, bob):
        clock.advance(60)
        await alice.says("one")
        await bob.hears("message")
        clock.advance(1679)
        await bob.hears_nothing()
        clock.advance(1)
        for stranger in (alice, bob):
            await stranger.hears("notice", level="warning")
        clock.advance(119)
        await bob.hears_nothing()
        clock.advance(1)
        for stranger in (alice, bob):
            await stranger.hears("ended", reason="idle", by=None)


async def test_word_after_the_warning_keeps_the_room(chat: Chat, clock: Clock) -> None:
    async with chat.pair() as (alice, bob):
        clock.advance(1680)
        await alice.hears("notice")
        await bob.hears("notice")
        await alice.says("still here")
        await bob.hears("message")
        clock.advance(1600)
        await alice.hears_nothing()
        await bob.says("me too")


async def test_idle_visitor_is_let_go_after_a_warning(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr("chat.switchboard._ONLINE_SECONDS", 0.02)
    await switchboard.stop_current()  # the next socket starts it anew
    async with chat.stranger() as alice, chat.pair() as (_bob, _carol):
        await alice.find("chess")
        settings.IDLE_SECONDS, settings.IDLE_WARNING_SECONDS = 1.0, 0.9
        await alice.hears("notice", level="warning")
        assert await alice.closes() == 4408
        await queue_holds(0)


async def test_visitors_are_told_while_redis_is_away(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chat.pair() as (alice, bob):
        board = await switchboard.current()
        upkeep = board.store.upkeep

        async def away(**options: object) -> UpkeepReply:
            raise redis.ConnectionError

        monkeypatch.setattr(board.store, "upkeep", away)
        await alice.hears("notice", level="warning", topic="service")
        monkeypatch.setattr(board.store, "upkeep", upkeep)
        await alice.hears("notice", level="info", topic="service")
        await bob.hears("notice", level="warning", topic="service")
        await bob.hears("notice", level="info", topic="service")
        await bob.says("and on")


async def test_drop_that_could_not_be_written_is_written_later(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket breaks while Redis is away: its stranger must hear of it all the same."""
    async with chat.pair() as (alice, bob):
        board = await switchboard.current()
        drop, tried = board.store.drop, asyncio.Event()

        async def away(**options: object) -> None:
            tried.set()
            raise redis.ConnectionError

        async def upkeep(**options: object) -> UpkeepReply:
            raise redis.ConnectionError

        working = board.store.upkeep
        monkeypatch.setattr(board.store, "upkeep", upkeep)
        monkeypatch.setattr(board.store, "drop", away)
        bob.abort()
        async with asyncio.timeout(SECONDS):
            await tried.wait()
        await alice.hears("notice", level="warning")
        monkeypatch.setattr(board.store, "drop", drop)
        monkeypatch.setattr(board.store, "upkeep", working)
        told = [await alice.next(), await alice.next()]
        assert sorted(frame["type"] for frame in told) == ["notice", "presence"]


async def test_hello_whose_answer_was_lost_is_dropped(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script ran, the process did not hear of it, the visitor does not come back."""
    async with chat.pair() as (alice, bob):
        bob.abort()
        await alice.hears("presence", connected=False)
        board = await switchboard.current()
        hello = board.store.hello

        async def unheard(**options: Any) -> HelloReply:
            await hello(**options)
            raise redis.TimeoutError

        monkeypatch.setattr(board.store, "hello", unheard)
        again = await chat.open(cookie=bob.cookie)
        await again.send("hello", protocol=1, resume=bob.welcome["resume"])
        assert await again.closes() == 4503
        await alice.hears("presence", connected=True)
        await alice.hears("presence", connected=False)


async def test_early_messages_of_other_rooms_do_not_stay(chat: Chat) -> None:
    async with chat.pair() as (_alice, bob):
        board = await switchboard.current()
        there = next(c for c in board.connections.values() if c.visitor.id in bob.cookie)
        for number in range(100):
            event = MessageEvent(there.id, "another", 1, number, "{}")
            board.delivery.deliver(event)
        await bob.send("leave")
        await bob.hears("ended")
        async with chat.stranger() as carol:
            await meet(carol, bob)
            assert there.early == []


async def test_fault_in_a_part_costs_one_turn(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("chat.switchboard._RETRY_SECONDS", 0.01)
    board = await switchboard.current()
    upkeep, faults = board.store.upkeep, []

    async def faulty(**options: object) -> UpkeepReply:
        faults.append(options)
        if len(faults) == 1:
            raise KeyError
        return await upkeep(process=board.process, first=False)

    monkeypatch.setattr(board.store, "upkeep", faulty)
    async with chat.stranger() as alice, chat.stranger() as bob:
        await meet(alice, bob)
        async with asyncio.timeout(SECONDS):
            while len(faults) < 2:
                await asyncio.sleep(0.01)
    assert "A part of the switchboard failed" in caplog.text


async def test_parked_one_who_relaxes_is_found_once_they_are_back(chat: Chat) -> None:
    """Their frame was under way when the process began to drain."""
    async with chat.stranger() as alice:
        await alice.find("chess")
        board = await switchboard.current()
        await board.store.park(process=board.process)
        await alice.send("relax")
        await alice.hears("waiting", relaxes_in=None)
        await stays(board)
        async with (
            chat.stranger() as bob,
            chat.stranger(hello=False, cookie=alice.cookie) as alice_again,
        ):
            await bob.find()
            await bob.hears_nothing()
            await alice_again.resume(alice)
            await alice_again.hears("waiting", relaxes_in=None)
            await alice_again.hears("matched")
            await bob.hears("matched")


async def stays(board: switchboard.Switchboard) -> None:
    """Take the same process for another one, to which people can come back."""
    board.is_draining = False
    await board.store.redis.delete(f"process:{board.process}:parked")


async def test_calls_under_way_when_a_process_drains_match_nobody(redis_db: redis.Redis) -> None:
    """They were sent before it knew, and run after it parked those who wait."""
    store = Store(client())

    async def hello(visitor: str, process: str, resume: str = "") -> HelloReply:
        return await store.hello(
            visitor=visitor,
            conn=f"{process}:{visitor}",
            name="Quiet Heron",
            resume=resume,
            seen={},
            address="",
            group="self:18+",
            lane="open",
        )

    async def find(visitor: str, process: str) -> FindReply:
        ticket = Ticket(visitor, Pool("text", "self", "18+"))
        return await store.find(conn=f"{process}:{visitor}", ticket=ticket)

    waits = (await hello("waits", "old")).token
    await find("waits", "old")
    early = (await hello("early", "old")).token
    await store.park(process="old")
    late = (await hello("late", "old")).token
    assert not (await hello("waits", "old", waits)).card
    for visitor in ("early", "late"):
        found = await find(visitor, "old")
        assert found.waiting
        assert not found.card
    assert waiting_counts(sync_client()) == {}
    assert not (await hello("early", "new", early)).card
    assert (await hello("late", "new", late)).card
    assert not (await hello("waits", "new", waits)).card
    assert waiting_counts(sync_client()) == {("text", "chat"): 1}
    await store.redis.aclose()


async def test_change_of_lane_under_way_when_a_process_drains_matches_nobody(
    redis_db: redis.Redis,
) -> None:
    """It waited its turn while those who wait were parked."""
    store = Store(client())

    async def hello(visitor: str, process: str, *, resume: str = "", lane: Lane) -> HelloReply:
        return await store.hello(
            visitor=visitor,
            conn=f"{process}:{visitor}",
            name="Quiet Heron",
            resume=resume,
            seen={},
            address="",
            group="self:18+",
            lane=lane,
        )

    async def find(visitor: str, process: str, lane: Lane) -> FindReply:
        ticket = Ticket(visitor, Pool("text", "self", "18+", lane=lane))
        return await store.find(conn=f"{process}:{visitor}", ticket=ticket)

    token = (await hello("warned", "old", lane="open")).token
    await find("warned", "old", "open")
    await store.park(process="old")
    await store.change_lane(visitor="warned", conn="old:warned", lane="moderated")
    assert waiting_counts(sync_client()) == {}
    await hello("other", "new", lane="moderated")
    assert not (await find("other", "new", "moderated")).card
    assert (await hello("warned", "new", resume=token, lane="moderated")).card
    await store.redis.aclose()


async def test_wish_that_a_change_of_lane_finds_wider_is_told(redis_db: redis.Redis) -> None:
    store = Store(client())
    await store.hello(
        visitor="warned",
        conn="here:warned",
        name="Quiet Heron",
        resume="",
        seen={},
        address="",
        group="self:18+",
        lane="open",
    )
    ticket = Ticket("warned", Pool("text", "self", "18+"), interests=("chess",), patience=0)
    await store.find(conn="here:warned", ticket=ticket)
    async with store.redis.pubsub(ignore_subscribe_messages=True) as told:
        await told.subscribe("process:here")
        await told.get_message(timeout=SECONDS)
        await store.change_lane(visitor="warned", conn="here:warned", lane="moderated")
        message = await told.get_message(timeout=SECONDS)
    assert message is not None
    (event,) = decode_events(message["data"])
    assert isinstance(event, WaitingEvent)
    await store.redis.aclose()


async def test_draining_process_that_looks_places_up_matches_nobody(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.find("chess")
        board = await switchboard.current()
        await board.store.park(process=board.process)
        board.is_draining = True
        await board._resync_all()
        await alice.hears("waiting")
        assert waiting_counts(sync_client()) == {}
        await stays(board)


async def test_draining_process_sends_everybody_away_and_matches_nobody(
    chat: Chat, clock: Clock
) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol, chat.stranger() as dave:
        await carol.find("chess")
        board = await switchboard.current()
        draining = asyncio.create_task(board.drain(1.0))
        for stranger in (alice, bob, carol, dave):
            told = await stranger.hears("draining")
            assert 0 <= told["reconnect_in_ms"] <= 500
        await alice.says("last words here")
        await bob.hears("message")
        await dave.find("chess")
        await dave.hears_nothing()
        for stranger in (alice, bob, carol, dave):
            assert await stranger.closes() == 4503
        await draining
        late = await chat.open()
        assert await late.closes() == 4503
        await stays(board)
        async with (
            chat.stranger(hello=False, cookie=carol.cookie) as carol_again,
            chat.stranger(hello=False, cookie=dave.cookie) as dave_again,
        ):
            await carol_again.resume(carol)
            await carol_again.hears("waiting")
            await dave_again.resume(dave)
            await dave_again.hears("waiting")
            await dave_again.hears("matched", common_interests=["chess"])


async def test_visitors_of_a_dead_process_are_dropped_and_lapse(
    chat: Chat, redis_db: redis.Redis
) -> None:
    """Bob sits on a process that is no more: Alice is told, within a lease and a grace."""
    async with chat.stranger() as alice:
        board = await switchboard.current()
        reply = await board.store.hello(
            visitor="bob",
            conn="dead:1",
            name="Quiet Heron",
            resume="",
            seen={},
            address="",
            group="self:18+",
            lane="open",
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
            board.delivery.deliver(event)
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


async def test_message_whose_answer_was_lost_is_said_once(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both tries were written, or the first, and nothing came back: the id tells."""
    async with chat.pair() as (alice, bob):
        board = await switchboard.current()
        relay = board.store.relay

        async def unanswered(**kwargs: Any) -> None:
            await relay(**kwargs)
            raise redis.TimeoutError

        with monkeypatch.context() as patch:
            patch.setattr(board.store, "relay", unanswered)
            await alice.send("message", id="x", text="once", ref="r")
            await alice.hears("error", code="unavailable", ref="r")
        assert (await alice.says("once", id="x"))["seq"] == 1
        await bob.hears("message", text="once", seq=1)
        assert (await alice.says("twice", id="y"))["seq"] == 2
        await bob.hears("message", text="twice", seq=2)


async def test_call_that_comes_after_its_repetition_writes_nothing(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network may hold back what was given up, and bring it when the repetition is through."""
    async with chat.pair() as (alice, bob):
        store = (await switchboard.current()).store
        run = store._line.run
        held: list[tuple[Any, ...]] = []

        async def first_is_held(*call: Any) -> Any:
            if not held:
                held.append(call)
                raise redis.TimeoutError
            return await run(*call)

        monkeypatch.setattr(store._line, "run", first_is_held)
        assert (await alice.says("once", id="x"))["seq"] == 1
        await bob.hears("message", text="once", seq=1)
        with pytest.raises(redis.ResponseError, match="LATE"):
            await run(*held[0])
        assert len(await store.log(room=alice.room["room"])) == 1
        assert (await alice.says("twice", id="y"))["seq"] == 2
        await bob.hears("message", text="twice", seq=2)


def test_card_names_nobody_but_seats() -> None:
    assert RoomCard.__struct_fields__ == (
        *("room", "mode", "seat", "names", "conns", "common", "language", "age_ms"),
        *("role", "question", "revealed", "reader_gone", "media"),
    )


@pytest.mark.parametrize("gives_up", ["leave", "find"])
async def test_room_that_was_left_before_its_matched_was_told_is_not_told(
    chat: Chat, gives_up: str
) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find("chess")
        board = await switchboard.current()
        [hers] = [each for each in board.connections.values() if each.waits_for]
        hers.hold()
        await bob.find("chess")
        await bob.hears("matched")
        await alice.send(gives_up, **({"mode": "text"} if gives_up == "find" else {}))
        await bob.hears("ended", reason="left")
        for event in hers.release():
            board.delivery.deliver(event)
        if gives_up == "find":
            await alice.hears("waiting", interests=[])
        await alice.hears_nothing()
