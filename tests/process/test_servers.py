"""The same talk on other servers: the two strangers on two web processes, and on daphne."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from tests.process.copies import LAUNCHER, Copy
from tests.strangers import Chat, Stranger, meet

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def two_workers(home: Path) -> Iterator[Copy]:
    yield from running(home / "two", {"WORKERS": "2"})


@pytest.fixture(scope="module")
def daphne(home: Path) -> Iterator[Copy]:
    yield from running(home / "daphne", {}, "--dev")


def running(place: Path, given: dict[str, str], *arguments: str) -> Iterator[Copy]:
    known = {"SECRET_KEY": settings.SECRET_KEY}  # so that the test can write visitor cookies
    copy = Copy(place, settings=known | given, command=(*LAUNCHER, *arguments))
    copy.start()
    try:
        copy.wait_ready()
        yield copy
    finally:
        copy.end()


async def talk_drop_and_resume(chat: Chat, alice: Stranger, bob: Stranger) -> None:
    """The whole way: meet, talk, lose the connection, come back, leave."""
    await meet(alice, bob)
    await alice.send("typing", on=True)
    await bob.hears("typing", on=True)
    for number in range(1, 11):
        await alice.says(f"a{number}")
        await bob.hears("message", text=f"a{number}", seq=number)
        await bob.says(f"b{number}")
        await alice.hears("message", text=f"b{number}", seq=number)
    bob.abort()
    await alice.hears("presence", connected=False)
    await alice.says("a11")
    async with chat.stranger(hello=False, cookie=bob.cookie) as again:
        await again.resume(bob, seen={"1": 10, "2": 10})
        await again.hears("matched", room=bob.room["room"])
        await again.hears("message", text="a11", seq=11)
        await again.hears("presence", connected=True)
        await alice.hears("presence", connected=True)
        await again.says("b11")
        await alice.hears("message", text="b11", seq=11)
        await again.send("leave")
        await again.hears("ended", reason="you_left")
        await alice.hears("ended", reason="left")


async def test_strangers_on_two_processes_talk_drop_and_resume(two_workers: Copy) -> None:
    chat = Chat("127.0.0.1", two_workers.port)
    url = (two_workers.run_dir / "redis-url").read_text()
    with redis.Redis.from_url(url, decode_responses=True) as db:
        crowd: dict[str, Stranger] = {}
        while len(crowd) < 2:
            stranger = await chat.open()
            await stranger.hello()
            conn = str(db.hget(f"visitor:{stranger.cookie.split('.')[0]}", "conn"))
            former = crowd.setdefault(conn.split(":", maxsplit=1)[0], stranger)
            if former is not stranger:
                await stranger.send("bye")
                await stranger.closes()
        alice, bob = crowd.values()
        await talk_drop_and_resume(chat, alice, bob)
        await alice.socket.close()


async def test_newest_hello_wins_whichever_the_process(two_workers: Copy) -> None:
    chat = Chat("127.0.0.1", two_workers.port)
    async with chat.stranger() as first:
        former = first
        for _ in range(6):
            newer = await chat.open(cookie=first.cookie)
            await newer.hello()
            assert await former.closes() == 4409
            former = newer
        await former.socket.close()


async def test_strangers_on_daphne_talk_drop_and_resume(daphne: Copy) -> None:
    chat = Chat("127.0.0.1", daphne.port)
    async with chat.stranger() as alice, chat.stranger() as bob:
        await talk_drop_and_resume(chat, alice, bob)


async def test_daphne_cuts_off_a_frame_that_is_too_large(daphne: Copy) -> None:
    """Its WebSocket library drops the connection instead of sending 1009."""
    chat = Chat("127.0.0.1", daphne.port)
    async with chat.stranger() as alice:
        await alice.send_text("x" * (16 * 1024 + 1))
        assert await alice.closes() in (1006, 1009)
