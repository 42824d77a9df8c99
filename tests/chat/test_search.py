"""Looking for a stranger, over the socket: who meets whom, and what `waiting` says meanwhile."""

import pytest
from pytest_django import Settings

from omegle.lib.ratelimit import Rate
from tests.clock import Clock
from tests.strangers import Chat, meet, queue_holds


async def test_two_without_interests_meet_at_once(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        waiting = await alice.find()
        assert waiting == {
            "type": "waiting",
            "mode": "text",
            "role": "chat",
            "interests": [],
            "languages": [],
            "relaxes_in": None,
        }
        await bob.find()
        there = await bob.hears("matched", mode="text", role="chat", spied=False, question=None)
        here = await alice.hears("matched", room=there["room"])
        assert here["you"] == there["strangers"][0]
        assert there["you"] == here["strangers"][0]
        assert here["you"]["name"] == alice.welcome["name"]


async def test_waiting_comes_before_an_instant_match(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find()
        await bob.send("find", mode="text", ref="r")
        await bob.hears("waiting", ref="r")
        await bob.hears("matched")


async def test_common_interest_is_told_to_both(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        waiting = await alice.find("Soccer", "Jazz")
        assert waiting["interests"] == ["football", "jazz"]
        assert 9 < waiting["relaxes_in"] <= 10
        await bob.find("chess", "FOOTBALL ")
        await bob.hears("matched", common_interests=["football"])
        await alice.hears("matched", common_interests=["football"])


async def test_unrelated_interests_meet_when_patience_ends(chat: Chat, clock: Clock) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find("chess")
        await bob.find("jazz")
        await bob.hears_nothing()
        clock.advance(10)
        for stranger in (alice, bob):
            frame = await stranger.hears("waiting", relaxes_in=None)
            assert frame["interests"]
        for stranger in (alice, bob):
            await stranger.hears("matched", common_interests=[])


async def test_relax_takes_anyone_at_once(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find("chess")
        await bob.find()
        await bob.hears_nothing()
        await alice.send("relax")
        await alice.hears("waiting", relaxes_in=None, interests=["chess"])
        await alice.hears("matched")
        await bob.hears("matched")


async def test_relax_again_changes_nothing(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.find("chess")
        await alice.send("relax")
        await alice.hears("waiting", relaxes_in=None)
        await alice.send("relax")
        await alice.hears_nothing()


async def test_languages_without_a_common_one_wait_three_patiences(
    chat: Chat, clock: Clock
) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find(languages=["en", "DE", "en"])
        await bob.find(languages=["es"])
        clock.advance(29)
        await bob.hears_nothing()
        clock.advance(1)
        frames = [await alice.next(), await bob.next()]
        assert any(frame["type"] == "waiting" and not frame["languages"] for frame in frames)
        for stranger, frame in zip((alice, bob), frames, strict=True):
            if frame["type"] == "waiting":
                await stranger.hears("matched", language=None)


async def test_common_language_is_told(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        assert (await alice.find(languages=["DE", "en"]))["languages"] == ["de", "en"]
        await bob.find(languages=["fr", "en"])
        await bob.hears("matched", language="en")
        await alice.hears("matched", language="en")


async def test_who_names_no_language_meets_anybody(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find(languages=["ja"])
        await bob.find()
        await bob.hears("matched", language=None)


async def test_find_in_the_queue_is_refused(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.find("chess")
        await alice.send("find", mode="text", ref="r")
        await alice.hears("error", code="already_waiting", ref="r")
        await queue_holds(1)


async def test_next_leaves_the_room_first(chat: Chat) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol:
        await carol.find()
        await alice.send("find", mode="text")
        await alice.hears("ended", room=bob.room["room"], reason="you_left")
        await alice.hears("waiting")
        await alice.hears("matched")
        await carol.hears("matched")
        await bob.hears("ended", reason="left", by=bob.room["strangers"][0]["seat"])


async def test_parted_pair_meets_again_when_nobody_else_is_there(chat: Chat, clock: Clock) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("leave")
        await alice.hears("ended")
        await bob.hears("ended")
        await alice.find()
        await bob.find()
        await bob.hears_nothing()
        clock.advance(1)
        await bob.hears("matched")
        await alice.hears("matched")


async def test_parted_pair_stays_apart_while_others_wait(chat: Chat, clock: Clock) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol:
        await carol.find("chess")
        await alice.send("leave")
        await alice.hears("ended")
        await bob.hears("ended")
        await alice.find()
        clock.advance(1)  # who waits longest comes first
        await bob.find()
        clock.advance(1)
        await bob.hears_nothing()
        await carol.send("relax")
        await carol.hears("waiting")
        await carol.hears("matched")
        await alice.hears("matched")


async def test_parted_pair_may_meet_after_five_minutes(chat: Chat, clock: Clock) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("leave")
        await alice.hears("ended")
        await bob.hears("ended")
        clock.advance(300)
        await alice.find()
        await bob.find()
        await bob.hears("matched")


async def test_blocked_pair_never_meets_again(chat: Chat, clock: Clock) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol:
        await alice.send("block")
        await alice.hears("ended", reason="you_left")
        await bob.hears("ended", reason="left")
        clock.advance(3600)
        await alice.find()
        await bob.find()
        clock.advance(60)
        await bob.hears_nothing()
        await carol.find()
        met = await carol.hears("matched")
        names = {alice.welcome["name"], bob.welcome["name"]}
        assert met["strangers"][0]["name"] in names


async def test_stranger_who_left_can_still_be_blocked(chat: Chat, clock: Clock) -> None:
    async with chat.pair() as (alice, bob):
        await bob.send("leave")
        await bob.hears("ended")
        await alice.hears("ended")
        await alice.send("block", room=alice.room["room"])
        await alice.find()
        await bob.find()
        clock.advance(3600)
        await bob.hears_nothing()


async def test_block_without_a_room_is_refused(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.find("chess")
        await alice.send("block")
        await alice.hears("error", code="not_in_room")
        await queue_holds(1)


async def test_leave_gives_up_the_queue(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.find("chess")
        await alice.send("leave")
        await queue_holds(0)
        await alice.find("chess")


async def test_skipping_too_fast_earns_a_cool_down(chat: Chat, clock: Clock) -> None:
    async with chat.stranger() as alice:
        for _ in range(20):
            await alice.find()
            await alice.send("leave")
        await alice.send("find", mode="text", ref="r")
        error = await alice.hears("error", code="too_fast", ref="r")
        assert "seconds" in error["detail"]
        await queue_holds(0)


@pytest.mark.parametrize(
    "interests",
    [["x"] * 11, ["a" * 33], ["a" * 10_000], [""], ["   "], ["fine", "tab\tinside\x00"]],
    ids=["eleven", "33 characters", "10 KB", "empty", "blank", "control"],
)
async def test_bad_interest_is_refused(chat: Chat, interests: list[str]) -> None:
    async with chat.stranger() as alice:
        await alice.send("find", mode="text", interests=interests, ref="r")
        await alice.hears("error", code="bad_interest", ref="r")
        await queue_holds(0)


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "smoke"},
        {},
        {"mode": "text", "languages": ["english"]},
        {"mode": "text", "languages": ["en"] * 6},
        {"mode": "text", "interests": "chess"},
        {"mode": "text", "role": "spy"},
        {"mode": "text", "surprise": 1},
        {"mode": "video", "role": "discuss"},
    ],
)
async def test_malformed_find_is_a_bad_frame(chat: Chat, fields: dict[str, object]) -> None:
    async with chat.stranger() as alice:
        await alice.send("find", ref="r", **fields)
        await alice.hears("error", code="bad_frame", ref="r")


@pytest.mark.parametrize(
    ("type", "fields"),
    [
        ("find", {"mode": "video"}),
        ("signal", {"data": {"candidate": None}}),
        ("media", {"camera": True, "microphone": True, "shown": False}),
        ("ice", {}),
    ],
)
async def test_what_is_not_offered_is_unavailable(
    chat: Chat, type: str, fields: dict[str, object]
) -> None:
    async with chat.stranger() as alice:
        await alice.send(type, ref="r", **fields)
        await alice.hears("error", code="unavailable", ref="r")


async def test_limit_of_zero_is_none(chat: Chat, settings: Settings) -> None:
    settings.LIMIT_FIND = Rate(0, 1)
    async with chat.stranger() as alice:
        for _ in range(30):
            await alice.find()
            await alice.send("leave")
        await alice.hears_nothing()


async def test_status_counts_who_waits(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find("chess")
        await queue_holds(1)
        await bob.find("chess")
        await queue_holds(0)


async def test_three_take_turns(chat: Chat, clock: Clock) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob, chat.stranger() as carol:
        await meet(alice, bob)
        await carol.find()
        await bob.send("find", mode="text")
        for type in ("ended", "waiting", "matched"):
            await bob.hears(type)
        await carol.hears("matched")
        await alice.hears("ended")
        await alice.find()
        await alice.hears_nothing()
