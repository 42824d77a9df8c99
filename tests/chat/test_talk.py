"""Two strangers in a room: what each says and hears."""

import json
import re

import pytest

from tests.strangers import Chat, meet


async def test_message_reaches_the_stranger_and_is_confirmed(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        sent = await alice.says("Hello!")
        seat = alice.room["you"]["seat"]
        heard = await bob.hears("message", room=alice.room["room"], seat=seat, seq=1, text="Hello!")
        assert sent["seq"] == 1
        assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\dT\d\d:\d\d:\d\d\.\d{3}Z", heard["at"])
        await alice.hears_nothing()


async def test_each_seat_counts_its_own_messages(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        assert (await alice.says("one"))["seq"] == 1
        assert (await bob.hears("message"))["seq"] == 1
        assert (await bob.says("two"))["seq"] == 1
        assert (await alice.hears("message"))["seq"] == 1
        assert (await alice.says("three"))["seq"] == 2
        assert (await bob.hears("message"))["seq"] == 2


async def test_many_at_once_arrive_in_order(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        for number in range(20):
            await alice.send("message", id=f"n{number}", text=str(number))
        for number in range(20):
            await bob.hears("message", seq=number + 1, text=str(number))
            await alice.hears("sent", id=f"n{number}", seq=number + 1)


async def test_same_id_three_times_is_said_once(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        for _ in range(3):
            assert (await alice.says("once", id="same"))["seq"] == 1
        await bob.hears("message", text="once")
        await bob.hears_nothing()


async def test_same_id_in_one_tick_is_said_once(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        for _ in range(3):
            await alice.send("message", id="same", text="once")
        for _ in range(3):
            await alice.hears("sent", id="same", seq=1)
        await bob.hears("message", text="once")
        await bob.hears_nothing()


async def test_id_that_has_left_the_log_is_not_said_again(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.store.LOG_MESSAGES", 2)
    async with chat.pair() as (alice, bob):
        for number in range(1, 5):
            await alice.says(str(number), id=f"n{number}")
            await bob.hears("message", seq=number)
        assert (await alice.says("1", id="n1"))["seq"] == 1
        await bob.hears_nothing()


async def test_id_is_known_on_the_next_connection(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("once", id="same")
        await bob.hears("message", text="once")
        alice.abort()
        await bob.hears("presence", connected=False)
        async with chat.stranger(hello=False, cookie=alice.cookie) as again:
            await again.resume(alice, seen={})
            await again.hears("matched")
            await again.hears("message", text="once")
            await again.hears("presence")
            await bob.hears("presence", connected=True)
            assert (await again.says("once", id="same"))["seq"] == 1
            assert (await again.says("twice", id="other"))["seq"] == 2
            await bob.hears("message", text="twice", seq=2)


async def test_same_id_of_the_other_seat_is_another_message(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("mine", id="same")
        await bob.hears("message", text="mine")
        await bob.says("yours", id="same")
        await alice.hears("message", text="yours")


@pytest.mark.parametrize(
    "text",
    [
        '"quotes" and \\backslash',
        "line\nbreak",
        "<img src=x onerror=alert(1)>",
        "{{7*7}}",
        "line\u2028and paragraph\u2029separators",
        "👩‍👩‍👧 עברית العربية हिन्दी",
        "a" * 1000,
        "𝓍" * 1000,
    ],
)
async def test_text_arrives_as_it_was_said(chat: Chat, text: str) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says(text)
        assert (await bob.hears("message"))["text"] == text


async def test_text_is_stripped_of_space_and_control_characters(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("  \n h\x00i\r\nth\x9bere\x07 \t")
        await bob.hears("message", text="hi\nthere")


@pytest.mark.parametrize("text", ["", "   \n", "\x00\x07", "a" * 1001])
async def test_text_too_short_or_long_is_a_bad_frame(chat: Chat, text: str) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("message", id="x", text=text, ref="r")
        await alice.hears("error", code="bad_frame", ref="r")
        await bob.hears_nothing()


@pytest.mark.parametrize("id", ["", "a b", "a" * 37, "é", "a\n"])
async def test_malformed_message_id_is_a_bad_frame(chat: Chat, id: str) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("message", id=id, text="x")
        await alice.hears("error", code="bad_frame")
        await bob.hears_nothing()


async def test_answer_repeats_the_ref(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        assert (await alice.says("x", ref="r1"))["ref"] == "r1"
        assert "ref" not in await bob.hears("message")


async def test_typing_is_shown_to_the_stranger_alone(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("typing", on=True)
        await bob.hears("typing", seat=alice.room["you"]["seat"], on=True)
        await alice.send("typing", on=False)
        await bob.hears("typing", seat=alice.room["you"]["seat"], on=False)
        await alice.hears_nothing()


async def test_message_before_a_match_is_refused(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.send("message", id="x", text="anyone?", ref="r")
        await alice.hears("error", code="not_in_room", ref="r")
        await alice.find()
        await alice.send("message", id="x", text="anyone?")
        await alice.hears("error", code="not_in_room")


async def test_message_after_the_end_is_refused(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await bob.send("leave")
        await bob.hears("ended", reason="you_left", by=bob.room["you"]["seat"])
        await alice.hears("ended", reason="left", by=bob.room["you"]["seat"])
        await alice.send("message", room=alice.room["room"], id="x", text="still there?")
        await alice.hears("error", code="not_in_room")
        await bob.hears_nothing()


async def test_frames_for_another_room_are_refused(chat: Chat) -> None:
    async with chat.pair() as (alice, bob), chat.pair() as (carol, dave):
        there = carol.room["room"]
        await alice.send("message", room=there, id="x", text="psst", ref="1")
        await alice.hears("error", code="not_in_room", ref="1")
        for type, fields in (("typing", {"on": True}), ("leave", {}), ("block", {})):
            await alice.send(type, room=there, ref=type, **fields)
            await alice.hears("error", code="not_in_room", ref=type)
        for stranger in (bob, carol, dave):
            await stranger.hears_nothing()


async def test_frames_that_cross_with_the_end_are_dropped(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await bob.send("leave")
        await alice.hears("ended")
        for type, fields in (("typing", {"on": True}), ("leave", {}), ("relax", {})):
            await alice.send(type, **fields)
        await alice.send("typing", room=alice.room["room"], on=True)
        await alice.send("leave", room=alice.room["room"])
        await alice.hears_nothing()


async def test_nothing_but_seat_name_and_text_crosses(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("hi")
        frames = [bob.room, await bob.hears("message")]
        visitor = alice.cookie.split(".")[0]
        assert visitor not in json.dumps(frames)
        assert set(frames[0]) == {
            *("type", "room", "mode", "role", "you", "strangers", "common_interests"),
            *("language", "spied", "question"),
        }
        assert frames[0]["strangers"] == [
            {"seat": alice.room["you"]["seat"], "name": alice.welcome["name"]}
        ]


async def test_flood_is_cut_and_the_flooder_closed(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        for number in range(200):
            await alice.send("message", id=f"n{number}", text="spam")
        assert await alice.closes() == 4429
        heard = 0
        while (frame := await bob.next())["type"] == "message":
            heard += 1
        assert frame == frame | {"type": "presence", "connected": False}
        assert 20 <= heard <= 21


async def test_flood_is_warned_three_times(chat: Chat) -> None:
    async with chat.pair() as (alice, _bob):
        for number in range(23):
            await alice.send("message", id=f"n{number}", text="spam", ref=str(number))
        answers = [await alice.next() for _ in range(23)]
        assert [a["seq"] for a in answers if a["type"] == "sent"] == list(range(1, 21))
        warned = [(a["code"], a["ref"]) for a in answers if a["type"] == "error"]
        assert warned == [("too_fast", "20"), ("too_fast", "21"), ("too_fast", "22")]
        await alice.hears_nothing()


async def test_new_socket_is_no_new_burst(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        for number in range(20):
            await alice.send("message", id=f"a{number}", text="spam")
        for _ in range(20):
            await bob.hears("message")
        alice.abort()
        await bob.hears("presence", connected=False)
        async with chat.stranger(hello=False, cookie=alice.cookie) as again:
            await again.resume(alice, seen={"1": 20, "2": 20})
            await again.hears("matched")
            await again.hears("presence")
            for number in range(3):
                await again.send("message", id=f"b{number}", text="spam")
            answers = [await again.next() for _ in range(3)]
            assert answers[-1]["type"] == "error"
            assert answers[-1]["code"] == "too_fast"


async def test_strangers_of_other_rooms_hear_nothing(chat: Chat) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol:
        await alice.says("hi")
        await bob.hears("message")
        await carol.hears_nothing()


async def test_long_talk_keeps_the_last_messages(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.store.LOG_MESSAGES", 5)
    async with chat.stranger() as alice, chat.stranger() as bob:
        await meet(alice, bob)
        for number in range(1, 9):
            await alice.says(str(number))
            await bob.hears("message", seq=number)
        bob.abort()
        await alice.hears("presence", connected=False)
        async with chat.stranger(hello=False, cookie=bob.cookie) as again:
            await again.resume(bob, seen={})
            await again.hears("matched")
            for number in range(4, 9):
                await again.hears("message", seq=number, text=str(number))
