"""Redis that hangs, dies, forgets everything, or loses touch with a process."""

import asyncio
import signal
import time

import pytest

from tests.faults.cluster import Cluster
from tests.faults.page import Page, meet, pages, pair, settled, talking, whole
from tests.faults.stage import story

pytestmark = pytest.mark.process

RECOVERY_SECONDS = 5


@story("redis")
async def test_redis_that_hangs_for_5_s_loses_nothing(cluster: Cluster) -> None:
    a, b = cluster.webs["a"].chat, cluster.webs["b"].chat
    async with (
        pages([a], [b]) as (carol, dave),
        pair("hang", [a], [b]) as (alice, bob),
    ):
        seekers = (carol, dave)
        async with talking(alice, bob, every=0.2):
            await _warm_up(alice, bob, carol, dave)
            cluster.redis.send_signal(signal.SIGSTOP)
            stopped = time.monotonic()
            try:
                # Written twice: Redis still reads the first call when it goes on.
                for page in (alice, bob):
                    page.post("now")
                await asyncio.sleep(0.02)
                for page in seekers:
                    page.find("hang")
                for page in (alice, bob, *seekers):
                    await page.hears("notice", level="warning", topic="service", seconds=4.5)
                await asyncio.sleep(stopped + 5 - time.monotonic())
                for page in seekers:
                    assert page.told("matched") == [], "while Redis was away"
            finally:
                cluster.redis.send_signal(signal.SIGCONT)
            resumed = time.monotonic()
            for page in (alice, bob, *seekers):
                await page.hears("notice", level="info", seconds=RECOVERY_SECONDS)
            await _matched(carol, dave, "hang", within=resumed + RECOVERY_SECONDS)
        for page in (alice, bob):
            assert len(page.talks) == 1
            assert page.closes == []
            assert page.told("presence") == page.told("ended") == []
        for page in seekers:
            page.post("hello")
        await settled(carol, dave)


async def _warm_up(*strangers: Page) -> None:
    """Let each process open a few connections to Redis: a new one cannot send anything at first."""
    for page in strangers:
        for _ in range(20):
            page.send("relax")
        page.send("ice", ref="warm")
    for page in strangers:
        await page.hears("error", ref="warm")


async def _matched(carol: Page, dave: Page, topic: str, *, within: float) -> None:
    """Let both look again, unless what they asked for while Redis was away has happened."""
    for page in (carol, dave):
        if page.talk is None and not page.is_waiting:
            page.find(topic)
    for page in (carol, dave):
        await page.until(lambda p=page: p.talk, "a match", seconds=within - time.monotonic())
    assert carol.talk is not None
    assert dave.talk is not None
    assert carol.talk.room == dave.talk.room, "each alone in a room"


@story("redis")
async def test_redis_that_comes_back_empty_ends_rooms_honestly(cluster: Cluster) -> None:
    a, b = cluster.webs["a"].chat, cluster.webs["b"].chat
    async with pair("empty", [a], [b]) as (alice, bob), pages([a], [b]) as (carol, dave):
        alice.post("before")
        await settled(alice, bob)
        carol.find("empty queue")
        await carol.hears("waiting")
        cluster.redis.kill()
        cluster.redis.wait()
        for page in (alice, bob, carol, dave):
            await page.hears("notice", level="warning", topic="service", seconds=RECOVERY_SECONDS)
        assert not await cluster.webs["a"].is_ready()
        dave.find("empty queue")
        await dave.hears("error", code="unavailable")
        cluster.start_redis()
        await cluster.redis_ready()
        back = time.monotonic()
        await _everybody_starts_anew(alice, bob, carol, dave, since=back)


@story("redis")
async def test_flushed_redis_ends_rooms_honestly(cluster: Cluster) -> None:
    a, b = cluster.webs["a"].chat, cluster.webs["b"].chat
    async with pair("flush", [a], [b]) as (alice, bob), pages([a], [b]) as (carol, dave):
        alice.post("before")
        await settled(alice, bob)
        carol.find("flush queue")
        await carol.hears("waiting")
        flushed = time.monotonic()
        cluster.db.flushall()
        await _everybody_starts_anew(alice, bob, carol, dave, since=flushed)


async def _everybody_starts_anew(
    alice: Page, bob: Page, carol: Page, dave: Page, *, since: float
) -> None:
    for page in (alice, bob):
        await page.hears("ended", reason="reset", by=None, seconds=RECOVERY_SECONDS)
    for page in (alice, bob, carol, dave):
        epoch = page.told("welcome")[0]["epoch"]
        again = await page.hears("error", code="resume_failed", seconds=RECOVERY_SECONDS)
        assert page.closes[-1] == 4503
        assert page.welcome["resumed"] is False
        assert page.welcome["epoch"] != epoch
        assert again["time"] - since < RECOVERY_SECONDS
        assert page.faults == []
    await meet(alice, bob, "anew")
    await meet(carol, dave, "anew too")
    assert time.monotonic() - since < RECOVERY_SECONDS
    alice.post("after")
    await settled(alice, bob)
    assert bob.talks[-1].heard == [(1, "after")]
    assert [talk.end for talk in bob.talks] == ["reset", None]


@story("redis")
async def test_channels_that_break_while_people_talk_lose_nothing(cluster: Cluster) -> None:
    a, b = cluster.webs["a"].chat, cluster.webs["b"].chat
    async with (
        pair("channel", [a], [b]) as (alice, bob),
        pair("channel quiet", [a], [b]) as (carol, dave),
        pages([a], [b]) as (erin, frank),
    ):
        async with talking(alice, bob, every=0.02):
            for number in range(1, 6):
                assert cluster.db.client_kill_filter(_type="pubsub") == 2
                # Said into the gap, and nothing after it that would show the gap.
                carol.post(f"{number}")
                await settled(carol, dave)
                await asyncio.sleep(0.2)
            erin.find("channel queue")
            await erin.hears("waiting")
            cluster.db.client_kill_filter(_type="pubsub")
            frank.find("channel queue")
            await frank.hears("matched")
            carol.send("leave")
            await erin.hears("matched")
            await dave.hears("ended", reason="left")
        for page in (alice, bob, carol, dave, erin, frank):
            assert page.closes == []
            assert page.told("presence") == []
            assert page.faults == []
        assert len(bob.talks[0].heard) > 50
        whole(alice, bob)
