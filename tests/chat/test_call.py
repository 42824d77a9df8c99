"""Strangers in a video room: what of a call the server passes on, keeps and refuses."""

import base64
import hashlib
import hmac
import logging
import time
from typing import Any

import pytest
import redis
from pytest_django import Settings

from chat import switchboard
from omegle.lib.ratelimit import Rate
from tests.chat.test_sdp import ANSWER, OFFER, addresses, line
from tests.clock import Clock
from tests.strangers import Chat, Frame, Stranger, meet, queue_holds

RELAY = "203.0.113.7"
FOREIGN = "198.51.100.4"


@pytest.fixture(autouse=True)
def _relay(settings: Settings) -> None:
    settings.VIDEO = "relay"
    settings.TURN_URLS = ("turn:turn.example.org?transport=udp",)
    settings.TURN_SECRET = "geheim"
    settings.TURN_RELAYS = frozenset({RELAY})


@pytest.fixture
def direct(settings: Settings) -> None:
    settings.VIDEO = "direct"
    settings.TURN_URLS, settings.TURN_SECRET, settings.TURN_RELAYS = (), "", frozenset()


def candidate(text: str) -> dict[str, Any]:
    return {"candidate": {"candidate": text, "sdpMid": "0", "sdpMLineIndex": 0}}


def offer(text: str = OFFER) -> dict[str, Any]:
    return {"description": {"type": "offer", "sdp": text}}


async def signals(stranger: Stranger, data: dict[str, Any], **fields: Any) -> None:
    await stranger.send("signal", data=data, **fields)


async def sends(stranger: Stranger, flags: str = "111", **fields: Any) -> None:
    """Tell what one sends: a digit each for camera, microphone and shown."""
    camera, microphone, shown = (flag == "1" for flag in flags)
    await stranger.send("media", camera=camera, microphone=microphone, shown=shown, **fields)


def is_credential(frame: Frame) -> bool:
    """Whether the frame's only server has what the TURN server recomputes, for ten minutes."""
    [server] = frame["ice_servers"]
    digest = hmac.new(b"geheim", server["username"].encode(), hashlib.sha1).digest()
    lives = int(server["username"].split(":")[0]) - time.time()
    return server["credential"] == base64.b64encode(digest).decode() and 590 < lives <= 600


def name_of(frame: Frame) -> str:
    """Give the name in a credential."""
    return str(frame["ice_servers"][0]["username"].split(":")[1])


# --- Meeting --------------------------------------------------------------------------------------


async def test_two_who_look_for_video_meet_with_all_a_call_needs(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        assert [each.room["mode"] for each in (alice, bob)] == ["video", "video"]
        assert {alice.room["polite"], bob.room["polite"]} == {True, False}
        assert [each.room["ice_policy"] for each in (alice, bob)] == ["relay", "relay"]
        assert is_credential(alice.room)
        assert is_credential(bob.room)
        names = [each.room["ice_servers"][0]["username"] for each in (alice, bob)]
        assert names[0] != names[1]
        await alice.says("Hello!")
        await bob.hears("message", text="Hello!")


async def test_who_looks_for_video_does_not_meet_who_looks_for_text(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find(mode="video")
        await bob.find()
        await queue_holds(2)
        await alice.hears_nothing()
        await bob.hears_nothing()


async def test_text_room_tells_nothing_of_calls(chat: Chat) -> None:
    async with chat.pair() as (alice, _):
        assert {"polite", "ice_servers", "ice_policy"} & set(alice.room) == set()


@pytest.mark.parametrize("state", ["relay", "direct", "off"])
async def test_welcome_says_which_video_there_is(
    chat: Chat, settings: Settings, state: str
) -> None:
    settings.VIDEO = state
    async with chat.stranger() as alice:
        assert alice.welcome["video"] == state


@pytest.mark.parametrize("name", ["TURN_URLS", "TURN_SECRET", "TURN_RELAYS"])
async def test_relay_that_is_not_described_is_off(
    chat: Chat, settings: Settings, name: str
) -> None:
    setattr(settings, name, type(getattr(settings, name))())
    async with chat.stranger() as alice:
        assert alice.welcome["video"] == "off"
        await alice.send("find", mode="video", ref="r")
        await alice.hears("error", code="unavailable", ref="r")


# --- Signals --------------------------------------------------------------------------------------


async def test_offer_answer_and_candidates_reach_the_other_in_order(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        seat = alice.room["you"]["seat"]
        await signals(alice, offer())
        for port in range(50_000, 50_010):
            await signals(alice, candidate(line(port=port)))
        await signals(alice, {"candidate": None})
        heard = await bob.hears("signal", seat=seat)
        assert heard["data"]["description"]["type"] == "offer"
        for port in range(50_000, 50_010):
            heard = await bob.hears("signal", seat=seat)
            assert f" {port} typ relay" in heard["data"]["candidate"]["candidate"]
        await bob.hears("signal", seat=seat, data={"candidate": None})
        await signals(bob, {"description": {"type": "answer", "sdp": ANSWER}})
        heard = await alice.hears("signal", seat=bob.room["you"]["seat"])
        assert heard["data"]["description"]["type"] == "answer"
        await alice.hears_nothing()


async def test_signals_of_a_browser_bring_no_address_across(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        await signals(alice, offer())
        heard = await bob.hears("signal")
        assert addresses(heard["data"]["description"]["sdp"]) == {"0.0.0.0"}


@pytest.mark.parametrize(
    "data",
    [
        candidate(line(FOREIGN, kind="host")),
        candidate(line(FOREIGN, kind="relay")),
        candidate(line(port=99_999)),
        candidate(line(rest="\r\na=x")),
        offer("v=0"),
        offer(OFFER + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"),
        {},
        {"candidate": None, "description": {"type": "rollback"}},
    ],
    ids=range(8),
)
async def test_signal_that_may_not_pass_is_refused_and_costs_nothing_else(
    chat: Chat, data: dict[str, Any]
) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        for _ in range(4):
            await signals(alice, data, ref="r")
            await alice.hears("error", code="bad_signal", ref="r")
        await bob.hears_nothing()


async def test_signal_in_a_text_room_is_not_allowed(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await signals(alice, {"candidate": None}, ref="r")
        await alice.hears("error", code="not_allowed", ref="r")
        await sends(alice, ref="m")
        await alice.hears("error", code="not_allowed", ref="m")
        await alice.send("ice", ref="i")
        await alice.hears("error", code="unavailable", ref="i")
        await bob.hears_nothing()


async def test_signal_about_another_room_is_refused(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        await signals(alice, {"candidate": None}, room="another", ref="r")
        await alice.hears("error", code="not_in_room", ref="r")
        await bob.hears_nothing()


async def test_signals_that_cross_the_end_are_dropped(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        await bob.send("leave")
        await bob.hears("ended")
        await alice.hears("ended")
        await signals(alice, {"candidate": None}, room=alice.room["room"])
        await sends(alice, room=alice.room["room"])
        await signals(alice, {"candidate": None})
        await alice.hears_nothing()
        await bob.hears_nothing()


async def test_nothing_of_an_old_room_is_heard_in_the_next(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob), chat.stranger() as carol:
        for _ in range(20):
            await signals(bob, {"candidate": None})
        await alice.send("leave")
        while (await alice.next())["type"] != "ended":
            pass
        await meet(alice, carol, mode="video")
        await signals(carol, {"candidate": None})
        await alice.hears("signal", seat=carol.room["you"]["seat"])
        await alice.hears_nothing()


async def test_too_many_signals_are_too_fast(chat: Chat, settings: Settings) -> None:
    settings.LIMIT_SIGNALS = Rate(5, 60)
    async with chat.pair(mode="video") as (alice, _):
        for _ in range(5):
            await signals(alice, {"candidate": None})
        for type, fields in (
            ("signal", {"data": {"candidate": None}}),
            ("media", {"camera": True, "microphone": True, "shown": True}),
            ("ice", {}),
        ):
            await alice.send(type, ref=type, **fields)
            await alice.hears("error", code="too_fast", ref=type)


def contents(redis_db: redis.Redis, key: bytes) -> Any:
    match redis_db.type(key):
        case b"hash":
            return redis_db.hgetall(key)
        case b"list":
            return redis_db.lrange(key, 0, -1)
        case b"set":
            return redis_db.smembers(key)
        case b"zset":
            return redis_db.zrange(key, 0, -1)
    return redis_db.get(key)


async def test_nothing_of_a_signal_is_kept_or_logged(
    chat: Chat, redis_db: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with chat.pair(mode="video") as (alice, bob):
        await signals(alice, offer())
        await signals(alice, candidate(line(port=51_234)))
        await bob.hears("signal")
        await bob.hears("signal")
        await signals(alice, candidate(line(FOREIGN)))
        await alice.hears("error", code="bad_signal")
        kept = str([contents(redis_db, key) for key in redis_db.scan_iter()])
    assert alice.room["you"]["name"] in kept
    for trace in ("51234", FOREIGN, RELAY, "SAVPF", "cp1l"):
        assert trace not in kept
        assert trace not in caplog.text


# --- What each sends ------------------------------------------------------------------------------


async def test_what_one_sends_is_told_to_the_other(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        await sends(alice, "110", direct=True)
        told = await bob.hears("media", camera=True, microphone=True, shown=False)
        assert told == {
            "type": "media",
            "seat": alice.room["you"]["seat"],
            "camera": True,
            "microphone": True,
            "shown": False,
        }
        await sends(alice, "001")
        await bob.hears("media", camera=False, microphone=False, shown=True)
        await alice.hears_nothing()


async def test_resume_is_told_what_the_other_sends_and_has_fresh_credentials(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        await sends(alice, "101")
        await bob.hears("media")
        await alice.says("Hello!")
        bob.abort()
        await alice.hears("presence", connected=False)
        async with chat.stranger(cookie=bob.cookie, hello=False) as again:
            await again.resume(bob)
            room = await again.hears("matched", room=bob.room["room"], polite=bob.room["polite"])
            assert is_credential(room)
            await again.hears("message", text="Hello!")
            await again.hears("presence", connected=True)
            await again.hears("media", seat=alice.room["you"]["seat"], camera=True, shown=True)
            await again.hears_nothing()
            await alice.hears("presence", connected=True)
            await signals(alice, {"candidate": None})
            await again.hears("signal")


async def test_ice_gives_fresh_credentials(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        await alice.send("ice", room=alice.room["room"], ref="i")
        fresh = await alice.hears("ice", ice_policy="relay", ref="i")
        assert is_credential(fresh)
        # The TURN server's quota holds for a visitor, whatever the number of credentials.
        assert name_of(fresh) == name_of(alice.room) != name_of(bob.room)
        await bob.hears_nothing()


async def test_ice_outside_of_a_room_is_unavailable(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.send("ice", ref="i")
        await alice.hears("error", code="unavailable", ref="i")


async def test_beginning_anew_again_and_again_is_slowed_down(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        for _ in range(30):
            await alice.send("ice")
            await alice.hears("ice")
        for frame in ("ice", "signal"):
            await alice.send(frame, ref="r", **({"data": offer()} if frame == "signal" else {}))
            await alice.hears("error", code="too_fast", ref="r")
        await signals(alice, {"candidate": None})
        await bob.hears("signal")


# --- Direct ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("direct")
async def test_no_address_is_learnt_before_both_agreed(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        assert (alice.room["ice_servers"], alice.room["ice_policy"]) == ([], "all")
        host = candidate(line(FOREIGN, kind="host"))
        for who in (alice, bob):
            await signals(who, host, ref="early")
            await who.hears("error", code="not_allowed", ref="early")
            await sends(who, direct=True)
            await (bob if who is alice else alice).hears("media", direct=True)
            if who is alice:
                await signals(alice, host, ref="alone")
                await alice.hears("error", code="not_allowed", ref="alone")
        await signals(alice, host)
        heard = await bob.hears("signal")
        assert heard["data"]["candidate"]["candidate"] == line(FOREIGN, kind="host")
        await bob.hears_nothing()


@pytest.mark.usefixtures("direct")
async def test_one_who_takes_it_back_hears_and_tells_no_more(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        await sends(alice, direct=True)
        await bob.hears("media")
        await sends(bob, direct=True)
        await alice.hears("media")
        await sends(bob, "000")  # says nothing of it: it stands
        await alice.hears("media", camera=False, direct=True)
        await signals(alice, {"candidate": None})
        await bob.hears("signal")
        await sends(bob, "000", direct=False)
        await alice.hears("media", direct=False)
        for who in (alice, bob):
            await signals(who, {"candidate": None}, ref="late")
            await who.hears("error", code="not_allowed", ref="late")


@pytest.mark.usefixtures("direct")
async def test_agreement_counts_in_its_room_alone(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob), chat.stranger() as carol:
        await sends(alice, direct=True)
        await bob.hears("media")
        await alice.send("leave")
        await alice.hears("ended")
        await meet(alice, carol, mode="video")
        await sends(carol, direct=True)
        await alice.hears("media")
        await signals(carol, {"candidate": None}, ref="r")
        await carol.hears("error", code="not_allowed", ref="r")


# --- Off ------------------------------------------------------------------------------------------


async def test_call_is_unavailable_once_video_was_switched_off(
    chat: Chat, settings: Settings
) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        settings.VIDEO = "off"
        for type, fields in (
            ("signal", {"data": {"candidate": None}}),
            ("media", {"camera": True, "microphone": True, "shown": True}),
            ("ice", {}),
        ):
            await alice.send(type, ref=type, **fields)
            await alice.hears("error", code="unavailable", ref=type)
        await bob.hears_nothing()


# --- Silence --------------------------------------------------------------------------------------


async def time_passes(clock: Clock, redis_db: redis.Redis, room: str, seconds: float) -> None:
    """Put the clock to when the room is due, and let an upkeep look at it."""
    board = await switchboard.current()
    before = redis_db.zscore("rooms:quiet", room)
    assert before is not None, "the room is over"
    clock.advance(seconds)
    await board.store.upkeep(process=board.process, first=False)
    assert redis_db.zscore("rooms:quiet", room) != before


async def test_silent_call_goes_on(
    chat: Chat, clock: Clock, settings: Settings, redis_db: redis.Redis
) -> None:
    settings.IDLE_SECONDS, settings.IDLE_WARNING_SECONDS = 100.0, 20.0
    async with chat.pair(mode="video") as (alice, bob):
        await sends(alice, "101")
        await bob.hears("media")
        await sends(bob, "010")
        await alice.hears("media")
        room = alice.room["room"]
        for _ in range(5):
            await time_passes(clock, redis_db, room, 90)
        await alice.hears_nothing()
        await bob.hears_nothing()
        # Now nobody is seen or heard on one side.
        await sends(bob, "001")
        await alice.hears("media")
        await time_passes(clock, redis_db, room, 90)
        await alice.hears("notice")
        await time_passes(clock, redis_db, room, 30)
        await alice.hears("ended", reason="idle")


async def test_silent_video_room_without_a_call_ends(
    chat: Chat, clock: Clock, settings: Settings, redis_db: redis.Redis
) -> None:
    settings.IDLE_SECONDS, settings.IDLE_WARNING_SECONDS = 100.0, 20.0
    async with chat.pair(mode="video") as (alice, bob):
        await sends(alice, "111")
        await bob.hears("media")
        await time_passes(clock, redis_db, alice.room["room"], 120)
        await alice.hears("ended", reason="idle")
        await bob.hears("ended", reason="idle")
