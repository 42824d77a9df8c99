"""What an operator does to those who are here: kick, announce, drain."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from channels.db import database_sync_to_async
from pytest_django import Settings

from chat import orders, switchboard
from moderation.models import AuditEntry
from moderation.tags import visitor_tag
from omegle.lib import lifecycle
from tests import commands
from tests.away import redis_away
from tests.strangers import SECONDS, Chat, Stranger, gone

pytestmark = pytest.mark.django_db(transaction=True)

run = database_sync_to_async(commands.run)


@pytest.fixture(autouse=True)
def _own_place(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path


def audit_entries() -> list[tuple[str, str]]:
    entries = AuditEntry.objects.order_by("id")
    assert all(entry.actor.startswith("command by ") for entry in entries)
    return list(entries.values_list("action", "target"))


async def audited() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = await database_sync_to_async(audit_entries)()
    return found


def tag_of(stranger: Stranger) -> str:
    return visitor_tag(stranger.cookie.split(".")[0])


# --- kick -----------------------------------------------------------------------------------------


async def test_kick_ends_the_talk_closes_and_lets_them_come_back(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        assert (await run("kick", tag_of(alice), "--why", "shouts")).code == 0
        await bob.hears("ended", reason="moderated")
        await alice.hears("ended", reason="moderated", by=None)
        await alice.hears("notice", level="warning")
        assert await alice.closes() == 4410
        async with chat.stranger(cookie=alice.cookie, hello=False) as again:
            await again.send("hello", protocol=1, resume=alice.welcome["resume"])
            await again.hears("welcome", resumed=False)
            await again.hears("error", code="resume_failed")
            await again.find()
    assert await audited() == [("kick", "a visitor")]


async def test_who_waits_is_kicked_out_of_the_queue(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find()
        await run("kick", tag_of(alice))
        assert await alice.closes() == 4410
        await bob.find()
        await bob.hears_nothing()


async def test_who_is_away_for_a_moment_is_kicked_too(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        alice.abort()
        await gone(alice)
        await bob.hears("presence", connected=False)
        assert (await run("kick", tag_of(alice))).code == 0
        await bob.hears("ended", reason="moderated")


async def test_reported_stranger_is_kicked_by_the_reference(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("report", reason="spam")
        await alice.hears("ended")
        receipt = (await alice.hears("reported"))["receipt"]
        await bob.hears("ended")
        assert (await run("kick", receipt.lower())).code == 0
        await bob.hears("notice")
        assert await bob.closes() == 4410
    assert ("kick", receipt) in await audited()


async def test_dry_run_of_a_kick_changes_nothing(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        ran = await run("kick", tag_of(alice), "--dry-run", "--json")
        assert ran.data == {"tag": tag_of(alice), "here": True}
        await alice.says("still here")
        await bob.hears("message")
    assert await audited() == []


@pytest.mark.parametrize("target", ["a" * 32, "R-0000-0000", "999", "nobody", "'; --"])
async def test_kick_of_nobody_says_so(chat: Chat, target: str) -> None:
    ran = await run("kick", target)
    assert (ran.code, ran.out) == (3, "")
    assert len(ran.said.splitlines()) == 1
    assert await audited() == []


async def test_redis_away_leaves_no_entry(chat: Chat, settings: Settings) -> None:
    with redis_away(settings):
        for words in (("kick", "a" * 32), ("announce", "Hello."), ("drain", "--all"), ("status",)):
            ran = await run(*words)
            assert (ran.code, ran.out) == (4, ""), words
            assert ran.said.startswith("Redis is away"), words
    assert await audited() == []


# --- announce -------------------------------------------------------------------------------------


async def test_announcement_reaches_who_is_here_and_who_comes(chat: Chat) -> None:
    async with chat.stranger() as alice:
        assert (await run("announce", "Back at nine.", "--warning", "--for", "10m")).code == 0
        await alice.hears("notice", level="warning", text="Back at nine.")
        async with chat.stranger() as bob:
            await bob.hears("notice", level="warning", text="Back at nine.")
        await run("announce", "It is nine.")
        await alice.hears("notice", level="info", text="It is nine.")
        assert (await run("announce", "--clear")).code == 0
        async with asyncio.timeout(SECONDS):
            while (await switchboard.current()).orders._announcement:
                await asyncio.sleep(0.01)
        async with chat.stranger() as carol:
            await carol.hears_nothing()
        await alice.hears_nothing()
    assert [action for action, _ in await audited()] == ["announce", "announce", "announce_clear"]


async def test_announcement_is_told_for_its_time(chat: Chat, redis_db: redis.Redis) -> None:
    await run("announce", "Soon.", "--for", "2h")
    assert 7190 < redis_db.ttl(orders._ANNOUNCEMENT) <= 7200


async def test_process_that_starts_later_knows_what_is_announced(redis_db: redis.Redis) -> None:
    from tests.strangers import serving

    await run("announce", "Welcome.")
    async with serving() as chat, chat.stranger() as alice:
        await alice.hears("notice", text="Welcome.")


async def test_dry_run_announces_nothing(chat: Chat) -> None:
    async with chat.stranger() as alice:
        ran = await run("announce", "Hello.", "--dry-run", "--json")
        assert ran.data == {"announced": "Hello.", "seconds": 60, "dry_run": True}
        await alice.hears_nothing()
    assert await audited() == []


@pytest.mark.parametrize(
    "words",
    [(), (" ",), ("x" * 301,), ("two\nlines",), ("a", "--clear"), ("a", "--for", "soon")],
)
async def test_bad_announcement_is_refused(words: tuple[str, ...]) -> None:
    ran = await run("announce", *words)
    assert ran.code == 2
    assert await audited() == []


async def test_nothing_to_clear_is_said() -> None:
    assert (await run("announce", "--clear")).code == 3
    assert await audited() == []


# --- drain ----------------------------------------------------------------------------------------


@pytest.fixture
def asked_to_stop() -> Iterator[asyncio.Event]:
    """Hear SIGTERM instead of dying from it."""
    event = asyncio.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: event.set())
    yield event
    signal.signal(signal.SIGTERM, before)


async def test_process_that_is_drained_is_told_to_stop_once(
    chat: Chat, asked_to_stop: asyncio.Event
) -> None:
    async with chat.stranger():
        board = await switchboard.current()
        ran = await run("drain", board.process, "--why", "new kernel", "--within", "1s")
        assert (ran.code, asked_to_stop.is_set()) == (1, True)
        assert "there yet" in ran.said
        asked_to_stop.clear()
        await run("announce", "Rings the bell again.")
        await board.orders.turn(["other bells"])
        assert not asked_to_stop.is_set()
    assert (await audited())[0] == ("drain", f"process {board.process}")
    assert not lifecycle.is_draining()


async def test_dry_run_and_an_unknown_process_stop_nobody(
    chat: Chat, asked_to_stop: asyncio.Event
) -> None:
    async with chat.stranger():
        board = await switchboard.current()
        ran = await run("drain", "--all", "--dry-run", "--json")
        assert ran.data == {"would_drain": [board.process]}
        assert (await run("drain", "nobody")).code == 3
        await board.orders.turn(["other bells"])
    assert not asked_to_stop.is_set()
    assert await audited() == []
