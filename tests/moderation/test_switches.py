"""What an operator switches off stops everywhere within seconds, and nothing else does."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.core.management import CommandError, call_command
from pytest_django import Settings

from chat import switchboard
from moderation.guard import Guard
from moderation.models import AuditEntry, Switch
from moderation.policy import SWITCHES, SwitchName
from tests.strangers import Chat, gone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _relay(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path
    settings.VIDEO = "relay"
    settings.TURN_URLS, settings.TURN_SECRET = ("turn:turn.example.org",), "s"
    settings.TURN_RELAYS = frozenset({"203.0.113.7"})


def run(*args: str, **options: Any) -> str:
    out = StringIO()
    call_command("switch", *args, stdout=out, **options)
    return out.getvalue()


switch = database_sync_to_async(run)


# --- The command ----------------------------------------------------------------------------------


def test_everything_is_on_until_somebody_switches_it_off() -> None:
    assert json.loads(run(json=True)) == dict.fromkeys(SWITCHES, "on")
    assert "video     off" in run("video", "off", why="coturn is abused")
    run("messages", "off")
    assert json.loads(run(json=True)) == {"video": "off", "matches": "on", "messages": "off"}
    run("video", "on")
    assert json.loads(run("messages", "on", json=True)) == dict.fromkeys(SWITCHES, "on")


def test_audit_log_says_who_and_why_once() -> None:
    run("video", "off", why="coturn is abused")
    run("video", "off", why="again")
    run("video", "on")
    entries = AuditEntry.objects.values_list("action", "target", "detail")
    assert list(entries.order_by("id")) == [
        ("switch_off", "video", {"why": "coturn is abused"}),
        ("switch_on", "video", {"why": ""}),
    ]
    assert all(entry.actor.startswith("command by ") for entry in AuditEntry.objects.all())


@pytest.mark.parametrize("args", [("video",), ("vdeo", "off"), ("video", "maybe")])
def test_bad_wish_changes_nothing(args: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*args)
    assert not Switch.objects.exists()


@pytest.mark.parametrize("name", ["matches", "messages"])
def test_guard_lets_nobody_meet_while_one_of_these_is_off(name: SwitchName) -> None:
    def loaded() -> Guard:
        own = Guard()
        own.load()
        return own

    assert loaded().may_match
    run(name, "off")
    assert loaded().is_off(name)
    assert not loaded().may_match
    run(name, "on")
    assert loaded().may_match


# --- Video ----------------------------------------------------------------------------------------


async def test_call_ends_and_the_conversation_goes_on(chat: Chat) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        await switch("video", "off")
        for stranger in (alice, bob):
            await stranger.hears("video", state="off")
        await alice.send("signal", data={"candidate": None}, ref="s")
        await alice.hears("error", code="unavailable", ref="s")
        await alice.says("So we write.")
        await bob.hears("message", text="So we write.")
        async with chat.stranger() as carol:
            assert carol.welcome["video"] == "off"
            await carol.send("find", mode="video", ref="f")
            await carol.hears("error", code="unavailable", ref="f")
        await switch("video", "on")
        await alice.hears("video", state="relay")


async def test_nobody_looks_for_a_call_any_longer(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find(mode="video")
        await bob.find(mode="text", interests=["chess"])
        await switch("video", "off")
        await alice.hears("video", state="off")
        await bob.hears("video", state="off")
        await alice.find(mode="text", interests=["chess"])
        await alice.hears("matched", mode="text")
        await bob.hears("matched")


async def test_who_comes_back_to_a_search_for_a_call_is_told_that_it_is_over(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.find(mode="video")
        alice.abort()
        await gone(alice)
        async with chat.stranger() as watch:
            await switch("video", "off")
            await watch.hears("video", state="off")
        async with chat.stranger(hello=False, cookie=alice.cookie) as again:
            assert (await again.resume(alice))["video"] == "off"
            await again.hears("waiting", mode="video")
            await again.hears("video", state="off")
            await again.find(mode="text")


async def test_what_was_found_instead_of_a_call_is_kept(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch is read while the visitor, who left the search, is being matched by text."""
    async with chat.stranger() as alice, chat.stranger() as bob:
        await bob.find("chess")
        await alice.find(mode="video")
        await alice.send("leave")
        await alice.hears_nothing()
        board = await switchboard.current()
        [hers] = [each for each in board.connections.values() if each.waits_for == "video"]
        async with board.delivery.turn(hers):
            await alice.send("find", mode="text", interests=["chess"])
            await switch("video", "off")
            await alice.hears("video", state="off")
        await bob.hears("video", state="off")
        await alice.hears("waiting", mode="text")
        await alice.hears("matched")
        await bob.hears("matched")
        await alice.says("Hello!")
        await bob.hears("message")


# --- New conversations, and what is written -------------------------------------------------------


async def hears_that_nobody_is_met(chat: Chat) -> None:
    async with chat.stranger() as late:
        await late.send("find", mode="text", ref="f")
        await late.hears("error", code="unavailable", ref="f")


async def applied(chat: Chat, name: str) -> None:
    """Wait until the process has read the switches: it tells video, which is switched with them."""
    async with chat.stranger() as watch:
        await switch(name, "off")
        await switch("video", "off")
        await watch.hears("video", state="off")


async def test_without_new_matches_those_who_talk_talk_on(chat: Chat) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as waiting:
        await waiting.find("chess")
        await applied(chat, "matches")
        for stranger in (alice, bob, waiting):
            await stranger.hears("video", state="off")
        await hears_that_nobody_is_met(chat)
        await waiting.send("relax")
        await waiting.hears("waiting")
        await alice.says("Hello!")
        await bob.hears("message")
        await switch("matches", "on")
        await switch("video", "on")
        for stranger in (alice, bob, waiting):
            await stranger.hears("video", state="relay")
        async with chat.stranger() as late:
            await late.find()
            await late.hears("matched")
            await waiting.hears("matched")


async def test_without_messages_nothing_is_written_and_all_can_leave(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await applied(chat, "messages")
        for stranger in (alice, bob):
            await stranger.hears("video", state="off")
        await hears_that_nobody_is_met(chat)
        await alice.send("message", id="m", room=alice.room["room"], text="Hello!", ref="m")
        await alice.hears("error", code="unavailable", ref="m")
        await bob.send("report", reason="spam", ref="r")
        await bob.hears("ended", reason="you_left")
        await bob.hears("reported", ref="r")
        await alice.hears("ended", reason="left")
