"""Meeting the same stranger again: only when both say so, soon, and nothing speaks against it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.clock import Clock
from tests.strangers import Chat, Stranger


@pytest.fixture
async def parted(chat: Chat) -> AsyncIterator[tuple[Stranger, Stranger]]:
    """Two who shared an interest and whose conversation one of them left."""
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find("jazz")
        await bob.find("jazz")
        await bob.hears("matched")
        await alice.hears("matched")
        await alice.send("leave")
        await alice.hears("ended", reason="you_left")
        await bob.hears("ended", reason="left")
        yield alice, bob


async def asks(one: Stranger) -> None:
    """Say that one would meet the other again, and be told that it stands."""
    await one.send("again", room=one.room["room"], ref="again")
    told = await one.hears("again", room=one.room["room"], ref="again")
    assert 0 < told["seconds"] <= 60


async def test_both_who_ask_meet_again(parted: tuple[Stranger, Stranger]) -> None:
    alice, bob = parted
    first = alice.room["room"]
    await asks(alice)
    await bob.hears_nothing()
    await asks(bob)
    there = await bob.hears("matched", common_interests=["jazz"])
    here = await alice.hears("matched", room=there["room"], common_interests=["jazz"])
    assert here["room"] != first
    assert here["you"] == there["strangers"][0]
    await alice.says("there you are")
    await bob.hears("message", text="there you are")


async def test_asking_twice_is_asking_once(parted: tuple[Stranger, Stranger]) -> None:
    alice, bob = parted
    await asks(alice)
    await asks(alice)
    await bob.hears_nothing()


async def test_a_wish_is_used_up_by_meeting(parted: tuple[Stranger, Stranger]) -> None:
    alice, bob = parted
    first = alice.room["room"]
    await asks(alice)
    await asks(bob)
    await bob.hears("matched")
    await alice.hears("matched")
    await bob.send("leave")
    await bob.hears("ended")
    await alice.hears("ended")
    await alice.send("again", room=first)
    await alice.hears("error", code="unavailable")
    await asks(alice)
    await bob.hears_nothing()


async def test_after_a_minute_it_is_too_late(
    parted: tuple[Stranger, Stranger], clock: Clock
) -> None:
    alice, bob = parted
    await asks(alice)
    clock.advance(61)
    await bob.send("again", room=bob.room["room"])
    await bob.hears("error", code="unavailable")
    await alice.hears_nothing()


async def test_who_looks_for_somebody_else_is_not_fetched_back(
    parted: tuple[Stranger, Stranger],
) -> None:
    alice, bob = parted
    await asks(alice)
    await alice.find("chess")
    await asks(bob)
    await bob.hears_nothing()
    await alice.send("again", room=alice.room["room"])
    await alice.hears("error", code="unavailable")


async def test_who_met_somebody_else_since_is_not_fetched_back(
    chat: Chat, parted: tuple[Stranger, Stranger]
) -> None:
    alice, bob = parted
    await asks(alice)
    async with chat.stranger() as carol:
        await carol.find("chess")
        await alice.find("chess")
        await alice.hears("matched")
        await alice.send("leave")
        await alice.hears("ended")
    await asks(bob)
    await bob.hears_nothing()
    await alice.hears_nothing()


async def test_who_blocked_is_never_met_and_it_shows_nowhere(
    parted: tuple[Stranger, Stranger],
) -> None:
    alice, bob = parted
    await asks(alice)
    # The conversation ended under him: he may still block.
    await bob.send("block", room=bob.room["room"])
    await asks(bob)
    await asks(alice)
    await alice.hears_nothing()
    await bob.hears_nothing()


@pytest.mark.django_db(transaction=True)
async def test_who_reported_is_never_met_and_it_shows_nowhere(
    parted: tuple[Stranger, Stranger],
) -> None:
    alice, bob = parted
    await asks(bob)
    await alice.send("report", room=alice.room["room"], reason="spam")
    await alice.hears("reported")
    await asks(alice)
    await asks(bob)
    await alice.hears_nothing()
    await bob.hears_nothing()


async def test_a_stranger_to_the_room_is_refused(
    chat: Chat, parted: tuple[Stranger, Stranger]
) -> None:
    alice, _ = parted
    async with chat.stranger() as carol:
        await carol.send("again", room=alice.room["room"])
        await carol.hears("error", code="not_in_room")
        await carol.send("again", room="nowhere")
        await carol.hears("error", code="not_in_room")


async def test_a_room_that_goes_on_cannot_be_asked_for(chat: Chat) -> None:
    async with chat.pair() as (alice, _):
        await alice.send("again", room=alice.room["room"])
        await alice.hears("error", code="not_in_room")


async def test_both_at_once_make_one_room(parted: tuple[Stranger, Stranger]) -> None:
    alice, bob = parted
    for one in parted:
        await one.send("again", room=one.room["room"])
    rooms = []
    for one in parted:
        await one.hears("again")
        rooms.append((await one.hears("matched"))["room"])
    assert rooms[0] == rooms[1]
    await asyncio.gather(alice.hears_nothing(), bob.hears_nothing())
