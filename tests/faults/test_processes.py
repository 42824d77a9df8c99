"""Web processes that die, leave in order, and are replaced while people talk."""

import asyncio
import signal
import time

import pytest

from tests.faults.cluster import Cluster
from tests.faults.page import meet, pages, pair, talking
from tests.faults.stage import story
from tests.strangers import Chat

pytestmark = pytest.mark.process

DRAIN_SECONDS = 5
RESUME_SECONDS = 10


@story("processes")
async def test_killed_process_loses_nothing_of_a_talk(cluster: Cluster) -> None:
    """One page comes back before anybody noticed, one after, and two that sat together."""
    web = cluster.webs["a"]
    a, b = web.chat, cluster.webs["b"].chat
    async with (
        pair("kill quick", [a, b], [b]) as (alice, bob),
        pair("kill slow", [a], [b]) as (carol, dave),
        pair("kill both", [a, b], [a, b]) as (erin, frank),
        talking(alice, bob, carol, dave, erin, frank),
    ):
        await asyncio.sleep(0.5)
        web.signal(signal.SIGKILL)
        killed = time.monotonic()
        carol.lose()
        for page in (alice, erin, frank):
            told = await page.hears("welcome", resumed=True, seconds=RESUME_SECONDS)
            assert told["time"] - killed < RESUME_SECONDS
        await dave.hears("presence", connected=False, seconds=RESUME_SECONDS)
        await asyncio.sleep(1)  # the place is kept
        await carol.connect(b)
        await carol.hears("welcome", resumed=True)
        told = await dave.hears("presence", connected=True)
        assert told["time"] - killed < RESUME_SECONDS
    assert [frame["connected"] for frame in dave.told("presence")] == [False, True]
    for page in (alice, bob, carol, dave, erin, frank):
        assert len(page.talks) == 1
        assert page.told("ended") == page.told("error") == []
    await web.restart()


@story("processes")
async def test_draining_process_gives_everybody_to_the_other(cluster: Cluster) -> None:
    web = cluster.webs["a"]
    a, b = web.chat, cluster.webs["b"].chat
    async with (
        pages([a, b], [a, b], [b]) as (waiting, seeking, late),
        pair("drain mixed", [a, b], [b]) as (alice, bob),
        pair("drain both", [a, b], [a, b]) as (carol, dave),
    ):
        async with talking(alice, bob, carol, dave):
            waiting.find("drain queue")
            await waiting.hears("waiting")
            moving = (alice, carol, dave, waiting, seeking)
            web.signal(signal.SIGTERM)
            leaving = asyncio.create_task(web.exits(seconds=DRAIN_SECONDS))
            for page in moving:
                told = await page.hears("draining")
                assert 0 <= told["reconnect_in_ms"] <= DRAIN_SECONDS * 500
            assert not await web.is_ready()
            late.find("drain queue")  # found only when it has come back
            for page in (alice, carol, dave, waiting):
                await page.hears("welcome", resumed=True)
            await seeking.hears("welcome", resumed=False)
            await waiting.hears("matched")
            await late.hears("matched")
            assert waiting.told("matched")[0]["time"] > waiting.told("welcome")[1]["time"]
            await leaving
        for page in (alice, bob, carol, dave):
            assert len(page.talks) == 1
            assert page.told("ended") == page.told("error") == []
        for page in moving:
            assert len(page.told("draining")) == 1
            assert page.closes == [], "left by itself, in time"
        assert bob.told("draining") == []
        assert web.copy.err == ""
    await web.restart()


async def _kept_connection(chat: Chat) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Give a connection as a proxy keeps it: one request is answered, and the next may follow."""
    reader, writer = await asyncio.open_connection(chat.host, chat.port)
    writer.write(f"GET /livez HTTP/1.1\r\nHost: {chat.host}\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n")).split()[1] == b"200"
    await reader.readuntil(b"\r\n\r\nok")
    return reader, writer


@story("processes")
async def test_page_that_ignores_draining_is_closed_and_resumes(cluster: Cluster) -> None:
    web = cluster.webs["a"]
    a, b = web.chat, cluster.webs["b"].chat
    async with pair("drain ignored", [a, b], [b]) as (alice, bob), talking(alice, bob):
        alice._take_draining = lambda _: None  # type: ignore[method-assign, assignment]
        kept, writer = await _kept_connection(a)
        web.signal(signal.SIGTERM)
        # By a connection that a proxy keeps newcomers would still come.
        assert await kept.read() == b""
        talk, said = alice.talks[0], alice.post("still here")
        await alice.until(lambda: said not in talk.pending, "confirmed")
        assert alice.closes == []
        writer.close()
        await web.exits(seconds=DRAIN_SECONDS)
        await alice.hears("welcome", resumed=True)
        assert alice.closes == [4503]
        assert len(alice.talks) == 1
    await web.restart()


@story("processes")
async def test_rolling_restart_under_load_loses_nothing(cluster: Cluster) -> None:
    a, b = cluster.webs["a"].chat, cluster.webs["b"].chat
    homes = [[a, b], [b, a], [a, b], [a, b], [b, a], [b, a]] * 2
    async with pages(*homes) as crowd:
        for number, (alice, bob) in enumerate(zip(crowd[::2], crowd[1::2], strict=True)):
            await meet(alice, bob, f"rolling {chr(97 + number)}")
        async with talking(*crowd, every=0.1):
            for web in cluster.webs.values():
                web.signal(signal.SIGTERM)
                await web.exits(seconds=DRAIN_SECONDS)
                web.start()
                await web.ready()
        for page in crowd:
            assert len(page.talks) == 1
            assert page.told("ended") == page.told("error") == []
            assert page.closes == []
