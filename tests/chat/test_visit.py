"""The visit: hello, one place per visitor, dropped connections and resume, bye."""

import asyncio
from typing import Any

import pytest
import redis

from chat import switchboard
from chat.events import HelloReply
from tests.clock import Clock
from tests.strangers import Chat, meet, new_cookie, queue_holds


async def test_hello_is_welcomed_with_a_random_name(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        welcome = alice.welcome
        assert welcome["protocol"] == 1
        assert welcome["resumed"] is False
        assert welcome["video"] == "off"
        assert welcome["online"] >= 1
        assert welcome["limits"] == {
            "message_chars": 1000,
            "interests": 10,
            "interest_chars": 32,
            "question_chars": 200,
            "frame_bytes": 16384,
        }
        assert welcome["resume"] != bob.welcome["resume"]
        assert welcome["epoch"] == bob.welcome["epoch"]


async def test_first_frame_must_be_hello(chat: Chat) -> None:
    async with chat.stranger(hello=False) as alice:
        await alice.send("find", mode="text", ref="r")
        await alice.hears("error", code="bad_frame", ref="r")
        await alice.hello()


async def test_second_hello_is_a_bad_frame(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.send("hello", protocol=1, ref="r")
        await alice.hears("error", code="bad_frame", ref="r")


async def test_no_hello_in_time_closes(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.consumers._HELLO_SECONDS", 0.05)
    async with chat.stranger(hello=False) as alice:
        assert await alice.closes() == 4408


async def test_newest_hello_wins(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        async with chat.stranger(cookie=alice.cookie) as again:
            assert await alice.closes() == 4409
            await bob.hears("ended", reason="left", by=alice.room["you"]["seat"])
            assert again.welcome["resumed"] is False
            assert again.welcome["name"]
            await again.hears_nothing()


async def test_newest_hello_wins_also_when_the_older_is_slow(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = await switchboard.current()
    hello, asked, go_on = board.store.hello, asyncio.Event(), asyncio.Event()

    async def slow(**options: Any) -> HelloReply:
        if not asked.is_set():
            asked.set()
            await go_on.wait()
        return await hello(**options)

    monkeypatch.setattr(board.store, "hello", slow)
    cookie = new_cookie()
    older, newer = await chat.open(cookie=cookie), await chat.open(cookie=cookie)
    await older.send("hello", protocol=1)
    await asked.wait()
    await newer.send("hello", protocol=1)
    await newer.send("ice")  # read only after hello
    go_on.set()
    assert await older.closes() == 4409
    await newer.hears("welcome")
    await newer.socket.close()


async def test_welcome_has_the_epoch_of_a_redis_that_was_just_flushed(
    chat: Chat, redis_db: redis.Redis
) -> None:
    await switchboard.current()
    redis_db.flushall()
    async with chat.stranger() as alice:
        epoch = redis_db.get("epoch")
        assert isinstance(epoch, bytes)
        assert alice.welcome["epoch"] == epoch.decode()


async def test_hello_without_resume_gives_up_the_queue(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find()
        async with chat.stranger(cookie=alice.cookie):
            assert await alice.closes() == 4409
            await bob.find()
            await bob.hears_nothing()


async def test_two_tabs_never_meet_each_other(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.find()
        async with chat.stranger(cookie=alice.cookie) as again:
            await again.find()
            await again.hears_nothing()


async def test_resume_replays_what_was_missed(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("one")
        await bob.hears("message", seq=1)
        await bob.says("mine")
        await alice.hears("message")
        bob.abort()
        await alice.hears("presence", seat=bob.room["you"]["seat"], connected=False)
        await alice.says("two")
        await alice.says("three")
        async with chat.stranger(hello=False, cookie=bob.cookie) as again:
            alices = str(alice.room["you"]["seat"])
            welcome = await again.resume(bob, seen={alices: 1})
            assert welcome["resumed"] is True
            assert welcome["name"] == bob.welcome["name"]
            assert welcome["resume"] == bob.welcome["resume"]
            assert await again.hears("matched") == bob.room
            assert [(await again.hears("message"))["text"] for _ in range(3)] == [
                *("mine", "two", "three"),
            ]
            await again.hears("presence", seat=int(alices), connected=True)
            await again.hears_nothing()
            await alice.hears("presence", seat=bob.room["you"]["seat"], connected=True)
            await again.says("back")
            await alice.hears("message", text="back", seq=2)
            await alice.says("welcome back")
            await again.hears("message", text="welcome back", seq=4)


async def test_resume_while_the_old_socket_is_open_takes_over(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("one")
        await bob.hears("message")
        async with chat.stranger(hello=False, cookie=bob.cookie) as again:
            welcome = await again.resume(bob, seen={})
            assert welcome["resumed"] is True
            assert await bob.closes() == 4409
            await again.hears("matched")
            await again.hears("message", text="one")
            await again.hears("presence", connected=True)
            await alice.says("two")
            await again.hears("message", text="two", seq=2)
            await alice.hears_nothing()


async def test_resume_takes_up_the_queue(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find("chess")
        alice.abort()
        await queue_holds(0)
        async with chat.stranger(hello=False, cookie=alice.cookie) as again:
            assert (await again.resume(alice))["resumed"] is True
            await again.hears("waiting", interests=["chess"])
            await bob.find("chess")
            await bob.hears("matched", common_interests=["chess"])
            await again.hears("matched")


async def test_dropped_visitor_is_not_matched(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find()
        alice.abort()
        await queue_holds(0)
        await bob.find()
        await bob.hears_nothing()
        async with chat.stranger(hello=False, cookie=alice.cookie) as again:
            await again.resume(alice)
            await again.hears("waiting")
            await again.hears("matched")
            await bob.hears("matched")


async def test_place_of_a_dropped_connection_is_kept_thirty_seconds(
    chat: Chat, clock: Clock
) -> None:
    async with chat.pair() as (alice, bob):
        bob.abort()
        await alice.hears("presence", connected=False)
        clock.advance(29)
        await alice.hears_nothing()
        clock.advance(1)
        await alice.hears("ended", reason="lost", by=bob.room["you"]["seat"])
        async with chat.stranger(hello=False, cookie=bob.cookie) as again:
            assert (await again.resume(bob))["resumed"] is False
            await again.hears("error", code="resume_failed")


@pytest.mark.parametrize("code", [1000, 1001])
async def test_place_of_a_closed_page_is_kept_five_seconds(
    chat: Chat, clock: Clock, code: int
) -> None:
    async with chat.pair() as (alice, bob):
        await bob.socket.close(code)
        await alice.hears("presence", connected=False)
        clock.advance(4)
        await alice.hears_nothing()
        clock.advance(1)
        await alice.hears("ended", reason="lost")


async def test_end_while_away_is_told_on_resume(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        bob.abort()
        await alice.hears("presence", connected=False)
        await alice.says("bye then")
        await alice.send("leave")
        await alice.hears("ended", reason="you_left")
        async with chat.stranger(hello=False, cookie=bob.cookie) as again:
            assert (await again.resume(bob))["resumed"] is True
            await again.hears("matched", room=bob.room["room"])
            await again.hears("message", text="bye then")
            await again.hears("presence")
            await again.hears("ended", reason="left", by=alice.room["you"]["seat"])
            await again.find()


async def test_nothing_to_take_up_is_said(chat: Chat) -> None:
    async with chat.stranger(hello=False) as alice:
        assert (await alice.hello(resume="no-such-token"))["resumed"] is False
        await alice.hears("error", code="resume_failed")
        await alice.find()


async def test_another_visitors_token_takes_up_nothing(chat: Chat) -> None:
    async with chat.pair() as (alice, bob), chat.stranger(hello=False) as mallory:
        assert (await mallory.resume(alice))["resumed"] is False
        await mallory.hears("error", code="resume_failed")
        await alice.hears_nothing()
        await bob.hears_nothing()


@pytest.mark.parametrize("seen", [2, 2**53, 2**63, 10**30])
async def test_seen_above_the_servers_ends_with_reset(chat: Chat, seen: int) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("one")
        await bob.hears("message")
        bob.abort()
        await alice.hears("presence", connected=False)
        async with chat.stranger(hello=False, cookie=bob.cookie) as again:
            await again.resume(bob, seen={str(alice.room["you"]["seat"]): seen})
            await again.hears("matched")
            await again.hears("presence")
            await again.hears("ended", reason="reset", by=None)
            await alice.hears("ended", reason="reset", by=None)


@pytest.mark.parametrize("seen", [{"1": -1}, {"1": "1"}, {"3": 1}, {"x": 1}, [1], {"1": 1.5}])
async def test_malformed_seen_is_a_bad_frame(chat: Chat, seen: object) -> None:
    async with chat.stranger(hello=False) as alice:
        await alice.send("hello", protocol=1, seen=seen)
        await alice.hears("error", code="bad_frame")


async def test_seen_of_another_epoch_is_ignored(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("one")
        await bob.hears("message")
        bob.abort()
        async with chat.stranger(hello=False, cookie=bob.cookie) as again:
            await again.resume(bob, seen={"1": 99, "2": 99}, epoch="another")
            await again.hears("matched")
            await again.hears("message", text="one")


async def test_bye_ends_the_room_at_once(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await bob.send("bye")
        await alice.hears("ended", reason="left", by=bob.room["you"]["seat"])
        assert await bob.closes() == 1000
        async with chat.stranger(hello=False, cookie=bob.cookie) as again:
            assert (await again.resume(bob))["resumed"] is False


async def test_direct_answers_repeat_the_ref(chat: Chat) -> None:
    async with chat.stranger(hello=False) as alice:
        await alice.send("hello", protocol=1, resume="none", ref="1")
        await alice.hears("welcome", ref="1")
        await alice.hears("error", code="resume_failed", ref="1")
        await alice.find("chess")
        await alice.send("relax", ref="2")
        await alice.hears("waiting", ref="2")
    async with chat.pair() as (alice, bob):
        await alice.send("leave", ref="3")
        await alice.hears("ended", ref="3")
        assert "ref" not in await bob.hears("ended")


async def test_new_visit_has_a_new_name(chat: Chat) -> None:
    cookie = new_cookie()
    names = set()
    for _ in range(4):
        async with chat.stranger(cookie=cookie) as alice:
            names.add(alice.welcome["name"])
    assert len(names) > 1


async def test_said_while_the_stranger_comes_back_is_heard_once(chat: Chat) -> None:
    """The replay and the live messages overlap; every number must come once, in order."""
    async with chat.stranger() as alice, chat.stranger() as bob:
        await meet(alice, bob)
        heard = 0
        for turn in range(3):
            bob.abort()
            again = await chat.open(cookie=bob.cookie)
            seat = str(alice.room["you"]["seat"])
            for number in range(5):
                await alice.send("message", id=f"{turn}-{number}", text="x")
                if number == 2:
                    await again.send(
                        "hello", protocol=1, resume=bob.welcome["resume"], seen={seat: heard}
                    )
            while heard < 5 * (turn + 1):
                frame = await again.next()
                if frame["type"] == "message":
                    heard += 1
                    assert frame["seq"] == heard
            bob.socket = again.socket
        await bob.socket.close()
